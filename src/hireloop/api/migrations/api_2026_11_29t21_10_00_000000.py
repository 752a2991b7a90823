"""Sign-ins to the console as rows, so that each can be ended; and keys that expire."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T21:10:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "sign-ins to the console, keys that expire"

STATEMENTS = (
    """
    ALTER TABLE api_key
    ADD COLUMN expires_at timestamptz,
    ADD CONSTRAINT api_key_expires_after_it_was_created CHECK (expires_at > created_at)
    """,
    # Nothing here opens anything: the cookie's proof takes SECRET_KEY and the key's hash.
    """
    CREATE TABLE sign_in (
        id uuid PRIMARY KEY,
        api_key uuid NOT NULL REFERENCES api_key,
        browser text NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL,
        open_until timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        CONSTRAINT sign_in_browser_is_short CHECK (length(browser) <= 60),
        CONSTRAINT ended_sign_ins_have_a_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
        CONSTRAINT sign_in_end_reason_is_known CHECK (end_reason IN (
            'signed_out', 'replaced', 'ended_elsewhere', 'ended_by_admin', 'too_many', 'key_revoked'
        ))
    )
    """,
    "CREATE INDEX sign_ins_by_key ON sign_in (api_key, created_at)",
    "CREATE INDEX sign_ins_by_end ON sign_in (open_until)",
)


async def forwards() -> MigrationManager:
    """Change the tables in Piccolo's transaction."""
    return db.migration("api", ID, DESCRIPTION, STATEMENTS)
