"""What an API key has sent, and which bookings' candidates were invited again: what bounds a key that has leaked."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T21:20:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "messages of each API key, re-invitations of each booking"

STATEMENTS = (
    # By the hour and in stripes (`notify/usage.py`). Each booking changes a row, and no index: with room left on its
    # page, no index needs a new entry.
    """
    CREATE TABLE message_use (
        api_key uuid NOT NULL,
        hour timestamptz NOT NULL,
        stripe integer NOT NULL,
        messages bigint NOT NULL,
        PRIMARY KEY (api_key, hour, stripe)
    ) WITH (fillfactor = 50)
    """,
    # When it was last said of a key that its messages of a day are running out.
    """
    CREATE TABLE message_warning (
        api_key uuid PRIMARY KEY,
        warned_at timestamptz NOT NULL
    )
    """,
    # When the candidate of a booking was invited again, within an hour before the latest time.
    """
    CREATE TABLE reinvitation (
        schedule uuid PRIMARY KEY,
        times timestamptz[] NOT NULL,
        CONSTRAINT reinvitations_have_a_time CHECK (cardinality(times) > 0)
    )
    """,
)


async def forwards() -> MigrationManager:
    """Create the tables in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
