"""Alerts have a row: who was to hear of what, whether anybody has, and whether it still matters."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T15:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "alerts are heard, acknowledged or over"

STATEMENTS = (
    """
    CREATE TABLE alert (
        id uuid PRIMARY KEY,
        cause text NOT NULL,
        occasion text NOT NULL,
        schedule uuid,
        revision integer NOT NULL,
        delivery uuid,
        channel text NOT NULL,
        fingerprint text,
        held_since timestamptz,
        reason text,
        recruiter text,
        payload jsonb NOT NULL,
        rank integer NOT NULL DEFAULT 0,
        put_at timestamptz NOT NULL,
        unheard_since timestamptz,
        late_at timestamptz,
        heard_at timestamptz,
        heard_by uuid,
        acknowledged_at timestamptz,
        acknowledged_by text,
        over_at timestamptz,
        CONSTRAINT one_alert_per_occasion UNIQUE (occasion),
        CONSTRAINT alert_cause_is_known CHECK (cause IN ('at_risk', 'failed', 'held')),
        CONSTRAINT alerts_are_about_a_delivery_or_a_channel CHECK
            (CASE cause WHEN 'held' THEN fingerprint IS NOT NULL AND held_since IS NOT NULL AND delivery IS NULL
                ELSE delivery IS NOT NULL END),
        CONSTRAINT alerts_are_unheard_or_say_why_not CHECK
            ((unheard_since IS NULL) = (coalesce(heard_at, acknowledged_at, over_at) IS NOT NULL)),
        CONSTRAINT heard_alerts_say_by_whom CHECK ((heard_at IS NULL) = (heard_by IS NULL)),
        CONSTRAINT acknowledged_alerts_say_by_whom CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
        CONSTRAINT alert_rank_is_known CHECK (rank BETWEEN 0 AND 3)
    )
    """,
    # The alert that reports a delivery, the latest if there are several; and of an alert's own delivery, its alert.
    "ALTER TABLE delivery ADD COLUMN alert uuid REFERENCES alert",
    "CREATE INDEX deliveries_of_an_alert ON delivery (alert) WHERE alert IS NOT NULL",
    # Serve the sweep and the health: both stay as small as what still matters.
    "CREATE INDEX unheard_alerts ON alert (unheard_since) WHERE unheard_since IS NOT NULL",
    "CREATE INDEX alerts_that_matter ON alert (id) WHERE over_at IS NULL",
    "CREATE INDEX alerts_by_age ON alert (put_at)",
    "CREATE INDEX alerts_of_a_schedule ON alert (schedule, id)",
)


async def forwards() -> MigrationManager:
    """Create the table in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
