"""The sample: five people, one email whose block changes with what the recommender says of each of them."""

from __future__ import annotations

from pathlib import Path

from scripts.sample_campaign.people import Person, audience_csv, five_people, plus_address, sample_address

__all__ = [
    "DEFAULT_SUBSTITUTIONS",
    "RECOMMENDED_ATTRIBUTES",
    "SUBJECT",
    "Person",
    "audience_csv",
    "email_parts",
    "five_people",
    "plus_address",
    "sample_address",
]
FOLDER = Path(__file__).parent
SUBJECT = "{{User.UserAttributes.FirstName}}, a roof for Martha's school"
DEFAULT_SUBSTITUTIONS = {
    "User.UserAttributes.FirstName": "Friend",
    "Recommendations.FriendlyRecommendation": "<p>Thank you for reading. Every step helps the school reopen.</p>",
    "Recommendations.PlainRecommendation": "Thank you for reading. Every step helps the school reopen.",
}
RECOMMENDED_ATTRIBUTES = {
    "FriendlyRecommendation": "Block for the HTML part",
    "PlainRecommendation": "Block for the text part",
}


def email_parts() -> tuple[str, str]:
    """The HTML and the text part of the sample template."""
    return (FOLDER / "email.html").read_text("utf-8"), (FOLDER / "email.txt").read_text("utf-8")
