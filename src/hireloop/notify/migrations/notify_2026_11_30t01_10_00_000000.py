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
        ADD COLUMN told_revision integer
    """,
    # Whom a message is for. No column that is generated from the kind: PostgreSQL would write the whole table anew, and
    # bookings would wait for that.
    """
    CREATE FUNCTION party_of(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE
            WHEN kind IN ('invitation', 'rescheduled', 'cancelled', 'reminder') THEN 'candidate'
            WHEN kind IN ('interviewer_invitation', 'interviewer_update', 'interviewer_cancelled',
                'interviewer_reminder') THEN 'interviewer'
        END
    $$
    """,
    # Serves the decisions that are due; it is as small as what waits.
    "CREATE INDEX deliveries_to_decide ON delivery (due_at) WHERE undecided AND state = 'pending'",
    # Serve the bookings whose current revision says what an earlier one has said: as few as are moved there and back.
    "CREATE INDEX deliveries_told_before ON delivery (schedule, revision) WHERE told_revision > 0",
    """
    CREATE INDEX invitations_told_before ON delivery (starts_at, schedule, revision)
    WHERE told_revision > 0 AND required AND kind IN ('invitation', 'rescheduled')
    """,
    # Which revision's message to the candidate counts for a booking: its own, or the earlier one that said the same.
    """
    CREATE FUNCTION revision_told(of_schedule uuid, of_revision integer) RETURNS integer LANGUAGE sql STABLE AS $$
        SELECT coalesce((
            SELECT max(told_revision) FROM delivery
            WHERE schedule = of_schedule AND revision = of_revision AND told_revision > 0 AND required
              AND kind IN ('invitation', 'rescheduled')
        ), of_revision)
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION invitation_state(of_schedule uuid, of_revision integer, at timestamptz)
    RETURNS SETOF text LANGUAGE sql STABLE AS $$
        SELECT CASE
            WHEN bool_or(state IN ('bounced', 'rejected', 'exhausted')) THEN 'failed'
            WHEN bool_or(state = 'pending' AND is_at_risk(at_risk_at, last_reason, first_due_at, at)) THEN 'at_risk'
            WHEN bool_or(state = 'pending') THEN 'pending'
            WHEN bool_or(state = 'sent') THEN 'sent'
            ELSE 'none'
        END
        FROM delivery
        WHERE schedule = of_schedule AND required AND kind IN ('invitation', 'rescheduled')
          AND revision = coalesce((
            SELECT max(told_revision) FROM delivery
            WHERE schedule = of_schedule AND revision = of_revision AND told_revision > 0 AND required
              AND kind IN ('invitation', 'rescheduled')
          ), of_revision)
    $$
    """,
    """
    CREATE OR REPLACE VIEW invitation AS
    SELECT state, starts_at, schedule, revision, at_risk_at, last_reason, first_due_at, told_revision FROM delivery
    WHERE required AND kind IN ('invitation', 'rescheduled')
    """,
    # Serves everything about a slot: what its interviewer was told.
    "CREATE INDEX deliveries_of_slots ON delivery (slot, revision) WHERE slot IS NOT NULL",
)


async def forwards() -> MigrationManager:
    """Add the columns in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
