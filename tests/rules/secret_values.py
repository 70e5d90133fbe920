"""Values in a plan or a state that look like a secret: by their shape, or by the name of what holds them."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

NAMES = re.compile(
    r"(^|_)(password|passwd|secret|private_key|access_key|api_key|auth_token|credentials?)(_(value|string|id))?$", re.I
)
SHAPES = {
    "AWS access key id": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "password in a URL": re.compile(r"://[^/\s:@]+:[^/\s@]+@"),
}
LONG = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
RANDOM_BITS = 4.2  # bits per character; words, names and hex digits have less
# Attributes whose values are long and random by nature, and public: digests, versions, ids that AWS gives.
PUBLIC = re.compile(r"(sha256|hash|etag|checksum|md5|version_id|unique_id|code_sha256|lineage|policy_id)", re.I)


def secrets_in(document: Any, path: str = "") -> Iterator[str]:
    """``path: what it looks like`` for each; values themselves are not shown. JSON texts are looked into."""
    if isinstance(document, dict):
        for name, value in document.items():
            here = f"{path}.{name}" if path else str(name)
            if NAMES.search(str(name)) and isinstance(value, str) and value:
                yield f"{here}: named like a secret"
            yield from secrets_in(value, here)
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from secrets_in(value, f"{path}[{number}]")
    elif isinstance(document, str):
        inner = _unpacked(document)
        if inner is not None:
            yield from secrets_in(inner, path)
            return
        for what, shape in SHAPES.items():
            if shape.search(document):
                yield f"{path}: {what}"
        name = path.rsplit(".", 1)[-1]
        if not PUBLIC.search(name) and any(_is_random(found) for found in LONG.findall(document)):
            yield f"{path}: a long random text"


def _unpacked(text: str) -> Any:
    """The object or list in a JSON text, or in a base64 text of one (providers keep their notes in a state like that)."""
    for read in (lambda: text, lambda: base64.b64decode(text, validate=True).decode()):
        try:
            found = json.loads(read())
        except ValueError:
            continue
        if isinstance(found, dict | list):
            return found
    return None


def _is_random(text: str) -> bool:
    counts = Counter(text)
    bits = -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())
    mixed = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return bits >= RANDOM_BITS and mixed == 3
