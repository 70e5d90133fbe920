"""Hide what a reviewer must not see: sensitive values (as Terraform marks them, and as their names betray them) and
what is not known before the apply.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

SENSITIVE = "(sensitive value)"
UNKNOWN = "(known after apply)"
# A second net below Terraform's own marks: a value under such a name is never printed.
SECRET_NAME = re.compile(
    r"(^|[_.\-\s])(password|passwd|pwd|passphrase|secret|secrets|secret_?(string|binary|key|value|access_?key)|client_?secret"
    r"|private_?key(_pem)?|api_?key|(access|auth|bearer|session|refresh|id|api|bot)_?token|token|token_value"
    r"|connection_?string|webhook_url|hmac_key)(_?\d+)?$",
    re.IGNORECASE,
)
CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A third: what is a secret whatever its name is. A key's block, an access token, the password of a URL.
SECRET_PARTS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|xox[abprs]-[\w-]{10,}|glpat-[\w-]{20,}|sk_live_\w{16,})"
    r"|(?<=://)[^/\s:@\"]+:[^/\s@\"]+(?=@)",
    re.DOTALL,
)
# Of a pair {"name": "DB_PASSWORD", "value": "..."} (container definitions, parameters), the name tells of the value.
PAIR_NAMES = ("name", "key", "parameter_key", "ParameterKey", "Name", "Key")
PAIR_VALUES = ("value", "parameter_value", "ParameterValue", "Value")


def masked(value: Any, marks: Any, unknown: Any = None, name: str = "") -> Any:
    """A copy of ``value`` with everything that ``marks`` flags as sensitive and ``unknown`` as unknown replaced.

    ``marks`` and ``unknown`` have Terraform's form: true for a whole value, or a tree of the same form as the value.
    """
    if marks is True and value is None and unknown is not True:
        return None  # not set
    if marks is True or (is_secret_name(name) and isinstance(value, str) and value):
        return SENSITIVE
    if unknown is True:
        return UNKNOWN
    if isinstance(value, dict) or isinstance(unknown, dict):
        known = value if isinstance(value, dict) else {}
        names = list(known) + [key for key in (unknown if isinstance(unknown, dict) else {}) if key not in known]
        told = next((str(known[key]) for key in PAIR_NAMES if isinstance(known.get(key), str)), "")
        return {
            key: masked(
                known.get(key), _child(marks, key), _child(unknown, key), told if key in PAIR_VALUES and told else key
            )
            for key in names
        }
    if isinstance(value, list):
        return [masked(item, _child(marks, at), _child(unknown, at), name) for at, item in enumerate(value)]
    return SECRET_PARTS.sub(SENSITIVE, value) if isinstance(value, str) else value


def masked_on_both(value: Any, marks: Any, other_marks: Any, unknown: Any = None, name: str = "") -> Any:
    """Masked where this side or the other side of the change is sensitive: a value that becomes sensitive, or no longer
    is, has been it on one side, and the two may be the same.
    """
    return masked(masked(value, marks, unknown, name), other_marks, None, name)


@cache
def is_secret_name(name: str) -> bool:
    """Does a name betray that its value is secret? ``DB_PASSWORD``, ``clientSecret``; not ``secret_arn``."""
    return SECRET_NAME.search(CAMEL_CASE.sub("_", name)) is not None


def _child(tree: Any, key: str | int) -> Any:
    if tree is True:
        return True
    if isinstance(tree, dict) and isinstance(key, str):
        return tree.get(key)
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return tree[key]
    return None
