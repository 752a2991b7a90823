"""The digests of the migrations that have run, so that a database of an unreleased commit is known as such."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T14:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "digests of the migrations"

STATEMENTS = (
    """
    CREATE TABLE migration_digest (
        migration text PRIMARY KEY,
        digest text NOT NULL,
        CONSTRAINT migration_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$')
    )
    """,
)


async def forwards() -> MigrationManager:
    """Create the table in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
