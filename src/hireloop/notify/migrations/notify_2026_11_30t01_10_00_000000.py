"""Messages to the interviewer of a slot, and messages of which it is decided when they are due what they say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T01:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "parties, and what is decided later"

STATEMENTS = (
    """
    ALTER TABLE delivery
        ADD COLUMN slot uuid,
        ADD COLUMN undecided boolean NOT NULL DEFAULT false,
        ADD COLUMN told_revision integer,
        ADD COLUMN party text GENERATED ALWAYS AS (
            CASE
                WHEN kind IN ('invitation', 'rescheduled', 'cancelled', 'reminder') THEN 'candidate'
                WHEN kind IN ('interviewer_invitation', 'interviewer_update', 'interviewer_cancelled',
                    'interviewer_reminder') THEN 'interviewer'
            END
        ) STORED
    """,
    # Serves the decisions that are due; it is as small as what waits.
    "CREATE INDEX deliveries_to_decide ON delivery (due_at) WHERE undecided AND state = 'pending'",
    # Serves everything about a slot: what its interviewer was told.
    "CREATE INDEX deliveries_of_slots ON delivery (slot, revision) WHERE slot IS NOT NULL",
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
