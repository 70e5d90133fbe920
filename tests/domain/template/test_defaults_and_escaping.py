"""DefaultSubstitutions, what is escaped where, the paths of a template, and the warnings about one."""

from datetime import UTC, datetime

import pytest

from engagement.domain.template import EscapePolicy, TemplateError, Warning, compile_template, lint
from engagement.domain.template.compiled import _CACHE, MAX_CACHED

ENGINES = ["interpret", "run_generated"]
PERSON = {
    "Attributes": {"Note": ["<b>&\"'`="], "Two": ["a", "b"], "None": [], "Blank": [""]},
    "User": {"UserAttributes": {"FirstName": ["Ann"], "Last Name": None}},
    "Recommendations": {"Block": ["<p>x</p>"], "Cards": [{"Title": "<i>t</i>"}], "Words": ["<u>", "<s>"]},
    "RecommendationItems": ["<a>", "b"],
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "defaults", "printed"),
    [
        ("Hi {{User.UserAttributes.First}}", {"User.UserAttributes.First": "friend"}, "Hi friend"),
        ("Hi {{User.UserAttributes.First.[0]}}", {"User.UserAttributes.First": "friend"}, "Hi friend"),
        ("Hi {{User.UserAttributes.First}}", {"User.UserAttributes.First.[0]": "friend"}, "Hi friend"),
        ("{{User.UserAttributes.[Last Name]}}", {"User.UserAttributes.[Last Name]": "x"}, "x"),
        ("{{User.UserAttributes.[Last Name]}}", {"User.UserAttributes.Last Name": "x"}, "x"),
        ("{{Attributes.None}}{{Attributes.None.[0]}}", {"Attributes.None": "-"}, "--"),
        ("{{Attributes.Blank}}|", {"Attributes.Blank": "never"}, "|"),
        ("{{Recommendations.FriendlyRecommendation}}|", {"Recommendations.FriendlyRecommendation": ""}, "|"),
        ("{{#if Attributes.X}}{{upper Attributes.X}}{{/if}}", {"Attributes.X": "yes"}, "YES"),
        ("{{#with User}}{{UserAttributes.X}}{{/with}}", {"User.UserAttributes.X": "abs"}, "abs"),
        ("{{#each RecommendationItems}}{{../Missing}}{{/each}}", {"Missing": "m"}, "mm"),
        ("{{@root.Missing}}{{this.Missing}}", {"Missing": "m"}, "mm"),
        ("{{inflect 1 apple apples}}", {"apple": "pear"}, "pear"),
        ("{{Attributes.Missing}}", None, ""),
    ],
)
def test_defaults_stand_in_for_what_is_missing(source, defaults, printed, engine):
    assert getattr(compile_template(source, part="text"), engine)(PERSON, defaults) == printed


NOTE = "<b>&\"'`="
ESCAPED = "&lt;b&gt;&amp;&quot;&#x27;&#x60;&#x3D;"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "trusted", "pinpoint", "strict"),
    [
        ("{{Attributes.Note}}", ESCAPED, NOTE, ESCAPED),
        ("{{{Attributes.Note}}}", NOTE, NOTE, ESCAPED),
        ("{{&Attributes.Note}}", NOTE, NOTE, ESCAPED),
        ("{{Recommendations.Block}}", "<p>x</p>", "<p>x</p>", "&lt;p&gt;x&lt;/p&gt;"),
        ("{{Recommendations.Block.[0]}}", "<p>x</p>", "<p>x</p>", "&lt;p&gt;x&lt;/p&gt;"),
        ("{{#with Recommendations}}{{Block}}{{/with}}", "<p>x</p>", "<p>x</p>", "&lt;p&gt;x&lt;/p&gt;"),
        ("{{#each Recommendations.Words}}{{this}}{{/each}}", "<u><s>", "<u><s>", "&lt;u&gt;&lt;s&gt;"),
        ("{{#each Recommendations.Cards as |card|}}{{card.Title}}{{Title}}{{/each}}", "<i>t</i>" * 2, "<i>t</i>" * 2, "&lt;i&gt;t&lt;/i&gt;" * 2),
        ("{{@root.Recommendations.Block}}", "<p>x</p>", "<p>x</p>", "&lt;p&gt;x&lt;/p&gt;"),
        ("{{RecommendationItems.[0]}}", "&lt;a&gt;", "<a>", "&lt;a&gt;"),
        ("{{lower Recommendations.Block}}", "&lt;p&gt;x&lt;/p&gt;", "<p>x</p>", "&lt;p&gt;x&lt;/p&gt;"),
        ("{{#with Attributes}}{{Recommendations.Block}}{{/with}}{{Recommendationsx}}", "", "", ""),
    ],
)  # fmt: skip
def test_what_is_escaped_in_html(source, trusted, pinpoint, strict, engine):
    for policy, printed in (
        (EscapePolicy.TRUSTED, trusted),
        (EscapePolicy.PINPOINT, pinpoint),
        (EscapePolicy.STRICT, strict),
    ):
        assert getattr(compile_template(source, part="html", escape=policy), engine)(PERSON) == printed


@pytest.mark.parametrize("part", ["text", "subject"])
@pytest.mark.parametrize("policy", EscapePolicy)
def test_nothing_is_escaped_in_text_and_subject(part, policy):
    assert compile_template("{{Attributes.Note}}", part=part, escape=policy).render(PERSON) == NOTE


def test_defaults_are_escaped_as_their_path_is():
    compiled = compile_template("{{Attributes.X}}{{Recommendations.X}}", part="html")
    assert compiled.render({}, {"Attributes.X": "<a>", "Recommendations.X": "<b>"}) == "&lt;a&gt;<b>"


def test_paths():
    source = """{{User.UserAttributes.FirstName.[0]}}{{#each Recommendations.Items}}{{this}}{{Title}}{{/each}}
        {{#with User}}{{UserId}}{{../Address}}{{/with}}{{#if (eq Location.Country "US")}}{{/if}}{{now tz=Europe/Oslo}}"""
    assert compile_template(source, part="html").paths == {
        "User.UserAttributes.FirstName", "Recommendations.Items", "User", "User.UserId", "Address", "Location.Country",
    }  # fmt: skip


def test_one_template_is_compiled_once_and_the_cache_is_bounded():
    first = compile_template("{{a}} cached", part="html")
    assert compile_template("{{a}} cached", part="html") is first
    assert compile_template("{{a}} cached", part="text") is not first
    assert compile_template("{{a}} cached", part="html", escape=EscapePolicy.PINPOINT) is not first
    for number in range(MAX_CACHED + 5):
        compile_template(f"template {number}", part="html")
    assert len(_CACHE.entries) == MAX_CACHED
    assert compile_template("{{a}} cached", part="html") is not first


def test_rendering_often_changes_nothing_but_the_speed():
    compiled = compile_template("{{#each Attributes.Two}}{{@index}}{{.}}{{/each}}{{now 'yyyy'}}", part="html")
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert {compiled.render(PERSON, now=now) for _ in range(8)} == {"0a1b2030"}


GOOD_TEXT = "Hi {{User.UserAttributes.FirstName}}"


@pytest.mark.parametrize(
    ("subject", "html", "text", "parts"),
    [
        ("S", "<p>{{Recommendations.X}}</p>", GOOD_TEXT, []),
        ("S", "<p>x</p>", None, ["text"]),
        ("", "<p>x</p>", GOOD_TEXT, ["subject"]),
        ("S", "<p>x</p>", "a\n {{Recommendations.X}}", ["text"]),
        ("{{Recommendations.X}}", "<p>x</p>", GOOD_TEXT, ["subject"]),
        ("S", "{{#if a}}{{{User.UserAttributes.Bio}}}{{/if}}", GOOD_TEXT, ["html"]),
        ("S", "<p>x</p>", "<b>{{Address}}</b>", ["text"]),
        ("S", "{{user.UserId}}{{Attribute.X}}", GOOD_TEXT, ["html", "html"]),
    ],
)
def test_lint(subject, html, text, parts):
    assert [warning.part for warning in lint(subject, html, text)] == parts


def test_lint_names_the_place():
    (warning,) = lint("S", "<p>x</p>", "a\n {{upper Recommendations.X}}")
    assert isinstance(warning, Warning) and (warning.line, warning.column) == (2, 10)
    with pytest.raises(TemplateError):
        lint("S", "{{#if}}", "x")
