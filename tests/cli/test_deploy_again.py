"""A deployment that meets what exists plans it anew as imports; a bounded number of times, and never a saved plan."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from scripts.commands import deploy
from scripts.deployment import ExistsAlready


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """``run(imports, stops)``: each plan's number of imports, how often the apply stops; answers what was done."""

    def go(imports: list[int], stops: int, *, saved_plan: bool = False) -> list[str]:
        done: list[str] = []
        plans = iter(imports)
        terraform: Any = object()

        def planned(*_: Any) -> Any:
            number = next(plans)
            done.append(f"plan {number}")
            return terraform, SimpleNamespace(imported=("something",) * number)

        def apply(*_: Any, sure: bool) -> None:
            done.append("apply")
            if done.count("apply") <= stops:
                raise ExistsAlready("it exists already")

        monkeypatch.setattr(deploy, "_planned", planned)
        monkeypatch.setattr(deploy, "_saved", planned)
        monkeypatch.setattr(deploy, "_apply", apply)
        environment: Any = object()
        try:
            deploy._plan_and_apply(environment, Console(file=io.StringIO()), saved_plan=saved_plan, sure=True)
        except ExistsAlready:
            done.append("told")
        return done

    return go


@pytest.mark.parametrize(
    ("imports", "stops", "done"),
    [
        ([0], 0, ["plan 0", "apply"]),
        ([0, 2], 1, ["plan 0", "apply", "plan 2", "apply"]),
        ([0, 0], 1, ["plan 0", "apply", "plan 0", "told"]),
        ([0, 3, 0], 2, ["plan 0", "apply", "plan 3", "apply", "plan 0", "told"]),
        ([0, 1, 1, 1], 9, ["plan 0", "apply", "plan 1", "apply", "plan 1", "apply", "plan 1", "apply", "told"]),
    ],
    ids=["nothing exists", "one round", "not ours", "not ours in the second round", "no end"],
)
def test_each_round_has_something_to_import(
    run: Callable[..., list[str]], imports: list[int], stops: int, done: list[str]
):
    assert run(imports, stops) == done


def test_a_saved_plan_is_applied_as_it_was_reviewed(run: Callable[..., list[str]]):
    assert run([0], 1, saved_plan=True) == ["plan 0", "apply", "told"]
