"""What this code needs of the schema, and what the database lacks of it.

`expected.json` is read from a freshly migrated database (`make schema`). Of PostgreSQL's catalogue only what every
supported version says alike is compared, so NOT NULL counts with its column and not as a constraint.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from hireloop.statements import Statement

EXPECTED = Path(__file__).with_name("expected.json")
_MOST_NAMED = 5
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class Expected(msgspec.Struct, frozen=True):
    """What this code needs: each migration's digest by its ID, and each object of the schema with what it is."""

    migrations: dict[str, str]
    objects: dict[str, str]


# Of these tables, views and functions, as the search path finds them: each object, what it is, and whether an INSERT
# must name it. Invalid indexes and constraints do not count, nor do triggers that do not fire in our sessions. A table
# that PostgreSQL empties after a crash, or that hides rows from our role, is another one than we need.
_CATALOGUE = Statement("""
    WITH relation AS (
        SELECT oid, relname AS name, relkind,
            CASE relpersistence WHEN 'p' THEN 'there' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END
            || CASE WHEN pg_catalog.row_security_active(oid) THEN ', with row-level security' ELSE '' END AS what
        FROM pg_catalog.pg_class
        WHERE relname = ANY(:relations::text[]) AND relkind IN ('r', 'p', 'v') AND pg_catalog.pg_table_is_visible(oid)
    )
    SELECT CASE relkind WHEN 'v' THEN 'view ' ELSE 'table ' END || name AS object, what,
        false AS must_be_named
    FROM relation
    UNION ALL
    SELECT 'column ' || name || '.' || attname,
        pg_catalog.format_type(atttypid, atttypmod)
        || CASE WHEN attnotnull THEN ', not null' ELSE '' END
        || CASE WHEN attgenerated <> '' THEN ', generated' ELSE '' END,
        (attnotnull OR typnotnull) AND NOT atthasdef AND attidentity = '' AND typdefault IS NULL
    FROM relation JOIN pg_catalog.pg_attribute ON attrelid = relation.oid
    JOIN pg_catalog.pg_type ON pg_type.oid = atttypid
    WHERE attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'default ' || name || '.' || attname, 'there', false
    FROM relation JOIN pg_catalog.pg_attribute ON attrelid = relation.oid
    WHERE attnum > 0 AND NOT attisdropped AND atthasdef AND attgenerated = ''
    UNION ALL
    SELECT 'constraint ' || name || '.' || conname,
        CASE contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'p' THEN 'primary key'
            WHEN 'u' THEN 'unique' ELSE 'exclusion' END,
        false
    FROM relation JOIN pg_catalog.pg_constraint ON conrelid = relation.oid
    WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND convalidated
    UNION ALL
    SELECT 'index ' || name || '.' || own.relname, CASE WHEN indisunique THEN 'unique' ELSE 'not unique' END, false
    FROM relation JOIN pg_catalog.pg_index i ON indrelid = relation.oid
    JOIN pg_catalog.pg_class own ON own.oid = indexrelid
    WHERE indisvalid AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT 'trigger ' || name || '.' || tgname, 'enabled', false
    FROM relation JOIN pg_catalog.pg_trigger ON tgrelid = relation.oid
    WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
    UNION ALL
    SELECT 'function ' || proname || '(' || pg_catalog.oidvectortypes(proargtypes) || ')',
        'returns ' || pg_catalog.pg_get_function_result(oid), false
    FROM pg_catalog.pg_proc WHERE proname = ANY(:functions::text[]) AND pg_catalog.pg_function_is_visible(oid)
""")


# Whether the search path finds a table.
_HAS_TABLE = Statement("SELECT to_regclass(:table::text) IS NOT NULL")


async def has_table(name: str) -> bool:
    """Return whether the search path finds a table of this name."""
    found: bool = await _HAS_TABLE.value(table=name)
    return found


def quoted(name: str) -> str:
    """Return the name of a role or a schema as SQL takes it."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


@cache
def expected() -> Expected:
    """Return what this code needs."""
    return msgspec.json.decode(EXPECTED.read_bytes(), type=Expected)


async def differences() -> list[str]:
    """Return how the schema differs from what this code needs, in phrases; empty if it has it all, or more."""
    needed = expected().objects
    found, must_be_named = await read_objects(relations=_names(needed, "table", "view"), functions=_functions(needed))
    return compare(needed, found, must_be_named)


async def read_objects(*, relations: Sequence[str], functions: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return what the catalogue says of these tables, views and functions, and the columns that an INSERT must name."""
    rows = await _CATALOGUE.rows(relations=list(relations), functions=list(functions))
    objects = {row["object"]: row["what"] for row in sorted(rows, key=lambda row: str(row["object"]))}
    return objects, [row["object"] for row in rows if row["must_be_named"]]


def compare(needed: Mapping[str, str], found: Mapping[str, str], must_be_named: Sequence[str]) -> list[str]:
    """Return what is missing, what differs, and the columns that INSERTs of this code would leave out; pure.

    What a missing table or view would hold is not named beside it.
    """
    gone = {name.partition(" ")[2] for name in needed.keys() - found.keys() if name.startswith(("table ", "view "))}
    phrases = []
    for name, what in needed.items():
        there = found.get(name)
        if there is None and (_owner(name) not in gone or name.startswith(("table ", "view "))):
            phrases.append(f"{name} is missing")
        elif there is not None and there != what:
            phrases.append(f"{name} is `{there}` instead of `{what}`")
    phrases += [
        f"{name} is unknown to this version, and is NOT NULL without a default"
        for name in sorted(must_be_named)
        if name not in needed
    ]
    return phrases


def sentence_of(phrases: Sequence[str]) -> str:
    """Return differences as a message that says where to look."""
    named = "; ".join(phrases[:_MOST_NAMED])
    more = f"; and {len(phrases) - _MOST_NAMED} more" if len(phrases) > _MOST_NAMED else ""
    return (
        f"The database schema does not match what this version of HireLoop needs ({named}{more}). Correct it, or check "
        "that DATABASE_URL and the search_path of its role lead to the right schema."
    )


def _owner(name: str) -> str:
    return name.partition(" ")[2].partition(".")[0]


def _names(objects: Mapping[str, str], *kinds: str) -> list[str]:
    return [name.partition(" ")[2] for name in objects if name.partition(" ")[0] in kinds]


def _functions(objects: Mapping[str, str]) -> list[str]:
    return [name.partition("(")[0] for name in _names(objects, "function")]
