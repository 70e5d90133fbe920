"""A solution's ``solutionConfig``: hyperparameters, events, columns left out, objective.

What the service would refuse only in mid-run, after imports that take an hour, is a fault here.

Source: botocore's service model of Personalize, the shapes SolutionConfig and HPOConfig.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from personalize.config.declaration import Column, Retrain
from personalize.config.nodes import Document, Section
from personalize.config.problems import near
from personalize.config.schemas import DATASET_TYPES, REQUIRED

# A dataset type that is declared in the group, to its columns; None: its schema has a fault, so they are not known.
Tables = Mapping[str, Mapping[str, Column] | None]

_NUMERIC = ("int", "long", "float", "double")
_RANGE = {"name": "text", "minValue": "number", "maxValue": "number"}
# "text": also from a number, for the service takes counts as text; "number" and "whole" as they are; [x]: a list of x.
_HPO: Mapping[str, Any] = {
    "hpoObjective": {"type": "text", "metricName": "text", "metricRegex": "text"},
    "hpoResourceConfig": {"maxNumberOfTrainingJobs": "text", "maxParallelTrainingJobs": "text"},
    "algorithmHyperParameterRanges": {
        "integerHyperParameterRanges": [{**_RANGE, "minValue": "whole", "maxValue": "whole"}],
        "continuousHyperParameterRanges": [_RANGE],
        "categoricalHyperParameterRanges": [{"name": "text", "values": ["text"]}],
    },
}


def read_config(section: Section, retrain: Retrain | None, tables: Tables) -> dict[str, Any]:
    """The ``solutionConfig`` of the solution below ``section``."""
    config: dict[str, Any] = {}
    for key, member in (
        ("hyperparameters", "algorithmHyperParameters"),
        ("feature_transformation", "featureTransformationParameters"),
    ):
        if (part := section.section(key)) is not None:
            config[member] = {name: as_text(value) for name, value in scalars(part)}
    if events := list(_events(section, tables)):
        config["eventsConfig"] = {"eventParametersList": events}
    if (columns_part := section.section("exclude_columns")) is not None:
        config["trainingDataConfig"] = {"excludedDatasetColumns": _excluded(columns_part, tables)}
    if (hpo := section.section("hpo")) is not None:
        config["hpoConfig"] = _shaped(hpo.document, hpo.node, hpo.path, _HPO)
    if (objective := section.section("objective")) is not None:
        config["optimizationObjective"] = {
            "itemAttribute": _objective(objective, tables),
            "objectiveSensitivity": objective.choice("sensitivity", ("LOW", "MEDIUM", "HIGH", "OFF"), "LOW"),
        }
        objective.close()
    if retrain and retrain.by == "service":
        unit = "day" if retrain.every_days == 1 else "days"
        config["autoTrainingConfig"] = {"schedulingExpression": f"rate({retrain.every_days} {unit})"}
    return config


def scalars(part: Section) -> Iterable[tuple[str, Any]]:
    """Each key with its one value; a list, a mapping or null is a fault."""
    for name, _, node in part.entries():
        told = len(part.document.problems)
        value = part.document.value(node, part.at(name))
        if len(part.document.problems) > told:
            continue
        if isinstance(value, (dict, list)) or value is None:
            part.document.fault(node, part.at(name), "must be one number, text, true or false")
        else:
            yield name, value


def as_text(value: Any) -> str:
    """A scalar as the service takes it: text, true and false in small letters."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def demand_event_types(section: Section, key: str | None, tables: Tables) -> None:
    """A fault at ``key`` when the interactions are declared without the column that holds the type of event."""
    columns = tables.get("interactions")
    if columns is not None and "EVENT_TYPE" not in columns:
        section.fault(
            key, f"{key or 'events'} need{'s' if key else ''} the column EVENT_TYPE in the interactions schema"
        )


def _events(section: Section, tables: Tables) -> Iterable[dict[str, Any]]:
    for name, part in section.sections("events", named=False):
        demand_event_types(part, None, tables)
        event: dict[str, Any] = {"eventType": name, "weight": part.number("weight", 1.0, 0.0, 1.0)}
        if part.get("at_least") is not None:
            event["eventValueThreshold"] = part.number("at_least", 0.0, -1e12, 1e12)
        part.close()
        yield event


def _excluded(section: Section, tables: Tables) -> dict[str, list[str]]:
    excluded: dict[str, list[str]] = {}
    for kind, key_node, node in section.entries():
        path, table = section.at(kind), kind.lower()
        if table not in DATASET_TYPES:
            known = [name.upper() for name in DATASET_TYPES]
            section.document.fault(key_node, path, f"unknown dataset type '{kind}'{near(kind.upper(), known)}")
        elif table not in tables:
            section.document.fault(key_node, path, f"the dataset group has no {table} dataset")
        elif not isinstance(node, yaml.SequenceNode):
            section.document.fault(node, path, "must be a list of columns, for example [CAMPAIGN]")
        else:
            names = [(item, section.document.text(item, path)) for item in node.value]
            excluded[kind] = [name for _, name in names if name is not None]
            for item, name in names:
                if name is not None and (fault := _why_kept(name, table, tables[table])):
                    section.document.fault(item, path, fault)
    return excluded


def _why_kept(name: str, table: str, columns: Mapping[str, Column] | None) -> str:
    """Why the column ``name`` cannot be left out; empty when it can."""
    if name in REQUIRED[table]:
        return f"{name} is required and cannot be left out"
    if columns is not None and name not in columns:
        return f"the schema of {table} has no column '{name}'{near(name, columns)}"
    return ""


def _objective(section: Section, tables: Tables) -> str:
    name = section.text("column", required=True)
    if not name:
        return name
    columns = tables.get("items")
    if "items" not in tables:
        section.fault("column", "an objective is a column of items, and the dataset group has no items dataset")
    elif columns is not None and name not in columns:
        section.fault("column", f"the schema of items has no column '{name}'{near(name, columns)}")
    elif columns is not None and columns[name].type not in _NUMERIC:
        section.fault("column", f"an objective is a number; {name} is {columns[name].type}")
    return name


def _shaped(document: Document, node: yaml.Node, path: str, shape: Any) -> Any:
    """The value of ``node`` when it has ``shape``, as in ``_HPO``; whatever differs is a fault."""
    if isinstance(shape, list):
        if isinstance(node, yaml.SequenceNode):
            return [_shaped(document, item, f"{path}[{n}]", shape[0]) for n, item in enumerate(node.value)]
        document.fault(node, path, "must be a list")
        return []
    if isinstance(shape, Mapping):
        if isinstance(node, yaml.MappingNode):
            return dict(_members(Section(document, node, path), shape))
        document.fault(node, path, "must be a mapping")
        return {}
    return _one(document, node, path, shape)


def _members(section: Section, shapes: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, key_node, node in section.entries():
        if name in shapes:
            yield name, _shaped(section.document, node, section.at(name), shapes[name])
        else:
            section.document.fault(key_node, section.path, f"unknown key '{name}'{near(name, shapes)}")


def _one(document: Document, node: yaml.Node, path: str, shape: str) -> Any:
    told = len(document.problems)
    value = document.value(node, path)
    if len(document.problems) > told:
        return None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if shape == "text":
        return str(value) if number else document.text(node, path)
    if not number or (shape == "whole" and not isinstance(value, int)):
        document.fault(node, path, f"must be a {'whole ' if shape == 'whole' else ''}number, not {value!r}")
    return value
