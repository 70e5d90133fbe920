"""The configuration with a mocked provider, planned once for all rules."""

from __future__ import annotations

import pytest

from scripts.mocked_plan import Resource, mocked_runs


@pytest.fixture(scope="session")
def planned_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Resource]]:
    return mocked_runs(tmp_path_factory.mktemp("mocked-plan"))


@pytest.fixture(scope="session")
def planned(planned_runs: dict[str, list[Resource]]) -> list[Resource]:
    """Every resource of the configuration, everything switched on."""
    return planned_runs["everything"]
