"""Event trackers: which one takes whose items, what is put to it, and what failures mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engagement.adapters.interactions_personalize import LOOKED_UP_FOR_SECONDS, MAX_EVENTS, PersonalizeInteractions
from engagement.errors import BadRequest, Forbidden, TooManyRequests, Unavailable
from engagement.ports import Interaction, Tracker
from tests.aws_faults import Broken, client_error

STORED = "s3://data/personalize/output/recommendations/"
CAMPAIGN = "arn:aws-cn:personalize:cn-north-1:000000000000:campaign/kit-dev-messaging-elements-live"
GROUP = "arn:aws-cn:personalize:cn-north-1:000000000000:dataset-group/kit-dev-messaging"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Control:
    """Personalize with these trackers in the dataset group."""

    def __init__(self, *statuses):
        self.trackers = [{"eventTrackerArn": f"arn:tracker/{n}", "status": one} for n, one in enumerate(statuses)]
        self.asked = []

    def list_event_trackers(self, datasetGroupArn):
        self.asked.append(datasetGroupArn)
        if not self.trackers:
            raise client_error("ResourceNotFoundException")
        return {"eventTrackers": self.trackers}

    def describe_event_tracker(self, eventTrackerArn):
        return {"eventTracker": {"trackingId": f"id of {eventTrackerArn}"}}


class Events:
    def __init__(self, *errors):
        self.errors, self.requests = list(errors), []

    def put_events(self, **request):
        if self.errors:
            raise self.errors.pop(0)
        self.requests.append(request)


def interactions(control=None, events=None, *, variables="{}", now=lambda: 0.0):
    return PersonalizeInteractions(
        bucket="data",
        role_arn="arn:aws-cn:iam::000000000000:role/kit-dev-personalize",
        prefix="kit-dev",
        variables=variables,
        region="cn-north-1",
        control=control or Control("ACTIVE"),
        events=events or Events(),
        now=now,
    )


@pytest.mark.parametrize("provider", [STORED, STORED.rstrip("/"), CAMPAIGN])
def test_items_of_the_declared_solution_go_to_its_groups_tracker(provider):
    control = Control("ACTIVE")
    assert interactions(control).tracker_for(provider) == Tracker("kit-dev-messaging", "id of arn:tracker/0")
    assert control.asked == [GROUP]


@pytest.mark.parametrize(
    "provider",
    ["s3://data/personalize/output/by-hand/", "arn:aws:personalize:us-east-1:000000000000:campaign/other", "local:x"],
)
def test_items_of_others_go_nowhere(provider):
    control = Control("ACTIVE")
    assert interactions(control).tracker_for(provider) is None and not control.asked


def test_without_a_declared_tracker_nothing_is_asked():
    off = interactions(control := Control("ACTIVE"), variables='{"event_tracker": "false"}')
    assert not off.declared() and off.tracker_for(STORED) is None and not control.asked
    assert interactions().declared()


def test_a_declaration_that_is_wrong_says_so():
    with pytest.raises(BadRequest, match="event_tracker"):
        interactions(variables='{"event_tracker": "perhaps"}').declared()


@pytest.mark.parametrize("statuses", [(), ("DELETE IN_PROGRESS",), ("CREATE FAILED",)])
def test_before_the_first_training_there_is_none(statuses):
    assert interactions(Control(*statuses)).tracker_for(STORED) is None


@pytest.mark.parametrize("status", ["CREATE PENDING", "CREATE IN_PROGRESS"])
def test_one_that_is_being_made_is_waited_for(status):
    with pytest.raises(Unavailable, match="still being made"):
        interactions(Control(status)).tracker_for(STORED)


def test_a_tracker_is_looked_up_once_in_a_while():
    time = [0.0]
    control = Control("ACTIVE")
    found = interactions(control, now=lambda: time[0])
    for _ in range(3):
        found.tracker_for(STORED)
    assert len(control.asked) == 1
    time[0] = LOOKED_UP_FOR_SECONDS
    control.trackers = []
    assert found.tracker_for(STORED) is None and len(control.asked) == 2


def test_what_is_put():
    events = Events()
    tracker = Tracker("g", "t1")
    many = [Interaction(f"m1:{n}", "open", "DONATE", NOW) for n in range(MAX_EVENTS + 1)]
    interactions(events=events).put(tracker, "user_0", "m1", many)
    assert [len(request["eventList"]) for request in events.requests] == [MAX_EVENTS, 1]
    first = events.requests[0]
    assert (first["trackingId"], first["userId"], first["sessionId"]) == ("t1", "user_0", "m1")
    assert first["eventList"][0] == {"eventId": "m1:0", "eventType": "open", "itemId": "DONATE", "sentAt": NOW}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("InvalidInputException"), BadRequest),
        (client_error("ResourceInUseException"), Unavailable),
        (client_error("ResourceNotFoundException", 404), Unavailable),
        (client_error("ThrottlingException", 429), TooManyRequests),
        (client_error("InternalServerError", 500), Unavailable),
        (client_error("AccessDeniedException", 403), Forbidden),
    ],
)
def test_what_failures_mean(error, kind):
    with pytest.raises(kind) as told:
        interactions(events=Broken(error)).put(Tracker("g", "t1"), "u", "m", [Interaction("e", "open", "A", NOW)])
    assert type(told.value) is kind


def test_a_tracker_that_was_made_anew_is_looked_up_again():
    control = Control("ACTIVE")
    gone = client_error("InvalidInputException")
    gone.response["Error"]["Message"] = "The trackingId does not belong to an active event tracker."
    found = interactions(control, Events(gone))
    tracker = found.tracker_for(STORED)
    with pytest.raises(Unavailable):
        found.put(tracker, "u", "m", [Interaction("e", "open", "A", NOW)])
    found.tracker_for(STORED)
    assert len(control.asked) == 2
