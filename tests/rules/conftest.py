"""The configuration with a mocked provider, planned once for all rules."""

from __future__ import annotations

import pytest

from scripts.mocked_plan import Resource, mocked_resources


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> list[Resource]:
    """Every resource of the configuration, everything switched on."""
    return mocked_resources(tmp_path_factory.mktemp("mocked-plan"))
