"""Every exception from checkov's rules says why."""

from __future__ import annotations

import re
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "terraform" / ".checkov.yaml"


def exceptions() -> dict[str, str]:
    """Rule -> the comment right above it."""
    found: dict[str, str] = {}
    reason = ""
    for line in CONFIG.read_text("utf-8").partition("skip-check:")[2].splitlines():
        if comment := re.fullmatch(r"\s+# (.+)", line):
            reason = f"{reason} {comment[1]}".strip()
        elif rule := re.fullmatch(r"\s+- (CKV\w+)", line):
            found[rule[1]], reason = reason, ""
        else:
            assert not line.strip(), f"neither a rule nor its reason: {line}"
    return found


def test_each_exception_has_its_own_reason():
    reasons = exceptions()
    assert len(reasons) >= 5 and len(set(reasons.values())) == len(reasons)
    assert [rule for rule, reason in reasons.items() if len(reason) < 40 or not reason.endswith(".")] == []


def test_a_reason_that_names_a_test_names_one_that_exists():
    for reason in exceptions().values():
        for path in re.findall(r"tests/[\w/]+\.py", reason):
            assert (CONFIG.parents[1] / path).is_file(), path
