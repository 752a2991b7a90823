"""A pending delivery of which something came back is reported at once, and so it is in an index of what to report."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T20:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "pending deliveries of which something came back"

STATEMENTS = (
    """
    CREATE INDEX pending_deliveries_that_came_back ON delivery (id)
    WHERE required AND at_risk_alerted_at IS NULL AND state = 'pending' AND last_reason IN ('came_back', 'complaint')
    """,
)


async def forwards() -> MigrationManager:
    """Create the index in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
