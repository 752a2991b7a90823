"""The API keys, stored responses and request rates, as 0.1.0 has them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T12:00:00:000002"
VERSION = "1.38.0"
DESCRIPTION = "API keys, stored responses, request rates"

STATEMENTS = (
    """
    CREATE TABLE api_key (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        secret_hash bytea NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT api_key_role_is_known CHECK (role IN ('viewer', 'recruiter', 'admin')),
        CONSTRAINT api_key_hash_is_sha256 CHECK (octet_length(secret_hash) = 32),
        CONSTRAINT api_key_has_a_name CHECK (name <> '')
    )
    """,
    # The response to a request with an Idempotency-Key, for 24 hours; secrets are placeholders in `body`.
    """
    CREATE TABLE stored_response (
        api_key uuid NOT NULL REFERENCES api_key,
        path text NOT NULL,
        idempotency_key text NOT NULL,
        request_hash bytea NOT NULL,
        status integer,
        headers jsonb NOT NULL DEFAULT '{}',
        body text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL,
        PRIMARY KEY (api_key, path, idempotency_key),
        CONSTRAINT stored_response_hash_is_sha256 CHECK (octet_length(request_hash) = 32),
        CONSTRAINT stored_responses_are_no_server_errors CHECK (status < 500)
    )
    """,
    "CREATE INDEX stored_responses_by_age ON stored_response (created_at)",
    # Of a key under RATE_LIMIT: the time up to which its requests are accounted for. A crash may forget it.
    """
    CREATE UNLOGGED TABLE request_rate (
        api_key uuid PRIMARY KEY,
        paid_until timestamptz NOT NULL
    )
    """,
)


async def forwards() -> MigrationManager:
    """Create the tables in Piccolo's transaction."""
    return db.migration("api", ID, DESCRIPTION, STATEMENTS)
