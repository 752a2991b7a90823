"""What the database role of a running process must be allowed, and the GRANT for what it is not.

Which tables and functions there are is the schema's affair: what is missing there is not named here. Where the tables
belong to another role, `hireloop migrate` grants just this (docs/decisions/0065).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hireloop import db
from hireloop.errors import DatabaseNotReady
from hireloop.migrate import schema
from hireloop.statements import Statement

# Of each table and view, what the statements of this code need; not what `hireloop migrate` needs besides, which runs
# as the owner. Locking a row takes UPDATE. What the version before this one needs stays for a release.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "alert": ("SELECT", "INSERT", "UPDATE"),
    "api_key": ("SELECT", "INSERT", "UPDATE"),
    "attempt": ("SELECT", "INSERT", "UPDATE"),
    "audit_entry": ("SELECT", "INSERT"),  # blanked by a function of its owner
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
    "slot_roster": ("SELECT",),
    "slot_to_notify": ("SELECT",),
    "stored_response": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "worker": ("SELECT", "INSERT", "UPDATE", "DELETE"),
}
_MOST_NAMED = 5


class Lacking(NamedTuple):
    """What the role is not allowed: of one table, view or function, whose name is written as SQL takes it."""

    object: str
    privileges: tuple[str, ...]


# What a role, or that of this session, may not do with these tables and functions, as the search path finds them; each
# with its schema, since the owner, who grants, may have another path. A privilege on every column is one on the table.
_LACKING = Statement("""
    SELECT format('%I.%I', nspname, relname) AS object, array_agg(privilege ORDER BY place) AS privileges,
        of_role::text AS role
    FROM coalesce(:role::name, current_user) AS of_role,
        unnest(:tables::text[], :privileges::text[]) WITH ORDINALITY AS needed(name, privilege, place)
    JOIN pg_catalog.pg_class ON pg_class.oid = to_regclass(name)
    JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE NOT has_table_privilege(of_role, pg_class.oid, privilege)
        AND CASE privilege WHEN 'DELETE' THEN true ELSE EXISTS (
            SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                AND NOT has_column_privilege(of_role, attrelid, attnum, privilege)
        ) END
    GROUP BY nspname, relname, of_role
    UNION ALL
    SELECT format('FUNCTION %I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)), ARRAY['EXECUTE'],
        of_role::text
    FROM coalesce(:role::name, current_user) AS of_role,
        pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
    WHERE proname || '(' || oidvectortypes(proargtypes) || ')' = ANY(:functions::text[])
        AND pg_function_is_visible(pg_proc.oid) AND NOT has_function_privilege(of_role, pg_proc.oid, 'EXECUTE')
    ORDER BY 1
""")
# Whether there is such a role.
_IS_ROLE = Statement("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :role)")
# Whose one of these tables is, if the role of this session does not have its owner's rights.
_OF_OTHERS = Statement("""
    SELECT rolname::text AS owner, current_user::text AS role
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_roles ON pg_roles.oid = relowner
    WHERE pg_class.oid = ANY(SELECT to_regclass(name) FROM unnest(:tables::text[]) AS named(name))
        AND NOT pg_has_role(relowner, 'USAGE')
    LIMIT 1
""")
# What gives a role just these privileges on our tables and functions, as statements: GRANT for what it lacks, REVOKE
# for what was granted to it beyond that, also on single columns and on the sequences. A role with the rights of the
# owner keeps them. A function that runs as its owner is for that role alone, and everybody may call it where a dump was
# restored without privileges. Nobody but the schema's owner may change who creates things there.
_CORRECTIONS = Statement("""
    WITH needed AS (
        SELECT to_regclass(name) AS relation, privilege
        FROM unnest(:tables::text[], :privileges::text[]) AS pair(name, privilege)
    ), grantee AS (
        SELECT oid, quote_ident(rolname) AS name FROM pg_catalog.pg_roles
        WHERE rolname = :role AND NOT EXISTS (
            SELECT FROM needed JOIN pg_catalog.pg_class ON pg_class.oid = relation
            WHERE pg_has_role(pg_roles.oid, relowner, 'USAGE')
        )
    ), relation AS (
        SELECT pg_class.oid, relacl, relkind, nspname, format('%I.%I', nspname, relname) AS name
        FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        WHERE pg_class.oid IN (SELECT relation FROM needed) OR relkind = 'S' AND pg_class.oid IN (
            SELECT objid FROM pg_catalog.pg_depend
            WHERE deptype IN ('a', 'i') AND refobjid IN (SELECT relation FROM needed))
    ), granted AS (
        SELECT relation.oid, privilege_type AS privilege FROM relation, aclexplode(relacl) AS acl, grantee
        WHERE acl.grantee = grantee.oid
        UNION
        SELECT attrelid, privilege_type FROM pg_catalog.pg_attribute, aclexplode(attacl) AS acl, grantee
        WHERE attrelid IN (SELECT oid FROM relation) AND acl.grantee = grantee.oid
    )
    SELECT format('REVOKE %s ON %s %s FROM %s', string_agg(privilege, ', '),
        CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation.name, grantee.name) AS correction
    FROM granted JOIN relation USING (oid), grantee
    WHERE (granted.oid::regclass, privilege) NOT IN (SELECT relation, privilege FROM needed WHERE relation IS NOT NULL)
    GROUP BY relation.name, relkind, grantee.name
    UNION ALL
    SELECT format('GRANT %s ON %s TO %s', string_agg(privilege, ', '), relation.name, grantee.name)
    FROM needed JOIN relation ON relation.oid = needed.relation, grantee
    WHERE NOT has_table_privilege(grantee.oid, relation.oid, privilege)
    GROUP BY relation.name, grantee.name
    UNION ALL
    SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', pg_proc.oid::regprocedure)
    FROM pg_catalog.pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl, grantee
    WHERE proname || '(' || oidvectortypes(proargtypes) || ')' = ANY(:functions::text[])
        AND pg_function_is_visible(pg_proc.oid) AND prosecdef AND acl.grantee = 0
    UNION ALL
    SELECT format('GRANT EXECUTE ON FUNCTION %s TO %s', pg_proc.oid::regprocedure, grantee.name)
    FROM pg_catalog.pg_proc, grantee
    WHERE proname || '(' || oidvectortypes(proargtypes) || ')' = ANY(:functions::text[])
        AND pg_function_is_visible(pg_proc.oid) AND NOT has_function_privilege(grantee.oid, pg_proc.oid, 'EXECUTE')
    UNION ALL
    SELECT format('GRANT USAGE ON SCHEMA %I TO %s', nspname, grantee.name)
    FROM pg_catalog.pg_namespace, grantee
    WHERE nspname IN (SELECT nspname FROM relation) AND NOT has_schema_privilege(grantee.oid, pg_namespace.oid, 'USAGE')
    UNION ALL
    SELECT format('REVOKE CREATE ON SCHEMA %I FROM %s', nspname, CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE name END)
    FROM pg_catalog.pg_namespace, aclexplode(nspacl) AS acl, grantee
    WHERE nspname IN (SELECT nspname FROM relation) AND acl.grantee IN (0, grantee.oid) AND privilege_type = 'CREATE'
        AND pg_has_role(nspowner, 'USAGE') AND grantee.oid <> nspowner
""")
# What a role may do that this code never does: which of these tables it can change, empty or alter in a way that is not
# needed, whether it can create things or roles, and whether it has the rights of their owner, or of a superuser. It can
# become each role that it is a member of. Asked of the role of this session.
_EXCESS = Statement("""
    WITH ours AS (
        SELECT pg_class.oid, name, relowner, relnamespace
        FROM unnest(:tables::text[]) AS named(name) JOIN pg_catalog.pg_class ON pg_class.oid = to_regclass(name)
    )
    SELECT rolname::text AS role, rolsuper AS is_superuser,
        EXISTS (SELECT FROM ours WHERE pg_has_role(relowner, 'MEMBER')) AS owns,
        ARRAY(
            SELECT format('%s on %s', string_agg(verb, ', ' ORDER BY verb), name)
            FROM ours,
                unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS verb
            WHERE (name, verb) NOT IN (
                SELECT * FROM unnest(:needed_tables::text[], :privileges::text[]) AS needed(name, privilege)
            ) AND CASE WHEN verb IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN has_table_privilege(oid, verb)
                ELSE has_any_column_privilege(oid, verb) END
            GROUP BY name ORDER BY name
        ) || ARRAY(
            SELECT DISTINCT format('CREATE on the schema %s', nspname)
            FROM pg_catalog.pg_namespace JOIN ours ON relnamespace = pg_namespace.oid
            WHERE has_schema_privilege(pg_namespace.oid, 'CREATE')
        ) || ARRAY(
            SELECT 'CREATE on the database' WHERE has_database_privilege(current_database(), 'CREATE')
            UNION ALL SELECT 'CREATEROLE' WHERE rolcreaterole
            UNION ALL SELECT 'REPLICATION' WHERE rolreplication
            UNION ALL SELECT 'the role ' || other.rolname FROM pg_catalog.pg_roles AS other
            WHERE other.rolname LIKE 'pg\\_%\\_server\\_%' AND pg_has_role(other.oid, 'MEMBER')
        ) AS excess
    FROM pg_catalog.pg_roles WHERE rolname = current_user
""")


class Excess(NamedTuple):
    """What a role is allowed beyond what this code needs."""

    role: str
    is_superuser: bool
    owns: bool  # it has the rights of the tables' owner, or can become that role
    privileges: tuple[str, ...]  # such as `UPDATE on audit_entry` or `CREATEROLE`; empty if it owns the tables


async def excess() -> Excess:
    """Return what the role of this session may do that no process ever does."""
    row = await _EXCESS.row(tables=[*NEEDED], **_pairs("needed_tables"))
    assert row is not None  # noqa: S101 (a session has a role)
    owns = row["owns"] or row["is_superuser"]
    return Excess(row["role"], row["is_superuser"], row["owns"], () if owns else tuple(row["excess"]))


async def grant(role: str) -> None:
    """Give a role just the privileges that a process needs, in the caller's transaction, as the tables' owner.

    Raises DatabaseNotReady if there is no such role, or if it still lacks a privilege afterwards.
    """
    asked = {**_pairs(), "functions": _functions(schema.expected().objects), "role": role}
    if not await _IS_ROLE.value(role=role):
        msg = (
            f"The role {role} of DATABASE_URL does not exist. Create it with a password: see "
            "docs/how-to/separate-database-roles.md."
        )
        raise DatabaseNotReady(msg)
    for row in await _CORRECTIONS.rows(**asked):
        await db.DB.run_ddl(row["correction"])
    if sentence := await lacking(role):
        raise DatabaseNotReady(sentence)


async def refuse_foreign_tables() -> None:
    """Raise DatabaseNotReady if our tables belong to a role whose rights that of this session does not have."""
    row = await _OF_OTHERS.row(tables=[*NEEDED])
    if row is not None:
        owner, role = schema.quoted(row["owner"]), schema.quoted(row["role"])
        msg = (
            f"The tables of HireLoop belong to the role {row['owner']}, and not to {row['role']}, the role of "
            f"DATABASE_OWNER_URL. Run `REASSIGN OWNED BY {owner} TO {role}` as a superuser, or set DATABASE_OWNER_URL "
            f"to the address of {row['owner']}: see docs/how-to/separate-database-roles.md."
        )
        raise DatabaseNotReady(msg)


async def lacking(role: str | None = None) -> str:
    """Return which privileges a role lacks, and how to grant them; empty if it has them all.

    Without a `role` it is the one of this session.
    """
    rows = await _LACKING.rows(**_pairs(), functions=_functions(schema.expected().objects), role=role)
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
    return (
        f"The database role {role} lacks privileges ({named}{more}). Run `{grants}` as the owner of the tables, or "
        "`hireloop migrate` with DATABASE_OWNER_URL."
    )


def _pairs(tables: str = "tables") -> dict[str, list[str]]:
    """Return what is needed as two arrays of the same length, by the names of a statement's parameters."""
    return {
        tables: [name for name, privileges in NEEDED.items() for _ in privileges],
        "privileges": [privilege for privileges in NEEDED.values() for privilege in privileges],
    }


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
