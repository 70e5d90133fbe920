"""The examples say the same on any machine and at any run: what was masked when they were written is masked in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan_review.real_plans import EXAMPLES, stable

WRITTEN = sorted(path for path in EXAMPLES.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_nothing_random_stands_in_an_example(path: Path):
    text = path.read_text("utf-8")
    assert stable(text) == text, "run `make plan-examples`"


def test_what_differs_from_run_to_run_is_masked():
    first, second = (
        f'url = "http://127.0.0.1:{port}/_aws/execute-api/{api}/$default", "ApiId", "{api}"\n'
        f'hash = "{letter * 43}="\nsource_code_size = {port}\n"at": "2026-11-21T1{port % 10}:00:00Z"'
        for port, api, letter in ((40123, "d8d5532e", "x"), (51017, "5adc93a3", "Y"))
    )
    assert first != second and stable(first) == stable(second)
