"""Every module and brick has native tests with a mocked provider, and they pass."""

from __future__ import annotations

import re
import subprocess

import pytest

from scripts.module_readmes import folders
from tests.terraform.conftest import TERRAFORM

pytestmark = pytest.mark.terraform

FOLDERS = [folder.relative_to(TERRAFORM).as_posix() for folder in folders()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_native_tests_pass(copied, folder):
    copy, environment = copied
    assert list((copy / folder / "tests").glob("*.tftest.hcl")), f"{folder} has no tests/*.tftest.hcl"
    for command in (["init", "-backend=false", "-input=false"], ["test"]):
        done = subprocess.run(
            ["terraform", *command, "-no-color"], cwd=copy / folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout and " 0 passed" not in done.stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_rule_has_a_run_that_breaks_it(folder):
    """A variable with a validation is refused in at least one run."""
    text = (TERRAFORM / folder / "variables.tf").read_text("utf-8")
    blocks = re.split(r'^variable "', text, flags=re.MULTILINE)[1:]
    with_rules = {block.split('"', 1)[0] for block in blocks if "\n  validation {" in block}
    tests = "".join(path.read_text("utf-8") for path in (TERRAFORM / folder / "tests").glob("*.tftest.hcl"))
    broken = set(re.findall(r"expect_failures = \[var\.(\w+)\]", tests))
    assert with_rules - broken == set()
