"""Personalize goes first; where that does not end well, nothing else may go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import click
import pytest

from scripts.commands import train
from scripts.commands.destroy import _remove_recommenders
from scripts.interrupts import INTERRUPTED


def ending(error: BaseException | None) -> click.Command:
    @click.command()
    @click.option("--env")
    @click.option("--destroy", is_flag=True)
    @click.option("--yes", is_flag=True)
    def command(env: str, destroy: bool, yes: bool) -> None:
        assert (env, destroy, yes) == ("dev", True, True)
        if error:
            raise error

    return command


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, None),
        (click.exceptions.Exit(0), None),
        (click.exceptions.Exit(INTERRUPTED), KeyboardInterrupt),
        (click.exceptions.Exit(1), click.ClickException),
        (click.exceptions.Exit(3), click.ClickException),
        (click.ClickException("no"), click.ClickException),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=repr,
)
def test_an_end_that_is_not_good_is_not_passed_over(
    error: BaseException | None, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "command", ending(error))
    environment = cast(Any, SimpleNamespace(name="dev"))
    if expected is None:
        _remove_recommenders(environment)
    else:
        with pytest.raises(expected):
            _remove_recommenders(environment)
