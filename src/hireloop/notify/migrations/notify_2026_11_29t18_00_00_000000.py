"""A mail that came back and was only counted is known again, so that it is counted once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T18:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "the digests of returned mails that were only counted"

# 8 bytes each, of the latest 500.
STATEMENTS = (
    """
    ALTER TABLE delivery ADD COLUMN counted_digests bytea NOT NULL DEFAULT '',
        ADD CONSTRAINT counted_digests_are_at_most_500 CHECK (octet_length(counted_digests) <= 4000)
    """,
)


async def forwards() -> MigrationManager:
    """Change the table in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
