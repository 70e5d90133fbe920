"""Training, and what is left of it: the model, and where the stream of events stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalize.local_service.recipe_table import Recipe

if TYPE_CHECKING:
    from personalize.local_service.dataset_rows import DatasetRows
    from personalize.models.model import Model

Json = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """``events_seen``: how many events had been put when the model was trained; later ones are news to it."""

    model: Model
    recipe: Recipe
    events_seen: int
    event_type: str | None

    def news(self, rows: DatasetRows, user_id: str) -> list[str]:
        """Items that a user used since, by PutEvents."""
        return [
            row["ITEM_ID"]
            for row in rows.put_by(user_id, self.events_seen)
            if self.event_type is None or row.get("EVENT_TYPE") == self.event_type
        ]


def train_with(recipe: Recipe, rows: DatasetRows, solution: Json) -> Trained:
    """``solution`` says which events count. Raises WorkFailed when there is too little data."""
    # numpy, scipy and the models are loaded with the first training, not with the server.
    from personalize.local_service.training_data import interactions_for
    from personalize.models.model import Task, train

    seen = rows.number_put
    model = train(Task(recipe.task), interactions_for(rows.columns(), solution))
    return Trained(model, recipe, seen, solution.get("eventType"))
