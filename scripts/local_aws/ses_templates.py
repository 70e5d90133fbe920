"""SES's own templates, as far as they are simple substitution: ``{{name}}`` and ``{{person.name}}``.

The kit renders its mails itself and hands SES finished text; this is for what else calls SES with a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TAG = re.compile(r"\{\{\{?([^{}]*)\}?\}\}")
PATH = re.compile(r"[^\s#/^!>&.\[\]{}()'\"]+(?:\.[^\s#/^!>&.\[\]{}()'\"]+)*")


class RenderingFailed(Exception):
    """SES takes the call, then reports a Rendering Failure event with this text and sends nothing."""


class UnsupportedTemplate(Exception):
    """Block helpers and partials are not served here."""


def render(source: str, data: Mapping[str, Any]) -> str:
    """Raises RenderingFailed for a name that ``data`` lacks, UnsupportedTemplate for what is not substitution."""

    def value(tag: re.Match[str]) -> str:
        path = tag[1].strip()
        if not PATH.fullmatch(path):
            raise UnsupportedTemplate(
                f"the local SES renders {{{{name}}}} only, not {{{{{path}}}}}; render the mail before sending it"
            )
        found: Any = data
        for step in path.split("."):
            if not isinstance(found, Mapping) or step not in found:
                raise RenderingFailed(f"Attribute '{path}' is not present in the rendering data.")
            found = found[step]
        return str(found)

    return TAG.sub(value, source)
