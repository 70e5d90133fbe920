"""The declaration: what is accepted, and every fault by line and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from personalize.config import DEFAULT_DECLARATION, DeclarationError, load_declaration, parse_declaration
from personalize.config.names import LONGEST, joined, with_suffix
from personalize.config.solutions import comparison_name
from personalize.config.variables import UnknownVariable, substitute
from tests.personalize_driver.scene import Scene

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


RICH = """\
role_arn: ${role_arn}
tags: {team: crm, "cost center": "", "${bucket}": x}
schemas:
  interactions:
    columns: {USER_ID: string, ITEM_ID: string, TIMESTAMP: long, EVENT_TYPE: string, CAMPAIGN: string}
  items:
    columns: {ITEM_ID: string, VALUE: float, KIND: "string, categorical"}
dataset_groups:
  main:
    datasets:
      interactions: {source: "s3://${bucket}/i.csv"}
      items: {source: "s3://${bucket}/items.csv"}
    solutions:
      s:
        name: picks
        recipe: aws-user-personalization-v2
        event_type: donate
        events: {"\u00fc": {weight: 1}}
        exclude_columns: {INTERACTIONS: [CAMPAIGN], items: []}
        objective: {column: VALUE}
        hpo:
          hpoResourceConfig: {maxNumberOfTrainingJobs: 4}
          algorithmHyperParameterRanges:
            integerHyperParameterRanges: [{name: depth, minValue: 1, maxValue: 4}]
        evaluation: {baseline: popularity}
"""


def test_the_rarer_values_arrive_as_the_service_takes_them():
    declaration = parse_declaration(RICH, VARIABLES)
    assert declaration.tags == {"team": "crm", "cost center": "", "data-bucket": "x"}
    solution = declaration.groups[0].solutions[0]
    assert solution.options["eventType"] == "donate"
    assert solution.config == {
        "eventsConfig": {"eventParametersList": [{"eventType": "\u00fc", "weight": 1}]},
        "trainingDataConfig": {"excludedDatasetColumns": {"INTERACTIONS": ["CAMPAIGN"], "items": []}},
        "optimizationObjective": {"itemAttribute": "VALUE", "objectiveSensitivity": "LOW"},
        "hpoConfig": {
            "hpoResourceConfig": {"maxNumberOfTrainingJobs": "4"},
            "algorithmHyperParameterRanges": {
                "integerHyperParameterRanges": [{"name": "depth", "minValue": 1, "maxValue": 4}]
            },
        },
    }


TAG = "a" * 129
HPO = RICH[RICH.index("hpo:") : RICH.index("        evaluation:")]
# What is replaced in RICH, by what; then everything that is told: line, column, words.
ONLY_FAULTS = [
    # A required value that is null.
    ("role_arn: ${role_arn}", "role_arn:", 1, 10, "'role_arn' is required"),
    ("role_arn: ${role_arn}", "role_arn: ~", 1, 11, "'role_arn' is required"),
    ("role_arn: ${role_arn}", "role_arn: ${r:-}", 1, 11, "'role_arn' is required"),
    ("role_arn: ${role_arn}", "role_arn: ${r}", 1, 11, "variable ${r} has no value"),
    ('"s3://${bucket}/i.csv"', "null", 11, 30, "'source' is required"),
    ("recipe: aws-user-personalization-v2", "recipe: Null", 16, 17, "'recipe' is required"),
    ("{column: VALUE}", "{column: }", 20, 28, "'column' is required"),
    ("{column: VALUE}", "{}", 20, 20, "'column' is required"),
    ("{weight: 1}", "{weight: '${w}'}", 18, 32, "variable ${w} has no value"),
    ("event_type: donate", "tune_hyperparameters: ${t}", 17, 31, "variable ${t} has no value"),
    # The name of the solution that the kit adds.
    ("\n      s:\n", "\n      picks-popularity: {name: main-x, recipe: aws-sims}\n      s:\n", None, None, ""),
    (
        "\n      s:\n",
        "\n      x: {name: picks-popularity, recipe: aws-sims}\n      s:\n",
        14,
        17,
        "the name 'picks-popularity' is used twice among the solutions: the kit makes a solution of that name for comparison "
        "with popularity, for dataset_groups.main.solutions.s",
    ),
    ("{baseline: popularity}", "{}\n      x: {name: picks-popularity, recipe: aws-sims}", 26, 17, "is used twice"),
    ("{baseline: popularity}", "{baseline: none}\n      x: {name: picks-popularity, recipe: aws-sims}", None, None, ""),
    ("{baseline: popularity}", "{}\n      s.popularity: {name: x, recipe: aws-sims}", 26, 21, "is the kit's"),
    # hpo.
    (HPO, "hpo: yes\n", 21, 14, "must be a mapping"),
    (HPO, "hpo: []\n", 21, 14, "must be a mapping"),
    ("hpoResourceConfig:", "hpoResources:", 22, 11, "unknown key 'hpoResources'; did you mean 'hpoResourceConfig'?"),
    ("{maxNumberOfTrainingJobs: 4}", "4", 22, 30, "must be a mapping"),
    ("maxNumberOfTrainingJobs: 4", "maxNumberOfTrainingJobs: [4]", 22, 56, "must be one text, not a list"),
    ("minValue: 1", "minValue: 1.5", 24, 67, "must be a whole number, not 1.5"),
    ("[{name: depth, minValue: 1, maxValue: 4}]", "{name: depth}", 24, 42, "must be a list"),
    # exclude_columns.
    ("{INTERACTIONS: [CAMPAIGN], items: []}", "[CAMPAIGN]", 19, 26, "must be a mapping"),
    ("[CAMPAIGN]", "CAMPAIGN", 19, 41, "must be a list of columns, for example [CAMPAIGN]"),
    ("[CAMPAIGN]", "~", 19, 41, "must be a list of columns"),
    ("[CAMPAIGN]", "[7]", 19, 42, "must be text, not 7; put it in quotes"),
    ("[CAMPAIGN]", "[~]", 19, 42, "must be text, not null"),
    (
        "[CAMPAIGN]",
        "[CAMPAING]",
        19,
        42,
        "the schema of interactions has no column 'CAMPAING'; did you mean 'CAMPAIGN'?",
    ),
    ("[CAMPAIGN]", "[CAMPAIGN, TIMESTAMP]", 19, 52, "TIMESTAMP is required and cannot be left out"),
    ("INTERACTIONS:", "INTERACTION:", 19, 27, "unknown dataset type 'INTERACTION'; did you mean 'INTERACTIONS'?"),
    ("items: []", "users: [AGE]", 19, 53, "the dataset group has no users dataset"),
    # Columns that an option needs.
    (
        "{column: VALUE}",
        "{column: NOPE}",
        20,
        29,
        "the schema of items has no column 'NOPE'; known: ITEM_ID, KIND, VALUE",
    ),
    ("{column: VALUE}", "{column: KIND}", 20, 29, "an objective is a number; KIND is string"),
    # tags.
    ("team:", "AWS:team:", 2, 8, "keys that begin with aws: are reserved"),
    ("team:", f"{TAG}:", 2, 8, "129 characters; a tag's key takes 128"),
    ("crm", TAG * 2, 2, 14, "258 characters; a tag's value takes 256"),
    ("crm", "a;b", 2, 14, "';' in a tag's value"),
    ("crm", "", 2, 13, "must be text, not null"),
    ("crm", "[a]", 2, 14, "must be one text, not a list"),
    ("crm", "7", 2, 14, "must be text, not 7; put it in quotes"),
    ("crm", "yes", 2, 14, "must be text, not True; put it in quotes"),
    ("crm", "'${x}'", 2, 14, "variable ${x} has no value"),
    ("team:", "'${x}':", 2, 8, "variable ${x} has no value"),
    ("team:", "'${x:-}':", 2, 8, "a key must be plain text, and not empty"),
    ("team: crm", "team: crm, team: b", 2, 19, "is written twice"),
    # Keys.
    ("team:", "? [a, b]\n :", 2, 10, "a key must be plain text, and not empty"),
    ("team:", "~:", 2, 8, "a key must be plain text, and not empty"),
    ("\n      s:\n", '\n      "": {recipe: aws-sims}\n      s:\n', 14, 7, "a key must be plain text, and not empty"),
    ("\n      s:\n", "\n      ? [a, b]\n      : {recipe: aws-sims}\n      s:\n", 14, 9, "a key must be plain text"),
    ("\n      s:\n", "\n      ~: {recipe: aws-sims}\n      s:\n", 14, 7, "a key must be plain text"),
    ("\n      s:\n", "\n      '~': {recipe: aws-sims}\n      s:\n", 14, 7, "must have a letter (a-z) or a digit"),
    ("\n      s:\n", "\n      \u00fc:\n", 14, 7, "a key that becomes a name must have a letter (a-z) or a digit"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "words"), ONLY_FAULTS)
def test_a_wrong_value_is_told_once_where_it_stands(old: str, new: str, line: int | None, column: int, words: str):
    assert RICH.count(old) == 1
    text = RICH.replace(old, new)
    if line is None:
        assert len(parse_declaration(text, VARIABLES).groups[0].solutions) == 2
        return
    with pytest.raises(DeclarationError) as told:
        parse_declaration(text, VARIABLES)
    assert [(p.line, p.column) for p in told.value.problems] == [(line, column)], str(told.value)
    assert words in told.value.problems[0].message


LACKING = [
    (", EVENT_TYPE: string", "", 17, 21, "event_type needs the column EVENT_TYPE in the interactions schema"),
    (", EVENT_TYPE: string", "", 18, 23, "events need the column EVENT_TYPE in the interactions schema"),
    ('      items: {source: "s3://${bucket}/items.csv"}\n', "", 18, 53, "the dataset group has no items dataset"),
    ('      items: {source: "s3://${bucket}/items.csv"}\n', "", 19, 29, "the dataset group has no items dataset"),
    ("CAMPAIGN: string", "CAMPAIGNS: string", 19, 42, "the schema of interactions has no column 'CAMPAIGN'"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "words"), LACKING)
def test_what_the_schemas_lack_is_told_at_every_option_that_needs_it(
    old: str, new: str, line: int, column: int, words: str
):
    assert RICH.count(old) == 1
    with pytest.raises(DeclarationError) as told:
        parse_declaration(RICH.replace(old, new), VARIABLES)
    found = [problem.message for problem in told.value.problems if (problem.line, problem.column) == (line, column)]
    assert found and words in found[0], str(told.value)


def test_the_name_kept_free_is_the_one_that_the_plan_gives_the_comparison():
    scene = Scene()
    solution = load_declaration(DEFAULT_DECLARATION, scene.variables).groups[0].solutions[0]
    names = {step.name for step in scene.training().plan().steps if step.key.endswith(".popularity")}
    assert names == {comparison_name(solution.name)}


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


def test_the_example_of_the_manual_is_a_declaration():
    page = (Path(__file__).parents[2] / "docs/how-to/train.md").read_text("utf-8")
    (example,) = re.findall(r"(?s)^```yaml\n(.*?)^```", page, re.MULTILINE)
    declaration = parse_declaration(example, {"bucket": "data-bucket", "role_arn": ROLE, "prefix": "kit-dev"})
    assert [group.key for group in declaration.groups] == ["messaging"]
