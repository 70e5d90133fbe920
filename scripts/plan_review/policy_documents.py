"""Policies that Terraform calls unknown although all but an id in them is known: those of data sources.

A policy from ``data.aws_iam_policy_document`` whose resources get their ARNs in the apply is one unknown string in the
plan; the data source's own planned read, however, lists its statements. They are put in the string's place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scripts.plan_review.masking import masked
from scripts.plan_review.plan_json import Change, Kind, Plan, configured_resource

Json = dict[str, Any]
POLICY_ATTRIBUTES = ("policy", "assume_role_policy", "access_policies", "resource_policy")
DOCUMENT = "aws_iam_policy_document"


def with_known_policies(plan: Plan) -> Plan:
    """The same plan with policies of planned data sources filled in."""
    documents = {
        change.address: _document(change)
        for change in plan.changes
        if change.type == DOCUMENT and change.kind is Kind.READ
    }
    if not documents:
        return plan
    return replace(plan, changes=tuple(_filled(change, documents, plan.configuration) for change in plan.changes))


def _filled(change: Change, documents: Mapping[str, str], configuration: Json) -> Change:
    found = {
        name: documents[address]
        for name in POLICY_ATTRIBUTES
        if isinstance(change.unknown, Mapping) and change.unknown.get(name) is True
        for address in _references(change, name, configuration)
        if address in documents
    }
    if not found or not isinstance(change.unknown, Mapping):
        return change
    unknown = {name: value for name, value in change.unknown.items() if name not in found}
    return replace(change, after={**(change.after or {}), **found}, unknown=unknown)


def _references(change: Change, name: str, configuration: Json) -> Iterator[str]:
    block = configured_resource(configuration, change.address) or {}
    expression = (block.get("expressions") or {}).get(name) or {}
    own = change.address.rsplit(f"{change.type}.", 1)[0]
    for reference in expression.get("references") or () if isinstance(expression, Mapping) else ():
        yield own + reference


def _document(change: Change) -> str:
    read = masked(change.after, change.after_sensitive, change.unknown)
    statements = read.get("statement") if isinstance(read, Mapping) else None
    return json.dumps({"Statement": [_statement(item) for item in statements or () if isinstance(item, Mapping)]})


def _statement(item: Mapping[str, Any]) -> Json:
    """A ``statement`` block in the policy's own words."""
    parts = {
        "Sid": item.get("sid"), "Effect": item.get("effect") or "Allow", "Action": item.get("actions"),
        "NotAction": item.get("not_actions"), "Resource": item.get("resources"),
        "NotResource": item.get("not_resources"), "Principal": _principals(item.get("principals")),
        "NotPrincipal": _principals(item.get("not_principals")), "Condition": _conditions(item.get("condition")),
    }  # fmt: skip
    return {name: value for name, value in parts.items() if value}


def _principals(blocks: Any) -> Any:
    pairs = [(block.get("type"), block.get("identifiers")) for block in blocks or () if isinstance(block, Mapping)]
    return "*" if ("*", ["*"]) in pairs else dict(pairs)


def _conditions(blocks: Any) -> Json:
    tests: Json = {}
    for block in blocks or ():
        if isinstance(block, Mapping):
            tests.setdefault(str(block.get("test")), {})[str(block.get("variable"))] = block.get("values")
    return tests
