"""Where the time of a command went: the rows make the total."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from scripts.steps import Step, StepLog, TimeSpent


def step(started: float, seconds: float, *, beside: bool = False) -> Step:
    return Step("a step", seconds, beside, started)


@pytest.mark.parametrize(
    ("steps", "total", "waiting", "between"),
    [
        ([], 3.0, 0.0, 3.0),
        ([step(1, 2)], 4.0, 0.0, 2.0),
        ([step(0, 2), step(2, 3)], 5.0, 0.0, 0.0),
        ([step(0, 10), step(2, 3, beside=True)], 10.0, 0.0, 0.0),
        ([step(0, 10), step(8, 5, beside=True), step(14, 1)], 16.0, 3.0, 2.0),
        ([step(0, 10), step(8, 5, beside=True), step(11, 6, beside=True), step(17, 1)], 18.0, 7.0, 0.0),
        ([step(12, 3, beside=True), step(0, 10)], 15.0, 3.0, 2.0),
    ],
)
def test_steps_waiting_and_between_make_the_total(steps, total, waiting, between) -> None:
    spent = TimeSpent(steps, total)
    assert (spent.waiting, spent.between) == (waiting, between)
    assert sum(s.seconds for s in steps if not s.beside) + spent.waiting + spent.between == total


def test_a_log_notes_when_each_step_started_and_its_table_ends_with_the_total() -> None:
    out = io.StringIO()
    console = Console(file=out, width=100)
    log = StepLog(console)
    with log.step("First"), log.step("Beside it", beside=True):
        pass
    with pytest.raises(ValueError, match="stop"), log.step("Fails"):
        raise ValueError("stop")
    with log.step("Last"):
        pass
    spent = log.spent()
    assert [s.name for s in spent.steps] == ["Beside it", "First", "Last"]
    beside, first, last = spent.steps
    assert 0 <= first.started <= beside.started <= last.started <= spent.total
    console.print(spent.table())
    rows = [line.split("  ")[0] for line in out.getvalue().rpartition("seconds")[2].splitlines() if line.strip()]
    assert rows[-3:] == ["Wait for what runs beside", "Between the steps", "All in all"]
