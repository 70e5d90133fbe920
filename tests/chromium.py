"""A headless Chromium for tests of pages: the fixture ``chromium``, registered once in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.find_chromium import ADVICE, find_chromium

# Without these Chromium calls home at every start, and as root it refuses to start at all.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser of playwright. Fails, and says what to install, when the machine has none."""
    from playwright.sync_api import sync_playwright

    program = find_chromium()
    if program is None:
        pytest.fail(f"no Chromium found; {ADVICE}", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=FLAGS)
        yield browser
        browser.close()
