"""Quality through the API: taste is found, drift is followed, and the metrics are what an outsider measures."""

import math
from random import Random

import pytest

from tests.personalize_local.account import csv_of
from tests.personalize_local.taste import HEADER, taste_rows

pytestmark = pytest.mark.local_aws
NDCG = "normalized_discounted_cumulative_gain_at_10"
SHAPE = {"users": 300, "clusters": 10, "per_user": 24}


def compared(account, rows):
    """Metrics of the personal model and of popularity on the same held-out data."""
    group = account.group()
    account.import_text(account.dataset(group), csv_of(HEADER, rows))
    recipes = ("aws-user-personalization-v2", "aws-popularity-count")
    return [account.metrics(account.version(account.solution(group, recipe))) for recipe in recipes]


@pytest.mark.parametrize("drift,times", [(False, 3.0), (True, 3.0)], ids=["clusters", "drift"])
def test_the_personal_model_beats_popularity_clearly(account, drift, times):
    personal, popular = compared(account, taste_rows(**SHAPE, drift=drift))
    assert personal[NDCG] > times * popular[NDCG]
    assert personal["coverage"] > popular["coverage"]


def test_metrics_are_honest(account):
    """We hold out ourselves what users did last: the campaign does as well on it as the metrics of the service say."""
    rows = taste_rows(**SHAPE, drift=False)
    known, later = split(rows)
    made = account.trained_campaign(csv_of(HEADER, known))
    reached = []
    for user, wanted in list(later.items())[:150]:
        listed = account.recommended(made.campaign, user, numResults=10)
        gain = sum(1 / math.log2(place + 2) for place, item in enumerate(listed) if item in wanted)
        reached.append(gain / sum(1 / math.log2(place + 2) for place in range(len(wanted))))
    promised = account.metrics(made.version)[NDCG]
    assert sum(reached) / len(reached) == pytest.approx(promised, rel=0.35)


def split(rows):
    """The last two interactions of each user are what happens later."""
    by_user = {}
    for row in rows:
        by_user.setdefault(row[0], []).append(row)
    known = [row for own in by_user.values() for row in own[:-2]]
    return known, {user: {row[1] for row in own[-2:]} for user, own in by_user.items()}


def test_what_was_used_is_not_recommended_where_nobody_comes_back(account):
    rows = taste_rows(**SHAPE, drift=False)
    made = account.trained_campaign(csv_of(HEADER, rows))
    used = {row[1] for row in rows if row[0] == "u7"}
    assert not used & set(account.recommended(made.campaign, "u7", numResults=25))


def test_random_use_promises_nothing(account):
    """Without taste in the data, the metrics must not claim that any was found."""
    random = Random(3)
    rows = [(f"u{n % 200}", f"i{random.randrange(150)}", 1_700_000_000 + n) for n in range(6_000)]
    personal, popular = compared(account, rows)
    assert personal[NDCG] < popular[NDCG] + 0.02


def test_rows_in_another_order_give_the_same_model(account):
    rows = taste_rows(**SHAPE, drift=True)
    first = account.trained_campaign(csv_of(HEADER, rows))
    second = account.trained_campaign(csv_of(HEADER, Random(1).sample(rows, len(rows))))
    assert account.metrics(first.version) == account.metrics(second.version)
    users = [f"u{n}" for n in range(20)]
    answers = [[account.recommended(m.campaign, user, numResults=5) for user in users] for m in (first, second)]
    assert answers[0] == answers[1]
