"""Which of the model's operations are served, and by which function.

Every file of ``api/operations`` holds ``OPERATIONS``: operation name -> function(app, request) -> answer.
``request`` has the model's member names, checked (``{"ApplicationId": .., "WriteCampaignRequest": {..}}``); the answer
is the content of the output's payload member, or ``None`` for the two operations that answer an empty body.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from engagement.api import operations

Operation = Callable[[Any, dict[str, Any]], dict[str, Any] | None]


@cache
def served_operations() -> dict[str, Operation]:
    """All operations of ``api/operations`` by name. Raises ValueError when two files hold the same one."""
    found: dict[str, Operation] = {}
    for module in pkgutil.iter_modules(operations.__path__):
        group: dict[str, Operation] = importlib.import_module(f"{operations.__name__}.{module.name}").OPERATIONS
        if doubled := found.keys() & group.keys():
            raise ValueError(f"api/operations/{module.name}.py: {sorted(doubled)} is served by another file too")
        found |= group
    return found
