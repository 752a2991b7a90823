"""SQL in the source: every statement has a name and named parameters, and none does what a table class does."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping

import pglast
import pytest
from pglast import enums
from pglast.ast import (
    A_Expr,
    BoolExpr,
    ColumnRef,
    CommonTableExpr,
    DeleteStmt,
    InsertStmt,
    Node,
    RangeVar,
    SelectStmt,
    SubLink,
    UpdateStmt,
)
from pglast.visitors import Visitor

from hireloop.statements import Statement
from repository.test_architecture import FILES, SOURCE

MOST_STATEMENTS = 100
# What reads or writes one row in SQL, and why. A query of Piccolo's takes some 0.3 ms to build.
ONE_ROW = {
    "access.api_keys._CHECKED": "every request asks for its key",
    "api.http.stored_responses._KEEP": "every booking stores its answer",
    "notify.deliveries.leases._OPEN_RATE": "every lease of a channel with a rate limit begins so",
    "scheduling.bookings.changes._NOTE": "lengthens the JSON of the row where it is",
    "scheduling.sessions.sessions._NOTE_CHECK": "puts the database's time into the JSON of the row",
}
# Whatever has no primary key by the name of `id`.
KEYS = {
    "stored_response": {"api_key", "path", "idempotency_key"},
    "request_rate": {"api_key"},
    "channel_rate": {"channel"},
    "kept_address": {"delivery"},
    "migration": {"name", "app_name"},
}

_SQL = re.compile(r"[\s(]*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|TRUNCATE|MERGE INTO|NOTIFY)\s")
_IN_QUOTES = re.compile(r"'[^']*'")
_POSITIONAL = re.compile(r"\$\d|\{\d*\}")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for file in FILES:
        yield ".".join(file.relative_to(SOURCE).with_suffix("").parts), ast.parse(file.read_text())


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


def statements() -> dict[str, Statement]:
    """Return the statements by their names; of those that differ in a piece alone, each has its number too."""
    found: dict[str, Statement] = {}
    for name, tree in trees():
        if not any(calls(tree, "Statement")):
            continue
        module = importlib.import_module(f"hireloop.{name}")
        for constant, value in vars(module).items():
            several = [*value.values()] if isinstance(value, dict) else [value]
            ours = [one for one in several if isinstance(one, Statement)]
            found |= {f"{name}.{constant}" + (f" {n}" if n else ""): one for n, one in enumerate(ours)}
    return found


STATEMENTS = statements()
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


def test_there_are_not_too_many_statements() -> None:
    written = sum(len([*calls(tree, "Statement", "rows_of")]) for module, tree in trees() if module != "statements")
    assert written <= MOST_STATEMENTS


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
        ("WITH a AS (DELETE FROM interview WHERE id = $1 RETURNING job) DELETE FROM job WHERE id = $2", False),
        ("SELECT now()", False),
    ],
)
def test_a_row_by_its_key_is_seen(sql: str, one: bool) -> None:  # noqa: FBT001 (what is expected)
    (parsed,) = pglast.parse_sql(sql)
    assert is_of_one_row(parsed.stmt) is one


def is_of_one_row(statement: Node | None) -> bool:
    """Return whether a statement is about one row of one table alone, which its primary key names."""
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
    return KEYS.get(str(tables[0].relname), {"id"}) <= set(given(statement.whereClause))


class Others(Visitor):
    """Finds what looks at other rows: a part before the statement, or a question inside of it."""

    def __init__(self) -> None:
        self.any = False

    def found(self, statement: Node) -> bool:
        self(statement)
        return self.any

    def visit_SubLink(self, _above: object, _node: SubLink) -> None:  # noqa: N802 (the parser's name)
        self.any = True

    def visit_CommonTableExpr(self, _above: object, _node: CommonTableExpr) -> None:  # noqa: N802 (as above)
        self.any = True


def given(condition: Node | None) -> Iterator[str]:
    """Yield the columns that a condition gives a value each."""
    if isinstance(condition, BoolExpr) and condition.boolop == enums.BoolExprType.AND_EXPR:
        for part in condition.args or ():
            yield from given(part)
    if isinstance(condition, A_Expr) and condition.kind == enums.A_Expr_Kind.AEXPR_OP:
        columns = [side for side in (condition.lexpr, condition.rexpr) if isinstance(side, ColumnRef)]
        if [word.sval for word in condition.name or ()] == ["="] and len(columns) == 1:
            yield (columns[0].fields or ())[-1].sval
