"""The filter language: what is read, and what is refused with the position."""

import pytest

from personalize.local_service.errors import ServiceError
from personalize.local_service.filter_language import (
    Both,
    Comparison,
    Current,
    Either,
    Parameter,
    parameter_values,
    parse_condition,
    parse_filter,
)

CLICKED = Comparison("INTERACTIONS", "EVENT_TYPE", "IN", ("click",))


@pytest.mark.parametrize(
    "expression,include,where",
    [
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("click")', False, CLICKED),
        ('exclude itemid where interactions.EVENT_TYPE in ("click")', False, CLICKED),
        (
            "INCLUDE ItemID WHERE Items.GENRE IN ($GENRE, 'a \\'b\\'')",
            True,
            Comparison("ITEMS", "GENRE", "IN", (Parameter("GENRE"), "a 'b'")),
        ),
        ("INCLUDE ItemID WHERE Items.PRICE >= -2.5", True, Comparison("ITEMS", "PRICE", ">=", (-2.5,))),
        (
            'INCLUDE ItemID WHERE Items.A = "x" OR Items.B = 1 AND Items.C < 2',
            True,
            Either(
                (
                    Comparison("ITEMS", "A", "=", ("x",)),
                    Both((Comparison("ITEMS", "B", "=", (1.0,)), Comparison("ITEMS", "C", "<", (2.0,)))),
                )
            ),
        ),
        ('INCLUDE ItemID WHERE Items.A NOT IN ("x")', True, Comparison("ITEMS", "A", "NOT IN", ("x",))),
        (
            "INCLUDE ItemID WHERE Items.GENRE IN (CurrentItem.GENRE)",
            True,
            Comparison("ITEMS", "GENRE", "IN", (Current("CURRENT_ITEM", "GENRE"),)),
        ),
    ],
)
def test_one_statement(expression, include, where):
    (statement,) = parse_filter(expression).statements
    assert (statement.include, statement.where, statement.only_if) == (include, where, None)


def test_statements_are_joined_and_conditioned():
    parsed = parse_filter(
        'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ($WHAT) IF CurrentUser.AGE < 18 | INCLUDE ItemID WHERE Items.A = "b"'
    )
    first, second = parsed.statements
    assert first.only_if == Comparison("CURRENT_USER", "AGE", "<", (18.0,))
    assert second.include
    assert parsed.parameters() == {"WHAT"}


@pytest.mark.parametrize(
    "expression,words",
    [
        ("", "position 1: INCLUDE or EXCLUDE"),
        ("INCLUDE ItemID", "WHERE expected"),
        ("INCLUDE Things WHERE Items.A = 1", "position 9: ITEMID or USERID"),
        ("INCLUDE ItemID WHERE A = 1", "position 22: a column"),
        ("INCLUDE ItemID WHERE Items.A", "IN, NOT IN or one of"),
        ("INCLUDE ItemID WHERE Items.A IN (", "a text in quotes"),
        ('INCLUDE ItemID WHERE Items.A IN ("x"', "a comma or )"),
        ('INCLUDE ItemID WHERE Items.A = "x" Items.B = 2', "the end, AND, OR"),
        ('INCLUDE ItemID WHERE Items.A = "x', "position 32"),
        ("INCLUDE ItemID WHERE Items.A = Items.B", "a text in quotes"),
        ("INCLUDE ItemID WHERE Items.A = 1 AND Interactions.B = 2", "can't mix columns"),
        ("INCLUDE ItemID WHERE Users.A = 1", "is filtered by columns of"),
        ("INCLUDE ItemID WHERE Items.A = 1 IF Items.B = 2", "after IF"),
        ("INCLUDE ItemID WHERE Items.A = 1 | INCLUDE UserID WHERE Users.A = 1", "mixes ItemID and UserID"),
    ],
)
def test_what_is_not_a_filter_is_refused(expression, words):
    with pytest.raises(ServiceError) as caught:
        parse_filter(expression)
    assert caught.value.code == "InvalidInputException"
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text,values",
    [
        ('"Comedy"', ["Comedy"]),
        ('"Comedy","Dra,ma"', ["Comedy", "Dra,ma"]),
        ("Comedy", ["Comedy"]),
        ("10", ["10"]),
        ('"say \\"x\\"", b', ['say "x"', "b"]),
        ("", []),
    ],
)
def test_values_of_a_parameter(text, values):
    assert parameter_values(text) == values


def test_a_bare_condition_for_segments():
    condition = parse_condition('ITEMS.genres = "Comedy" AND ITEMS.genres = "Action"')
    assert isinstance(condition, Both)
    assert {c.column for c in condition.parts} == {"genres"}
