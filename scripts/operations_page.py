"""Write docs/operations.md: all operations of the API, and which of them the engine serves.

``PYTHONPATH=.:lambda_src .venv/bin/python -m scripts.operations_page`` writes it; with ``--check`` it compares (exit 1
when different).
"""

from __future__ import annotations

import sys
from collections.abc import Container
from pathlib import Path

from engagement.api.registry import served_operations
from engagement.api.service_model import Operation, service_model
from engagement.api.unserved_operations import DEAD_CHANNELS, reason

PAGE = Path(__file__).parents[1] / "docs/operations.md"
_ONLY_404 = frozenset(f"Get{channel}Channel" for channel in DEAD_CHANNELS)

_HEAD = """# Operations of the API

Generated from the service model and from what is registered in `lambda_src/engagement/api/operations/`:
`PYTHONPATH=.:lambda_src .venv/bin/python -m scripts.operations_page`.
How to serve one more: [add an operation](how-to/add-an-operation.md).

{served} of {all} operations of Amazon Pinpoint's API (2016-12-01) are served. Every other one answers
`405 MethodNotAllowedException` with the reason, never a fake success.

| Operation | Request | Status |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    served = served_operations()
    operations = sorted(service_model().operations.values(), key=lambda one: (one.path, one.method))
    really = [one for one in operations if one.name in served and one.name not in _ONLY_404]
    rows = [
        f'| <a id="{one.name}"></a>{one.name} | `{one.method} {one.path}` | {_status(one, served)} |'
        for one in operations
    ]
    return _HEAD.format(served=len(really), all=len(operations)) + "\n".join(rows) + "\n"


def _status(operation: Operation, served: Container[str]) -> str:
    if operation.name in _ONLY_404:
        return "404: the channel is not configured, and cannot be"
    if operation.name in served:
        return "served"
    why = reason(operation.name)
    return "not yet" if why.startswith("it is not served yet") else f"not provided: {why}"


def main(arguments: list[str]) -> int:
    text = page()
    if arguments == ["--check"]:
        if PAGE.exists() and PAGE.read_text("utf-8") == text:
            return 0
        print(
            "docs/operations.md is not up to date: run `PYTHONPATH=.:lambda_src .venv/bin/python -m scripts.operations_page`"
        )
        return 1
    PAGE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
