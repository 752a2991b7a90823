"""The API keys."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop.db import DB

ID = "2026-11-21T10:00:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "API keys"

_API_KEY = """
    CREATE TABLE api_key (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        secret_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT api_key_role_is_known CHECK (role IN ('viewer', 'recruiter', 'admin')),
        CONSTRAINT api_key_hash_is_sha256 CHECK (octet_length(secret_hash) = 32),
        CONSTRAINT api_key_has_a_name CHECK (name <> '')
    )
"""


async def forwards() -> MigrationManager:
    """Create the table in Piccolo's transaction."""
    manager = MigrationManager(migration_id=ID, app_name="api", description=DESCRIPTION)

    async def run() -> None:
        await DB.run_ddl(_API_KEY)

    manager.add_raw(run)
    return manager
