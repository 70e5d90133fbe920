"""Rings: which package may import which. A rule that nobody checks decays."""

import ast
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
SOURCE = REPO / "lambda_src"
AWS = {"boto3", "botocore"}

# ring -> what its files may not import (prefixes of dotted names)
FORBIDDEN = {
    "engagement/domain": AWS
    | {"engagement.usecases", "engagement.adapters", "engagement.api", "engagement.app", "engagement.settings"},
    "engagement/usecases": AWS | {"engagement.adapters", "engagement.api", "handlers"},
    "engagement/api": AWS | {"engagement.adapters", "handlers"},
    "engagement/adapters": {"engagement.usecases", "engagement.api", "handlers"},
    "handlers": AWS | {"engagement.adapters"},
}


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: say the whole name, no relative import"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def breaches(ring: str, path: Path) -> list[str]:
    return sorted(
        name
        for name in imports(path)
        if any(name == banned or name.startswith(banned + ".") for banned in FORBIDDEN[ring])
    )


@pytest.mark.parametrize("ring", FORBIDDEN)
def test_a_ring_imports_only_inwards(ring):
    files = sorted((SOURCE / ring).rglob("*.py"))
    assert files, f"no files in {ring}: is the ring's name right?"
    found = {str(path.relative_to(REPO)): breaches(ring, path) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


def test_domain_knows_neither_environment_nor_clock():
    for path in sorted((SOURCE / "engagement/domain").rglob("*.py")):
        names = imports(path)
        assert not names & {"os", "time", "socket", "subprocess"}, f"{path}: the domain is told, it does not ask"


def test_the_rule_sees_a_breach(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("from botocore.config import Config\nimport engagement.adapters.clock\n")
    assert breaches("engagement/domain", bad) == [
        "botocore.config",
        "botocore.config.Config",
        "engagement.adapters.clock",
    ]


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "misc"])
def test_file_names_say_what_they_know(word):
    for tree in ("lambda_src", "scripts", "personalize", "tests"):
        hits = [path for path in (REPO / tree).rglob("*.py") if word in path.stem.split("_")]
        assert hits == [], "name a file after what it knows"
