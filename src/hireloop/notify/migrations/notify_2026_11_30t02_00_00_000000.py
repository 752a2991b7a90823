"""Messages that name several candidates who did not come are found by each of them, as one may be erased."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T02:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "candidates named in no-shows"

STATEMENTS = (
    """
    CREATE INDEX candidates_named_in_no_shows ON delivery USING gin ((payload -> 'missed') jsonb_path_ops)
    WHERE kind = 'no_show'
    """,
)


async def forwards() -> MigrationManager:
    """Create the index in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
