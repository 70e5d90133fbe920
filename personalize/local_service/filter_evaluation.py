"""Which items a filter lets through for one user: a mask over a model's items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from personalize.local_service.columns import NULL, Columns, Texts
from personalize.local_service.dataset_rows import DatasetRows
from personalize.local_service.errors import invalid_input
from personalize.local_service.filter_language import (
    Both,
    Comparison,
    Condition,
    Current,
    Either,
    Filter,
    Operand,
    Parameter,
    Statement,
    parameter_values,
)

ANY = "*"
SEPARATOR = "|"  # between the values of one categorical field


@dataclass(frozen=True)
class Question:
    """What is asked: the datasets of the group by type, who and what it is about, and the filter's parameters."""

    datasets: Mapping[str, DatasetRows]
    user_id: str | None
    item_id: str | None
    parameters: Mapping[str, str]


def check_parameters(parsed: Filter, given: Mapping[str, str]) -> None:
    """Raises InvalidInputException for a parameter that is missing or not part of the filter."""
    wanted = parsed.parameters()
    missing, unknown = sorted(wanted - set(given)), sorted(set(given) - wanted)
    if missing:
        raise invalid_input(f"filterValues lacks a value for ${missing[0]}.")
    if unknown:
        raise invalid_input(f"The filter has no parameter ${unknown[0]}.")


def allowed_items(parsed: Filter, item_ids: list[str], question: Question) -> np.ndarray:
    """INCLUDE statements add up; what any EXCLUDE names is out. A statement whose IF fails is as if it was not there."""
    included, excluded = [], np.zeros(len(item_ids), dtype=bool)
    for statement in parsed.statements:
        if statement.only_if is not None and not _holds(statement.only_if, question):
            continue
        matched = _matched_items(statement, item_ids, question)
        if statement.include:
            included.append(matched)
        else:
            excluded |= matched
    return (np.any(included, axis=0) if included else np.ones(len(item_ids), dtype=bool)) & ~excluded


def items_with(condition: Condition, item_ids: list[str], items: DatasetRows) -> np.ndarray:
    """Items whose metadata fulfil a condition."""
    last = items.last_rows("ITEM_ID")
    rows = np.array([last.get(item, -1) for item in item_ids], dtype=np.int64)
    return matches(condition, items.columns(), rows, Question({"ITEMS": items}, None, None, {}))


def _matched_items(statement: Statement, item_ids: list[str], question: Question) -> np.ndarray:
    source = next(iter(_datasets(statement.where)))
    dataset = question.datasets.get(source)
    if dataset is None:
        return np.zeros(len(item_ids), dtype=bool)
    if source == "ITEMS":
        last = dataset.last_rows("ITEM_ID")
        rows = np.array([last.get(item, -1) for item in item_ids], dtype=np.int64)
        return matches(statement.where, dataset.columns(), rows, question)
    columns = dataset.columns()
    rows = dataset.rows_of_user(question.user_id or "")
    rows = rows[matches(statement.where, columns, rows, question)]
    items = columns["ITEM_ID"]
    assert isinstance(items, Texts)
    used = {items.values[code] for code in np.unique(items.codes[rows]) if code != NULL}
    return np.array([item in used for item in item_ids], dtype=bool)


def _datasets(condition: Condition) -> set[str]:
    if isinstance(condition, Comparison):
        return {condition.dataset}
    return set().union(*(_datasets(part) for part in condition.parts))


def _holds(condition: Condition, question: Question) -> bool:
    """A condition on the user or item that is asked about; of whom nothing is known, nothing holds."""
    if isinstance(condition, Both):
        return all(_holds(part, question) for part in condition.parts)
    if isinstance(condition, Either):
        return any(_holds(part, question) for part in condition.parts)
    dataset, row = _current(condition.dataset, question)
    return dataset is not None and bool(matches(condition, dataset.columns(), np.array([row]), question)[0])


def _current(entity: str, question: Question) -> tuple[DatasetRows | None, int]:
    users = entity == "CURRENT_USER"
    dataset = question.datasets.get("USERS" if users else "ITEMS")
    value = question.user_id if users else question.item_id
    if dataset is None or value is None:
        return None, -1
    return dataset, dataset.last_rows("USER_ID" if users else "ITEM_ID").get(value, -1)


def matches(condition: Condition, columns: Columns, rows: np.ndarray, question: Question) -> np.ndarray:
    """Row by row; the row -1 stands for one that is not there."""
    if isinstance(condition, Both):
        return np.all([matches(part, columns, rows, question) for part in condition.parts], axis=0)
    if isinstance(condition, Either):
        return np.any([matches(part, columns, rows, question) for part in condition.parts], axis=0)
    values = [value for operand in condition.operands for value in _values(operand, question)]
    negated = condition.operator == "NOT IN"
    column = columns.get(condition.column)
    if column is None or not len(column):
        return np.full(len(rows), negated)
    if isinstance(column, Texts):
        fitting = np.array([_text_fits(text, condition.operator, values) for text in column.values] + [False])
        codes = np.where(rows < 0, NULL, column.codes[rows])
        found = fitting[codes]
    else:
        found = _numbers_fit(column.numbers[rows], condition.operator, [_number(value, condition) for value in values])
        gone = rows < 0 if column.missing is None else (rows < 0) | column.missing[rows]
        found &= ~gone
    return ~found if negated else found


def _values(operand: Operand, question: Question) -> list[str | float]:
    if isinstance(operand, Parameter):
        return list(parameter_values(question.parameters.get(operand.name, "")))
    if isinstance(operand, Current):
        dataset, row = _current(operand.entity, question)
        column = dataset.columns().get(operand.column) if dataset is not None and row >= 0 else None
        value = column.at(row) if column is not None else None
        return [] if value is None else list(value.split(SEPARATOR)) if isinstance(value, str) else [value]
    return [operand]


def _text_fits(text: str, operator: str, values: list[str | float]) -> bool:
    """A field with several values, ``Comedy|Drama``, fits when one of them does."""
    own = {text, *text.split(SEPARATOR)}
    if operator in ("IN", "NOT IN", "="):
        return any(value == ANY or _as_text(value) in own for value in values)
    signs = {"<": str.__lt__, "<=": str.__le__, ">": str.__gt__, ">=": str.__ge__}
    return any(signs[operator](text, _as_text(value)) for value in values)


def _as_text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _number(value: str | float, comparison: Comparison) -> float:
    try:
        return float(value)
    except ValueError:
        raise invalid_input(f"{comparison.column} is a number; {value!r} is not.") from None


def _numbers_fit(numbers: np.ndarray, operator: str, values: list[float]) -> np.ndarray:
    if operator in ("IN", "NOT IN", "="):
        return np.isin(numbers, values)
    signs = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    return np.any([signs[operator](numbers, value) for value in values], axis=0) if values else numbers != numbers
