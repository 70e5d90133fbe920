"""Rows per second from the bytes of an audience CSV to checked endpoint updates, beside csv.reader on the same file.

Ours reads slices as the import worker does, checks every cell and makes an EndpointUpdate per row; the row "with ids"
also derives the id of each endpoint, as for a file that names none. csv.reader only splits. Runs alternate; medians.
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
from engagement.domain.endpoint import derived_id

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


def _ours(path: Path, *, with_ids: bool) -> None:
    count = 0
    with path.open("rb") as file:
        content = unpacked(iter(lambda: file.read(256 * 1024), b""))
        reader = PieceReader(BlockReader(content, 0), wanted="CSV")
        while (read := reader.next_rows()) is not None:
            updates = read.rows.updates
            if with_ids:
                for update in updates:
                    derived_id(APP, update.channel_type or "", update.address or "", update.user_id)
            count += len(updates)
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
        for title, header, make, with_ids, target in (
            ("import rows, 7 columns", SEVEN, _seven, False, TARGET),
            ("import rows, 15 columns", FIFTEEN, _fifteen, False, TARGET),
            ("import rows, 7 columns, with ids", SEVEN, _seven, True, ""),
        ):
            dice = random.Random(7)
            path = Path(folder) / "audience.csv"
            path.write_text(header + "\n" + "".join(make(dice, n) + "\n" for n in range(ROWS)), encoding="utf-8")
            ours, peer = _alternating(partial(_theirs, path), partial(_ours, path, with_ids=with_ids))
            rows.append(
                {
                    "name": title,
                    "unit": "rows/s",
                    "ours": round(ours),
                    "peer": round(peer),
                    "peer_name": "csv.reader alone",
                    "ratio": round(ours / peer, 3),
                    "target": target,
                    "runs": RUNS,
                }
            )
    return rows
