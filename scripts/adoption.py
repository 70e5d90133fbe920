"""Things that exist but are not in the state, because the answer to their creation was lost: taken over by import.

Only what this configuration names, with the environment's prefix, and with the environment's own tags: what another
environment or somebody else made is left alone and told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.adoptable_types import SECOND_CREATION, TAGGED_LATER, ClientOf, Doubled, Finder, Refused, Repeatable
from scripts.plan_review.data_stores import DATA_STORES
from scripts.plan_review.plan_json import Change, Kind, Plan
from scripts.terraform_cli import Diagnostic

Json = dict[str, Any]
EXISTS = re.compile(r"already ?exist|AlreadyOwnedByYou|ResourceInUse|already in use|DuplicateRecord", re.IGNORECASE)
PAIR = re.compile(r"(.+)[/:|](.+)")
OWNER_TAGS = ("project", "environment")
QUESTIONS_AT_ONCE = 8


def existing(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Addresses whose creation was refused because they exist."""
    refused = [one for one in diagnostics if one.address and EXISTS.search(f"{one.summary} {one.detail}")]
    return sorted({one.address for one in refused if one.address})


def lost_creations(plan: Plan, client: ClientOf, *, before_destroy: bool = False) -> dict[str, list[str]]:
    """Address -> import ids of what the plan creates although it is there; what is not found or not ours is left out.

    What a second creation puts in place of the first is looked for ``before_destroy`` only: then there is none.
    """
    prefix = prefix_of(plan)
    looked_for = []
    for change in plan.changes:
        rule = SECOND_CREATION.get(change.type)
        if change.kind is not Kind.CREATE or change.imported_id or rule is None or rule.find is None:
            continue
        if isinstance(rule, Repeatable) and not before_destroy:
            continue
        if isinstance(rule, Doubled) or _is_own(change, rule, prefix):
            looked_for.append((change, rule.find))
    with ThreadPoolExecutor(QUESTIONS_AT_ONCE) as asking:
        ids = asking.map(lambda one: _ids(one[1], one[0], client), looked_for)
        there = [(change, sorted(found)) for (change, _), found in zip(looked_for, ids, strict=True) if found]
    return {change.address: found for change, found in there if not _is_in_state(change.type, found, plan)}


def refused_imports(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and a sentence for each import of the plan that is not this environment's, or whose data would go."""
    for change in plan.changes:
        if not change.imported_id:
            continue
        if change.kind in (Kind.REPLACE, Kind.DELETE) and change.type in DATA_STORES:
            yield (
                change.address,
                f"{change.address} exists ({change.imported_id}) and would be made anew, and {DATA_STORES[change.type]} "
                "would be lost: nothing is done to it. Look at what is there, then remove it or import it by hand",
            )
        if not _has_own_tags(change):
            yield (
                change.address,
                f"{change.address} exists ({change.imported_id}) without this environment's tags: it is somebody else's, "
                f"and not taken over. Remove it, or tag it {_owner_tags(change)} if it is this environment's own",
            )


def prefix_of(plan: Plan) -> str:
    """What the environment's names start with; "" where the plan does not say."""
    return next((str(output.after) for output in plan.outputs if output.address == "name_prefix" and output.after), "")


def import_blocks(imports: Mapping[str, str]) -> str:
    """Terraform's text for address -> import id."""
    return "".join(
        f"import {{\n  to = {address}\n  id = {_quoted(id_)}\n}}\n" for address, id_ in sorted(imports.items())
    )


def _owner_tags(change: Change) -> str:
    return ", ".join(f"{name} = {change.after['tags_all'].get(name)}" for name in OWNER_TAGS)


def _is_own(change: Change, rule: Refused | Repeatable, prefix: str) -> bool:
    if rule.named is None:
        return True
    words = re.split(r"[/:]", str((change.after or {}).get(rule.named) or ""))  # paths and ARNs end with the name
    return bool(prefix) and (words[-1] == prefix or words[-1].startswith(f"{prefix}-"))


def _has_own_tags(change: Change) -> bool:
    wanted, there = ((values or {}).get("tags_all") for values in (change.after, change.before))
    if not wanted or (not there and change.type in TAGGED_LATER):
        return True
    return all((there or {}).get(name) == wanted.get(name) for name in OWNER_TAGS)


def _is_in_state(kind: str, ids: list[str], plan: Plan) -> bool:
    """Does the state hold it at another address? Then the plan moves it, by deleting it there."""
    known = [
        change.before for change in plan.changes if change.type == kind and change.before and not change.imported_id
    ]
    # Some ids are a pair: what it is a part of, and its own.
    wanted = [{id_} for id_ in ids] + [{pair[1], pair[2]} for id_ in ids if (pair := PAIR.fullmatch(id_))]
    return any(
        one <= {value for value in before.values() if isinstance(value, str)} for before in known for one in wanted
    )


def _ids(find: Finder, change: Change, client: ClientOf) -> list[str]:
    """[] where an argument is not known yet, or AWS has no such thing or does not let us look."""
    values = {name: value for name, value in (change.after or {}).items() if value is not None}
    try:
        return find(client, values)
    except (KeyError, BotoCoreError, ClientError):
        return []


def _quoted(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
