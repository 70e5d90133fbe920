"""Build the tree of a template from its pieces. Keeps its own stack: deep templates are refused, not crashed on."""

from __future__ import annotations

from engagement.domain.template.errors import Source
from engagement.domain.template.expressions import Words, read_argument, read_arguments, read_call
from engagement.domain.template.limits import MAX_DEPTH, MAX_SOURCE
from engagement.domain.template.scanner import Tag, TextPiece, scan
from engagement.domain.template.syntax import (
    EMPTY,
    Block,
    Branch,
    Call,
    Literal,
    Output,
    Partial,
    Program,
    Statement,
    Text,
)
from engagement.domain.template.whitespace import Draft, DraftBlock, DraftTag, DraftText, Section, tidy


def parse(source: Source) -> Program:
    """The tree of a template. Raises TemplateError naming line and column. Linear in the length of the source."""
    if len(source.text) > MAX_SOURCE:
        raise source.error(0, f"the template has {len(source.text):,} characters; {MAX_SOURCE:,} are allowed")
    body = _draft(source)
    tidy(body, is_root=True)
    return _program(source, body)


def _draft(source: Source) -> list[Draft]:
    root: list[Draft] = []
    stack: list[DraftBlock] = []
    body = root
    for piece in scan(source):
        if isinstance(piece, TextPiece):
            body.append(DraftText(piece.text, piece.text))
        elif piece.kind in ("block", "inline", "inverted"):
            if len(stack) >= MAX_DEPTH:
                raise source.error(piece.at, f"more than {MAX_DEPTH} blocks inside each other; use fewer levels")
            block = DraftBlock([Section(piece, [])])
            body.append(block)
            stack.append(block)
            body = block.sections[0].body
        elif piece.kind in ("else", "else_block"):
            body = _open_else(source, stack, piece)
        elif piece.kind == "close":
            _close(source, stack, piece)
            stack.pop()
            body = stack[-1].sections[-1].body if stack else root
        elif piece.kind == "raw_block":
            raw: list[Draft] = [DraftText(piece.text, piece.text)] if piece.text else []
            body.append(DraftBlock([Section(piece, raw)], Tag("close", piece.at)))
        else:
            body.append(DraftTag(piece))
    if stack:
        opened = stack[-1].sections[0].tag
        raise source.error(opened.at, f"the block {_name(opened)!r} is not closed; add {{{{/{_name(opened)}}}}}")
    return root


def _name(tag: Tag) -> str:
    """The name of a block as its closing tag must repeat it."""
    if tag.kind == "inline":
        return "inline"
    last, text = "", ""
    for word in tag.words:
        if last not in ("", "separator", "data") and word.kind != "separator":
            break
        text += word.text
        last = word.kind
    return text


def _open_else(source: Source, stack: list[DraftBlock], tag: Tag) -> list[Draft]:
    if not stack or stack[-1].sections[0].tag.kind == "inline":
        raise source.error(tag.at, "{{else}} stands outside a block; put it between {{#if ..}} and {{/if}}")
    sections = stack[-1].sections
    if sections[-1].tag.kind == "else":
        raise source.error(tag.at, "this block has its {{else}} already; a block has one, as its last part")
    if sections[0].tag.kind == "inverted" and tag.kind == "else_block":
        raise source.error(tag.at, "a {{^..}} block takes a plain {{else}} only; use {{#unless ..}}")
    sections.append(Section(tag, []))
    return sections[-1].body


def _close(source: Source, stack: list[DraftBlock], tag: Tag) -> None:
    name = _name(tag)
    if name != "".join(word.text for word in tag.words) or not name:
        raise source.error(tag.at, "a closing tag holds the name of its block and nothing else, as in {{/if}}")
    if not stack:
        raise source.error(tag.at, f"{{{{/{name}}}}} closes nothing; there is no open block here")
    opened = stack[-1].sections[0].tag
    if _name(opened) != name:
        line, column = source.place(opened.at)
        raise source.error(
            tag.at,
            f"{{{{/{name}}}}} does not close {_name(opened)!r} (line {line}, column {column}); close that one first",
        )
    stack[-1].close = tag


def _program(source: Source, body: list[Draft]) -> Program:
    statements: list[Statement] = []
    partials: dict[str, Program] = {}
    for node in body:
        if isinstance(node, DraftText):
            if node.value:
                statements.append(Text(node.value))
        elif isinstance(node, DraftBlock):
            if node.sections[0].tag.kind == "inline":
                name = _inline_name(source, node.sections[0].tag)
                partials[name] = _program(source, node.sections[0].body)
            else:
                statements.append(_block(source, node))
        elif node.tag.kind == "partial":
            statements.append(_partial(source, node))
        elif node.tag.kind != "comment":
            call = read_call(Words(source, node.tag.words, node.tag.at))
            statements.append(Output(call, node.tag.kind == "unescaped"))
    return Program(tuple(statements), tuple(partials.items()))


def _block(source: Source, node: DraftBlock) -> Block:
    branches: list[Branch] = []
    otherwise = EMPTY
    for section in node.sections:
        body = _program(source, section.body)
        if section.tag.kind == "else":
            otherwise = body
        else:
            call = read_call(Words(source, section.tag.words, section.tag.at), block=True)
            branches.append(Branch(call, body))
    if node.sections[0].tag.kind == "inverted":
        return Block((Branch(branches[0].call, otherwise),), branches[0].body)
    return Block(tuple(branches), otherwise)


def _inline_name(source: Source, tag: Tag) -> str:
    call = read_call(Words(source, tag.words, tag.at))
    plain = isinstance(call.head, Literal) or call.head.text != "inline" or len(call.arguments) != 1 or call.options
    if plain or isinstance(call.arguments[0], Call):
        raise source.error(tag.at, 'an inline partial is written {{#* inline "name"}} ... {{/inline}}')
    return call.arguments[0].text


def _partial(source: Source, node: DraftTag) -> Partial:
    words = Words(source, node.tag.words, node.tag.at)
    name = read_argument(words, 0)
    arguments, options = read_arguments(words, 0)
    if words.peek() or len(arguments) > 1:
        raise source.error(
            node.tag.at, "a partial takes one value at most, then options: {{> name value option=value}}"
        )
    return Partial(name, arguments, options, node.indent, node.tag.at)
