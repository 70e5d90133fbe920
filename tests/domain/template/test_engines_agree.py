"""The generated code and the interpreter give the same result for any template and any data."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagement.domain.template import EscapePolicy, Options, RenderError, TemplateError, compile_template
from engagement.domain.template.code_generator import Generator, NotGenerated

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = ["a", "b", "c", "Attributes", "Recommendations", "[x y]"]
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 30), st.sampled_from([0.5, 7.0, -2.25, 1e21]), st.sampled_from(["", "x", "9", "18", "<&>\"'`=", "é"])
)  # fmt: skip
data = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c", "x y"]), inner, max_size=3)
    ),
    max_leaves=12,
)
contexts = st.dictionaries(st.sampled_from([name.strip("[]") for name in NAMES]), data, max_size=6)
defaults = st.dictionaries(st.sampled_from(["a", "b.c", "Attributes.a", "[x y]", "c.[0]"]), st.sampled_from(["", "d<"]))
words = st.sampled_from(NAMES)
paths = st.one_of(
    words,
    st.builds("{}.{}".format, words, words),
    st.builds("{}.{}.[0]".format, words, words),
    st.builds("../{}".format, words),
    st.builds("../../{}".format, words),
    st.builds("@root.{}".format, words),
    st.sampled_from(
        ["this", "..", "@index", "@key", "@first", "@last", "@../index", "p", "p.a", "q", "this.b", "a.length"]
    ),
)
literals = st.sampled_from(["1", "0", "'x'", "'18'", "true", "null", "2.5", "''"])


def calls(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.sampled_from(
        ["eq", "neq", "gt", "lte", "and", "or", "lookup", "add", "divide", "join", "default", "ljust"]
    )
    one = st.sampled_from(["upper", "not", "ordinalize", "yesno", "round", "capitalize", "md5", "slugify"])
    return st.one_of(
        st.builds("{} {} {}".format, two, values, values),
        st.builds("{} {}".format, one, values),
        st.builds("eq {} {} yes={} no={}".format, values, values, values, values),
        st.builds("inflect {} {} {}".format, values, words, words),
    )


values = st.recursive(st.one_of(paths, literals), lambda inner: st.builds("({})".format, calls(inner)), max_leaves=4)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opened = st.sampled_from(["if", "unless", "each", "with"])
    params = st.sampled_from(["each {} as |p q|", "each {} as |p|", "with {} as |p|"])
    section = st.sampled_from(["a", "b", "c", "Attributes", "a.b", "this"])
    return st.one_of(
        st.builds(lambda name, value, body: f"{{{{#{name} {value}}}}}{body}{{{{/{name}}}}}", opened, values, inner),
        st.builds(lambda name, value, a, b: f"{{{{#{name} {value}}}}}{a}{{{{else}}}}{b}{{{{/{name}}}}}", opened, values, inner, inner),
        st.builds(lambda value, a, other, b, c: f"{{{{#if {value}}}}}{a}{{{{else each {other}}}}}{b}{{{{else}}}}{c}{{{{/if}}}}", values, inner, values, inner, inner),
        st.builds(lambda head, value, body: f"{{{{#{head.format(value)}}}}}{body}{{{{/{head.split()[0]}}}}}", params, paths, inner),
        st.builds(lambda name, a, b: f"{{{{#{name}}}}}{a}{{{{^}}}}{b}{{{{/{name}}}}}", section, inner, inner),
        st.builds(lambda one, other, a: f"{{{{#gte {one} {other}}}}}{a}{{{{/gte}}}}", values, values, inner),
        st.builds(lambda body, value, after: f'{{{{#*inline "n"}}}}{body}{{{{/inline}}}}{after}{{{{> n {value}}}}}', inner, st.one_of(st.just(""), paths, st.builds("a={}".format, paths)), inner),
        st.builds(lambda body, after: f'{{{{#each b}}}}{{{{#*inline "m"}}}}{body}{{{{/inline}}}}  {{{{> m}}}}{{{{> (lookup ../c "a")}}}}{{{{/each}}}}{after}', inner, inner),
        st.builds("{}{}".format, inner, inner),
    )  # fmt: skip


leaves = st.one_of(
    st.sampled_from(["", "text ", "\n", " <p> "]),
    st.builds("{{{{{}}}}}".format, paths),
    st.builds("{{{{{{{}}}}}}}".format, paths),
    st.builds("{{{{{}}}}}".format, calls(values)),
)
templates = st.recursive(leaves, blocks, max_leaves=8)


def outcome(render, *arguments):
    try:
        return render(*arguments, now=NOW)
    except RenderError as error:
        return "refused", error.message


@pytest.mark.exhaustive
@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    templates,
    contexts,
    defaults,
    st.sampled_from(EscapePolicy),
    st.sampled_from([Options(), Options(2), Options(None, "lexical")]),
)
def test_both_engines_agree(source, context, given_defaults, policy, options):
    try:
        compiled = compile_template(source, part="html", escape=policy, options=options)
    except TemplateError:
        return
    wanted = outcome(compiled.interpret, context, given_defaults)
    assert outcome(compiled.run_generated, context, given_defaults) == wanted
    assert outcome(compiled.run_generated, context, given_defaults) == wanted, "a second run differs"


def test_the_generator_has_a_form_for_all_but_loop_variables_in_sections():
    compiled = compile_template("{{#each a}}{{#if @last}}{{../b}}{{/if}}{{#c}}{{d}}{{/c}}{{/each}}", part="html")
    assert Generator(15).generate(compiled._body).source.startswith("def ")
    section = compile_template("{{#a}}{{@index}}{{/a}}", part="html")
    try:
        Generator(15).generate(section._body)
    except NotGenerated:
        assert section.run_generated({"a": ["x", "y"]}) == "01"
    else:
        raise AssertionError("a section with a loop variable needs the interpreter")
