"""The people, the jobs, the slots, and the bookings between them, as 0.1.0 has them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "candidates, jobs, interviews, slots, schedules, sessions"

# What is looked up ignoring case is stored in lower case as well: an index on an expression is not used under row-level
# security, as `lower` is not leakproof. No time has a default: each is that of a decision, and the code that decides
# writes it. Range types over one value each, so that an exclusion constraint needs no extension: the embedded server
# has none.
STATEMENTS = (
    "CREATE TYPE uuidrange AS RANGE (subtype = uuid)",
    'CREATE TYPE textrange AS RANGE (subtype = text, collation = "C")',
    """
    CREATE TABLE candidate (
        id uuid PRIMARY KEY,
        full_name text NOT NULL,
        full_name_lower text NOT NULL GENERATED ALWAYS AS (lower(full_name)) STORED,
        email text NOT NULL,
        email_lower text NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
        time_zone text,
        locale text,
        phone text NOT NULL DEFAULT '',
        resume_text text NOT NULL DEFAULT '',
        created_at timestamptz NOT NULL,
        erased_at timestamptz,
        CONSTRAINT candidate_has_a_name CHECK (full_name <> ''),
        CONSTRAINT candidate_has_an_address CHECK (position('@' in email) > 1)
    )
    """,
    "CREATE UNIQUE INDEX one_candidate_per_address ON candidate (email_lower)",
    # Serve searches for the beginning of a name or an address: a range, in the order of code points.
    'CREATE INDEX candidates_by_name ON candidate (full_name_lower COLLATE "C")',
    'CREATE INDEX candidates_by_address ON candidate (email_lower COLLATE "C")',
    """
    CREATE TABLE job (
        id uuid PRIMARY KEY,
        title text NOT NULL,
        title_lower text NOT NULL GENERATED ALWAYS AS (lower(title)) STORED,
        company text NOT NULL,
        company_lower text NOT NULL GENERATED ALWAYS AS (lower(company)) STORED,
        description text NOT NULL DEFAULT '',
        coding_language text NOT NULL DEFAULT '',
        recruiter_email text,
        questions text[] NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL,
        CONSTRAINT job_has_a_title CHECK (title <> ''),
        CONSTRAINT job_has_a_company CHECK (company <> '')
    )
    """,
    "CREATE UNIQUE INDEX one_job_per_title_and_company ON job (title_lower, company_lower)",
    "CREATE INDEX jobs_of_a_company ON job (company_lower, id)",
    """
    CREATE TABLE interview (
        id uuid PRIMARY KEY,
        candidate uuid NOT NULL REFERENCES candidate,
        job uuid NOT NULL REFERENCES job,
        round integer NOT NULL DEFAULT 1,
        state text NOT NULL DEFAULT 'open',
        started_at timestamptz,
        ended_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT interview_round_counts_from_one CHECK (round >= 1),
        CONSTRAINT interview_state_is_known CHECK
            (state IN ('open', 'scheduled', 'in_progress', 'completed', 'cancelled', 'no_show')),
        CONSTRAINT scheduled_interviews_have_times CHECK
            (state <> 'scheduled' OR (started_at IS NOT NULL AND ended_at IS NOT NULL))
    )
    """,
    "CREATE INDEX interviews_of_a_candidate ON interview (candidate)",
    # Of a job and of all: by state too, so that a state which hardly any interview has is found as fast.
    "CREATE INDEX interviews_of_a_job ON interview (job, state, id)",
    "CREATE INDEX interviews_by_state ON interview (state, id)",
    "CREATE INDEX interviews_by_time ON interview (started_at, id) WHERE started_at IS NOT NULL",
    # Serves the sweep for no-shows and ends; it stays as small as what lies ahead, however many interviews were held.
    "CREATE INDEX interviews_not_over ON interview (started_at) WHERE state IN ('scheduled', 'in_progress')",
    # A booking changes `taken`, which is in no index: with room left on its page, no index needs a new entry.
    """
    CREATE TABLE slot (
        id uuid PRIMARY KEY,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        seats integer NOT NULL DEFAULT 1,
        taken integer NOT NULL DEFAULT 0,
        interviewer_email text,
        interviewer_email_lower text GENERATED ALWAYS AS (lower(interviewer_email)) STORED,
        job uuid REFERENCES job,
        notes text NOT NULL DEFAULT '',
        withdrawn_at timestamptz,
        created_at timestamptz NOT NULL,
        CONSTRAINT slot_ends_after_it_starts CHECK (ends_at > starts_at),
        CONSTRAINT slot_has_seats CHECK (seats >= 1),
        CONSTRAINT slot_seats_are_not_exceeded CHECK (taken BETWEEN 0 AND seats),
        CONSTRAINT interviewer_has_one_slot_at_a_time EXCLUDE USING gist (
            textrange(interviewer_email_lower, interviewer_email_lower, '[]') WITH &&,
            tstzrange(starts_at, ends_at) WITH &&
        ) WHERE (withdrawn_at IS NULL AND interviewer_email IS NOT NULL)
    ) WITH (fillfactor = 85)
    """,
    "CREATE INDEX slots_by_time ON slot (starts_at, id)",
    "CREATE INDEX slots_of_a_job ON slot (job, starts_at, id)",
    "CREATE INDEX slots_of_an_interviewer ON slot (interviewer_email_lower, starts_at, id)",
    # An interviewer has few of all slots, however the samples of ANALYZE fall: so their list is read along their index.
    "ALTER TABLE slot ALTER COLUMN interviewer_email_lower SET (n_distinct = -0.1)",
    "CREATE INDEX slots_by_length ON slot ((ends_at - starts_at), starts_at, id)",
    """
    CREATE TABLE schedule (
        id uuid PRIMARY KEY,
        interview uuid NOT NULL REFERENCES interview,
        slot uuid NOT NULL REFERENCES slot,
        candidate uuid NOT NULL REFERENCES candidate,
        job uuid NOT NULL,
        state text NOT NULL DEFAULT 'pending',
        revision integer NOT NULL DEFAULT 1,
        invited_revision integer NOT NULL DEFAULT 1,
        booking_notes text NOT NULL DEFAULT '',
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        changes jsonb NOT NULL DEFAULT '[]',
        trace_id text NOT NULL DEFAULT '',
        booked_at timestamptz NOT NULL,
        reminded_at timestamptz NOT NULL,
        CONSTRAINT schedule_state_is_known CHECK (state IN ('pending', 'confirmed', 'cancelled')),
        CONSTRAINT schedule_revision_counts_from_one CHECK (revision >= 1),
        CONSTRAINT candidate_has_one_interview_at_a_time EXCLUDE USING gist (
            uuidrange(candidate, candidate, '[]') WITH &&,
            tstzrange(starts_at, ends_at) WITH &&
        ) WHERE (state <> 'cancelled')
    )
    """,
    "CREATE UNIQUE INDEX one_live_schedule_per_interview ON schedule (interview) WHERE state <> 'cancelled'",
    "CREATE INDEX schedules_of_a_slot ON schedule (slot)",
    "CREATE INDEX schedules_of_an_interview ON schedule (interview)",
    # Serve the lists, which are in the order of time: whatever the filter, a page reads a page (ADR 0035).
    "CREATE INDEX schedules_by_time ON schedule (starts_at, id)",
    "CREATE INDEX schedules_by_state ON schedule (state, starts_at, id) INCLUDE (revision)",
    "CREATE INDEX schedules_of_a_job ON schedule (job, state, starts_at, id)",
    "CREATE INDEX schedules_of_a_candidate ON schedule (candidate)",
    """
    CREATE INDEX schedules_not_invited_to ON schedule (starts_at, id)
    WHERE invited_revision <> revision AND state <> 'cancelled'
    """,
    """
    CREATE TABLE session (
        id uuid PRIMARY KEY,
        schedule uuid NOT NULL REFERENCES schedule,
        key_version integer NOT NULL DEFAULT 1,
        opens_at timestamptz NOT NULL,
        closes_at timestamptz NOT NULL,
        device_check jsonb,
        late_requested_at timestamptz,
        entered_at timestamptz,
        left_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT one_session_per_schedule UNIQUE (schedule),
        CONSTRAINT session_closes_after_it_opens CHECK (closes_at > opens_at),
        CONSTRAINT sessions_are_entered_before_they_are_left CHECK (left_at IS NULL OR entered_at IS NOT NULL)
    )
    """,
    "CREATE INDEX revoked_sessions ON session (schedule) WHERE revoked_at IS NOT NULL",
    """
    CREATE TABLE audit_entry (
        id uuid PRIMARY KEY,
        at timestamptz NOT NULL,
        action text NOT NULL,
        subject uuid NOT NULL,
        candidate uuid,
        actor text NOT NULL,
        actor_key uuid,
        details jsonb NOT NULL DEFAULT '{}',
        trace_id text NOT NULL DEFAULT '',
        CONSTRAINT audit_says_what_was_done CHECK (action <> ''),
        CONSTRAINT audit_says_who CHECK (actor <> '')
    )
    """,
    "CREATE INDEX audit_of_a_subject ON audit_entry (subject, id)",
    "CREATE INDEX audit_of_a_candidate ON audit_entry (candidate, id) WHERE candidate IS NOT NULL",
    "CREATE INDEX audit_of_a_key ON audit_entry (actor_key, id) WHERE actor_key IS NOT NULL",
    "CREATE INDEX audit_of_an_action ON audit_entry (action, id)",
    "CREATE INDEX audit_by_time ON audit_entry (at)",
    # Entries are added and never changed; only the erasure of a person may blank the details that are about them.
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('hireloop.erasing', true) = 'on'
            AND NEW.details = '{}' AND to_jsonb(NEW) - 'details' = to_jsonb(OLD) - 'details' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
    """,
    """
    CREATE TABLE installation (
        id integer PRIMARY KEY DEFAULT 1,
        secret_fingerprint text NOT NULL,
        base_url text NOT NULL,
        CONSTRAINT there_is_one_installation CHECK (id = 1)
    )
    """,
    # What the hub may know of bookings: which revision of which schedule must be sent, and to which address.
    # For a revoked session nothing is sent, since its link does not work; but a cancellation is.
    """
    CREATE VIEW schedule_to_notify AS SELECT id AS schedule, revision, state <> 'cancelled' AS live,
        (SELECT email FROM candidate WHERE candidate.id = schedule.candidate) AS address FROM schedule
    WHERE state = 'cancelled'
        OR NOT EXISTS (SELECT FROM session WHERE session.schedule = schedule.id AND session.revoked_at IS NOT NULL)
    """,
)


async def forwards() -> MigrationManager:
    """Create the tables in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
