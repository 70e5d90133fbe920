"""Does a bucket policy let the Personalize service do something? Pure; IAM's rules, as far as they matter here."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

SERVICE = "personalize.amazonaws.com"
Json = dict[str, Any]


def allows(policy: Json, *, action: str, resource: str, facts: Mapping[str, str]) -> bool:
    """``resource`` is an S3 ARN; ``facts`` are the condition keys (aws:SourceAccount ...) of the service's request."""
    statements = _listed(policy.get("Statement", []))
    effects = {
        statement.get("Effect")
        for statement in statements
        if _is_for_service(statement)
        and _matches(action.lower(), (a.lower() for a in _listed(statement.get("Action", []))))
        and _matches(resource, _listed(statement.get("Resource", [])))
        and _holds(statement.get("Condition", {}), facts)
    }
    return "Allow" in effects and "Deny" not in effects


def _is_for_service(statement: Json) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        return SERVICE in _listed(principal.get("Service", [])) or "*" in _listed(principal.get("AWS", []))
    return principal == "*"


def _holds(conditions: Json, facts: Mapping[str, str]) -> bool:
    """A key that the service does not send fails its condition, as IAM has it for operators without IfExists."""
    known = {name.lower(): value for name, value in facts.items()}
    for operator, wanted in conditions.items():
        for key, values in wanted.items():
            fact = known.get(key.lower())
            if fact is None:
                if operator.endswith("IfExists") or "Not" in operator:
                    continue
                return False
            hit = _matches(fact, (str(value) for value in _listed(values)), exact="Equals" in operator)
            if operator == "Bool":
                hit = fact.lower() in (str(value).lower() for value in _listed(values))
            if hit == ("Not" in operator):
                return False
    return True


def _matches(value: str, patterns: Iterable[str], *, exact: bool = False) -> bool:
    return any(value == p if exact else fnmatch.fnmatchcase(value, p.replace("[", "[[]")) for p in patterns)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
