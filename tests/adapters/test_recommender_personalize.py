"""Personalize: which ARN goes where, retries, errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError

from engagement.adapters.recommender_personalize import PersonalizeRecommender
from engagement.errors import BadRequest, Forbidden, NotFound, TooManyRequests, Unavailable
from tests.aws_faults import Broken, client_error

CAMPAIGN = "arn:aws:personalize:us-east-1:000000000000:campaign/c"
RECOMMENDER = "arn:aws:personalize:us-east-1:000000000000:recommender/r"


class Answering:
    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def get_recommendations(self, **request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


ITEMS = {"itemList": [{"itemId": "B", "score": 0.9}, {"itemId": "A"}]}


@pytest.mark.parametrize(("uri", "member"), [(CAMPAIGN, "campaignArn"), (RECOMMENDER, "recommenderArn")])
def test_items_come_best_first(uri, member):
    client = Answering(ITEMS)
    assert PersonalizeRecommender(client=client).recommend(uri, "u1", 2) == ["B", "A"]
    assert client.requests == [{member: uri, "userId": "u1", "numResults": 2}]


@pytest.mark.parametrize("uri", ["", "s3://bucket/x", "arn:aws:personalize:us-east-1:0:solution/s", "local:x"])
def test_another_provider_is_refused(uri):
    with pytest.raises(BadRequest, match="neither a Personalize campaign"):
        PersonalizeRecommender(client=Answering()).recommend(uri, "u", 1)


def test_what_passes_is_tried_again_twice():
    pauses = []
    client = Answering(client_error("ThrottlingException"), ReadTimeoutError(endpoint_url="x"), ITEMS)
    assert PersonalizeRecommender(client=client, sleep=pauses.append).recommend(CAMPAIGN, "u", 2) == ["B", "A"]
    assert len(pauses) == 2 and all(0 < pause < 1 for pause in pauses)


@pytest.mark.parametrize(
    ("error", "expected", "pauses_made"),
    [
        (client_error("ThrottlingException"), TooManyRequests, 2),
        (client_error("InternalServerError", 500), Unavailable, 2),
        (client_error("ResourceNotFoundException", 404), NotFound, 0),
        (client_error("AccessDeniedException", 403), Forbidden, 0),
        (client_error("InvalidInputException"), BadRequest, 0),
    ],
)
def test_what_stays_wrong_is_raised(error, expected, pauses_made):
    pauses = []
    with pytest.raises(expected):
        PersonalizeRecommender(client=Broken(error), sleep=pauses.append).recommend(CAMPAIGN, "u", 1)
    assert len(pauses) == pauses_made


def test_no_items_is_an_empty_list():
    assert PersonalizeRecommender(client=Answering({})).recommend(CAMPAIGN, "u", 1) == []
