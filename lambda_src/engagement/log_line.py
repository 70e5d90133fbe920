"""One structured line per handled message: ids, numbers and reasons, never an address."""

from __future__ import annotations

import json
import sys
from typing import Any


def log_line(event: str, **fields: Any) -> None:
    """Write one JSON object; fields that are None are left out."""
    line = {"event": event, **{name: value for name, value in fields.items() if value is not None}}
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()
