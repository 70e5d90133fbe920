"""What an environment says about templates."""

import pytest

from engagement.domain.template import USUAL, Options, compile_template

NUMBERS = {"Attributes": {"n": [str(n) for n in range(20)]}}


@pytest.mark.parametrize(
    ("each_limit", "comparing", "options"),
    [("15", "numeric", USUAL), ("0", "lexical", Options(None, "lexical")), ("3", "numeric", Options(3))],
)
def test_settings(each_limit, comparing, options):
    assert Options.of_settings(each_limit, comparing) == options


@pytest.mark.parametrize(
    ("each_limit", "comparing", "names"), [("-1", "numeric", "each_limit"), ("15", "java", "comparing"), ("", "numeric", "each_limit")]
)  # fmt: skip
def test_what_is_no_setting(each_limit, comparing, names):
    with pytest.raises(ValueError, match=f"{names} must be"):
        Options.of_settings(each_limit, comparing)


@pytest.mark.parametrize(("each_limit", "shown"), [("15", 15), ("0", 20), ("3", 3)])
@pytest.mark.parametrize("engine", ["interpret", "run_generated"])
def test_the_items_of_a_loop(each_limit, shown, engine):
    compiled = compile_template(
        "{{#each Attributes.n}}.{{/each}}", part="text", options=Options.of_settings(each_limit, "numeric")
    )
    assert getattr(compiled, engine)(NUMBERS) == "." * shown


@pytest.mark.parametrize(("comparing", "text"), [("numeric", "no"), ("lexical", "yes")])
@pytest.mark.parametrize("engine", ["interpret", "run_generated"])
def test_how_texts_compare(comparing, text, engine):
    source = "{{#if (gt Attributes.age.[0] '18')}}yes{{else}}no{{/if}}"
    compiled = compile_template(source, part="text", options=Options.of_settings("15", comparing))
    assert getattr(compiled, engine)({"Attributes": {"age": ["9"]}}) == text
