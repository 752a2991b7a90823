"""What a worker says of itself beside being alive: what fails in it, and when it last read the ledger."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T14:00:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "what fails in a worker, and the age of the ledger"

STATEMENTS = (
    # `failing` holds sentences for people. Older workers leave all three as they are by default.
    """
    ALTER TABLE worker
        ADD COLUMN failing text[] NOT NULL DEFAULT '{}',
        ADD COLUMN broke_down_at timestamptz,
        ADD COLUMN ledger_read_at timestamptz,
        ADD CONSTRAINT broken_workers_say_why CHECK (broke_down_at IS NULL OR failing <> '{}')
    """,
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
