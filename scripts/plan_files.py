"""Where `kit plan` leaves its review, for the commands and workflow steps that come after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from scripts.build_folder import BUILD


@dataclass(frozen=True)
class PlanFiles:
    """The files of one environment's last plan."""

    folder: Path

    @classmethod
    def of(cls, environment: str) -> PlanFiles:
        return cls(BUILD / "plan" / environment)

    @property
    def plan(self) -> Path:
        return self.folder / "plan.tfplan"

    @property
    def package(self) -> Path:
        """The functions' zip as it was planned; plan files name it by its hash only."""
        return self.folder / "lambda.zip"

    @property
    def markdown(self) -> Path:
        return self.folder / "review.md"

    @property
    def machine(self) -> Path:
        return self.folder / "review.json"

    def read_markdown(self) -> str:
        return self._text(self.markdown)

    def read_review(self) -> dict[str, Any]:
        return json.loads(self._text(self.machine))

    def _text(self, path: Path) -> str:
        if not path.exists():
            raise click.ClickException(
                f"there is no review in {self.folder}; make one with `kit plan --env {self.folder.name}`"
            )
        return path.read_text("utf-8")
