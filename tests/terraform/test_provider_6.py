"""Every argument that the configuration sets exists in provider 6.x too, and every required one is set.

Facts: tests/fixtures/aws_provider_6_schema.json (its ``_source`` says where from). After using a new resource type:
``python -m tests.terraform.test_provider_6 <schema of the whole provider> resource:<type> data:<type> ...`` (all
types that are used) writes the facts anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.plan_reading import configured_resources

pytestmark = pytest.mark.terraform

Json = dict[str, Any]
FACTS = Path(__file__).parents[1] / "fixtures" / "aws_provider_6_schema.json"
# Types that the facts lack: type -> why it is used all the same.
NOT_IN_FACTS = {
    "resource:aws_cloudwatch_log_stream": "Firehose's error log needs it; its two arguments have not changed since provider 1.x",
}


def schemas() -> dict[str, Json]:
    """``resource:<type>`` and ``data:<type>`` -> block."""
    return json.loads(FACTS.read_text("utf-8"))["blocks"]


def faults(expressions: Any, block: Json, path: str) -> Iterator[str]:
    """What is wrong with one block's arguments, nested blocks included.

    A nested block is a dict of expressions or a list of them; an argument is a dict with constant_value or references.
    """
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    for required in (name for name, facts in attributes.items() if facts.get("required")):
        if required not in expressions:
            yield f"{path}.{required} is required"
    for name, value in expressions.items():
        if name in blocks:
            for one in value if isinstance(value, list) else [value]:
                if not {"constant_value", "references"} & set(one):
                    yield from faults(one, blocks[name]["block"], f"{path}.{name}")
        elif name not in attributes:
            yield f"{path}.{name} is unknown"
        elif not (attributes[name].get("optional") or attributes[name].get("required")):
            yield f"{path}.{name} is read only"


def used(plan: Json) -> Iterator[tuple[str, Json]]:
    """Key into the facts, and the resource block."""
    for resource in configured_resources(plan["configuration"]["root_module"]):
        yield f"{'data' if resource['mode'] == 'data' else 'resource'}:{resource['type']}", resource


def test_every_argument_fits_provider_6(plan_of):
    facts = schemas()
    wrong = []
    for key, resource in used(plan_of("prod")):
        if key in NOT_IN_FACTS:
            continue
        assert key in facts, f"{key} is not in {FACTS.name}: write the facts anew (see this file's docstring)"
        wrong += faults(resource.get("expressions", {}), facts[key], resource["address"])
    assert wrong == []


def test_the_facts_hold_nothing_that_is_not_used(plan_of):
    assert {*schemas(), *NOT_IN_FACTS} == {key for key, _ in used(plan_of("prod"))}


BLOCK = {
    "attributes": {"name": {"required": True}, "arn": {"computed": True}, "size": {"optional": True, "computed": True}},
    "block_types": {"rule": {"block": {"attributes": {"id": {"required": True}}}}},
}


@pytest.mark.parametrize(
    ("expressions", "found"),
    [
        ({"name": {"constant_value": "x"}, "size": {}}, []),
        ({}, ["x.name is required"]),
        ({"name": {}, "colour": {}}, ["x.colour is unknown"]),
        ({"name": {}, "arn": {"references": ["y"]}}, ["x.arn is read only"]),
        ({"name": {}, "rule": [{"id": {}}, {"ident": {}}]}, ["x.rule.id is required", "x.rule.ident is unknown"]),
    ],
)
def test_the_check_sees_what_is_wrong(expressions, found):
    assert list(faults(expressions, BLOCK, "x")) == found


def write_facts(whole: Path, wanted: set[str]) -> None:
    """Keep of the whole provider's schema what the configuration uses."""
    document = json.loads(whole.read_text("utf-8"))
    (schema,) = document["provider_schemas"].values()
    source = {"resource": schema["resource_schemas"], "data": schema["data_source_schemas"]}
    blocks = {key: source[key.split(":")[0]][key.split(":")[1]]["block"] for key in sorted(wanted - set(NOT_IN_FACTS))}
    facts = {"_source": document["_facts"], "blocks": blocks}
    FACTS.write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_facts(Path(sys.argv[1]), set(sys.argv[2:]))
