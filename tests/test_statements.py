"""Statements take their values by name, and PostgreSQL sees numbers."""

import pytest

from hireloop import db
from hireloop.statements import Statement, numbered, rows_of


def test_a_parameter_is_numbered_where_it_first_stands_and_keeps_its_number() -> None:
    text = "SELECT :b, :a WHERE :b > (:c)"
    assert numbered(text) == ("SELECT $1, $2 WHERE $1 > ($3)", ("b", "a", "c"))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a::text, '{}'::jsonb",
        "SELECT ':a', 'it''s :a', E'\\':a', \":a\", $$ :a $$, $of$ :a $$ $of$",
        "SELECT 1 -- :a",
        "SELECT /* :a\n :b */ 1",
        "SELECT a[1:b], a[b[1]:c], a[1 : 2]",
        "SELECT d -> 'a' ->> ':b', d #> '{a}', d @> '{\"a\":1}', d ? ':a', d || '{}'",
    ],
)
def test_what_only_looks_like_a_parameter_stays(text: str) -> None:
    assert numbered(text) == (text, ())


def test_a_parameter_is_found_beside_what_only_looks_like_one() -> None:
    text = "SELECT :a::text, d->>':a' WHERE b = ANY(:b::uuid[]) AND c=:c -- :d"
    assert numbered(text) == ("SELECT $1::text, d->>':a' WHERE b = ANY($2::uuid[]) AND c=$3 -- :d", ("a", "b", "c"))


@pytest.mark.usefixtures("database")
async def test_a_statement_takes_its_values_by_name() -> None:
    statement = Statement("SELECT :first::int - :second::int AS difference, :first::int AS first")
    assert [dict(row) for row in await statement.rows(second=2, first=7)] == [{"difference": 5, "first": 7}]
    row = await statement.row(first=1, second=1)
    assert row is not None
    assert row["difference"] == 0
    assert await statement.value(first=3, second=1) == 2


@pytest.mark.usefixtures("database")
async def test_a_statement_without_rows_has_no_first_row_and_no_value() -> None:
    statement = Statement("SELECT 1 WHERE :never::bool")
    assert await statement.rows(never=False) == []
    assert await statement.row(never=False) is None
    assert await statement.value(never=False) is None


@pytest.mark.usefixtures("database")
async def test_a_statement_runs_in_the_transaction_that_is_open() -> None:
    undone = Statement("INSERT INTO request_rate (api_key, paid_until) VALUES (gen_random_uuid(), now())")
    with pytest.raises(ZeroDivisionError):
        await _and_fail(undone)
    assert await db.fetch("SELECT FROM request_rate") == []


async def _and_fail(statement: Statement) -> None:
    async with db.DB.transaction():
        await statement.run()
        raise ZeroDivisionError


@pytest.mark.parametrize("values", [{}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "c": 3}])
async def test_a_value_too_few_or_too_many_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="this statement takes a, b, not"):
        await Statement("SELECT :a::int, :b::int").rows(**values)


@pytest.mark.usefixtures("database")
async def test_a_composed_statement_takes_of_the_values_what_it_names() -> None:
    given = {"a": 1, "b": 2, "c": 3}
    assert [tuple(row) for row in await rows_of("SELECT :c::int, :a::int", given)] == [(3, 1)]
