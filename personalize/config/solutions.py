"""The ``solutions`` part of a declaration: recipe, hyperparameters, evaluation, campaigns, batch jobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from personalize.config.declaration import BatchJob, Campaign, Evaluation, Retrain, Solution
from personalize.config.names import joined
from personalize.config.nodes import Section
from personalize.config.problems import near
from personalize.config.recipes import POPULARITY, RECIPE_ARN, RECIPES, Purpose, purpose_of
from personalize.config.solution_config import Tables, as_text, demand_event_types, read_config, scalars

METRICS = (
    "coverage",
    "mean_reciprocal_rank_at_25",
    "normalized_discounted_cumulative_gain_at_5",
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "precision_at_5",
    "precision_at_10",
    "precision_at_25",
)
_S3_FOLDER = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*"


_COMPARISON = "popularity"


def comparison_name(solution: str) -> str:
    """The name of the solution that the kit trains beside ``solution``, to compare it with popularity."""
    return joined(solution, _COMPARISON)


def read_solution(key: str, group: str, section: Section, filters: Collection[str], tables: Tables) -> Solution:
    """One solution with everything that is made from its versions."""
    if key.endswith(f".{_COMPARISON}"):
        section.fault(None, f"a key that ends in .{_COMPARISON} is the kit's, for comparison; use another")
    name = section.name("solutions", joined(group, key))
    recipe = _recipe(section)
    purpose = purpose_of(recipe)
    retrain = _retrain(section.section("retrain"))
    solution = Solution(
        key=key,
        name=name,
        recipe=recipe,
        config=read_config(section, retrain, tables),
        options=_options(section, retrain, tables),
        evaluation=_evaluation(section.section("evaluation"), purpose, recipe),
        retrain=retrain,
        campaigns=tuple(_campaign(k, name, part, purpose) for k, part in section.sections("campaigns")),
        batches=(
            *_batches(section, "batch_inference", name, filters, purpose is not Purpose.SEGMENT),
            *_batches(section, "batch_segments", name, filters, purpose is Purpose.SEGMENT),
        ),
    )
    section.close()
    return solution


def _recipe(section: Section) -> str:
    value = section.text("recipe", required=True)
    if value.startswith("arn:"):
        return value
    if value and value not in RECIPES:
        section.fault("recipe", f"unknown recipe '{value}'{near(value, RECIPES)}")
    return RECIPE_ARN + value


def _options(section: Section, retrain: Retrain | None, tables: Tables) -> dict[str, Any]:
    options: dict[str, Any] = {"performAutoTraining": bool(retrain and retrain.by == "service")}
    if section.boolean("tune_hyperparameters"):
        options["performHPO"] = True
    if section.boolean("incremental_updates"):
        options["performIncrementalUpdate"] = True
    if event_type := section.text("event_type"):
        demand_event_types(section, "event_type", tables)
        options["eventType"] = event_type
    return options


def _evaluation(section: Section | None, purpose: Purpose, recipe: str) -> Evaluation:
    baseline = purpose is Purpose.PERSONALISE and recipe != POPULARITY
    if section is None:
        return Evaluation(baseline=baseline)
    evaluation = Evaluation(
        metric=section.choice("metric", METRICS, Evaluation.metric),
        margin=section.number("margin", Evaluation.margin, 0.0, 1.0),
        baseline=section.choice("baseline", ("popularity", "none"), "popularity") == "popularity" and baseline,
    )
    section.close()
    return evaluation


def _retrain(section: Section | None) -> Retrain | None:
    if section is None:
        return None
    retrain = Retrain(
        every_days=int(section.number("every_days", 7, 1, 30, whole=True)),
        by=section.choice("by", ("kit", "service"), "kit"),
    )
    section.close()
    return retrain


def _campaign(key: str, solution: str, section: Section, purpose: Purpose) -> Campaign:
    if purpose is Purpose.SEGMENT:
        section.fault(None, "a recipe that finds users has no campaign; use batch_segments")
    config: dict[str, Any] = {}
    if (exploration := section.section("exploration")) is not None:
        config["itemExplorationConfig"] = {k: as_text(v) for k, v in scalars(exploration)}
    if section.boolean("metadata"):
        config["enableMetadataWithRecommendations"] = True
    campaign = Campaign(
        key=key,
        name=section.name("campaigns", joined(solution, key)),
        live=_live(section),
        min_tps=int(section.number("min_tps", 1, 1, 500, whole=True)),
        config=config,
    )
    section.close()
    return campaign


def _live(section: Section) -> bool | None:
    value = section.value("live")
    if value in (None, "as-is"):
        return None
    if not isinstance(value, bool):
        section.fault("live", f"must be true, false or as-is, not {value!r}")
        return None
    return value


def _batches(section: Section, key: str, solution: str, filters: Collection[str], allowed: bool) -> Iterable[BatchJob]:
    for name, part in section.sections(key):
        if not allowed:
            part.fault(None, "this recipe has no batch inference of that kind; see docs/how-to/train.md")
        filter_key = part.text("filter")
        if filter_key and filter_key not in filters:
            part.fault("filter", f"no filter '{filter_key}'{near(filter_key, filters)}")
        config: dict[str, Any] = {}
        exploration = part.section("exploration") if key == "batch_inference" else None
        if exploration is not None:
            config["itemExplorationConfig"] = {k: as_text(v) for k, v in scalars(exploration)}
        yield BatchJob(
            key=name,
            name=part.name("batch jobs", joined(solution, name)),
            segments=key == "batch_segments",
            input=part.text("input", pattern=_S3_FOLDER),
            output=part.text("output", required=True, pattern=_S3_FOLDER),
            results=int(part.number("results", 25, 1, 500 if key == "batch_inference" else 5_000_000, whole=True)),
            filter=filter_key,
            config=config,
        )
        if key == "batch_segments" and not part.get("input"):
            part.fault(None, "batch_segments need an 'input' of items")
        part.close()
