"""What `make demo` shows at its end: a table in the terminal, an inbox page for the browser, build/demo.json."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from scripts.inbox import render_inbox
from scripts.sample_campaign import Person
from scripts.sample_run import Received
from scripts.steps import TimeSpent

Json = dict[str, Any]


def interactions_of(csv_file: Path, user_ids: Iterable[str]) -> dict[str, list[Json]]:
    """Per user what they interacted with: ``{"item", "count", "last" (ISO date)}``, most frequent first."""
    wanted = set(user_ids)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    last: dict[tuple[str, str], int] = {}
    with csv_file.open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            user, item, when = row["USER_ID"], row["ITEM_ID"], int(row["TIMESTAMP"])
            if user in wanted:
                counts[user][item] += 1
                last[user, item] = max(when, last.get((user, item), 0))
    return {
        user: [
            {"item": item, "count": count, "last": datetime.fromtimestamp(last[user, item], UTC).date().isoformat()}
            for item, count in counts[user].most_common()
        ]
        for user in sorted(wanted)
    }


def why_each_block(
    people: Sequence[Person],
    recommended: Mapping[str, Sequence[Json]],
    interactions: Mapping[str, Sequence[Json]],
    blocks: Mapping[str, str],
) -> dict[str, Json]:
    """By address: who it is, what was recommended with scores, the interactions behind it, and ``blocks`` (item -> HTML).

    What a person received is not said here: the page finds it in the mail itself.
    """
    return {
        person.address: {
            "name": person.first_name,
            "user_id": person.user_id,
            "recommended": list(recommended[person.user_id]),
            "interactions": list(interactions.get(person.user_id, [])),
            "blocks": dict(blocks),
        }
        for person in people
    }


def verdict_table(people: Sequence[Person], received: Sequence[Received], why: Mapping[str, Json]) -> Table:
    """Five people, what each got, and why."""
    table = Table(title="Who got what, and why", title_justify="left", box=None, pad_edge=False)
    for column in ("person", "mail to", "block received", "recommender says", "because of", ""):
        table.add_column(column, overflow="fold")
    names = {person.user_id: person.first_name for person in people}
    for mail in received:
        scores = ", ".join(_scored(item) for item in mail.recommended[:2])
        behind = ", ".join(f"{item['count']} x {item['item']}" for item in why[mail.recipient]["interactions"][:2])
        table.add_row(
            f"{names[mail.user_id]} ({mail.user_id})",
            mail.recipient,
            ", ".join(mail.received_items) or "-",
            scores,
            behind,
            "[green]as recommended[/green]" if mail.personalised else f"[red]{mail.problem}[/red]",
        )
    return table


def write_report(path: Path, *, spent: TimeSpent, received: Sequence[Received], **facts: Any) -> None:
    """build/demo.json: steps with seconds, the seconds beyond them and all in all, mails with recipient, recommended items
    and what the model answers now.
    """
    report = {
        **facts,
        "steps": [
            {"name": step.name, "seconds": step.seconds, "beside": step.beside, "started": step.started}
            for step in spent.steps
        ],
        "seconds_waiting_for_what_runs_beside": spent.waiting,
        "seconds_between_steps": spent.between,
        "total_seconds": spent.total,
        "mails": [
            {
                "recipient": mail.recipient,
                "user_id": mail.user_id,
                "recommended_items": list(mail.received_items),
                "model_answers_now": list(mail.recommended),
                "personalised": mail.personalised,
                "problem": mail.problem,
            }
            for mail in received
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def write_inbox(path: Path, mails: Sequence[Json], why: Mapping[str, Json]) -> None:
    """The inbox page as one file for the browser."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render_inbox(list(mails), dict(why), title="make demo: five people, one campaign")
    path.write_text(page, encoding="utf-8")


def _scored(item: Json) -> str:
    return item["item"] if item["score"] is None else f"{item['item']} {item['score']:.2f}"
