"""Hide what a reviewer must not see: sensitive values (as Terraform marks them, and as their names betray them) and
what is not known before the apply.
"""

from __future__ import annotations

import re
from typing import Any

SENSITIVE = "(sensitive value)"
UNKNOWN = "(known after apply)"
# A second net below Terraform's own marks: a value under such a name is never printed.
SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|secret|secret_string|secret_key|private_key|api_key|access_token|auth_token|token_value)$",
    re.IGNORECASE,
)


def masked(value: Any, marks: Any, unknown: Any = None, name: str = "") -> Any:
    """A copy of ``value`` with everything that ``marks`` flags as sensitive and ``unknown`` as unknown replaced.

    ``marks`` and ``unknown`` have Terraform's form: true for a whole value, or a tree of the same form as the value.
    """
    if marks is True and value is None and unknown is not True:
        return None  # not set
    if marks is True or (SECRET_NAME.search(name) and isinstance(value, str) and value):
        return SENSITIVE
    if unknown is True:
        return UNKNOWN
    if isinstance(value, dict) or isinstance(unknown, dict):
        known = value if isinstance(value, dict) else {}
        names = list(known) + [key for key in (unknown if isinstance(unknown, dict) else {}) if key not in known]
        return {key: masked(known.get(key), _child(marks, key), _child(unknown, key), key) for key in names}
    if isinstance(value, list):
        return [masked(item, _child(marks, at), _child(unknown, at), name) for at, item in enumerate(value)]
    return value


def _child(tree: Any, key: str | int) -> Any:
    if tree is True:
        return True
    if isinstance(tree, dict) and isinstance(key, str):
        return tree.get(key)
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return tree[key]
    return None
