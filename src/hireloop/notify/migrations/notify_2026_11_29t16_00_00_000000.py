"""What came back of the mails that were sent, and how often for each delivery."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T16:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "returned mail"

STATEMENTS = (
    # Counts every mail that came back for a delivery, also those that are not kept because there are too many.
    "ALTER TABLE delivery ADD COLUMN returned_count integer NOT NULL DEFAULT 0",
    """
    CREATE TABLE returned_mail (
        id uuid PRIMARY KEY,
        delivery uuid NOT NULL REFERENCES delivery,
        digest bytea NOT NULL,
        kind text NOT NULL,
        words text NOT NULL,
        mail bytea,
        came_at timestamptz NOT NULL,
        CONSTRAINT a_mail_comes_back_once UNIQUE (delivery, digest),
        CONSTRAINT returned_mail_kind_is_known CHECK (kind IN (
            'failed', 'delayed', 'expanded', 'relayed', 'delivered', 'foreign', 'complaint', 'auto_reply', 'receipt',
            'calendar_reply', 'reply', 'unreadable'
        )),
        CONSTRAINT returned_words_are_at_most_a_kibibyte CHECK (octet_length(words) <= 1024),
        CONSTRAINT returned_mail_is_at_most_64_kibibytes CHECK (octet_length(mail) <= 65536)
    )
    """,
    # Serves the sweep of what is old.
    "CREATE INDEX returned_mails_by_time ON returned_mail (came_at)",
    # Serves the alerts: required deliveries that were sent, and of which something came back that nobody heard of.
    """
    CREATE INDEX returned_deliveries_to_alert ON delivery (id)
    WHERE required AND failure_alerted_at IS NULL AND state = 'sent' AND last_reason IN ('came_back', 'complaint')
    """,
)


async def forwards() -> MigrationManager:
    """Create the table in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
