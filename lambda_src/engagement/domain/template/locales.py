"""Names of months and days, and usual date formats, by language (from CLDR; see tests' generate_locales.py)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

Locale = dict[str, Any]
_TABLE = Path(__file__).with_name("locales.json")


@lru_cache(maxsize=1)
def _locales() -> dict[str, Locale]:
    return json.loads(_TABLE.read_text("utf-8"))


def locale_named(name: str) -> Locale:
    """``de``, ``de_CH`` or ``de-CH``; an unknown territory falls back to its language, a language to English."""
    table = _locales()
    language, _, territory = name.strip().replace("-", "_").partition("_")
    return table.get(f"{language.lower()}_{territory.upper()}") or table.get(language.lower()) or table["en"]
