"""One slug names an architecture in every tree; what Terraform names exists; no wildcard without its reason."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from engagement.settings import ENVIRONMENT_NAMES

REPO = Path(__file__).parents[2]
TERRAFORM = REPO / "terraform"
HANDLERS = REPO / "lambda_src" / "handlers"
FILES = sorted(path for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts)
HANDLER_STRING = re.compile(r'^\s*handler\s*=\s*"handlers\.(\w+)\.(\w+)\.handle"', re.MULTILINE)


def slugs(pattern: str) -> set[str]:
    return {path.stem for path in REPO.glob(pattern) if not path.name.startswith(("_", "."))}


def deployed() -> dict[str, str]:
    """Handler module -> slug of the Terraform module that deploys it."""
    found = {}
    for path in TERRAFORM.glob("modules/*/*.tf"):
        for slug, name in HANDLER_STRING.findall(path.read_text("utf-8")):
            found[f"handlers.{slug}.{name}"] = path.parent.name
    return found


def test_every_module_has_its_page_and_every_page_its_module():
    modules = {path.parent.name for path in TERRAFORM.glob("modules/*/main.tf")}
    assert modules == slugs("docs/architectures/*.md") and len(modules) >= 7


def test_every_module_has_its_readme_and_native_tests():
    for path in TERRAFORM.glob("modules/*/main.tf"):
        assert (path.parent / "README.md").is_file(), path.parent.name
        assert list((path.parent / "tests").glob("*.tftest.hcl")), path.parent.name


def test_handlers_are_deployed_by_the_module_of_their_slug():
    files = {
        f"handlers.{path.parent.name}.{path.stem}"
        for path in HANDLERS.glob("*/*.py")
        if "\ndef handle(" in path.read_text("utf-8")
    }
    assert set(deployed()) == files
    assert {name: slug for name, slug in deployed().items() if name.split(".")[1] != slug} == {}


@pytest.mark.parametrize("name", sorted(deployed()))
def test_a_deployed_handler_can_be_imported(name):
    assert callable(importlib.import_module(name).handle)


def test_every_module_is_called_by_the_root():
    called = set(re.findall(r'source\s*=\s*"\./modules/(\w+)"', (TERRAFORM / "main.tf").read_text("utf-8")))
    assert called == {path.parent.name for path in TERRAFORM.glob("modules/*/main.tf")}


def test_the_roots_main_file_holds_module_blocks_only():
    blocks = re.findall(r"^(\w+) ", re.sub(r"^#.*$", "", (TERRAFORM / "main.tf").read_text("utf-8"), flags=re.MULTILINE), re.MULTILINE)  # fmt: skip
    assert set(blocks) == {"module"}


def test_names_of_environment_variables_are_those_of_settings():
    for path in TERRAFORM.glob("modules/*/functions.tf"):
        names = set(re.findall(r"^\s+([A-Z][A-Z_]+)\s*=", path.read_text("utf-8"), re.MULTILINE))
        assert names - set(ENVIRONMENT_NAMES.values()) == set(), path


WILDCARD = re.compile(r'\*"')
# "<bucket>/<prefix>/*" names a prefix, events of S3 come in families; a Deny may be as wide as it can.
HARMLESS = re.compile(r'[/"][a-z-]+/\*"|prefix\}\*"|"s3:Object\w+:\*"')
DENY = re.compile(r'\{[^{}]*"Deny".*?\n  ( *)\}', re.DOTALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TERRAFORM)))
def test_a_wildcard_says_its_reason_beside_it(path):
    text = DENY.sub(lambda match: "\n" * match[0].count("\n"), path.read_text("utf-8"))
    bare = [
        f"{path.name}:{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if WILDCARD.search(line) and "#" not in line and not HARMLESS.search(line)
    ]
    assert bare == []


def test_no_policy_allows_every_action():
    for path in FILES:
        assert not re.search(r'actions?\s*=\s*\[?"\*"', path.read_text("utf-8"), re.IGNORECASE), path


def test_variables_and_outputs_say_what_they_are():
    for path in FILES:
        for kind, name, body in re.findall(r'^(variable|output) "(\w+)" \{(.*?)^\}', path.read_text("utf-8"), re.MULTILINE | re.DOTALL):  # fmt: skip
            assert "description" in body, f"{path}: {kind} {name}"


def test_variables_are_sorted():
    for path in FILES:
        if path.name == "variables.tf":
            names = re.findall(r'^variable "(\w+)"', path.read_text("utf-8"), re.MULTILINE)
            assert names == sorted(names), path
