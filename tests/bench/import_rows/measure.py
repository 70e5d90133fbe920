"""Rows per second from the bytes of an audience CSV to checked endpoint updates, beside csv.reader on the same file.

Ours reads slices as the import worker does, checks every cell and makes an EndpointUpdate per row. The file of seven
columns is the seed's: it names no ids, so each row's is derived (docs/decisions/2026-11-21-derived-ids.md); the one of
eight has them beside. csv.reader only splits. Runs alternate; medians.
"""

from __future__ import annotations

import csv
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from engagement.domain.audience_file import BlockReader, unpacked
from engagement.domain.audience_piece import PieceReader

ROWS, RUNS, TARGET = 200_000, 7, ">=0.3x"
NAMES = [f"{first}{second}" for first in ("Ak", "Mar", "Zha", "Ale", "Jo") for second in "abcdefghijklmnopqrstuvwxyz"]
SEVEN = "ChannelType,Address,Location.Country,Demographic.Platform,Demographic.Make,User.UserId,User.UserAttributes.FirstName"
FIFTEEN = (
    "Id,ChannelType,Address,Location.Country,Location.City,Demographic.Platform,Demographic.Make,User.UserId,"
    "User.UserAttributes.FirstName,User.UserAttributes.LastName,Attributes.Interest,Attributes.Interest,Attributes.Plan,"
    "Metrics.Donations,OptOut"
)
APP = "0" * 32


def _seven(dice: random.Random, n: int) -> str:
    name = dice.choice(NAMES)
    platform, make = dice.choice([("iOS", "Apple"), ("Android", "LG"), ("Android", "Google")])
    return f"EMAIL,{name.lower()}.{n}@example.org,{dice.choice(['US', 'HT', 'DE', 'FR'])},{platform},{make},user_{n},{name}"


def _eight(dice: random.Random, n: int) -> str:
    return f"id-{n},{_seven(dice, n)}"


def _fifteen(dice: random.Random, n: int) -> str:
    name = dice.choice(NAMES)
    interests = f"{dice.choice(['books', 'music', ''])},{dice.choice(['school', ''])}"
    place = dice.choice(["US,Boston", "HT,Jacmel", "DE,Berlin"])
    return (
        f"id-{n},EMAIL,{name.lower()}.{n}@example.org,{place},iOS,Apple,user_{n},{name},{dice.choice(NAMES)},"
        f"{interests},gold,{dice.randrange(5000) / 10},NONE"
    )


def _theirs(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass


def _ours(path: Path) -> None:
    count = 0
    with path.open("rb") as file:
        content = unpacked(iter(lambda: file.read(256 * 1024), b""))
        reader = PieceReader(BlockReader(content, 0), wanted="CSV", app_id=APP)
        while (read := reader.next_rows()) is not None:
            count += len(read.rows.updates)
    if count != ROWS:
        raise RuntimeError(f"{count} of {ROWS} rows were converted: the measurement is wrong")


def _alternating(peer: Callable[[], None], ours: Callable[[], None]) -> tuple[float, float]:
    """Median rows per second of both, (ours, peer)."""
    taken: dict[str, list[float]] = {"peer": [], "ours": []}
    for _ in range(RUNS):
        for name, run in (("peer", peer), ("ours", ours)):
            started = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - started)
    return ROWS / statistics.median(taken["ours"]), ROWS / statistics.median(taken["peer"])


def measure() -> list[dict[str, Any]]:
    """One row per file; ``ratio`` is our rows/s over csv.reader's."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, header, make in (
            ("import rows, 7 columns, ids derived", SEVEN, _seven),
            ("import rows, 8 columns", "Id," + SEVEN, _eight),
            ("import rows, 15 columns", FIFTEEN, _fifteen),
        ):
            dice = random.Random(7)
            path = Path(folder) / "audience.csv"
            path.write_text(header + "\n" + "".join(make(dice, n) + "\n" for n in range(ROWS)), encoding="utf-8")
            ours, peer = _alternating(partial(_theirs, path), partial(_ours, path))
            rows.append(
                {
                    "name": title,
                    "unit": "rows/s",
                    "ours": round(ours),
                    "peer": round(peer),
                    "peer_name": "csv.reader alone",
                    "ratio": round(ours / peer, 3),
                    "target": TARGET,
                    "runs": RUNS,
                }
            )
    return rows
