"""The transformer as Lambda calls it."""

from __future__ import annotations

import json

from handlers.recommendations.transform_recommendations import handle


def test_the_answer_is_the_bare_map_and_the_log_has_no_person_in_it(capsys):
    event = {
        "ApplicationId": "a",
        "Endpoints": {"e1": {"Address": "p@example.org", "RecommendationItems": ["DONATE"]}},
    }
    answer = handle(event, None)
    assert list(answer) == ["e1"] and answer["e1"]["Address"] == "p@example.org"
    assert "sheet of tin" in answer["e1"]["Recommendations"]["FriendlyRecommendation"][0]
    assert json.loads(capsys.readouterr().out) == {"event": "transform_recommendations", "endpoints": 1}


def test_an_empty_event_is_answered():
    assert handle({}, None) == {}
