"""Filter expressions, parsed to a tree. Pure.

::

    filter     = statement { "|" statement }
    statement  = ("INCLUDE" | "EXCLUDE") ("ItemID" | "UserID") "WHERE" any [ "IF" any ]
    any        = all { "OR" all }
    all        = comparison { "AND" comparison }
    comparison = dataset "." column ( ["NOT"] "IN" "(" operand { "," operand } ")" | ("=" | "<" | "<=" | ">" | ">=") operand )
    operand    = "text" | number | $parameter | ("CurrentUser" | "CurrentItem") "." column

Keywords and dataset names are read in any case, as the service does; columns and texts as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from personalize.local_service.errors import invalid_input

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)|\$(?P<parameter>[A-Za-z_]\w*)"""
    r"""|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)|(?P<sign><=|>=|!=|[<>=(),|]))"""
)
COMPARISONS = ("=", "<", "<=", ">", ">=")
DATASETS = {
    "interactions": "INTERACTIONS", "items": "ITEMS", "item": "ITEMS", "users": "USERS", "currentuser": "CURRENT_USER",
    "currentitem": "CURRENT_ITEM",
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    name: str


@dataclass(frozen=True)
class Current:
    """A column of the user or item that is asked about: ``entity`` is CURRENT_USER or CURRENT_ITEM."""

    entity: str
    column: str


Operand = str | float | Parameter | Current


@dataclass(frozen=True)
class Comparison:
    """``operator`` is IN, NOT IN or a sign; ``=`` with one operand is the same as IN."""

    dataset: str
    column: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Both:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Condition, ...]


Condition = Comparison | Both | Either


@dataclass(frozen=True)
class Statement:
    include: bool
    target: str
    where: Condition
    only_if: Condition | None


@dataclass(frozen=True)
class Filter:
    statements: tuple[Statement, ...]

    def parameters(self) -> set[str]:
        found = (o for s in self.statements for c in comparisons_of(s) for o in c.operands)
        return {operand.name for operand in found if isinstance(operand, Parameter)}


def comparisons(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from comparisons(part)


def comparisons_of(statement: Statement) -> Iterator[Comparison]:
    yield from comparisons(statement.where)
    yield from comparisons(statement.only_if)


def parse_filter(expression: str) -> Filter:
    """Raises InvalidInputException that names the position and what was expected."""
    parser = _Parser(expression)
    statements = [parser.statement()]
    while parser.take("|"):
        statements.append(parser.statement())
    parser.end()
    if len({statement.target for statement in statements}) > 1:
        raise invalid_input("The filter expression mixes ItemID and UserID.")
    return Filter(tuple(statements))


def parse_condition(expression: str) -> Condition:
    """A bare condition, as batch segment jobs have in ``itemAttributes``."""
    parser = _Parser(expression)
    condition = parser.any()
    parser.end()
    return condition


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0

    def statement(self) -> Statement:
        verb = self._word("INCLUDE", "EXCLUDE")
        target = self._word("ITEMID", "USERID")
        self._word("WHERE")
        where = self.any()
        only_if = self.any() if self.take("IF") else None
        return _checked(Statement(verb == "INCLUDE", target, where, only_if))

    def any(self) -> Condition:
        parts = [self._all()]
        while self.take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Condition:
        parts: list[Condition] = [self._comparison()]
        while self.take("AND"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _comparison(self) -> Comparison:
        dataset, column = self._column()
        if self.take("NOT_IN") or self._take_not_in():
            return Comparison(dataset, column, "NOT IN", self._list())
        if self.take("IN"):
            return Comparison(dataset, column, "IN", self._list())
        kind, value = self._peek()
        if kind != "sign" or value not in COMPARISONS:
            self._fail(f"IN, NOT IN or one of {' '.join(COMPARISONS)}")
        self._next += 1
        return Comparison(dataset, column, value, (self._operand(),))

    def _take_not_in(self) -> bool:
        if not self.take("NOT"):
            return False
        self._word("IN")
        return True

    def _list(self) -> tuple[Operand, ...]:
        if not self.take("("):
            self._fail("(")
        operands = [self._operand()]
        while self.take(","):
            operands.append(self._operand())
        if not self.take(")"):
            self._fail("a comma or )")
        return tuple(operands)

    def _operand(self) -> Operand:
        kind, value = self._peek()
        if kind == "name":
            dataset, column = self._column()
            if not dataset.startswith("CURRENT_"):
                self._next -= 1
                self._fail("a text in quotes, a number, $parameter, CurrentUser or CurrentItem")
            return Current(dataset, column)
        if kind not in ("text", "number", "parameter"):
            self._fail("a text in quotes, a number or a $parameter")
        self._next += 1
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", value[1:-1])
        return Parameter(value) if kind == "parameter" else float(value)

    def _column(self) -> tuple[str, str]:
        kind, value = self._peek()
        dataset, _, column = value.partition(".")
        if kind != "name" or not column or dataset.lower() not in DATASETS:
            self._fail("a column such as Items.CATEGORY, Interactions.EVENT_TYPE or CurrentUser.AGE")
        self._next += 1
        return DATASETS[dataset.lower()], column

    def take(self, word: str) -> bool:
        kind, value = self._peek()
        if kind in ("name", "sign") and value.upper() == word:
            self._next += 1
            return True
        return False

    def _word(self, *words: str) -> str:
        for word in words:
            if self.take(word):
                return word
        self._fail(" or ".join(words))
        raise AssertionError

    def end(self) -> None:
        if self._peek()[0] != "end":
            self._fail("the end, AND, OR, IF or |")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next][:2] if self._next < len(self._tokens) else ("end", "")

    def _fail(self, expected: str) -> None:
        at = self._tokens[self._next][2] if self._next < len(self._tokens) else len(self._text)
        raise invalid_input(f"The filter expression is not valid at position {at + 1}: {expected} expected.")


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise invalid_input(f"The filter expression is not valid at position {at + 1}.")
        kind = match.lastgroup or ""
        yield kind, match.group(kind), match.start(kind)
        position = match.end()


def _checked(statement: Statement) -> Statement:
    sources = {comparison.dataset for comparison in comparisons(statement.where)}
    if len(sources) > 1:
        raise invalid_input("A condition can't mix columns of different datasets; use two statements joined by |.")
    allowed = {"USERS"} if statement.target == "USERID" else {"ITEMS", "INTERACTIONS"}
    if not sources <= allowed:
        raise invalid_input(f"{statement.target} is filtered by columns of {' or '.join(sorted(allowed))}.")
    if any(not c.dataset.startswith("CURRENT_") for c in comparisons(statement.only_if)):
        raise invalid_input("The condition after IF is about CurrentUser or CurrentItem.")
    return statement


def parameter_values(text: str) -> list[str]:
    """The value of a parameter as it is sent: ``"Comedy","Drama"`` or ``10``, quotes optional."""
    parts = re.findall(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]+))\s*(?:,|$)', text)
    return [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain.strip() for quoted, plain in parts]
