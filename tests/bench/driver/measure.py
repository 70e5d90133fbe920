"""The driver: finished steps repeated after kills, its cost over bare API waits, the speed of the CSV check."""

from __future__ import annotations

import csv
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from personalize.config import DEFAULT_DECLARATION, load_declaration
from personalize.dataset_check import check_file
from personalize.driver import LOCAL, train
from tests.personalize_driver.bare_api import train_by_hand
from tests.personalize_driver.fake_personalize import Killed
from tests.personalize_driver.local_account import BUCKET, LocalAccount, started
from tests.personalize_driver.scene import KEY, VARIABLES, Scene

RUNS = 3
ROWS = 1_000_000
Row = dict[str, Any]


def repeated_after_kills() -> Row:
    """Kill a run before and after each of its calls, run again, and count what was created a second time."""
    whole = Scene()
    whole.training().run()
    repeated = kills = 0
    for index in range(len(whole.service.calls)):
        for when in (False, True):
            scene = Scene()
            scene.service.kill = _killer(index, when)
            try:
                scene.training().run()
            except Killed:
                kills += 1
            scene.service.kill = lambda call, after: None
            scene.training().run()
            repeated += sum(count - 1 for count in scene.service.creations.values())
            repeated += max(0, len(scene.service.creations) - len(whole.service.creations))
    return _row(
        "driver: finished steps repeated after kills", "steps", repeated, None, None, kills, "<= 0", float(repeated)
    )


def _killer(index: int, when: bool) -> Callable[[int, bool], None]:
    def kill(call: int, after: bool) -> None:
        if call == index and after is when:
            raise Killed

    return kill


def over_bare_waits() -> Row:
    """Data in S3 to a live campaign: ours (plan, check, baseline, evaluation) beside bare calls waited for in turn."""
    recipes = {"elements": "aws-user-personalization-v2", "popularity": "aws-popularity-count"}
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as aws:
        account = LocalAccount(aws)
        personalize = account.client("personalize")
        for run in range(RUNS):
            began = time.perf_counter()
            train(DEFAULT_DECLARATION, account, account.variables(f"ours{run}"), poll_seconds=LOCAL)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            train_by_hand(
                personalize,
                prefix=f"bare{run}",
                location=f"s3://{BUCKET}/{KEY}",
                role_arn=account.role_arn,
                recipes=recipes,
                poll_seconds=LOCAL.shortest,
            )
            bare.append(time.perf_counter() - began)
    mine, theirs = statistics.median(ours), statistics.median(bare)
    return _row(
        "driver: data to live campaign", "s", mine, theirs, "bare API calls, waited for in turn", RUNS, "<= 1.1", None
    )


def csv_check() -> Row:
    """A million interactions checked, beside csv.reader doing nothing with the rows."""
    luck = random.Random(1)
    schema = load_declaration(DEFAULT_DECLARATION, VARIABLES).schemas["interactions"]
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("USER_ID,ITEM_ID,TIMESTAMP\n")
            for n in range(ROWS):
                file.write(f"user_{luck.randrange(6040)},item_{luck.randrange(3700)},{1_700_000_000 + n}\n")
        for _ in range(RUNS):
            began = time.process_time()
            check_file(path, schema)
            ours.append(time.process_time() - began)
            began = time.process_time()
            with path.open(encoding="utf-8", newline="") as file:
                for _row_read in csv.reader(file):
                    pass
            bare.append(time.process_time() - began)
    mine, theirs = statistics.median(ours), statistics.median(bare)
    return _row("driver: check 1 M rows of CSV", "CPU s", mine, theirs, "csv.reader alone", RUNS, "<= 5", None)


def _row(
    name: str,
    unit: str,
    ours: float,
    peer: float | None,
    peer_name: str | None,
    runs: int,
    target: str,
    ratio: float | None,
) -> Row:
    shown = ratio if peer is None else ours / peer
    return {
        "name": name,
        "unit": unit,
        "ours": ours,
        "peer": peer,
        "peer_name": peer_name,
        "ratio": shown,
        "target": target,
        "runs": runs,
    }


def measure() -> list[Row]:
    return [repeated_after_kills(), over_bare_waits(), csv_check()]
