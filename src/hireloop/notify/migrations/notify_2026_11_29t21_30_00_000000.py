"""Who reported a bounce with an API key, where no mail server's own report shows it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T21:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "who reported what came back"

STATEMENTS = (
    "ALTER TABLE delivery ADD COLUMN reported_by text",
    "ALTER TABLE returned_mail ADD COLUMN reported_by text",
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
