"""Device checks and requests for another time are kept, not only the latest of each."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "earlier device checks and late requests"

STATEMENTS = (
    # The latest ones stay where they were: processes of 0.1.0 read and write them there during an upgrade.
    """
    ALTER TABLE session
        ADD COLUMN earlier_device_checks jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN earlier_late_requests timestamptz[] NOT NULL DEFAULT '{}'
    """,
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction; with constant defaults, no row is written."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
