"""The declaration: what is accepted, and every fault by line and column."""

from __future__ import annotations

import pytest

from personalize.config import DEFAULT_DECLARATION, DeclarationError, load_declaration, parse_declaration
from personalize.config.names import LONGEST, joined, with_suffix
from personalize.config.variables import UnknownVariable, substitute

ROLE = "arn:aws:iam::000000000000:role/personalize"
VARIABLES = {"bucket": "data-bucket", "role_arn": ROLE}
GOOD = """\
name_prefix: demo
role_arn: ${role_arn}
schemas:
  interactions:
    columns: {USER_ID: string, ITEM_ID: string, TIMESTAMP: long, EVENT_TYPE: "string, nullable, categorical"}
dataset_groups:
  main:
    datasets:
      interactions: {source: "s3://${bucket}/i.csv"}
    filters:
      fresh: {expression: 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("seen")'}
    event_trackers:
      site:
    solutions:
      picks:
        recipe: aws-user-personalization-v2
        hyperparameters: {apply_recency_bias: true, depth: 3}
        events: {click: {weight: 0.2}, donate: {weight: 1.0, at_least: 5}}
        retrain: {every_days: 3, by: service}
        campaigns: {live: {live: true, min_tps: 2, exploration: {explorationWeight: 0.3}}}
        batch_inference: {nightly: {output: "s3://${bucket}/out/", results: 10, filter: fresh}}
"""


def test_everything_that_can_be_declared_arrives():
    declaration = parse_declaration(GOOD, VARIABLES)
    group = declaration.groups[0]
    solution = group.solutions[0]
    assert (group.name, solution.name, solution.campaigns[0].name) == (
        "demo-main",
        "demo-main-picks",
        "demo-main-picks-live",
    )
    assert solution.recipe == "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    assert solution.config == {
        "algorithmHyperParameters": {"apply_recency_bias": "true", "depth": "3"},
        "eventsConfig": {
            "eventParametersList": [
                {"eventType": "click", "weight": 0.2},
                {"eventType": "donate", "weight": 1.0, "eventValueThreshold": 5},
            ]
        },
        "autoTrainingConfig": {"schedulingExpression": "rate(3 days)"},
    }
    assert solution.options == {"performAutoTraining": True}
    assert solution.campaigns[0].config == {"itemExplorationConfig": {"explorationWeight": "0.3"}}
    assert solution.batches[0].filter == "fresh"
    assert group.event_trackers[0].name == "demo-main-site"
    assert (
        '{"name":"EVENT_TYPE","type":["null","string"],"categorical":true}' in declaration.schemas["interactions"].avro
    )


FAULTS = [
    ("name_prefix: demo", "name_prefx: demo", 1, 1, "unknown key 'name_prefx'; did you mean 'name_prefix'?"),
    ("name_prefix: demo", "name_prefix: -demo", 1, 14, "'-demo' does not match"),
    ("${role_arn}", "${role}", 2, 11, "variable ${role} has no value; did you mean 'role_arn'?"),
    ("${role_arn}", "some-role", 2, 11, "'some-role' does not match arn:"),
    ("TIMESTAMP: long", "TIMESTAMP: string", 5, 14, "TIMESTAMP must be long, not string"),
    ("USER_ID: string, ", "", 5, 14, "Interactions need USER_ID: string"),
    ("ITEM_ID: string", "ITEM_ID: strin", 5, 41, "unknown type 'strin'; did you mean 'string'?"),
    ("nullable", "nulable", 5, 78, "unknown flag 'nulable'; did you mean 'nullable'?"),
    ("  main:", "  Main Group:", None, None, None),
    ("interactions: {source", "interaction: {source", 9, 20, "unknown dataset type 'interaction'; did you mean"),
    ("s3://${bucket}/i.csv", "http://x/i.csv", 9, 30, "does not match s3://"),
    ("{source:", "{sorce:", 9, 22, "unknown key 'sorce'; did you mean 'source'?"),
    ("{expression:", "{text:", 11, 15, "unknown key 'text'"),
    ("personalization-v2", "personalisation-v2", 16, 17, "did you mean 'aws-user-personalization-v2'?"),
    ("depth: 3", "depth: [3]", 17, 60, "must be one number, text, true or false"),
    ("weight: 0.2", "weight: 2", 18, 34, "2 is outside 0 ... 1"),
    ("EVENT_TYPE: ", "KIND: ", 18, 25, "events need the column EVENT_TYPE"),
    ("every_days: 3", "every_days: 3.5", 19, 31, "must be a whole number, not 3.5"),
    ("by: service", "by: servce", 19, 38, "unknown value 'servce'; did you mean 'service'?"),
    ("live: true", "live: maybe", 20, 34, "must be true, false or as-is, not 'maybe'"),
    ("filter: fresh", "filter: frsh", 21, 89, "no filter 'frsh'; did you mean 'fresh'?"),
    ("results: 10", "results: many", 21, 77, "must be a whole number, not 'many'"),
    ("aws-user-personalization-v2", "aws-item-affinity", 20, 27, "a recipe that finds users has no campaign"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "words"), FAULTS)
def test_faults_name_line_column_and_rule(old: str, new: str, line: int | None, column: int, words: str):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if line is None:
        assert parse_declaration(text, VARIABLES).groups[0].name == "demo-Main-Group"
        return
    with pytest.raises(DeclarationError) as told:
        parse_declaration(text, VARIABLES, source="x.yaml")
    found = [p for p in told.value.problems if words in p.message]
    assert found, str(told.value)
    assert (found[0].line, found[0].column) == (line, column)
    assert f"x.yaml, line {line}, column {column}: " in str(told.value)


def test_all_faults_are_told_at_once():
    text = GOOD.replace("USER_ID: string, ", "").replace("filter: fresh", "filter: x").replace("by: service", "by: x")
    with pytest.raises(DeclarationError) as told:
        parse_declaration(text, VARIABLES)
    assert [problem.line for problem in told.value.problems] == [5, 19, 21]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "not YAML"),
        ("- 1", "a mapping of sections is expected"),
        ("", "a mapping of sections is expected"),
        (f"role_arn: {ROLE}\n", "needs at least one dataset group"),
        (f"role_arn: {ROLE}\nrole_arn: {ROLE}\ndataset_groups: {{g: {{}}}}", "is written twice"),
        (f"role_arn: {ROLE}\ndataset_groups: 3", "must be a mapping"),
        ("dataset_groups: {g: {}}", "'role_arn' is required"),
    ],
)
def test_texts_that_are_no_declaration(text: str, words: str):
    with pytest.raises(DeclarationError, match=words):
        parse_declaration(text, {})


NAMED_TWICE = """\
role_arn: arn:aws:iam::123456789012:role/personalize
schemas:
  interactions: {fields: {USER_ID: string, ITEM_ID: string, TIMESTAMP: long}}
dataset_groups:
  one:
    name: same
    datasets: {interactions: {name: visits, source: "s3://data-bucket/i.csv"}}
    filters: {fresh: {expression: x}}
  two:
    datasets: {interactions: {name: visits, source: "s3://data-bucket/i.csv"}}
    name: same
  one-fresh:
    name: x
    filters:
      a: {name: same-fresh, expression: x}
"""


def test_a_name_used_twice_is_told_where_it_is_used_again():
    with pytest.raises(DeclarationError) as told:
        parse_declaration(NAMED_TWICE, {})
    found = [
        (problem.line, problem.path, problem.message) for problem in told.value.problems if "twice" in problem.message
    ]
    assert found == [
        (10, "dataset_groups.two.datasets.interactions.name",
         "the name 'visits' is used twice among the datasets, first by dataset_groups.one.datasets.interactions (line 7)"),
        (11, "dataset_groups.two.name",
         "the name 'same' is used twice among the dataset groups, first by dataset_groups.one (line 6)"),
        (15, "dataset_groups.one-fresh.filters.a.name",
         "the name 'same-fresh' is used twice among the filters, first by dataset_groups.one.filters.fresh (line 8)"),
    ]  # fmt: skip


def test_anchors_aliases_and_merge_keys_are_worked_in():
    text = (
        GOOD.replace("      picks:", "      picks: &picks")
        + """\
      more:
        <<: *picks
        recipe: aws-similar-items
        events: {}
        batch_inference: {}
  other:
    datasets: &datasets
      interactions: {source: "s3://${bucket}/o.csv", schema: interactions}
  third:
    datasets:
      <<: [*datasets, {users: {source: "s3://${bucket}/u.csv"}}]
"""
    )
    text = text.replace("schemas:\n", "schemas:\n  users: {columns: {USER_ID: string, AGE: int}}\n")
    main, other, third = parse_declaration(text, VARIABLES).groups
    picks, more = main.solutions
    assert more.recipe.endswith("aws-similar-items") and picks.recipe.endswith("aws-user-personalization-v2")
    assert [one.min_tps for one in more.campaigns] == [2] and more.campaigns[0].name == "demo-main-more-live"
    assert [one.source for one in other.datasets] == ["s3://data-bucket/o.csv"]
    assert [one.key for one in third.datasets] == ["interactions", "users"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [*x]\n", "part of"),
        ("a: &x\n  <<: *x\n", "part of"),
        ("a: &x {b: {c: *x}}\n", "part of"),
        ("a:\n  <<: 7\n", "line 2, column 7: '<<' takes over a mapping"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)), "50,000"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
def test_aliases_that_lead_nowhere_are_told_and_end(text: str, words: str):
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(text, VARIABLES)
    assert words in str(caught.value)


def test_a_key_written_twice_is_a_fault_also_beside_a_merge():
    text = GOOD.replace("tags:", "") + "tags: {<<: {a: x}, a: y}\n"
    assert parse_declaration(text, VARIABLES).tags == {"a": "y"}
    with pytest.raises(DeclarationError, match="is written twice"):
        parse_declaration(text + "role_arn: x\n", VARIABLES)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "line 1, column 1: is not UTF-8"),
        ("latin-1", "line 1, column 3: is not UTF-8"),
    ],
)
def test_files_in_other_encodings(tmp_path, encoding: str, words: str):
    path = tmp_path / "declaration.yaml"
    path.write_text("# \u00fc\n" + GOOD, encoding=encoding)
    if not words:
        assert load_declaration(path, VARIABLES).groups
        return
    with pytest.raises(DeclarationError) as caught:
        load_declaration(path, VARIABLES)
    assert words in str(caught.value)


def test_the_kits_own_declaration_is_good_and_makes_no_live_campaign_by_itself():
    declaration = load_declaration(DEFAULT_DECLARATION, VARIABLES)
    assert declaration.groups[0].solutions[0].campaigns[0].live is None
    assert declaration.groups[0].solutions[0].options == {"performAutoTraining": False}
    told = load_declaration(DEFAULT_DECLARATION, {**VARIABLES, "live_campaign": "true"})
    assert told.groups[0].solutions[0].campaigns[0].live is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a-${x}-b", "a-1-b"),
        ("${y:-no}", "no"),
        ("${y:-}", ""),
        ("${x}${x}", "11"),
        ("plain $x", "plain $x"),
        ("${e:-d}", "d"),
    ],
)
def test_variables(text: str, value: str):
    assert substitute(text, {"x": "1", "e": ""}) == value


@pytest.mark.parametrize("text", ["${y}", "${", "${x", "${a b}"])
def test_variables_without_value_or_end(text: str):
    with pytest.raises(UnknownVariable):
        substitute(text, {"x": "1"})


def test_names_are_valid_short_and_steady():
    long = joined("prefix", "a" * 80)
    assert len(long) <= 40 and long == joined("prefix", "a" * 80) != joined("prefix", "a" * 81)
    assert joined("a", "my key!") == "a-my-key-"
    assert len(with_suffix("x" * 63, "r12")) == LONGEST
