"""Interactions put to Personalize's event trackers, those that personalize.yaml declares.

A tracker is found by its dataset group, whose name the declaration gives: nothing has to be wired or deployed again
when a training makes it. https://docs.aws.amazon.com/personalize/latest/dg/recording-item-interaction-events.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engagement.adapters.aws_client import aws_client, call
from engagement.domain.batch_results import provider_of
from engagement.errors import BadRequest, NotFound, Unavailable
from engagement.ports import Interaction, Tracker

if TYPE_CHECKING:
    from personalize.config.declaration import DatasetGroup

MAX_EVENTS = 10
LOOKED_UP_FOR_SECONDS = 300
BUSY = "ResourceInUseException"


class PersonalizeInteractions:
    """ports.Interactions. ``variables`` of the declaration beside bucket, role and prefix, as a JSON object.

    A tracker is looked up again after LOOKED_UP_FOR_SECONDS, for a training may make or remove it at any time.
    """

    def __init__(
        self,
        *,
        bucket: str,
        role_arn: str,
        prefix: str,
        variables: str,
        region: str,
        control: Any = None,
        events: Any = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._variables = {**json.loads(variables), "bucket": bucket, "role_arn": role_arn, "prefix": prefix}
        self._role_arn, self._region, self._now = role_arn, region, now
        self._given_control, self._given_events = control, events
        self._found: dict[str, tuple[Tracker | None, float]] = {}

    @cached_property
    def _control(self) -> Any:
        return self._given_control or aws_client("personalize")

    @cached_property
    def _events(self) -> Any:
        return self._given_events or aws_client("personalize-events")

    @cached_property
    def _groups(self) -> list[DatasetGroup]:
        """Dataset groups with an event tracker. Raises BadRequest when the declaration breaks its own rules."""
        from personalize.config import DEFAULT_DECLARATION, DeclarationError, load_declaration

        try:
            declaration = load_declaration(DEFAULT_DECLARATION, self._variables)
        except DeclarationError as error:
            raise BadRequest(f"personalize.yaml cannot be used: {error}") from error
        return [group for group in declaration.groups if group.event_trackers]

    def declared(self) -> bool:
        return bool(self._groups)

    def tracker_for(self, provider_uri: str) -> Tracker | None:
        group = next((one for one in self._groups if _recommends(one, provider_uri)), None)
        if group is None:
            return None
        found, until = self._found.get(group.name, (None, 0.0))
        if self._now() >= until:
            found = self._look_up(group)
            self._found[group.name] = found, self._now() + LOOKED_UP_FOR_SECONDS
        return found

    def _look_up(self, group: DatasetGroup) -> Tracker | None:
        """A dataset group has one tracker at the most, ours or one that was there before."""
        _, partition, _, _, account, _ = self._role_arn.split(":", 5)
        arn = f"arn:{partition}:personalize:{self._region}:{account}:dataset-group/{group.name}"
        try:
            listed = call(self._control, "Personalize", "list_event_trackers", datasetGroupArn=arn)["eventTrackers"]
        except NotFound:  # nothing was trained yet
            return None
        alive = [one for one in listed if not one.get("status", "ACTIVE").startswith(("DELETE", "CREATE FAILED"))]
        if not alive:
            return None
        if alive[0].get("status", "ACTIVE") != "ACTIVE":
            raise Unavailable(f"the event tracker of {group.name} is still being made; try again")
        tracker_arn = alive[0]["eventTrackerArn"]
        found = call(self._control, "Personalize", "describe_event_tracker", eventTrackerArn=tracker_arn)
        return Tracker(group.name, found["eventTracker"]["trackingId"])

    def put(self, tracker: Tracker, user_id: str, session_id: str, interactions: Sequence[Interaction]) -> None:
        for first in range(0, len(interactions), MAX_EVENTS):
            events = [
                {"eventId": one.event_id, "eventType": one.kind, "itemId": one.item_id, "sentAt": one.at}
                for one in interactions[first : first + MAX_EVENTS]
            ]
            self._put(tracker, {"userId": user_id, "sessionId": session_id, "eventList": events})

    def _put(self, tracker: Tracker, request: dict[str, Any]) -> None:
        try:
            call(self._events, "Personalize", "put_events", trackingId=tracker.tracking_id, **request)
        except NotFound as error:
            raise self._gone(tracker, error) from error
        except BadRequest as error:
            if error.code == BUSY:  # its dataset is being changed
                raise Unavailable(error.message, code=error.code) from error
            if "tracking" in error.message.lower():
                raise self._gone(tracker, error) from error
            raise

    def _gone(self, tracker: Tracker, error: BadRequest | NotFound) -> Unavailable:
        """The tracker was deleted, or made anew: look again when the message comes again."""
        self._found.pop(tracker.group, None)
        return Unavailable(error.message, code=error.code)


def _recommends(group: DatasetGroup, provider_uri: str) -> bool:
    """Do this provider's items come from a solution of this group: by a campaign, or by batch inference?"""
    for solution in group.solutions:
        if any(provider_uri.endswith(f":campaign/{campaign.name}") for campaign in solution.campaigns):
            return True
        if any(provider_of(batch.output) == provider_of(provider_uri) for batch in solution.batches):
            return True
    return False
