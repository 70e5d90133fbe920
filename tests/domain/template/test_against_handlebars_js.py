"""Both engines print, byte for byte, what handlebars.js 4.7.10 printed (tests/fixtures/handlebars)."""

import gzip
import json
from pathlib import Path

import pytest

from engagement.domain.template import EscapePolicy, Options, RenderError, TemplateError, compile_template

ANSWERS = Path(__file__).parents[2] / "fixtures" / "handlebars" / "answers.json.gz"
NO_LIMIT = Options(each_limit=None)


@pytest.fixture(scope="module")
def answers():
    return json.loads(gzip.decompress(ANSWERS.read_bytes()))


def printed(template, data, policy, engine):
    try:
        compiled = compile_template(template, part="html", escape=policy, options=NO_LIMIT)
        return getattr(compiled, engine)(data)
    except (TemplateError, RenderError):
        return "refused"


def differences(answers, suite, engine):
    for kind, template, number, escaped, *plain in answers["cases"]:
        if kind != suite:
            continue
        for policy, wanted in (
            (EscapePolicy.TRUSTED, escaped),
            (EscapePolicy.PINPOINT, plain[0] if plain else escaped),
        ):
            got = printed(template, answers["data"][number], policy, engine)
            if got != ("refused" if isinstance(wanted, dict) else wanted):
                yield template, number, policy.value, wanted, got


@pytest.mark.parametrize("engine", ["interpret", "run_generated"])
@pytest.mark.parametrize(
    ("suite", "least"),
    [
        ("language", 100),
        pytest.param("whitespace", 1500, marks=pytest.mark.exhaustive),
        pytest.param("fuzz", 2000, marks=pytest.mark.exhaustive),
    ],
)
def test_prints_what_handlebars_js_printed(answers, suite, least, engine):
    assert sum(row[0] == suite for row in answers["cases"]) >= least
    assert list(differences(answers, suite, engine)) == []


def test_the_answers_are_of_the_version_we_claim(answers):
    assert answers["handlebars"] == "4.7.10"
