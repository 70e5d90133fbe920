"""``${name}`` and ``${name:-default}`` inside the values of a declaration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from personalize.config.problems import near

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_BROKEN = re.compile(r"\$\{")


class UnknownVariable(ValueError):
    """A value names a variable that nobody gave; the message says how to give it."""


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with each variable replaced; an empty value counts as not given.

    Raises ``UnknownVariable`` for a name without value and default, and for ``${`` that is no variable.

    >>> substitute("s3://${bucket}/${key:-interactions.csv}", {"bucket": "data"})
    's3://data/interactions.csv'
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if variables.get(name, "") != "":
            return variables[name]
        if default is not None:
            return default
        raise UnknownVariable(
            f"variable ${{{name}}} has no value{near(name, variables)}; "
            f"give it with --var {name}=... or as an output of Terraform, or write ${{{name}:-default}}"
        )

    if broken := _BROKEN.search(_VARIABLE.sub("", text)):
        raise UnknownVariable(f"{broken.group()!r} opens a variable that is not written as ${{name}}")
    return _VARIABLE.sub(value, text)
