"""What the database role of a running process must be allowed, and the GRANT for what it is not.

Which tables and functions there are is the schema's affair: what is missing there is not named here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hireloop.migrate import schema
from hireloop.statements import Statement

# Of each table and view, what the statements of this code need; not what `hireloop migrate` needs besides, which runs
# as the owner. Locking a row takes UPDATE.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "alert": ("SELECT", "INSERT", "UPDATE"),
    "api_key": ("SELECT", "INSERT", "UPDATE"),
    "attempt": ("SELECT", "INSERT", "UPDATE"),
    "audit_entry": ("SELECT", "INSERT", "UPDATE"),
    "candidate": ("SELECT", "INSERT", "UPDATE"),
    "channel_health": ("SELECT", "INSERT", "UPDATE"),
    "channel_rate": ("SELECT", "INSERT", "UPDATE"),
    "delivery": ("SELECT", "INSERT", "UPDATE"),
    "installation": ("SELECT",),
    "interview": ("SELECT", "INSERT", "UPDATE"),
    "invitation": ("SELECT",),
    "job": ("SELECT", "INSERT", "UPDATE"),
    "kept_address": ("SELECT", "INSERT", "DELETE"),
    "message_use": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "message_warning": ("SELECT", "INSERT", "UPDATE"),
    "migration": ("SELECT",),
    "migration_digest": ("SELECT",),
    "press_rate": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "reinvitation": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "request_rate": ("SELECT", "INSERT", "UPDATE"),
    "response_use": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "returned_mail": ("SELECT", "INSERT", "DELETE"),
    "schedule": ("SELECT", "INSERT", "UPDATE"),
    "schedule_to_notify": ("SELECT", "UPDATE"),
    "session": ("SELECT", "INSERT", "UPDATE"),
    "sign_in": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "slot": ("SELECT", "INSERT", "UPDATE"),
    "stored_response": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "worker": ("SELECT", "INSERT", "UPDATE", "DELETE"),
}
_MOST_NAMED = 5


class Lacking(NamedTuple):
    """What the role is not allowed: of one table, view or function, whose name is written as SQL takes it."""

    object: str
    privileges: tuple[str, ...]


# What the role of this session may not do with these tables and functions, as the search path finds them; each with its
# schema, since the owner, who grants, may have another path. A privilege on every column is one on the table.
_LACKING = Statement("""
    SELECT format('%I.%I', nspname, relname) AS object, array_agg(privilege ORDER BY place) AS privileges,
        current_user::text AS role
    FROM unnest(:tables::text[], :privileges::text[]) WITH ORDINALITY AS needed(name, privilege, place)
    JOIN pg_catalog.pg_class ON pg_class.oid = to_regclass(name)
    JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE NOT has_table_privilege(pg_class.oid, privilege) AND (privilege = 'DELETE' OR EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
            AND NOT CASE WHEN privilege = 'DELETE' THEN false ELSE has_column_privilege(attrelid, attnum, privilege) END
    ))
    GROUP BY nspname, relname
    UNION ALL
    SELECT format('FUNCTION %I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)), ARRAY['EXECUTE'],
        current_user::text
    FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
    WHERE proname || '(' || oidvectortypes(proargtypes) || ')' = ANY(:functions::text[])
        AND pg_function_is_visible(pg_proc.oid) AND NOT has_function_privilege(pg_proc.oid, 'EXECUTE')
    ORDER BY 1
""")


async def lacking() -> str:
    """Return which privileges the role of this session lacks, and how to grant them; empty if it has them all."""
    rows = await _LACKING.rows(
        tables=[name for name, privileges in NEEDED.items() for _ in privileges],
        privileges=[privilege for privileges in NEEDED.values() for privilege in privileges],
        functions=_functions(schema.expected().objects),
    )
    return (
        sentence_of(rows[0]["role"], [Lacking(row["object"], tuple(row["privileges"])) for row in rows]) if rows else ""
    )


def sentence_of(role: str, found: Sequence[Lacking]) -> str:
    """Return a message that names the role, the privileges and their objects, and the statements that grant them."""
    phrases = [f"{', '.join(one.privileges)} on {one.object.removeprefix('FUNCTION ')}" for one in found]
    named = "; ".join(phrases[:_MOST_NAMED])
    more = f"; and {len(phrases) - _MOST_NAMED} more" if len(phrases) > _MOST_NAMED else ""
    quoted = schema.quoted(role)
    grants = "; ".join(f"GRANT {what} ON {objects} TO {quoted}" for what, objects in _together(found))
    return f"The database role {role} lacks privileges ({named}{more}). Run `{grants}` as the owner of the tables."


def _together(found: Iterable[Lacking]) -> Iterable[tuple[str, str]]:
    """Return privileges and the objects that lack just these, both as a GRANT has them."""
    objects: dict[tuple[bool, tuple[str, ...]], list[str]] = defaultdict(list)
    for one in found:
        is_function = one.object.startswith("FUNCTION ")
        objects[is_function, one.privileges].append(one.object.removeprefix("FUNCTION "))
    for (is_function, privileges), names in objects.items():
        yield ", ".join(privileges), ("FUNCTION " if is_function else "") + ", ".join(names)


def _functions(objects: Mapping[str, str]) -> list[str]:
    """Return the functions that statements and views call, with the types of what they take.

    Those of triggers need no privilege to run.
    """
    return [
        name.partition(" ")[2]
        for name, what in objects.items()
        if name.startswith("function ") and what != "returns trigger"
    ]
