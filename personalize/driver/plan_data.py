"""Planning schemas, datasets and their import jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from personalize.config.declaration import Dataset, DatasetGroup
from personalize.config.names import fingerprint, with_suffix
from personalize.config.schemas import same_avro
from personalize.driver.errors import DataFault
from personalize.driver.facts import Facts, arn_of, free, settle
from personalize.driver.model import Action, Found, Kind, Ref, State, Step
from personalize.driver.sources import Source


def plan_schemas(facts: Facts) -> Iterator[Step]:
    """A schema cannot be changed: a changed one is made beside the old, under the name plus a fingerprint."""
    for schema in facts.declaration.schemas.values():
        spare = with_suffix(schema.name, fingerprint(schema.avro))
        variants = [facts.snapshot.named(Kind.SCHEMA, name) for name in (schema.name, spare)]
        same = next((v for v in variants if v and same_avro(str(v.detail.get("schema", "")), schema.avro)), None)
        name = schema.name if same or variants[0] is None else spare
        request = {"name": name, "schema": schema.avro}
        if schema.domain:
            request["domain"] = schema.domain
        reason = "" if name == schema.name else f"{schema.name} exists with other columns"
        step = Step(f"schema/{schema.key}", Kind.SCHEMA, name, Action.CREATE, reason, request=request)
        yield settle(replace(step, seconds=facts.estimates.seconds(Kind.SCHEMA)), same)


def dataset_key(group: DatasetGroup, dataset: Dataset) -> str:
    return f"{group.key}/dataset/{dataset.key}"


def plan_datasets(facts: Facts, group: DatasetGroup, head: Step) -> Iterator[Step]:
    """Each dataset and its import; a dataset of the same type under another name is adopted."""
    for dataset in group.datasets:
        step = _plan_dataset(facts, group, dataset, head)
        yield step
        yield _plan_import(facts, dataset, step)


def _plan_dataset(facts: Facts, group: DatasetGroup, dataset: Dataset, head: Step) -> Step:
    existing = facts.snapshot.below(Kind.DATASET, arn_of(head))
    found = next((one for one in existing if str(one.detail.get("datasetType", "")).upper() == dataset.type), None)
    schema = Ref(f"schema/{dataset.schema}")
    step = settle(
        Step(
            dataset_key(group, dataset),
            Kind.DATASET,
            dataset.name,
            Action.CREATE,
            "",
            after=(head.key, schema.key),
            parent=Ref(head.key),
            request={
                "name": dataset.name,
                "schemaArn": schema,
                "datasetGroupArn": Ref(head.key),
                "datasetType": dataset.type.capitalize(),
                "tags": facts.tags(),
            },
            seconds=facts.estimates.seconds(Kind.DATASET),
        ),
        found,
    )
    if found and step.action is Action.LEAVE and not _has_schema(facts, dataset, found):
        _refuse_to_lose_columns(facts, dataset, found)
        return replace(
            step,
            action=Action.UPDATE,
            reason="its schema changed",
            request={"datasetArn": found.arn, "schemaArn": schema},
            seconds=facts.estimates.seconds(Kind.DATASET),
        )
    return step


def _refuse_to_lose_columns(facts: Facts, dataset: Dataset, found: Found) -> None:
    """Raises DataFault: the service takes new columns for a standing dataset, and keeps every old one."""
    lost = sorted(_columns(_schema_of(facts, found)) - _columns(facts.declaration.schemas[dataset.schema].avro))
    if lost:
        raise DataFault(
            f"the schema '{dataset.schema}' no longer has {', '.join(lost)}, and the dataset {found.name} stands with it: "
            "Personalize keeps every column of a standing dataset. Keep the column, or give the dataset group another "
            "name, so that everything is made anew beside the old"
        )


def _columns(avro: str) -> set[str]:
    try:
        return {field["name"] for field in json.loads(avro)["fields"]}
    except (ValueError, KeyError, TypeError):  # not ours to judge
        return set()


def _has_schema(facts: Facts, dataset: Dataset, found: Found) -> bool:
    return same_avro(_schema_of(facts, found), facts.declaration.schemas[dataset.schema].avro)


def _schema_of(facts: Facts, found: Found) -> str:
    """Avro of a dataset that is there; "" where it is not known."""
    schema = facts.snapshot.by_arn(str(found.detail.get("schemaArn", "")))
    return str(schema.detail.get("schema", "")) if schema else ""


def _plan_import(facts: Facts, dataset: Dataset, parent: Step) -> Step:
    """Imports again only when the source changed: the fingerprint of what was read is part of the job's name."""
    source = facts.sources[parent.key]
    jobs = facts.snapshot.below(Kind.IMPORT, arn_of(parent))
    latest = next((job for job in reversed(jobs) if job.state is not State.FAILED), None)
    base = with_suffix(dataset.name, source.fingerprint or "unknown")
    step = Step(
        f"{parent.key}/import",
        Kind.IMPORT,
        base,
        Action.CREATE,
        "was never imported" if not jobs else "the source changed",
        after=(parent.key,),
        parent=Ref(parent.key),
        request={
            "jobName": base,
            "datasetArn": Ref(parent.key),
            "dataSource": {"dataLocation": dataset.source},
            "roleArn": facts.declaration.role_arn,
            "importMode": dataset.import_mode,
            "tags": facts.tags(),
        },
        price=facts.estimates.importing(source.size),
        seconds=facts.estimates.seconds(Kind.IMPORT),
        extra={"dataset": dataset, "source": source},
    )
    if not source.fingerprint:
        return _without_source(step, source, latest)
    if latest and (numbered(latest.name, base) is not None or _covers(latest, source, dataset)):
        settled = settle(step, latest)
        return replace(settled, reason="has what the source holds") if settled.action is Action.LEAVE else settled
    if facts.options.keep_data and latest and latest.state is State.ACTIVE:
        return replace(settle(step, latest), reason="new data waits for the next run")
    if attempts := [n for job in jobs if (n := numbered(job.name, base)) is not None]:
        name = with_suffix(base, f"r{max(attempts) + 1}")
        failed = latest is None or jobs[-1].state is State.FAILED
        reason = f"failed earlier: {jobs[-1].reason}" if failed else "the source changed back"
        step = replace(step, name=name, reason=reason, request={**step.request, "jobName": name})
    return step


def numbered(name: str, base: str) -> int | None:
    """1 for ``base``, n for its repetition ``base-r<n>``, ``None`` for any other name."""
    match = re.fullmatch(re.escape(base) + r"(?:-r(\d+))?", name)
    return None if match is None else int(match.group(1) or 1)


def _covers(job: Found, source: Source, dataset: Dataset) -> bool:
    """A job that others started counts when it read the same place after the last change there."""
    ours = re.fullmatch(re.escape(with_suffix(dataset.name, "x" * 12)[:-12]) + r"[0-9a-f]{12}(-r\d+)?", job.name)
    if ours or source.file is not None or source.modified is None or job.created is None:
        return False
    location = job.detail.get("dataSource", {}).get("dataLocation")
    return bool(location == source.uri and source.modified <= job.created)


def _without_source(step: Step, source: Source, latest: Found | None) -> Step:
    if latest:
        reason = f"{source.missing} is not there; the last import stays"
        settled = settle(step, latest)
        return replace(free(settled), reason=reason) if settled.action is Action.LEAVE else settled
    return replace(step, name="(named after its source)", gated=True, reason=f"waits for {source.missing}")
