"""The page of all operations says what the registry does."""

from __future__ import annotations

import re

import pytest

from engagement.api import registry
from engagement.api.registry import served_operations
from engagement.api.service_model import service_model
from engagement.api.unserved_operations import not_provided
from scripts.operations_page import PAGE, main, page


def test_it_is_up_to_date(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_every_operation_has_one_row_that_tells_the_truth():
    rows = dict(re.findall(r'^\| <a id="(\w+)"></a>\1 \| `.+` \| (.+) \|$', page(), re.MULTILINE))
    assert set(rows) == set(service_model().operations)
    for name, status in rows.items():
        assert (status == "served" or status.startswith("404")) == (name in served_operations())


def test_only_operations_of_the_model_are_registered():
    assert set(served_operations()) <= set(service_model().operations)


def test_a_refusal_points_at_its_row():
    message = not_provided("GetInAppMessages").message
    assert message.startswith("GetInAppMessages is not provided by this engine: ")
    anchor = message.rpartition("#")[2]
    assert f'<a id="{anchor}"></a>' in PAGE.read_text("utf-8")


def test_one_operation_in_two_files_is_a_fault(tmp_path, monkeypatch):
    for name in ("one_more", "two_more"):
        (tmp_path / f"{name}.py").write_text("OPERATIONS = {'GetApp': print}\n")
    monkeypatch.setattr(registry.operations, "__path__", [str(tmp_path)])
    with pytest.raises(ValueError, match="GetApp"):
        registry.served_operations.__wrapped__()
