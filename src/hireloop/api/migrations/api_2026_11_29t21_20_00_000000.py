"""How many responses each API key has stored, and how often each candidate's link was used."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T21:20:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "stored responses of each API key, presses of each session"

STATEMENTS = (
    # By the hour and in stripes (`notify/usage.py`).
    """
    CREATE TABLE response_use (
        api_key uuid NOT NULL,
        hour timestamptz NOT NULL,
        stripe integer NOT NULL,
        responses bigint NOT NULL,
        bytes bigint NOT NULL,
        PRIMARY KEY (api_key, hour, stripe)
    ) WITH (fillfactor = 50)
    """,
    # Of a session's link: the time up to which what was pressed is accounted for. A crash may forget it.
    """
    CREATE UNLOGGED TABLE press_rate (
        session uuid NOT NULL,
        kind text NOT NULL,
        paid_until timestamptz NOT NULL,
        PRIMARY KEY (session, kind)
    )
    """,
)


async def forwards() -> MigrationManager:
    """Create the tables in Piccolo's transaction."""
    return db.migration("api", ID, DESCRIPTION, STATEMENTS)
