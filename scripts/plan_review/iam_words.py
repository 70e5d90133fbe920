"""IAM policies in words, statement by statement, and whether a change lets somebody do more than before.

Grammar of policies: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. The comparison is by
pattern, not by simulation: a new Allow counts as wider unless one old Allow statement with no stricter condition covers
every one of its actions, resources and principals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

Json = dict[str, Any]
# Actions that know no resources, so that only "*" can stand there (service authorization reference).
NO_RESOURCES = {
    "xray:puttracesegments", "xray:puttelemetryrecords", "xray:getsamplingrules", "xray:getsamplingtargets",
    "cloudwatch:putmetricdata", "cloudwatch:getmetricdata", "cloudwatch:listmetrics", "ses:getaccount",
    "ses:getsuppresseddestination", "ses:putsuppresseddestination", "ses:listsuppresseddestinations",
    "kms:listaliases", "kms:listkeys", "kms:generaterandom", "s3:listallmybuckets", "sqs:listqueues",
    "lambda:listfunctions", "logs:describequerydefinitions", "personalize:listcampaigns", "sts:getcalleridentity",
}  # fmt: skip


# Keys by which a condition says who calls, or from where (IAM User Guide, global condition context keys).
BOUNDING_KEYS = {
    "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourceip",
    "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:principalaccount", "aws:principalarn",
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalservicename", "aws:userid", "aws:username",
    "kms:calleraccount", "kms:viaservice", "s3:dataaccesspointaccount", "sts:externalid",
    "lambda:sourcefunctionarn", "sns:endpoint",
}  # fmt: skip
# Values that let everybody through, whatever the key.
ANYBODY = {"*", "**", "0.0.0.0/0", "::/0", "arn:*", "arn:aws:*"}


@dataclass(frozen=True)
class Statement:
    """One statement, normalised: lists sorted, single strings as lists."""

    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    principals: tuple[str, ...]
    not_principals: tuple[str, ...]
    condition: str
    sid: str = ""

    @property
    def meaning(self) -> tuple[Any, ...]:
        """Everything but the name."""
        return (
            self.effect, self.actions, self.not_actions, self.resources, self.not_resources, self.principals,
            self.not_principals, self.condition,
        )  # fmt: skip


# ``arn:aws:sqs:*:*:*`` and ``arn:aws:s3:::*``: a whole service's resources.
WHOLE_SERVICE = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:\*+(/\*)?$")


@dataclass(frozen=True)
class PolicyChange:
    """What one policy document's change means."""

    added: tuple[Statement, ...]
    removed: tuple[Statement, ...]
    wider: tuple[str, ...]


def read_policy(text: Any) -> tuple[Statement, ...]:
    """Statements of a policy given as JSON text or as an object. Text that is no policy gives no statements."""
    document = text
    if isinstance(text, str):
        try:
            document = json.loads(text)
        except ValueError:
            return ()
    if not isinstance(document, Mapping):
        return ()
    statements = document.get("Statement", [])
    return tuple(_statement(item) for item in _list(statements) if isinstance(item, Mapping))


def compare(before: Any, after: Any) -> PolicyChange:
    """Statements that came and went between two policies (JSON text, object or None), and what got wider."""
    old, new = read_policy(before), read_policy(after)
    kept = {statement.meaning for statement in old} & {statement.meaning for statement in new}
    added = tuple(statement for statement in new if statement.meaning not in kept)
    removed = tuple(statement for statement in old if statement.meaning not in kept)
    wider = [
        words(statement)
        for statement in added
        if statement.effect == "Allow" and not any(_covers(other, statement) for other in old)
    ]
    wider += [
        "no longer forbidden: " + words(statement, verb="")
        for statement in removed
        if statement.effect == "Deny" and not any(_forbids_as_much(other, statement) for other in new)
    ]
    return PolicyChange(added, removed, tuple(wider))


def words(statement: Statement, *, verb: str | None = None) -> str:
    """One statement as a sentence part: ``may sqs:SendMessage on arn:...``."""
    may = {"Allow": "may ", "Deny": "must not "}.get(statement.effect, statement.effect + " ")
    whom = f"{who(statement.principals)} " if statement.principals else ""
    whom = f"everybody but {who(statement.not_principals)} " if statement.not_principals else whom
    what = _some(statement.actions) or f"everything but {_some(statement.not_actions)}"
    where = (
        f"everything but {_some(statement.not_resources)}" if statement.not_resources else _some(statement.resources)
    )
    text = f"{whom}{may if verb is None else verb}{what}" + (f" on {where}" if where else "")
    return text + (f", if {_condition_words(statement.condition)}" if statement.condition else "")


def who(principals: tuple[str, ...]) -> str:
    """Principals without their kind; ``*`` is everybody."""
    return _some(
        tuple("everybody" if item in ("*", "AWS:*") else item.partition(":")[2] or item for item in principals)
    )


def trouble(statement: Statement) -> list[str]:
    """What a reviewer should ask about an Allow statement: wildcards and open principals."""
    if statement.effect != "Allow":
        return []
    found = []
    if any(principal in ("*", "AWS:*") for principal in statement.principals) and not says_who(statement.condition):
        found.append("anybody on the internet")
    if statement.not_actions or statement.not_resources or statement.not_principals:
        found.append("grants by exception (NotAction, NotResource or NotPrincipal)")
    if any(action == "*" for action in statement.actions):
        found.append("every action of every service")
    elif any(action.endswith(":*") for action in statement.actions):
        found.append("every action of a service")
    everything = any(item == "*" or WHOLE_SERVICE.match(item) for item in statement.resources)
    if everything and not statement.principals and not _know_no_resource(statement.actions):
        found.append("on every resource")
    if any(fnmatchcase("iam:PassRole", _pattern(action)) for action in statement.actions) and any(
        "*" in resource for resource in statement.resources
    ):
        found.append("may pass roles by wildcard")
    return found


def trust_words(statement: Statement) -> str:
    """A statement of a role's trust policy: who may become it."""
    may = "must not" if statement.effect == "Deny" else "may"
    whom = who(statement.principals) or "nobody"
    if statement.not_principals:
        whom = f"everybody but {who(statement.not_principals)}"
    return f"{may} be assumed by {whom}" + (
        f", if {_condition_words(statement.condition)}" if statement.condition else ""
    )


def trust_trouble(statement: Statement) -> list[str]:
    """What a reviewer should ask about who may become a role."""
    if statement.effect != "Allow":
        return []
    found = [doubt for doubt in trouble(statement) if "internet" in doubt or "exception" in doubt]
    if any(principal.startswith("AWS:") for principal in statement.principals):
        found.append("another account or its users")
    if any(principal.startswith("Federated:") for principal in statement.principals) and not statement.condition:
        found.append("everybody whom that identity provider knows")
    return found


def says_who(condition: str) -> bool:
    """Does a condition bound who calls or from where? One on TLS or on a prefix leaves the door open to everybody."""
    for operator, pairs in (json.loads(condition) if condition else {}).items():
        if "Not" in operator or operator.startswith("Null") or operator.endswith("IfExists"):
            continue
        for key, values in pairs.items():
            bounds = key.lower() in BOUNDING_KEYS or key.lower().startswith("aws:principaltag/")
            if bounds and not any(str(value) in ANYBODY for value in _list(values)):
                return True
    return False


def _know_no_resource(actions: tuple[str, ...]) -> bool:
    return bool(actions) and all(action.lower() in NO_RESOURCES for action in actions)


def _statement(item: Mapping[str, Any]) -> Statement:
    def texts(key: str) -> tuple[str, ...]:
        return tuple(sorted({str(value) for value in _list(item.get(key, []))}))

    condition = item.get("Condition")
    if condition and not (
        isinstance(condition, Mapping) and all(isinstance(test, Mapping) for test in condition.values())
    ):
        condition = {"that cannot be read": {"a condition": str(condition)}}
    return Statement(
        effect=str(item.get("Effect", "Deny")),
        actions=texts("Action"),
        not_actions=texts("NotAction"),
        resources=texts("Resource"),
        not_resources=texts("NotResource"),
        principals=_principals(item.get("Principal")),
        not_principals=_principals(item.get("NotPrincipal")),
        condition=json.dumps(condition, sort_keys=True) if condition else "",
        sid=str(item.get("Sid", "")),
    )


def _principals(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(sorted(f"{kind}:{name}" for kind, names in value.items() for name in _list(names)))
    return tuple(sorted(str(item) for item in _list(value)))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _covers(old: Statement, new: Statement) -> bool:
    """Does one old Allow already allow everything that ``new`` allows?"""
    if old.effect != "Allow" or old.condition not in ("", new.condition):
        return False
    if old.not_actions or old.not_resources or old.not_principals:
        return old.meaning == new.meaning
    if new.not_actions or new.not_resources or new.not_principals:
        return False
    return (
        _within(new.actions, old.actions, fold=True)
        and _within(new.resources, old.resources)
        and _within(new.principals, old.principals)
    )


def _forbids_as_much(new: Statement, old: Statement) -> bool:
    if new.effect != "Deny" or new.condition not in ("", old.condition):
        return False
    if new.not_actions or new.not_resources or new.not_principals:
        return new.meaning == old.meaning
    return (
        _within(old.actions, new.actions, fold=True)
        and _within(old.resources, new.resources)
        and _within(old.principals, new.principals)
    )


def _within(narrow: Iterable[str], wide: Iterable[str], *, fold: bool = False) -> bool:
    """Is every pattern of ``narrow`` matched by a pattern of ``wide``? A bare ``*`` principal covers AWS principals."""
    patterns = ["*" if item in ("*", "AWS:*") else _pattern(item, fold) for item in wide]
    items = ["*" if item in ("*", "AWS:*") else item.lower() if fold else item for item in narrow]
    return all(any(item == pattern or fnmatchcase(item, pattern) for pattern in patterns) for item in items)


def _pattern(text: str, fold: bool = False) -> str:
    """IAM knows ``*`` and ``?`` only; brackets are literal."""
    return (text.lower() if fold else text).replace("[", "[[]")


def _some(items: tuple[str, ...], most: int = 40) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")


def _condition_words(condition: str) -> str:
    parts = []
    for operator, pairs in json.loads(condition).items():
        parts += [f"{key} {operator} {_some(tuple(map(str, _list(value))))}" for key, value in pairs.items()]
    return " and ".join(parts)
