"""Lines of an audience JSON file to endpoint updates: one object per line, in the names of Pinpoint's API.

A line with ApplicationId is a line of an export: its EndpointStatus, CohortId and CreationDate are taken too, so that a
backup restores inactive endpoints as inactive (more than Pinpoint could).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engagement.domain.audience_rows import RowFailure, Rows
from engagement.domain.derived_ids import derived_ids
from engagement.domain.endpoint import COHORTS, EndpointUpdate
from engagement.domain.endpoint_fields import Refused, date, deliverable, identifier, refuse, text
from engagement.domain.endpoint_update import endpoint_update
from engagement.domain.refusal import Refusal

_EXPORT_MEMBERS = frozenset({"ApplicationId", "CohortId", "CreationDate"})


def json_rows(block: bytes, first_line: int, app_id: str, *, create_only: bool = False) -> tuple[Rows, int]:
    """Rows of a block of whole lines, and the line that follows. Blank lines are no rows.

    Endpoints without Id get one derived for ``app_id``. ``create_only``: see EndpointUpdate.
    """
    rows, update_lines, line = Rows(), [], first_line
    for raw in block.splitlines():
        if raw.strip():
            try:
                update = _row(_decoded(raw), app_id, create_only)
                if isinstance(update, str):
                    rows.user_ids.append(update)
                    rows.user_lines.append(line)
                else:
                    rows.updates.append(update)
                    update_lines.append(line)
            except Refused as refused:
                rows.failures.append(RowFailure(line, refused.refusal, column=refused.refusal.path != "row"))
        line += 1
    rows.update_lines = update_lines
    return rows, line


def _decoded(raw: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(raw.decode(), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        rule = f"holds the byte 0x{raw[error.start]:02x} at byte {error.start + 1} of the line, which is not UTF-8"
        raise Refused(Refusal("row", rule, "save the file as UTF-8")) from None
    except json.JSONDecodeError as error:
        rule = f"is not a JSON object: {error.msg} at character {error.colno}"
        raise Refused(Refusal("row", rule, _json_remedy(raw))) from None
    except ValueError:  # Python's own limit for the digits of a whole number
        raise Refused(Refusal("row", "holds a number of thousands of digits", "write a number of at most 15")) from None
    except RecursionError:
        raise Refused(Refusal("row", "is nested too deeply", "write one endpoint per line")) from None
    if not isinstance(document, dict):
        raise Refused(Refusal("row", "is not a JSON object", _json_remedy(raw)))
    return document


def _json_remedy(raw: bytes) -> str:
    start = raw.lstrip()[:1]
    if start in (b"[", b"]", b"}", b'"') or raw.strip() == b"{":
        return "write one whole object per line, without an array around them"
    if b"," in raw and start != b"{":
        return "if this is a CSV file, create the job with Format CSV"
    return "write one object per line"


def _no_constant(name: str) -> Any:
    raise refuse("row", name, "is not JSON", "write a number or leave the member out")


def _row(document: Mapping[str, Any], app_id: str, create_only: bool) -> EndpointUpdate | str:
    """An update, or the user id of a line that names a user and nothing else."""
    user = document.get("User")
    if set(document) == {"User"} and isinstance(user, dict) and set(user) == {"UserId"}:
        return identifier("User.UserId", user["UserId"])
    exported = document.get("ApplicationId") is not None
    if not exported and document.get("EndpointStatus") is not None:
        remedy = "remove it; use OptOut to keep people from being written to"
        raise refuse("EndpointStatus", None, "cannot be imported: an import makes endpoints active", remedy)
    plain = {name: value for name, value in document.items() if not (exported and name in _EXPORT_MEMBERS)}
    given_id = document.get("Id") or ""
    update = endpoint_update(given_id or "by address", plain)
    if not given_id:
        for name, value in (("Address", update.address), ("ChannelType", update.channel_type)):
            if not value:
                raise refuse(name, None, "is missing", f"give the {name} of the endpoint, or the Id of one that exists")
    if update.address and update.channel_type:
        deliverable("Address", update.channel_type, update.address)
    return update._replace(
        id=given_id or derived_ids(app_id, [update.channel_type or ""], [update.address or ""], [update.user_id])[0],
        requires_address=True,
        create_only=create_only,
        creation_date=_exported(document, "CreationDate") and date("CreationDate", document["CreationDate"]),
        cohort_id=_exported(document, "CohortId") and _cohort(document["CohortId"]),
    )


def _cohort(value: Any) -> str:
    cohort = text("CohortId", value)
    if not (cohort.isascii() and cohort.isdecimal() and int(cohort) < COHORTS):
        raise refuse("CohortId", value, f"is no number from 0 to {COHORTS - 1}", "leave the line as it was exported")
    return str(int(cohort))


def _exported(document: Mapping[str, Any], name: str) -> Any:
    return (document.get("ApplicationId") and document.get(name)) or None
