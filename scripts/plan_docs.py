"""Pages and parts of pages that are made from the plan: ``python -m scripts.plan_docs`` writes them, a test compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts import architecture_pictures, costs_page, permissions_page
from scripts.mocked_plan import Resource, mocked_runs
from scripts.resource_graph import resource_graph


def pages(runs: Mapping[str, Iterable[Resource]]) -> dict[Path, str]:
    """Every page that is made from the plan, wholly or in part; ``runs`` as ``mocked_runs`` answers them."""
    resources = list(runs["everything"])
    return {
        permissions_page.PAGE: permissions_page.page(runs),
        **costs_page.pages(resources),
        **architecture_pictures.pages(resource_graph(resources)),
    }


if __name__ == "__main__":
    for path, text in pages(mocked_runs()).items():
        path.write_text(text, encoding="utf-8")
