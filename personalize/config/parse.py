"""From YAML text to a checked ``Declaration``; all faults at once, each with line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from personalize.config.declaration import Column, Dataset, DatasetGroup, Declaration, EventTracker, Filter, Schema
from personalize.config.names import joined
from personalize.config.nodes import Document, Section
from personalize.config.problems import DeclarationError, Problem, near
from personalize.config.schemas import DATASET_TYPES, read_schema
from personalize.config.solution_config import Tables
from personalize.config.solutions import comparison_name, read_solution
from personalize.config.tags import read_tags

DEFAULT_DECLARATION = Path(__file__).parents[1] / "personalize.yaml"
S3_URI = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?"
ROLE_ARN = r"arn:[a-z\d-]+:iam::\d{12}:role/.+"


def load_declaration(path: Path, variables: Mapping[str, str]) -> Declaration:
    """The declaration in the file ``path``. Raises ``DeclarationError``, and ``OSError`` when it can't be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        fault = Problem(line, column, "", "is not UTF-8: save the file as UTF-8")
        raise DeclarationError(path.name, [fault]) from error
    return parse_declaration(text, variables, source=path.name)


def parse_declaration(text: str, variables: Mapping[str, str], *, source: str = "declaration") -> Declaration:
    """The declaration in ``text``. Raises ``DeclarationError`` with every fault found."""
    document = Document(source, variables)
    root = document.root(text)
    prefix = root.text("name_prefix", pattern=r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,30}")
    role = root.text("role_arn", required=True, pattern=ROLE_ARN)
    tags = read_tags(root)
    schemas = {key: _schema(key, prefix, section) for key, section in root.sections("schemas")}
    known = {key: schema for key, schema in schemas.items() if schema}
    groups = tuple(_group(key, prefix, section, schemas) for key, section in root.sections("dataset_groups"))
    _keep_comparisons_free(document, groups)
    if not groups and not document.problems:
        root.fault("dataset_groups", "needs at least one dataset group")
    root.close()
    if document.problems:
        raise DeclarationError(source, document.problems)
    return Declaration(source, role, tags, known, groups)


def _schema(key: str, prefix: str, section: Section) -> Schema | None:
    return read_schema(key, section.name("schemas", joined(prefix, key)), section)


def _group(key: str, prefix: str, section: Section, schemas: Mapping[str, Schema | None]) -> DatasetGroup:
    name = section.name("dataset groups", joined(prefix, key))
    datasets = tuple(_dataset(kind, name, part, schemas) for kind, part in section.sections("datasets"))
    filters = tuple(_filter(item, name, part) for item, part in section.sections("filters"))
    filter_keys = [item.key for item in filters]
    tables: Tables = {dataset.key: _columns(schemas.get(dataset.schema)) for dataset in datasets}
    solutions = tuple(
        read_solution(item, name, part, filter_keys, tables) for item, part in section.sections("solutions")
    )
    trackers = tuple(t for item, part in section.sections("event_trackers") if (t := _tracker(item, name, part)))
    if len(trackers) > 1:
        section.fault("event_trackers", "a dataset group takes one event tracker")
    if solutions and not any(dataset.type == "INTERACTIONS" for dataset in datasets):
        section.fault("datasets" if section.get("datasets") else None, "solutions need an interactions dataset")
    group = DatasetGroup(
        key=key,
        name=name,
        domain=section.choice("domain", ("ECOMMERCE", "VIDEO_ON_DEMAND")),
        kms_key_arn=section.text("kms_key_arn"),
        kms_role_arn=section.text("kms_role_arn", pattern=ROLE_ARN),
        datasets=datasets,
        solutions=solutions,
        filters=filters,
        event_trackers=trackers,
    )
    section.close()
    return group


def _columns(schema: Schema | None) -> dict[str, Column] | None:
    return {column.name: column for column in schema.columns} if schema else None


def _keep_comparisons_free(document: Document, groups: tuple[DatasetGroup, ...]) -> None:
    """The solutions that the kit adds to compare with popularity need names too; a declared one must leave them."""
    for solution in (one for group in groups for one in group.solutions if one.evaluation.baseline):
        name = comparison_name(solution.name)
        if (taken := document.names.get(("solutions", name))) is not None:
            compared = document.names["solutions", solution.name].path
            taken.fault(
                "name" if taken.get("name") else None,
                f"the name '{name}' is used twice among the solutions: the kit makes a solution of that name for "
                f"comparison with popularity, for {compared}; use another name, or there 'baseline: none'",
            )


def _dataset(kind: str, group: str, section: Section, schemas: Mapping[str, Schema | None]) -> Dataset:
    if kind not in DATASET_TYPES:
        section.fault(None, f"unknown dataset type '{kind}'{near(kind, DATASET_TYPES)}")
    schema = section.text("schema", kind)
    if schema not in schemas:
        section.fault("schema" if section.get("schema") else None, f"no schema '{schema}'{near(schema, schemas)}")
    elif (found := schemas[schema]) and found.kind != kind and kind in DATASET_TYPES:
        section.fault("schema", f"schema '{schema}' is for {found.kind}, not for {kind}")
    dataset = Dataset(
        key=kind,
        name=section.name("datasets", joined(group, kind)),
        type=kind.upper(),
        schema=schema,
        source=section.text("source", required=True, pattern=S3_URI),
        file=section.text("file"),
        import_mode=section.choice("import_mode", ("FULL", "INCREMENTAL"), "FULL"),
        check=section.boolean("check", True),
    )
    if dataset.file and dataset.source.endswith("/"):
        section.fault("file", "a single file needs a source that is one object, not a folder")
    section.close()
    return dataset


def _filter(key: str, group: str, section: Section) -> Filter:
    expression = section.text("expression", required=True)
    if len(expression) > 2500:
        section.fault("expression", f"{len(expression)} characters; the service takes 2500")
    item = Filter(key, section.name("filters", joined(group, key)), expression)
    section.close()
    return item


def _tracker(key: str, group: str, section: Section) -> EventTracker | None:
    """None for one that is not enabled: as if it were not declared."""
    item = EventTracker(key, section.name("event trackers", joined(group, key)))
    enabled = section.boolean("enabled", True)
    section.close()
    return item if enabled else None
