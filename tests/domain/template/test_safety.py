"""A template cannot run code, read attributes, loop for ever or fill the memory; and compiling stays linear."""

import ast
import builtins
import contextlib
import sys
import time

import pytest

from engagement.domain.template import Options, RenderError, TemplateError, code_runtime, compile_template
from engagement.domain.template.code_generator import Generator

ENGINES = ["interpret", "run_generated"]


class Trap:
    """An object that must never be asked for anything."""

    def __getattr__(self, name):
        raise AssertionError(f"attribute {name} was read")


CODE = "__import__('os').system('touch /tmp/never')"
ATTACKS = [
    "{{#each [x') or " + CODE + " or ('y]}}{{this}}{{/each}}",
    '{{#each [x") or ' + CODE + ' or ("y]}}{{this}}{{/each}}',
    "{{[a'];" + CODE + ";x['b\\]]}}",
    "{{Id.__class__.__mro__}}{{Id.__class__.__base__.__subclasses__}}",
    "{{constructor}}{{constructor.constructor}}{{__proto__}}{{Attributes.__proto__.polluted}}",
    "{{#with __globals__}}{{__builtins__}}{{/with}}{{@root.__init__.__globals__}}",
    "{{lookup . '__class__'}}{{lookup Attributes 'constructor'}}{{lookup 'text' '__class__'}}",
    "{{#* inline \"a');" + CODE + "#\"}}x{{/inline}}{{> [a');" + CODE + "#]}}",
    "{{#* inline 'p'}}{{[k'\"]}}{{/inline}}{{> p [k'\"]=1}}",
    "'''\"\"\"\\ {Id} {{Id}} %s {0.__class__} \n'''",
    "{{#each Attributes as |[a] b|}}{{b}}{{/each}}",
    "{{\"\\\\\"]+" + CODE + "+[\\\"\"}}",
    "{{#if (eq Id \"'+" + CODE + "+'\")}}x{{/if}}{{default missing \"{{\"}}",
    "\0t1\0{{Id}}\0t1\0{{[\0t1\0]}}",
    "{{Id.encode}}{{Id.format}}{{Id.upper}}{{Tags.append}}{{Tags.sort}}{{Attributes.items}}{{Attributes.keys}}",
]  # fmt: skip
DATA = {"Id": "e1", "Attributes": {"a": ["1"]}, "Tags": ["x"], "trap": Trap()}


@pytest.mark.parametrize("source", ATTACKS)
def test_names_are_only_names(source, monkeypatch):
    def caught(*arguments, **options):
        raise AssertionError("code of the template ran")

    compile_template("{{dateFormat '2020-01-01' tz=UTC}}", part="html").render({})  # time zones may load files
    monkeypatch.setattr("os.system", caught)
    monkeypatch.setattr(builtins, "eval", caught)
    printed = []
    try:
        compiled = compile_template(source, part="html")
    except TemplateError:
        return
    printed = [getattr(compiled, engine)(DATA) for engine in ENGINES]
    assert printed[0] == printed[1]
    assert "class" not in printed[0].replace("0.__class__", "") and "built-in" not in printed[0]


def test_generated_source_holds_no_name_of_the_template_but_as_a_constant():
    source = "{{#each [x') or evil or ('y]}}{{[it's \"quoted\"]}}{{eq a 'b' yes=evil}}{{/each}}{{> p evil=evil}}{{#*inline 'p'}}{{evil}}{{/inline}}"
    tree = ast.parse(Generator(15).generate(compile_template(source, part="html")._body).source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, (ast.arg, ast.keyword)) and node.arg}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert attributes == {"get"}
    assert not any("evil" in name or "__" in name for name in names)


@pytest.mark.parametrize("engine", ENGINES)
def test_other_objects_are_nothing(engine):
    source = "{{trap}}|{{trap.x}}|{{#each trap}}x{{else}}none{{/each}}|{{lookup trap 'x'}}|{{upper trap}}"
    data = {"trap": object()}
    assert getattr(compile_template(source, part="html"), engine)(data) == "||none||"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x" * 600_001, "600,000"),
        ("{{#if a}}" * 51 + "{{/if}}" * 51, "more than 50 blocks"),
        ("{{upper " + "(upper " * 51 + "a" + ")" * 51 + "}}", "more than 50 expressions"),
        ("{{add " + "9" * 5000 + " 1}}", "40 digits"),
        ('{{#*inline "a"}}{{> b}}{{/inline}}{{#*inline "b"}}{{> a}}{{/inline}}', "calls itself"),
        ("".join(f'{{{{#*inline "p{n}"}}}}{{{{> p{n - 1}}}}}{{{{> p{n - 1}}}}}{{{{/inline}}}}' for n in range(1, 40)) + '{{#*inline "p0"}}x{{/inline}}{{> p39}}', "20,000 tags"),
        ("".join(f'{{{{#*inline "p{n}"}}}}{{{{> p{n - 1}}}}}{{{{/inline}}}}' for n in range(1, 80)) + '{{#*inline "p0"}}x{{/inline}}{{> p79}}', "50 levels"),
    ],
)  # fmt: skip
def test_limits_of_a_template(source, said):
    with pytest.raises(TemplateError) as caught:
        compile_template(source, part="html")
    assert said in caught.value.message


@pytest.mark.parametrize("engine", ENGINES)
def test_depth_up_to_the_limit_works(engine):
    source = "{{#if a}}" * 50 + "{{upper " + "(upper " * 50 + "a" + ")" * 50 + "}}" + "{{/if}}" * 50
    assert getattr(compile_template(source, part="html"), engine)({"a": "x"}) == "X"
    nested = "{{#each a}}" + "{{#each this}}" * 49 + "{{.}}{{@index}}" + "{{/each}}" * 50
    data = ["x", "y"]
    for _ in range(49):
        data = [data]
    assert getattr(compile_template(nested, part="html"), engine)({"a": data}) == "x0y1"


@pytest.mark.exhaustive
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "data", "said"),
    [
        ("{{#each a}}" * 5 + "x{{.}}" + "{{/each}}" * 5, None, "steps"),
        ("{{#each a}}{{../b}}{{/each}}" * 20, {"a": [1] * 15, "b": "x" * 10_000}, "1,000,000 characters"),
        ("{{a}}{{a}}", {"a": "x" * 600_000}, "1,000,000 characters"),
        ("{{a}}", {"a": "<" * 300_000}, "1,000,000 characters"),
    ],
)
def test_limits_of_rendering(source, data, said, engine):
    if data is None:
        data = {"a": [1] * 15}
        for _ in range(4):
            data = {"a": [data] * 15}
        source = "{{#each a}}" * 5 + "x" + "{{/each}}" * 5
    with pytest.raises(RenderError) as caught:
        getattr(compile_template(source, part="html"), engine)(data)
    assert said in caught.value.message


@pytest.mark.parametrize("engine", ENGINES)
def test_just_below_the_limits_works(engine):
    assert len(getattr(compile_template("{{a}}", part="html"), engine)({"a": "x" * 1_000_000})) == 1_000_000


@pytest.mark.parametrize("engine", ENGINES)
def test_each_shows_fifteen_items_unless_told_otherwise(engine):
    source, data = "{{#each a}}{{@index}}{{#if @last}}!{{/if}},{{/each}}", {"a": list(range(40))}
    assert getattr(compile_template(source, part="html"), engine)(data).endswith("13,14!,")
    unlimited = compile_template(source, part="html", options=Options(each_limit=None))
    assert getattr(unlimited, engine)(data).endswith("38,39!,")
    assert getattr(compile_template("{{#a}}x{{/a}}", part="html"), engine)(data) == "x" * 15


ADVERSARIAL = {
    "tags": lambda n: "{{#if a}}x{{/if}} {{b.c}}\n" * n,
    "values": lambda n: "".join(f"{{{{Attributes.A{k}}}}} " for k in range(n)),
    "else chain": lambda n: "{{#if a}}" + "x{{else if b}}\n" * n + "{{/if}}",
    "blank lines": lambda n: ("  \n" * 20 + "{{#if a}}  \n\n{{/if}}") * (n // 10),
    "open comment": lambda n: "{{!-- " + "-- }} -" * n,
    "open bracket": lambda n: "{{[" + "\\[" * n,
    "open quote": lambda n: '{{x "' + '\\"' * n,
    "backslashes": lambda n: "\\" * n + "{{a}}" + "\\{{" * n,
    "braces": lambda n: "{ {" * n + "}}" * n,
    "open raw": lambda n: "{{{{a}}}}" * n,
    "spaces": lambda n: "{{" + " " * (n * 5) + "x",
    "arguments": lambda n: "{{and" + " a" * n + "}}",
    "segments": lambda n: "{{a" + ".b" * n + "}}",
    "lone marks": lambda n: "{{~" * n,
}


def lines_run(source):
    """How many lines of Python compiling takes: the same on every machine, loaded or not."""
    count = 0

    def tracer(frame, event, argument):
        nonlocal count
        count += 1
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with contextlib.suppress(TemplateError):
            compile_template(source, part="html")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_compiling_is_linear(kind):
    small, large = ADVERSARIAL[kind](500), ADVERSARIAL[kind](4_000)
    start = time.process_time()
    with contextlib.suppress(TemplateError):
        compile_template(large + " ", part="html")
    assert time.process_time() - start < 20, "a search inside one line does not end"
    assert lines_run(large) < 8 * 1.5 * lines_run(small) + 1_000


@pytest.mark.exhaustive
def test_ten_thousand_tags_compile_and_render_in_both_engines():
    source = "{{#if a}}x{{/if}}{{b.c}}\n{{#each d}}{{.}}{{/each}}" * 2_500
    compiled = compile_template(source, part="html")
    data = {"a": 1, "b": {"c": "&"}, "d": ["1"]}
    start = time.process_time()
    assert compiled.run_generated(data) == compiled.interpret(data) == "x&amp;\n1" * 2_500
    assert time.process_time() - start < 10


def test_a_template_whose_code_would_take_long_to_compile_is_interpreted(monkeypatch):
    monkeypatch.setattr(code_runtime, "MAX_GENERATED", 5_000)
    small, large = (
        compile_template("".join("{{" + f"a.b{n}" + "}}" for n in range(count)), part="text") for count in (5, 500)
    )
    asked = []
    monkeypatch.setattr(code_runtime, "_function", lambda *_args, **_more: asked.append(1) or (lambda *_: "generated"))
    data = {"a": {"b1": "printed"}}
    assert (small.run_generated(data), large.run_generated(data), len(asked)) == ("generated", "printed", 1)
