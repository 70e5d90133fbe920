"""READMEs of Terraform modules say what their variables and outputs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.module_readmes import END, START, folders, tables, with_tables


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_a_readme_is_what_the_module_says(folder: Path):
    text = (folder / "README.md").read_text("utf-8")
    assert text == with_tables(text, folder), "run `python -m scripts.module_readmes`"


def test_tables_are_made_from_variables_and_outputs(tmp_path: Path):
    (tmp_path / "variables.tf").write_text(
        'variable "size" {\n  description = "Small \\"or\\" a|b."\n  type        = object({ a = string })\n  default = {}\n}\n\n'
        'variable "name" {\n  description = "Name."\n  type        = string\n}\n'
    )
    (tmp_path / "outputs.tf").write_text('output "arn" {\n  description = "ARN."\n  value       = "x"\n}\n')
    assert tables(tmp_path).splitlines() == [
        "| Input | Needed | Meaning |",
        "| --- | --- | --- |",
        '| `size` | no | Small "or" a\\|b. |',
        "| `name` | yes | Name. |",
        "",
        "| Output | Meaning |",
        "| --- | --- |",
        "| `arn` | ARN. |",
    ]
    once = with_tables(f"# x\n\n{START}\n{END}\n\nafter\n", tmp_path)
    assert with_tables(once, tmp_path) == once and once.endswith(f"| `arn` | ARN. |\n{END}\n\nafter\n")


def test_a_readme_without_marks_is_an_error(tmp_path: Path):
    with pytest.raises(ValueError, match="lacks the lines"):
        with_tables("# x\n", tmp_path)
