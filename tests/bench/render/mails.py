"""Two mails at the two ends of what templates ask of an engine, in our own words.

R: 20.7 KB, 552 tags, few paths that repeat, with blocks, loops and helpers. U: 24.1 KB, 312 tags, 120 attributes none of
which comes more than three times, and every value needs escaping. All three engines print the same bytes for both.
"""

from __future__ import annotations

from typing import Any

Mail = tuple[str, dict[str, Any]]
_FILLER = (
    "The workshop by the harbour opens at nine, and whoever comes early gets the bench at the window. Tools, timber and "
    "coffee are on the house; what you build is yours to keep, or to give away at the market on Sunday. "
)


def _section(number: int) -> str:
    """46 tags."""
    return f"""<section id="s{number}"><h2>{{{{upper User.UserAttributes.City}}}}: chapter {number} for {{{{User.UserAttributes.FirstName}}}}</h2>
<p>Dear {{{{User.UserAttributes.FirstName}}}} {{{{User.UserAttributes.LastName}}}}, {_FILLER}</p>
{{{{#if User.UserAttributes.Member}}}}<p>As a member since {{{{User.UserAttributes.Since}}}} you have {{{{Metrics.Points}}}} points, {{{{User.UserAttributes.FirstName}}}}.</p>{{{{else}}}}<p>Join us in {{{{User.UserAttributes.City}}}}!</p>{{{{/if}}}}
<p>Your plan is {{{{User.UserAttributes.Plan}}}}, your tutor {{{{User.UserAttributes.Tutor}}}}, your team {{{{upper User.UserAttributes.Team}}}}.</p>
{{{{#eq Location.Country "NO"}}}}<p>Delivery within {{{{Location.Country}}}} is free from {{{{Location.City}}}}.</p>{{{{else}}}}<p>We deliver to {{{{Location.Country}}}} too.</p>{{{{/eq}}}}
<ul>{{{{#each Offers}}}}<li><a href="{{{{url}}}}">{{{{name}}}}</a> {{{{price}}}} {{{{#if fresh}}}}new{{{{/if}}}}</li>{{{{/each}}}}</ul>
<p>{{{{User.UserAttributes.FirstName}}}}, see you in {{{{User.UserAttributes.City}}}} on {{{{User.UserAttributes.Weekday}}}} with {{{{User.UserAttributes.Tutor}}}} and {{{{User.UserAttributes.Team}}}}.
{{{{#unless OptOut}}}}<small>{{{{Address}}}} {{{{Id}}}} {{{{ChannelType}}}} {{{{User.UserId}}}}</small>{{{{/unless}}}} {_FILLER[:90]}</p>
<p>{{{{capitalizeFirst User.UserAttributes.Plan}}}} / {{{{User.UserAttributes.Since}}}} / {{{{Metrics.Points}}}} / {{{{Demographic.Locale}}}} / {{{{Demographic.Timezone}}}} / {{{{Location.City}}}} {{{{Demographic.Platform}}}} / {{{{Demographic.Make}}}}. {_FILLER[90:182]}</p></section>
"""


def mail_r() -> Mail:
    body = "".join(_section(number) for number in range(1, 13))
    attributes = {
        "FirstName": "Zoë & Max", "LastName": "O'Hara", "City": "Bergen", "Member": True, "Since": 2019, "Plan": "gold <plus>",
        "Tutor": "Ingrid", "Team": "blue \"whales\"", "Weekday": "Friday",
    }  # fmt: skip
    offers = [
        {"name": f"Course {n} & lunch", "url": f"https://example.org/c/{n}?a&b", "price": 10 + n, "fresh": n % 2 == 0}
        for n in range(4)
    ]
    return body, {
        "Address": "zoe@example.org", "Id": "e-1", "ChannelType": "EMAIL", "OptOut": "", "Offers": offers,
        "Location": {"Country": "NO", "City": "Bergen"}, "Metrics": {"Points": 1250},
        "Demographic": {"Locale": "nb_NO", "Timezone": "Europe/Oslo", "Platform": "iOS", "Make": "Apple"},
        "User": {"UserId": "u-1", "UserAttributes": attributes},
    }  # fmt: skip


def mail_u() -> Mail:
    uses = [n % 120 for n in range(312)]
    body = "".join(
        f"<p>{_FILLER[(place * 7) % 140 :][: 43 + place % 4]}<b>{{{{Attributes.A{n}}}}}</b></p>\n"
        for place, n in enumerate(uses)
    )
    return body, {"Attributes": {f"A{n}": f"Rose & Crown, room {n}" for n in range(120)}}
