"""Which of a candidate's windows is in the interview, and until when that is known."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "one active client"

STATEMENTS = (
    """
    ALTER TABLE session
        ADD COLUMN active_client uuid,
        ADD COLUMN active_until timestamptz,
        ADD CONSTRAINT an_active_client_has_a_lease CHECK ((active_client IS NULL) = (active_until IS NULL))
    """,
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
