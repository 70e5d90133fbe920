"""The parts of Terraform's plan JSON (format 1.x) that a review reads, as plain records.

Source: developer.hashicorp.com/terraform/internals/json-format. The ``variables`` key is dropped on reading: it holds
sensitive values in clear text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from scripts.plan_review.masking import masked

Json = dict[str, Any]
FIRST_MODULE = re.compile(r'module\.[^.\[]+(\[(?:\d+|"(?:[^"\\]|\\.)*")\])?')
INSTANCE_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


class PlanFormatError(ValueError):
    """The JSON is not a plan of a format that this review understands."""


class Kind(StrEnum):
    """What happens to one resource; a replace is one thing, not a create and a delete."""

    DELETE = "delete"
    REPLACE = "replace"
    CREATE = "create"
    UPDATE = "update"
    FORGET = "forget"
    READ = "read"
    NONE = "no-op"


KINDS = {
    ("no-op",): Kind.NONE,
    ("create",): Kind.CREATE,
    ("read",): Kind.READ,
    ("update",): Kind.UPDATE,
    ("delete",): Kind.DELETE,
    ("forget",): Kind.FORGET,
    ("delete", "create"): Kind.REPLACE,
    ("create", "delete"): Kind.REPLACE,
    ("create", "forget"): Kind.REPLACE,
    ("forget", "create"): Kind.REPLACE,
}


@dataclass(frozen=True)
class Change:
    """One resource's or output's change, values as Terraform gave them (not yet masked)."""

    address: str
    kind: Kind
    type: str = ""
    before: Any = None
    after: Any = None
    unknown: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    replace_paths: tuple[str, ...] = ()
    reason: str | None = None
    moved_from: str | None = None
    imported_id: str | None = None
    create_first: bool = False
    configured: frozenset[str] | None = None  # arguments and blocks in the configuration; None: not known

    def is_computed(self, name: str) -> bool:
        """Nobody set this attribute: the provider will."""
        return self.configured is not None and name not in self.configured

    @cached_property
    def shown(self) -> tuple[Any, Any]:
        """Before and after without what is sensitive."""
        return masked(self.before, self.before_sensitive), masked(self.after, self.after_sensitive)

    @property
    def module(self) -> str:
        """``module.x`` of ``module.x.module.y.aws_sqs_queue.this``; "" at the root."""
        found = FIRST_MODULE.match(self.address)
        return found[0] if found else ""


@dataclass(frozen=True)
class Plan:
    """A plan, read."""

    changes: tuple[Change, ...]
    outputs: tuple[Change, ...]
    drift: tuple[Change, ...]
    failed_checks: tuple[str, ...] = ()
    errored: bool = False
    complete: bool = True
    actions: tuple[str, ...] = ()
    deferred: int = 0
    terraform_version: str = ""
    configuration: Json = field(default_factory=dict, repr=False)


def read_plan(document: Any) -> Plan:
    """Read the parsed JSON of a plan. Raises PlanFormatError with what is wrong and how to make a right one."""
    if not isinstance(document, Mapping) or "format_version" not in document:
        raise PlanFormatError("this is not a plan: make one with `terraform show -json plan.tfplan`")
    if "values" in document and "resource_changes" not in document and "planned_values" not in document:
        raise PlanFormatError("this is a state, not a plan: give the plan file to `terraform show -json`")
    if str(document["format_version"]).split(".")[0] != "1":
        raise PlanFormatError(f"plan format {document['format_version']} is not understood; this review reads 1.x")
    configuration = document.get("configuration") or {}
    return Plan(
        changes=tuple(_resource(item, configuration) for item in document.get("resource_changes") or ()),
        outputs=tuple(_output(name, item) for name, item in sorted((document.get("output_changes") or {}).items())),
        drift=tuple(_resource(item, configuration) for item in document.get("resource_drift") or ()),
        failed_checks=_failed_checks(document.get("checks") or ()),
        errored=bool(document.get("errored")),
        complete=bool(document.get("complete", True)),
        actions=_actions(document),
        deferred=len(document.get("deferred_changes") or ()),
        terraform_version=str(document.get("terraform_version", "")),
        configuration=configuration,
    )


def configured_resource(configuration: Mapping[str, Any], address: str) -> Mapping[str, Any] | None:
    """The configuration's block of a resource, found by its address with or without instance keys."""
    words = INSTANCE_KEY.sub("", address).split(".")
    module: Any = configuration.get("root_module") or {}
    while words[0] == "module":
        module = ((module.get("module_calls") or {}).get(words[1]) or {}).get("module") or {}
        words = words[2:]
    return next((item for item in module.get("resources") or () if item.get("address") == ".".join(words)), None)


def _resource(item: Mapping[str, Any], configuration: Mapping[str, Any]) -> Change:
    change = item.get("change") or {}
    actions = tuple(change.get("actions") or ("no-op",))
    if actions not in KINDS:
        raise PlanFormatError(f"{item.get('address')}: actions {list(actions)} are not understood")
    if "address" not in item:
        raise PlanFormatError("a change of this plan has no address: make one with `terraform show -json plan.tfplan`")
    block = configured_resource(configuration, item["address"])
    return Change(
        address=item["address"],
        type=item.get("type", ""),
        kind=KINDS[actions],
        before=change.get("before"),
        after=change.get("after"),
        unknown=change.get("after_unknown"),
        before_sensitive=change.get("before_sensitive"),
        after_sensitive=change.get("after_sensitive"),
        replace_paths=tuple(path_text(path) for path in change.get("replace_paths") or ()),
        reason=item.get("action_reason"),
        moved_from=item.get("previous_address"),
        imported_id=_imported(change.get("importing")),
        create_first=actions[0] == "create" and len(actions) > 1,
        configured=None if block is None else frozenset(block.get("expressions") or ()),
    )


def _imported(importing: Any) -> str | None:
    """What an import block names: an id, or (Terraform 1.12 and newer) an identity; it may come out of the apply."""
    if not isinstance(importing, Mapping):
        return None
    if importing.get("id"):
        return str(importing["id"])
    identity = importing.get("identity")
    if isinstance(identity, Mapping):
        return ", ".join(f"{key} {value}" for key, value in identity.items() if value is not None)
    return "what is known after the apply"


def _actions(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Terraform 1.14's action blocks that the apply runs: things done that no resource's change tells."""
    told = []
    for item in document.get("action_invocations") or ():
        trigger = item.get("lifecycle_action_trigger") or {}
        resource, event = trigger.get("triggering_resource_address"), str(trigger.get("action_trigger_event", ""))
        why = f" ({event.lower() or 'triggered'} of {resource})" if resource else ""
        told.append(f"{item.get('address') or item.get('type') or 'action'}{why}")
    return tuple(told)


def _output(name: str, item: Mapping[str, Any]) -> Change:
    return Change(
        address=name,
        kind=KINDS.get(tuple(item.get("actions") or ("no-op",)), Kind.UPDATE),
        before=item.get("before"),
        after=item.get("after"),
        unknown=item.get("after_unknown"),
        before_sensitive=item.get("before_sensitive"),
        after_sensitive=item.get("after_sensitive"),
    )


def _failed_checks(checks: Any) -> tuple[str, ...]:
    texts = []
    for check in checks:
        for instance in check.get("instances") or ():
            if instance.get("status") in ("fail", "error"):
                address = (instance.get("address") or check.get("address") or {}).get("to_display", "check")
                problems = [problem.get("message", "") for problem in instance.get("problems") or ()] or ["failed"]
                texts += [f"{address}: {problem}" for problem in problems]
    return tuple(texts)


def path_text(path: Any) -> str:
    """``["rule", 0, "name"]`` as ``rule[0].name``."""
    text = ""
    for step in path if isinstance(path, list) else [path]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
