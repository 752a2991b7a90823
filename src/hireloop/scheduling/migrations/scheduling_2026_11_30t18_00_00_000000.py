"""Indexes for the bookings that need attention: each is as small as what still does."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T18:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "bookings that need attention"

STATEMENTS = (
    # Candidates who came too late and ask for another time, in the order in which they asked.
    """
    CREATE INDEX sessions_asking_for_another_time ON session (late_requested_at, schedule)
    WHERE late_requested_at > closes_at AND entered_at IS NULL
    """,
    # Interviews that nobody came to, until they are moved or cancelled.
    "CREATE INDEX interviews_missed ON interview (started_at) WHERE state = 'no_show'",
    # Candidates whose camera or microphone did not work when they last checked.
    """
    CREATE INDEX sessions_with_failed_devices ON session (closes_at, schedule)
    WHERE entered_at IS NULL AND (device_check ->> 'camera' <> 'ok' OR device_check ->> 'microphone' <> 'ok')
    """,
)


async def forwards() -> MigrationManager:
    """Create the indexes in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
