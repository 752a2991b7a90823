"""The deliveries, their attempts, the channels' health and the workers' signs of life, as 0.1.0 has them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T12:00:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "deliveries, attempts, channel health, workers"

STATEMENTS = (
    """
    CREATE TABLE delivery (
        id uuid PRIMARY KEY,
        schedule uuid,
        revision integer NOT NULL,
        kind text NOT NULL,
        occasion text NOT NULL DEFAULT '',
        channel text NOT NULL,
        recipient text NOT NULL,
        required boolean NOT NULL,
        starts_at timestamptz,
        payload jsonb NOT NULL,
        payload_version integer NOT NULL,
        state text NOT NULL DEFAULT 'pending',
        attempt_count integer NOT NULL DEFAULT 0,
        tries integer NOT NULL DEFAULT 0,
        first_due_at timestamptz NOT NULL,
        due_at timestamptz NOT NULL,
        at_risk_at timestamptz,
        deadline_at timestamptz NOT NULL,
        lease_token uuid,
        leased_until timestamptz,
        message_id text NOT NULL,
        traceparent text NOT NULL DEFAULT '',
        last_reason text,
        last_reply text,
        sent_at timestamptz,
        bounced_at timestamptz,
        at_risk_alerted_at timestamptz,
        failure_alerted_at timestamptz,
        erased_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT one_delivery_per_message_and_recipient
            UNIQUE NULLS NOT DISTINCT (schedule, revision, kind, occasion, channel, recipient),
        CONSTRAINT delivery_state_is_known CHECK
            (state IN ('pending', 'sent', 'bounced', 'rejected', 'exhausted', 'superseded')),
        CONSTRAINT delivery_lease_is_whole CHECK ((lease_token IS NULL) = (leased_until IS NULL)),
        CONSTRAINT ended_deliveries_hold_no_lease CHECK (state = 'pending' OR lease_token IS NULL),
        CONSTRAINT sent_deliveries_say_when CHECK (state NOT IN ('sent', 'bounced') OR sent_at IS NOT NULL),
        CONSTRAINT bounced_deliveries_say_when CHECK (state <> 'bounced' OR bounced_at IS NOT NULL),
        CONSTRAINT delivery_recipient_is_known CHECK (recipient <> ''),
        CONSTRAINT delivery_counts_are_whole CHECK (tries BETWEEN 0 AND attempt_count)
    ) WITH (fillfactor = 80)
    """,
    # Serves "due and not ended"; it stays as small as the backlog, however many deliveries were sent.
    "CREATE INDEX deliveries_still_to_send ON delivery (channel, deadline_at) WHERE state = 'pending'",
    # Serve the alerts: required deliveries that no alert has reported yet.
    """
    CREATE INDEX failed_deliveries_to_alert ON delivery (id)
    WHERE required AND failure_alerted_at IS NULL AND state IN ('bounced', 'rejected', 'exhausted')
    """,
    """
    CREATE INDEX deliveries_at_risk_to_alert ON delivery (at_risk_at)
    WHERE required AND at_risk_alerted_at IS NULL AND state = 'pending'
    """,
    """
    CREATE INDEX blocked_deliveries_to_alert ON delivery (id)
    WHERE required AND at_risk_alerted_at IS NULL AND state = 'pending' AND last_reason = 'policy_block'
    """,
    "CREATE INDEX alerts_by_time ON delivery (first_due_at) WHERE kind = 'alert'",
    """
    CREATE TABLE attempt (
        delivery uuid NOT NULL REFERENCES delivery,
        number integer NOT NULL,
        route text NOT NULL DEFAULT 'primary',
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        outcome text,
        maybe_accepted boolean NOT NULL DEFAULT false,
        reason text,
        phase text,
        code integer,
        enhanced_code text,
        reply text,
        worker text NOT NULL,
        trace_id text,
        span_id text,
        CONSTRAINT attempts_of_a_delivery_are_numbered PRIMARY KEY (delivery, number),
        CONSTRAINT attempt_outcome_is_known CHECK
            (outcome IN ('sent', 'retry', 'rejected', 'held', 'lost', 'released')),
        CONSTRAINT attempt_route_is_known CHECK (route IN ('primary', 'fallback')),
        CONSTRAINT attempt_phase_is_known CHECK (phase IN
            ('configure', 'connect', 'tls', 'auth', 'sender', 'recipient', 'data', 'reply', 'http')),
        CONSTRAINT finished_attempts_have_an_outcome CHECK ((outcome IS NULL) = (finished_at IS NULL)),
        CONSTRAINT attempt_reply_is_at_most_a_kibibyte CHECK (octet_length(reply) <= 1024)
    )
    """,
    # Where a last cancellation to an erased person goes, kept apart from the delivery until that has ended.
    """
    CREATE TABLE kept_address (
        delivery uuid PRIMARY KEY REFERENCES delivery,
        address text NOT NULL
    )
    """,
    # Whatever a worker or a report still learns of an erased person's delivery, the other side's words are not kept,
    # since they quote addresses. The database enforces it, because a reply may be under way during an erasure.
    """
    CREATE FUNCTION erased_deliveries_keep_no_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.last_reply := NULL;
        IF NEW.state <> 'pending' AND OLD.state = 'pending' THEN
            NEW.payload := NEW.payload || '{"time_zone": null, "locale": null, "reason": ""}';
            DELETE FROM kept_address WHERE delivery = NEW.id;
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER erased_deliveries_keep_no_words BEFORE UPDATE ON delivery
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION erased_deliveries_keep_no_words()
    """,
    """
    CREATE FUNCTION erased_attempts_keep_no_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM delivery WHERE id = NEW.delivery AND erased_at IS NOT NULL) THEN
            NEW.reply := NULL;
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER erased_attempts_keep_no_words BEFORE UPDATE ON attempt
    FOR EACH ROW WHEN (NEW.reply IS NOT NULL) EXECUTE FUNCTION erased_attempts_keep_no_words()
    """,
    # Serve the lists: of deliveries, by what they are and by state; and of bookings by their invitation.
    "CREATE INDEX deliveries_by_class ON delivery (channel, kind, state, id)",
    """
    CREATE INDEX deliveries_by_reason ON delivery (last_reason, channel, kind, state, id)
    WHERE last_reason IS NOT NULL
    """,
    """
    CREATE INDEX invitations_by_state ON delivery (state, starts_at, schedule, revision)
    WHERE required AND kind IN ('invitation', 'rescheduled')
    """,
    "CREATE INDEX cancellations ON delivery (schedule, revision) WHERE required AND kind = 'cancelled'",
    # Serve the console: what failed, newest first, and what failed and is still of use; both as small as the failures.
    "CREATE INDEX failed_deliveries_by_age ON delivery (id) WHERE state IN ('bounced', 'rejected', 'exhausted')",
    """
    CREATE INDEX failed_deliveries_by_deadline ON delivery (deadline_at)
    WHERE required AND state IN ('bounced', 'rejected', 'exhausted')
    """,
    # What scheduling may know of deliveries, to filter a list of bookings: the state of an invitation (the same rule as
    # `deliveries.invitation_state`), and a quick way to the few that are not sent. The function returns a set of one:
    # such a function is expanded into the query that calls it, and so costs one index scan a booking.
    """
    CREATE FUNCTION is_at_risk(at_risk_at timestamptz, last_reason text, first_due_at timestamptz, at timestamptz)
    RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT coalesce(at_risk_at, 'infinity') <= at
            AND (last_reason IS NOT NULL OR first_due_at + interval '30 seconds' <= at)
    $$
    """,
    """
    CREATE FUNCTION invitation_state(of_schedule uuid, of_revision integer, at timestamptz) RETURNS SETOF text
    LANGUAGE sql STABLE AS $$
        SELECT CASE
            WHEN bool_or(state IN ('bounced', 'rejected', 'exhausted')) THEN 'failed'
            WHEN bool_or(state = 'pending' AND is_at_risk(at_risk_at, last_reason, first_due_at, at)) THEN 'at_risk'
            WHEN bool_or(state = 'pending') THEN 'pending'
            WHEN bool_or(state = 'sent') THEN 'sent'
            ELSE 'none'
        END
        FROM delivery
        WHERE schedule = of_schedule AND revision = of_revision AND required
          AND kind IN ('invitation', 'rescheduled')
    $$
    """,
    """
    CREATE VIEW invitation AS
    SELECT state, starts_at, schedule, revision, at_risk_at, last_reason, first_due_at FROM delivery
    WHERE required AND kind IN ('invitation', 'rescheduled')
    """,
    # Serves the count of domains that block us: the latest tries, newest first.
    "CREATE INDEX attempts_by_time ON attempt (started_at, delivery)",
    # Tries under way, and those that a dead worker left behind.
    "CREATE INDEX open_attempts ON attempt (started_at) WHERE outcome IS NULL",
    """
    CREATE TABLE channel_health (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        channel text NOT NULL,
        fingerprint text NOT NULL,
        state text NOT NULL,
        reason text,
        since timestamptz NOT NULL,
        probes integer NOT NULL DEFAULT 0,
        next_probe_at timestamptz,
        alerted_at timestamptz,
        CONSTRAINT one_health_per_channel_configuration UNIQUE (channel, fingerprint),
        CONSTRAINT channel_state_is_known CHECK (state IN ('open', 'held')),
        CONSTRAINT held_channels_say_why_and_when_next CHECK
            ((state = 'held') = (reason IS NOT NULL AND next_probe_at IS NOT NULL))
    )
    """,
    """
    CREATE TABLE channel_rate (
        channel text PRIMARY KEY,
        paid_until timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE worker (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        started_at timestamptz NOT NULL,
        seen_at timestamptz NOT NULL,
        channels text[] NOT NULL,
        kinds text[] NOT NULL,
        payload_version integer NOT NULL,
        base_url text NOT NULL
    )
    """,
)


async def forwards() -> MigrationManager:
    """Create the tables in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
