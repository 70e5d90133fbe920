"""The review of one plan: counts, verdict, and every change in the order in which a person should read them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any

from scripts.plan_review.attribute_diff import (
    CODE_ATTRIBUTES,
    changed_attributes,
    diff_lines,
    only_code_changed,
    only_tags_changed,
    opened,
)
from scripts.plan_review.cost import Cost, cost_of
from scripts.plan_review.data_stores import DATA_STORES
from scripts.plan_review.drift import Drift, drift_findings, drift_of
from scripts.plan_review.findings import AREAS, Finding
from scripts.plan_review.masking import SENSITIVE, UNKNOWN, masked_on_both
from scripts.plan_review.plan_json import Change, Kind, Plan
from scripts.plan_review.policy_documents import with_known_policies
from scripts.plan_review.printable import printable
from scripts.plan_review.security import findings

ORDER = [Kind.DELETE, Kind.REPLACE, Kind.FORGET, Kind.UPDATE, Kind.CREATE, Kind.READ]
# Terraform's action_reason in words (internals/json-format, "Change Representation").
REASONS = {
    "replace_because_tainted": "an earlier apply was cut off while it made it (`kit deploy` keeps what holds data)",
    "replace_because_cannot_update": "cannot be changed in place",
    "replace_by_request": "asked for by -replace",
    "replace_by_triggers": "triggered by replace_triggered_by",
    "delete_because_no_resource_config": "no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_wrong_repetition": "count or for_each came or went",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_move_target": "moved to where no configuration is",
    "read_because_config_unknown": "its arguments are known only during the apply",
    "read_because_dependency_pending": "waits for a change",
    "read_because_check_nested": "read for a check",
}


class Verdict(IntEnum):
    """Exit codes of the review."""

    NOTHING = 0
    FAILED = 1
    CHANGES = 2
    SECOND_LOOK = 3


LABELS = {
    Verdict.NOTHING: "no changes",
    Verdict.FAILED: "the plan failed",
    Verdict.CHANGES: "changes",
    Verdict.SECOND_LOOK: "needs a second look",
}


@dataclass(frozen=True)
class Item:
    """One resource's change, ready to be shown."""

    address: str
    module: str
    kind: Kind
    data_store: bool
    reason: str | None
    replace_paths: tuple[str, ...]
    moved_from: str | None
    imported_id: str | None
    attributes: tuple[str, ...]
    diff: tuple[str, ...]


@dataclass(frozen=True)
class Review:
    """Everything that the renderings show; made only of masked values."""

    title: str
    environment: str
    verdict: Verdict
    label: str
    counts: dict[str, int]
    items: tuple[Item, ...]
    code_changed: tuple[str, ...]
    tags_changed: tuple[Item, ...]
    moved: tuple[tuple[str, str], ...]
    imported: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    drift: tuple[Item, ...]
    outputs: tuple[str, ...]
    failed_checks: tuple[str, ...]
    cost: Cost
    warnings: tuple[str, ...]
    actions: tuple[str, ...] = ()  # what the apply does besides changing resources
    errors: tuple[str, ...] = ()  # Terraform's own messages, of a plan that failed

    def __post_init__(self) -> None:
        """Whoever shows or stores a review may do so as it is; of Terraform's messages the lines stay."""
        for item in fields(self):
            value = getattr(self, item.name)
            lines = item.name == "errors"
            kept = tuple("\n".join(map(printable, text.split("\n"))) for text in value) if lines else printable(value)
            object.__setattr__(self, item.name, kept)

    @property
    def areas(self) -> list[tuple[str, list[Finding]]]:
        """Findings by area, in reading order; empty areas are left out."""
        grouped = [(title, [item for item in self.findings if item.area == area]) for area, title in AREAS.items()]
        return [(title, items) for title, items in grouped if items]

    @property
    def other_function_changes(self) -> bool:
        """Does a function with new code change in another way too?"""
        return any(item.address in self.code_changed for item in self.items)

    @property
    def headline(self) -> str:
        """``2 to create, 1 to delete; new code for 7 functions``."""
        if self.verdict == Verdict.NOTHING:
            kept = len(self.drift)
            changed = f"{kept} resource{'s' if kept > 1 else ''} changed outside Terraform"
            return f"nothing to change, but {changed}" if kept else "the account matches the configuration"
        parts = [f"{number} to {name}" for name, number in self.counts.items() if number]
        text = ", ".join(parts) or ("" if self.code_changed else "only outputs or reads change")
        code = f"new code for {_functions(len(self.code_changed))}" if self.code_changed else ""
        return "; ".join(part for part in (text, code) if part)

    def as_json(self) -> dict[str, Any]:
        """The machine-readable form."""
        return {
            "title": self.title,
            "environment": self.environment,
            "verdict": self.verdict.name.lower(),
            "exit_code": int(self.verdict),
            "label": self.label,
            "counts": self.counts,
            "changes": [_item_json(item) for item in self.items],
            "code_changed": list(self.code_changed),
            "tags_changed": [item.address for item in self.tags_changed],
            "moved": [{"from": old, "to": new} for old, new in self.moved],
            "imported": [{"address": address, "id": id_} for address, id_ in self.imported],
            "findings": [vars(item) for item in self.findings],
            "drift": [_item_json(item) for item in self.drift],
            "outputs": list(self.outputs),
            "actions": list(self.actions),
            "failed_checks": list(self.failed_checks),
            "cost": {"fixed_usd": self.cost.fixed, "by_use_usd": self.cost.by_use, "assumed": self.cost.assumed},
            "warnings": list(self.warnings),
            "errors": list(self.errors),
        }


def review_plan(plan: Plan, *, environment: str, title: str = "Terraform plan") -> Review:
    """Judge a plan that was read by ``plan_json.read_plan``."""
    plan = with_known_policies(plan)
    shown = [change for change in plan.changes if change.kind not in (Kind.NONE, Kind.READ)]
    code = [change for change in shown if _new_code(change)]
    folded = [change for change in shown if code and change.kind is Kind.UPDATE and only_code_changed(change)]
    tags = [change for change in shown if change.kind is Kind.UPDATE and only_tags_changed(change)]
    told_elsewhere = {change.address for change in (*folded, *tags)}
    items = sorted((_item(change) for change in shown if change.address not in told_elsewhere), key=_reading_order)
    drift = drift_of(plan)
    found = tuple(_in_order([*findings(plan), *drift_findings(drift, plan)]))
    outputs = tuple(_output_line(change) for change in plan.outputs if change.kind is not Kind.NONE)
    moved = tuple((change.moved_from, change.address) for change in plan.changes if change.moved_from)
    imported = tuple((change.address, change.imported_id) for change in plan.changes if change.imported_id)
    reads = any(change.kind is Kind.READ for change in plan.changes)
    verdict = _verdict(bool(shown or outputs or moved or imported or reads or plan.actions), found, plan)
    return Review(
        title=title,
        environment=environment,
        verdict=verdict,
        label=LABELS[verdict],
        counts=_counts(shown, moved, imported),
        items=tuple(items),
        code_changed=tuple(change.address for change in code),
        tags_changed=tuple(_item(change) for change in tags),
        moved=moved,
        imported=imported,
        findings=found,
        drift=tuple(_drift_item(item) for item in drift),
        outputs=outputs,
        failed_checks=plan.failed_checks,
        cost=cost_of(plan),
        warnings=_warnings(plan, drift),
        actions=plan.actions,
    )


def _verdict(anything: bool, found: tuple[Finding, ...], plan: Plan) -> Verdict:
    if plan.errored:
        return Verdict.FAILED
    if any(item.second_look for item in found):
        return Verdict.SECOND_LOOK
    return Verdict.CHANGES if anything or plan.deferred else Verdict.NOTHING


def _in_order(found: list[Finding]) -> list[Finding]:
    """What needs a second look first, then by area; once each."""
    areas = list(AREAS)
    return sorted(dict.fromkeys(found), key=lambda item: (not item.second_look, areas.index(item.area)))


def _new_code(change: Change) -> bool:
    return (
        change.type == "aws_lambda_function"
        and change.kind is Kind.UPDATE
        and bool(CODE_ATTRIBUTES & set(changed_attributes(change)))
    )


def _functions(number: int) -> str:
    return f"{number} function{'' if number == 1 else 's'}"


def _counts(shown: list[Change], moved: tuple[Any, ...], imported: tuple[Any, ...]) -> dict[str, int]:
    by_kind = Counter(change.kind for change in shown)
    names = {Kind.CREATE: "create", Kind.UPDATE: "update", Kind.REPLACE: "replace", Kind.DELETE: "delete"}
    counts = {name: by_kind[kind] for kind, name in names.items()}
    extra = {"forget": by_kind[Kind.FORGET], "move": len(moved), "import": len(imported)}
    return counts | {name: number for name, number in extra.items() if number}


def _warnings(plan: Plan, drift: tuple[Drift, ...]) -> tuple[str, ...]:
    warnings = []
    if plan.errored:
        warnings.append("The plan ended with an error: what is shown is not all, and it cannot be applied.")
    if not plan.complete and not plan.errored:
        warnings.append("The plan is not complete (targets or deferred changes): a further plan will follow.")
    kept = sum(not item.undone for item in drift)
    if kept:
        resources = f"{kept} resource{'s' if kept > 1 else ''} changed outside Terraform"
        warnings.append(f"{resources}, and this plan leaves that as it is: see Drift.")
    return tuple(warnings)


def _item(change: Change) -> Item:
    return Item(
        address=change.address,
        module=change.module,
        kind=change.kind,
        data_store=change.type in DATA_STORES,
        reason=REASONS.get(change.reason or "", change.reason),
        replace_paths=change.replace_paths,
        moved_from=change.moved_from,
        imported_id=change.imported_id,
        attributes=tuple(changed_attributes(change)),
        diff=tuple(diff_lines(change)),
    )


def _drift_item(drift: Drift) -> Item:
    item = _item(drift.change)
    reason = "this plan brings it back" if drift.undone else "stays as it is"
    if drift.change.kind is Kind.DELETE:
        return replace(item, attributes=(), reason="deleted; " + reason.replace("brings it back", "makes it anew"))
    return replace(item, attributes=drift.attributes, reason=reason)


def _reading_order(item: Item) -> tuple[Any, ...]:
    """Loss of data first, then the other deletes and replaces, then what changes, then what is new."""
    loses_data = item.data_store and item.kind in (Kind.DELETE, Kind.REPLACE)
    return (not loses_data, ORDER.index(item.kind), item.module, item.address)


def _output_line(change: Change) -> str:
    marks, other, name = change.before_sensitive, change.after_sensitive, change.address
    before = opened(masked_on_both(change.before, marks, other, None, name))
    after = opened(masked_on_both(change.after, other, marks, change.unknown, name))
    if SENSITIVE in (before, after):
        return f"{change.address}: {change.kind} {SENSITIVE}"
    shown = [UNKNOWN if side == UNKNOWN else _short(side) for side in (before, after)]
    return {
        Kind.CREATE: f"{change.address}: {shown[1]} (new)",
        Kind.DELETE: f"{change.address}: {shown[0]} (goes away)",
    }.get(change.kind, f"{change.address}: {shown[0]} -> {shown[1]}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "..."


def _item_json(item: Item) -> dict[str, Any]:
    return {**vars(item), "kind": str(item.kind), "diff": list(item.diff)}
