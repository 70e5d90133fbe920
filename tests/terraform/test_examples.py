"""The examples are whole configurations: each is planned with the real provider, and together they show every module."""

from __future__ import annotations

import json
import subprocess

import pytest

from scripts.module_readmes import examples, examples_of, folders

pytestmark = pytest.mark.terraform


@pytest.mark.parametrize("example", [path.name for path in examples()])
def test_an_example_can_be_planned(copied, package, example):
    copy, environment = copied
    folder = copy / "examples" / example
    environment = {**environment, "TF_VAR_package_path": package}

    def terraform(*words):
        done = subprocess.run(["terraform", *words], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    terraform("init", "-input=false", "-no-color")
    terraform("plan", "-input=false", "-no-color", "-out=made")
    plan = json.loads(terraform("show", "-json", "made"))
    actions = {tuple(change["change"]["actions"]) for change in plan["resource_changes"] if change["mode"] == "managed"}
    assert actions == {("create",)}


def test_every_module_is_in_an_example():
    modules = [folder for folder in folders() if folder.parent.name == "modules"]
    assert [folder.name for folder in modules if not examples_of(folder)] == []
