"""SQL in the source: every statement has a name and named parameters, and none does what a table class does."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import pglast
import pytest
from pglast import enums
from pglast.ast import (
    A_Expr,
    BoolExpr,
    ColumnDef,
    ColumnRef,
    CreateStmt,
    DeleteStmt,
    IndexStmt,
    InsertStmt,
    Node,
    RangeVar,
    SelectStmt,
    SubLink,
    UpdateStmt,
)
from pglast.stream import RawStream
from pglast.visitors import Visitor

from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import DeliveryFilter
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.bookings import BookingFilter
from hireloop.scheduling.bookings.lists import search
from hireloop.scheduling.bookings.lists.search import BookingSearch, PlacedWord
from hireloop.scheduling.interviews import InterviewFilter
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotFilter
from hireloop.scheduling.tables import InterviewState
from hireloop.statements import Statement, numbered
from repository.test_architecture import FILES, SOURCE
from repository.test_migrations import MODULES

MOST_STATEMENTS = 190
# What reads or writes one row in SQL, and why. A query of Piccolo's takes some 0.3 ms to build.
ONE_ROW = {
    "access.api_keys._CHECKED": "every request asks for its key",
    "api.http.stored_responses._KEEP": "every booking with an Idempotency-Key stores its response",
    "scheduling.slots.notices._CHANGE_HOLDER": "copies one column into another, and returns what it raised",
    "scheduling.bookings.changes._NOTE": "appends to JSON, which Piccolo can't: what other versions wrote must stay",
    "scheduling.sessions.sessions._RECORD_CHECK": "appends the check before to JSON, of which it keeps the newest",
    "scheduling.sessions.late_requests._RECORD": "appends the request before to an array, of which it keeps the newest",
}
_SQL = re.compile(r"[\s(]*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|TRUNCATE|MERGE INTO|NOTIFY)\s")
_IN_QUOTES = re.compile(r"'[^']*'")
_POSITIONAL = re.compile(r"\$\d|\{\d*\}")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in FILES:
        module = file.parent if file.stem == "__init__" else file.with_suffix("")
        yield ".".join(module.relative_to(SOURCE).parts), ast.parse(file.read_text())


def parents(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def texts(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield the texts of SQL, also those with holes and with pieces of others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            head = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
            if isinstance(head, ast.Constant) and isinstance(head.value, str) and _SQL.match(head.value):
                yield node


def pieces(text: ast.Constant | ast.JoinedStr) -> list[str]:
    """Return what is written of a text, without its holes."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant)]


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def is_named(text: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a text stands in a constant of its module, or is what a function called `…fragment` returns."""
    node = text
    while node in above:
        node = above[node]
        if isinstance(node, ast.FunctionDef):
            return node.name.endswith("fragment")
        if isinstance(node, ast.Assign) and isinstance(above[node], ast.Module):
            return isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()
    return False


class Key(NamedTuple):
    """A unique key: columns that name at most one row, among those for which the condition of a partial index holds."""

    columns: frozenset[str]
    condition: frozenset[str] = frozenset()


@cache
def keys() -> dict[str, list[Key]]:
    """Return the unique keys of each table, as the migrations declare them."""
    found: dict[str, list[Key]] = {}
    for module in MODULES:
        for sql in importlib.import_module(module).STATEMENTS:
            statement: Any = pglast.parse_sql(sql)[0].stmt
            kind = type(statement)
            if kind is CreateStmt:
                found[statement.relation.relname] = [*declared(statement.tableElts)]
            elif kind is IndexStmt and statement.unique:
                columns = frozenset(element.name for element in statement.indexParams)
                key = Key(columns, frozenset(conditions(statement.whereClause)))
                found[statement.relation.relname].append(key)
    return found


def declared(elements: Iterable[Any]) -> Iterator[Key]:
    """Yield the keys that a table declares, with a column or after the columns."""
    for element in elements:
        of_column = isinstance(element, ColumnDef)
        for constraint in element.constraints or () if of_column else (element,):
            if constraint.contype in (enums.ConstrType.CONSTR_PRIMARY, enums.ConstrType.CONSTR_UNIQUE):
                yield Key(frozenset([element.colname] if of_column else [name.sval for name in constraint.keys]))


def statements() -> dict[str, Statement]:
    """Return the statements by their names; of those that differ in a piece alone, each has its number too."""
    found: dict[str, Statement] = {}
    for name, tree in trees():
        if not any(calls(tree, "Statement")):
            continue
        module = importlib.import_module(f"hireloop.{name}")
        for constant, value in vars(module).items():
            several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            ours = [one for one in several if isinstance(one, Statement)]
            found |= {f"{name}.{constant}" + (f" {n}" if n else ""): one for n, one in enumerate(ours)}
    return found


STATEMENTS = statements()
# The lists that are composed of what is asked for, and their filters.
COMPOSED: list[tuple[ModuleType, type[msgspec.Struct]]] = [
    (interviews, InterviewFilter),
    (slots, SlotFilter),
    (bookings, BookingFilter),
    (search, BookingSearch),
    (deliveries, DeliveryFilter),
]
_TIME = datetime(2030, 1, 1, tzinfo=UTC)
SAMPLES: dict[str, Any] = {
    "state": InterviewState.CANCELLED,
    "invitation_state": "sent",
    "candidate": UUID(int=1),
    "job": UUID(int=1),
    "starts_from": _TIME,
    "starts_before": _TIME,
    "since": _TIME,
    "available": True,
    "interviewer": "ravi@acme.example",
    "min_minutes": 30,
    "channel": "email",
    "reason": "timeout",
    "kind": "invitation",
    "words": [PlacedWord(word="asha", jobs=[UUID(int=1)]), PlacedWord(word="ra", interviewers=["ravi@acme.example"])],
}
EVERY_STATEMENT = pytest.mark.parametrize("name", STATEMENTS)


def test_every_statement_has_a_name() -> None:
    nameless = [
        f"{module}:{text.lineno}"
        for module, tree in trees()
        for above in [parents(tree)]
        for text in [*texts(tree), *calls(tree, "Statement")]
        if not is_named(text, above) and module != "statements"
    ]
    assert nameless == []
    assert [*SOURCE.rglob("*.sql")] == []  # were there any, they would have to be looked at here


def test_every_statement_has_a_legend() -> None:
    bare = [
        f"{file.relative_to(SOURCE)}:{node.lineno}"
        for file in FILES
        for lines in [file.read_text().splitlines()]
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.Assign) and any(calls(node, "Statement")) and not lines[node.lineno - 2].startswith("#")
    ]
    assert bare == []


def test_no_statement_has_positional_parameters() -> None:
    numbered = [
        f"{module}:{text.lineno}"
        for module, tree in trees()
        for text in texts(tree)
        if _POSITIONAL.search(_IN_QUOTES.sub("", "".join(pieces(text))))
    ]
    assert numbered == []


def test_only_statements_are_sent_as_they_are() -> None:
    sent = {
        module
        for module, tree in trees()
        for _ in calls(tree, "db.fetch", "db.fetch_row", "db.fetch_value", "DB.pool.fetch")
    }
    assert sent <= {"db", "statements"}


def test_no_sql_is_slipped_into_a_query_of_a_table_class() -> None:
    raw = {module for module, tree in trees() for _ in calls(tree, "WhereRaw", "QueryString", "Unquoted")}
    assert raw == {"db"}  # DEFAULT, and the database's clock


def test_there_are_not_too_many_statements() -> None:
    """Each that is sent counts: also those that differ in a piece alone, and a page that is composed."""
    composed = [module for module, tree in trees() for _ in calls(tree, "rows_of")]
    assert sorted(composed) == sorted(page.__name__.removeprefix("hireloop.") for page, _ in COMPOSED)
    assert len({id(statement) for statement in STATEMENTS.values()}) + len(composed) <= MOST_STATEMENTS


@pytest.mark.parametrize(("module", "filters"), COMPOSED, ids=lambda one: one.__name__)
async def test_a_page_is_composed_into_what_postgresql_can_read(
    module: Any,  # noqa: ANN401 (a module with a `page`)
    filters: type[msgspec.Struct],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []

    async def keep(text: str, values: Mapping[str, object]) -> list[Any]:
        sql, wanted = numbered(text)
        assert values.keys() >= set(wanted)
        sent.append(sql)
        return []

    monkeypatch.setattr(module, "rows_of", keep)
    names = filters.__struct_fields__
    channels = [()] if module is deliveries else []
    for only in (filters(), *(filters(**{name: SAMPLES[name]}) for name in names)):
        await module.page(only, *channels, limit=9, after=None)
    assert [len(pglast.parse_sql(text)) for text in sent] == [1] * (len(names) + 1)


@EVERY_STATEMENT
def test_a_statement_is_one_that_postgresql_can_read(name: str) -> None:
    assert len(pglast.parse_sql(STATEMENTS[name].numbered)) == 1


@EVERY_STATEMENT
def test_a_row_by_its_key_is_the_table_classes_affair(name: str) -> None:
    (parsed,) = pglast.parse_sql(STATEMENTS[name].numbered)
    assert is_of_one_row(parsed.stmt) == (name in ONE_ROW)


@pytest.mark.parametrize(
    ("sql", "one"),
    [
        ("SELECT * FROM job WHERE id = $1", True),
        ("SELECT * FROM job j WHERE $1 = j.id AND title <> '' FOR UPDATE", True),
        ("SELECT body FROM stored_response WHERE api_key = $1 AND path = $2 AND idempotency_key = $3", True),
        ("SELECT body FROM stored_response WHERE api_key = $1 AND path = $2", False),
        ("UPDATE job SET title = $2 WHERE id = $1::uuid", True),
        ("DELETE FROM job WHERE id = $1", True),
        ("INSERT INTO job (id, title) VALUES ($1, $2)", True),
        ("INSERT INTO job (id, title) VALUES ($1, $2) ON CONFLICT DO NOTHING", True),
        ("INSERT INTO job (id, title) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET title = $2", False),
        ("INSERT INTO job (id, title) VALUES ($1, $2), ($3, $4)", False),
        ("INSERT INTO job (id) SELECT id FROM unnest($1::uuid[]) AS new(id)", False),
        ("SELECT * FROM job WHERE id = ANY($1::uuid[])", False),
        ("SELECT * FROM job WHERE id = $1 OR title = $2", False),
        ("SELECT * FROM job WHERE lower(title) = $1 AND id < $2", False),
        ("SELECT * FROM interview i JOIN job j ON j.id = i.job WHERE i.id = $1", False),
        ("UPDATE job SET title = $2 WHERE id = $1 AND EXISTS (SELECT FROM interview WHERE job = job.id)", False),
        ("WITH a AS (DELETE FROM interview WHERE id = $1 RETURNING job) DELETE FROM job WHERE id = $2", True),
        ("WITH a AS (UPDATE slot SET taken = 1 WHERE id = $1 RETURNING job) SELECT job FROM a", True),
        ("WITH a AS (SELECT job FROM slot WHERE id = $1) SELECT * FROM a", False),
        ("WITH a AS (SELECT job FROM slot WHERE id = $1) UPDATE job SET title = $2 FROM a WHERE job.id = a.job", False),
        ("SELECT number FROM attempt a WHERE a.delivery = $1 AND a.number = $2", True),
        ("UPDATE channel_health SET probes = 1 WHERE channel = $1 AND fingerprint = $2 AND state = 'held'", True),
        ("SELECT id FROM schedule sc WHERE sc.interview = $1 AND sc.state <> 'cancelled'", True),
        ("SELECT id FROM schedule WHERE interview = $1", False),
        ("SELECT id FROM candidate WHERE email_lower = lower($1)", True),
        ("SELECT now()", False),
    ],
)
def test_a_row_by_its_key_is_seen(sql: str, one: bool) -> None:  # noqa: FBT001 (what is expected)
    (parsed,) = pglast.parse_sql(sql)
    assert is_of_one_row(parsed.stmt) is one


def is_of_one_row(statement: Node | None) -> bool:
    """Return whether a statement is about one row of one table alone, which a unique key names.

    Of those that are chained by WITH, it is enough if one change is: a chain spares a round trip, but hides the change.
    """
    if isinstance(statement, InsertStmt | UpdateStmt | DeleteStmt | SelectStmt) and statement.withClause is not None:
        parts = [*(part.ctequery for part in statement.withClause.ctes or ()), statement]
        statement.withClause = None
        return any(not isinstance(part, SelectStmt) and is_of_one_row(part) for part in parts)
    if statement is None or Others().found(statement):
        return False
    if isinstance(statement, InsertStmt):
        rows = getattr(statement.selectStmt, "valuesLists", None)
        writes_over = getattr(statement.onConflictClause, "action", None) == enums.OnConflictAction.ONCONFLICT_UPDATE
        return rows is not None and len(rows) == 1 and not writes_over
    if isinstance(statement, SelectStmt):
        tables = [*(statement.fromClause or ())]
    elif isinstance(statement, UpdateStmt):
        tables = [statement.relation, *(statement.fromClause or ())]
    elif isinstance(statement, DeleteStmt):
        tables = [statement.relation, *(statement.usingClause or ())]
    else:
        return False
    if len(tables) != 1 or not isinstance(tables[0], RangeVar):
        return False
    columns, asked = set(given(statement.whereClause)), set(conditions(statement.whereClause))
    known = keys().get(str(tables[0].relname), ())
    return any(key.columns <= columns and key.condition <= asked for key in known)


class Others(Visitor):
    """Finds a question about other rows inside of a statement."""

    def __init__(self) -> None:
        self.any = False

    def found(self, statement: Node) -> bool:
        self(statement)
        return self.any

    def visit_SubLink(self, _above: object, _node: SubLink) -> None:  # noqa: N802 (the parser's name)
        self.any = True


def parts_of(condition: Node | None) -> Iterator[Node]:
    """Yield the conditions of which all must hold."""
    if isinstance(condition, BoolExpr) and condition.boolop == enums.BoolExprType.AND_EXPR:
        for part in condition.args or ():
            yield from parts_of(part)
    elif condition is not None:
        yield condition


def conditions(condition: Node | None) -> Iterator[str]:
    """Yield their texts, without the names of tables."""
    for part in parts_of(condition):
        yield re.sub(r"\w+\.", "", RawStream()(part))


def given(condition: Node | None) -> Iterator[str]:
    """Yield the columns that a condition gives a value each."""
    for part in parts_of(condition):
        if isinstance(part, A_Expr) and part.kind == enums.A_Expr_Kind.AEXPR_OP:
            columns = [side for side in (part.lexpr, part.rexpr) if isinstance(side, ColumnRef)]
            if [word.sval for word in part.name or ()] == ["="] and len(columns) == 1:
                yield (columns[0].fields or ())[-1].sval
