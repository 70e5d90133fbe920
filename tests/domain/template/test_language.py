"""The language, rule by rule. What handlebars.js prints for thousands of templates is in test_against_handlebars_js.py."""

import pytest

from engagement.domain.template import EscapePolicy, TemplateError, compile_template

PERSON = {
    "Address": "sofia@example.org",
    "Attributes": {"Tags": ["a", "b"], "Note": ["x<y"], "Empty": []},
    "User": {"UserId": "u1", "UserAttributes": {"FirstName": ["Sofia"], "Last Name": ["O'Neil"], "Age": ["19"]}},
    "Location": {"Country": "US"},
    "Metrics": {"Score": 7.0, "Ratio": 0.5, "Zero": 0},
    "Recommendations": {"Block": ["<p><b>Go</b></p>"], "Cards": [{"Title": "<i>A</i>"}]},
    "RecommendationItems": ["DONATE", "<NEWS>"],
}


def render(source, *, part="html", defaults=None, escape=EscapePolicy.TRUSTED, data=PERSON):
    return compile_template(source, part=part, escape=escape).render(data, defaults or {})


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        ("Hi {{User.UserAttributes.FirstName}}!", "Hi Sofia!"),
        ("{{User.UserAttributes.[Last Name].[0]}}", "O&#x27;Neil"),
        ("{{Attributes.Tags}} {{Attributes.Empty}}|{{Attributes.None}}", "a,b |"),
        ("{{Metrics.Score}} {{Metrics.Ratio}} {{Metrics.Zero}}", "7 0.5 0"),
        (
            "{{#each RecommendationItems}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}",
            "0DONATE,1&lt;NEWS&gt;",
        ),
        ('{{#* inline "x"}}[{{User.UserId}}{{t}}]{{/inline}}{{> x t="q"}}', "[u1q]"),
        ('{{#*inline "x"}}-{{/inline}}{{>x}}', "-"),
        ("{{{{raw}}}} {{x}} {{{{/raw}}}}", " {{x}} "),
        ("{{#if Nothing}}a{{else if Metrics.Zero}}b{{else}}c{{/if}}", "c"),
        ("{{#with User}}{{UserId}}{{../Address}}{{/with}}", "u1sofia@example.org"),
    ],
)
def test_prints(source, printed):
    assert render(source) == printed


@pytest.mark.parametrize(
    ("source", "line", "column", "said"),
    [
        ("a\n  {{#if x}}b", 2, 3, "'if' is not closed"),
        ("a\n {{#each", 2, 2, "the tag is not closed"),
        ("a {{Address", 1, 3, "the tag is not closed"),
        ("{{x}} {{#if x} b", 1, 7, "the tag is not closed"),
        ("{{Address ! }}", 1, 11, "unexpected '!'"),
        ("{{uper Address}}", 1, 3, "upper"),
        ("{{/if}}", 1, 1, "closes nothing"),
        ("{{a.0}}", 1, 5, "list.[0]"),
        ("{{uppercase a" + ".a" * 100 + "}}", 1, 13, "more than 100 names"),
        ("{{" + "../" * 100 + "a}}", 1, 3, "more than 100 names"),
        ("{{> nobody}}", 1, 1, "no partial 'nobody'"),
        ('{{#* inline "a"}}{{> a}}{{/inline}}', 1, 18, "calls itself"),
    ],
)
def test_a_mistake_is_named_with_its_place(source, line, column, said):
    with pytest.raises(TemplateError) as caught:
        compile_template(source, part="html")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert said in caught.value.message and f"line {line}, column {column}" in caught.value.message
