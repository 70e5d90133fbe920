"""Pages say what is there: links, files, `make` and `kit` commands with their options, AWS CLI commands, Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from engagement.api.registry import served_operations
from scripts.cli import kit

REPO = Path(__file__).parents[2]
PAGES = sorted([REPO / "README.md", *REPO.glob("docs/**/*.md"), *REPO.glob("terraform/**/README.md")])
NAMES = [str(path.relative_to(REPO)) for path in PAGES]
EXAMPLES = "docs/plan-review-examples/"  # made from plans; what they quote is not ours to keep
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
TREES = "terraform|lambda_src|scripts|personalize|tests|docs"
AWS_CLI_ONLY = {"query", "output", "profile", "region", "max-items", "no-paginate"}
AWS_CLI_RENAMED = {"sns subscribe": {"notification-endpoint"}}  # `--endpoint` would be taken for `--endpoint-url`
AWS_CLI_OWN = {"s3", "wait", "logs tail", "sso"}  # commands that the CLI has beside the services' operations


def prose(text: str) -> str:
    return BLOCK.sub("", text)


def snippets(text: str) -> list[str]:
    """Lines of shell blocks and code spans of prose."""
    blocks = [
        line for language, body in BLOCK.findall(text) if language in ("", "sh", "bash") for line in body.splitlines()
    ]
    return [*(line.split("  #")[0] for line in blocks), *SPAN.findall(prose(text))]


def anchors(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings} | set(
        re.findall(r'<a id="([^"]+)"', text)
    )


def dead_links(path: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        aimed = (path.parent / name).resolve() if name else path
        if not aimed.exists():
            yield f"{target}: there is no such file"
        elif anchor and aimed.suffix == ".md" and anchor not in anchors(aimed):
            yield f"{target}: {aimed.name} has no such part"


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    path = REPO / name
    assert list(dead_links(path, path.read_text("utf-8"))) == []


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(EXAMPLES)])
def test_files_that_are_named_exist(name):
    found = []
    for snippet in SPAN.findall(prose((REPO / name).read_text("utf-8"))):
        if re.fullmatch(rf"({TREES})/[\w./-]+", snippet) and not (REPO / snippet).exists():
            found.append(snippet)
    # A value file's backend is a team's own, written by `kit bootstrap`; folders below personalize/ are in the bucket.
    assert [one for one in found if not re.fullmatch(r".*\.s3\.tfbackend|personalize/[\w/-]*", one)] == []


@cache
def targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (REPO / "Makefile").read_text("utf-8"), re.MULTILINE))


@cache
def options(command: str) -> frozenset[str] | None:
    """Options of a kit command; None when there is no such command."""
    found = kit.get_command(click.Context(kit), command)
    if found is None:
        return None
    named = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
    return frozenset(named | {"--help"})


def wrong_commands(snippet: str) -> Iterator[str]:
    for target, rest in re.findall(r"\bmake ([a-z][a-z-]*)\b([^|;&`]*)", snippet):
        if target not in targets():
            yield f"make {target}: no such target"
            continue
        arguments = " ".join(re.findall(r'ARGS="?([^"]*)', rest))
        yield from wrong_options(target, arguments)
    for command, rest in re.findall(r"(?<![\w./-])kit ([a-z][a-z-]*)\b([^|;&`]*)", snippet):
        if options(command) is None:
            yield f"kit {command}: no such command"
        else:
            yield from wrong_options(command, rest)


def wrong_options(command: str, words: str) -> Iterator[str]:
    known = options(command)
    for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", words):
        if known is not None and option not in known:
            yield f"kit {command} {option}: no such option"


def is_command(snippet: str) -> bool:
    """Prose such as ``the kit has`` stands in no code span; a span or line that begins otherwise is no command."""
    return bool(re.match(r"\s*(source .*&& *)?([A-Z_]+=\S+ )*(make|kit) ", snippet))


@pytest.mark.parametrize("name", NAMES)
def test_make_and_kit_commands_exist(name):
    found = [
        one
        for snippet in snippets((REPO / name).read_text("utf-8"))
        if is_command(snippet)
        for one in wrong_commands(snippet)
    ]
    assert found == []


@cache
def aws_services() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_available_services()) | {"s3api"}


@cache
def aws_service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model("s3" if name == "s3api" else name)


def wrong_aws(snippet: str) -> Iterator[str]:
    for service, operation, rest in re.findall(r"\baws ([a-z0-9]+) ([a-z0-9-]+)((?: [^|#$)]*)?)", snippet):
        if service in AWS_CLI_OWN or operation in AWS_CLI_OWN or f"{service} {operation}" in AWS_CLI_OWN:
            continue
        if service not in aws_services():
            yield f"aws {service}: no such service"
            continue
        model = aws_service(service)
        names = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in names:
            yield f"aws {service} {operation}: no such operation"
            continue
        shape = model.operation_model(names[operation]).input_shape
        members = {xform_name(member, "-") for member in shape.members} if shape else set()
        members |= AWS_CLI_RENAMED.get(f"{service} {operation}", set())
        for option in re.findall(r"(?<!\S)--([a-z][a-z-]*)", rest):
            if option.removeprefix("no-") not in members and option not in AWS_CLI_ONLY | members:
                yield f"aws {service} {operation} --{option}: no such option"


@pytest.mark.parametrize("name", NAMES)
def test_commands_of_the_aws_cli_exist(name):
    assert [one for snippet in snippets((REPO / name).read_text("utf-8")) for one in wrong_aws(snippet)] == []


@pytest.mark.parametrize("name", NAMES)
def test_python_in_pages_compiles_and_calls_what_is_served(name):
    for body in (body for language, body in BLOCK.findall((REPO / name).read_text("utf-8")) if language == "python"):
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(body))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "pinpoint"
        }
        assert calls - {xform_name(operation) for operation in served_operations()} == set()


@pytest.mark.parametrize(
    ("snippet", "found"),
    [
        ("make demo", []),
        ("make nothing ENV=dev", ["make nothing: no such target"]),
        ("make train ENV=dev ARGS=--plan", []),
        ("make train ARGS=--plna", ["kit train --plna: no such option"]),
        ("kit train --env dev --roll-back", []),
        ("kit trian --env dev", ["kit trian: no such command"]),
        ("kit plan --env dev --quick", ["kit plan --quick: no such option"]),
    ],
)
def test_the_check_of_commands_sees_what_is_wrong(snippet, found):
    assert is_command(snippet) and list(wrong_commands(snippet)) == found


@pytest.mark.parametrize(
    ("snippet", "found"),
    [
        ("aws sqs get-queue-url --queue-name x --query QueueUrl --output text", []),
        ("aws s3 sync s3://x .", []),
        ("aws sqs get-queue-urls", ["aws sqs get-queue-urls: no such operation"]),
        ("aws sqs purge-queue --queue x", ["aws sqs purge-queue --queue: no such option"]),
        ("aws sqqs purge-queue", ["aws sqqs: no such service"]),
    ],
)
def test_the_check_of_aws_commands_sees_what_is_wrong(snippet, found):
    assert list(wrong_aws(snippet)) == found


def test_the_check_of_links_sees_what_is_wrong(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One part\n[a](other.md) [b](#one-part) [c](#no-part) [d](https://example.org/x)", encoding="utf-8"
    )
    assert [one.split(":")[0] for one in dead_links(page, page.read_text("utf-8"))] == ["other.md", "#no-part"]


def test_every_page_can_be_reached_from_the_readme():
    seen: set[Path] = set()
    todo = [REPO / "README.md"]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.is_dir():  # GitHub lists a folder
            todo += path.glob("*.md")
        elif path.suffix == ".md":
            found = [target.partition("#")[0] for target in LINK.findall(prose(path.read_text("utf-8")))]
            todo += [(path.parent / one).resolve() for one in found if one and not re.match(r"[a-z]+:", one)]
    assert set(REPO.glob("docs/**/*.md")) - seen == set()
