"""What an interviewer hears of a slot, in their language and zone; and whether a job's candidates hear of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-30T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "interviewers are told"

STATEMENTS = (
    """
    ALTER TABLE slot
        ADD COLUMN interviewer_name text NOT NULL DEFAULT '',
        ADD COLUMN interviewer_time_zone text,
        ADD COLUMN interviewer_locale text,
        ADD COLUMN notice_revision integer NOT NULL DEFAULT 0,
        ADD COLUMN notice_key text,
        ADD COLUMN reminded_at timestamptz,
        ADD COLUMN unnoticed_since timestamptz
    """,
    # Processes of 0.1.0 book, move and cancel during an upgrade, and put no notice: then the slot says so until one is
    # put by another process, which raises the revision.
    """
    CREATE FUNCTION changes_of_seats_are_told() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.unnoticed_since := CASE WHEN NEW.notice_revision = OLD.notice_revision
            THEN coalesce(OLD.unnoticed_since, statement_timestamp()) END;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER changes_of_seats_are_told BEFORE UPDATE ON slot FOR EACH ROW WHEN (
        NEW.notice_revision <> OLD.notice_revision AND OLD.unnoticed_since IS NOT NULL
        OR NEW.notice_revision = OLD.notice_revision AND NEW.taken <> OLD.taken AND NEW.interviewer_email IS NOT NULL
    ) EXECUTE FUNCTION changes_of_seats_are_told()
    """,
    "CREATE INDEX slots_unnoticed ON slot (unnoticed_since) WHERE unnoticed_since IS NOT NULL",
    "ALTER TABLE job ADD COLUMN names_interviewer boolean NOT NULL DEFAULT false",
    # What the hub may know of slots: which revision of which slot must be sent, to whom, and in which words. The notice
    # of this revision was for `notice_key`: processes of 0.1.0 change who holds a slot and tell nobody.
    """
    CREATE VIEW slot_to_notify AS
    SELECT id AS slot, notice_revision AS revision, interviewer_email AS address,
        address_key(interviewer_email) AS address_key,
        notice_key, interviewer_name AS name, interviewer_time_zone AS time_zone, interviewer_locale AS locale,
        starts_at, ends_at, unnoticed_since
    FROM slot WHERE notice_revision > 0 OR unnoticed_since IS NOT NULL
    """,
    # Who has a seat in a slot: what its interviewer hears of them.
    """
    CREATE VIEW slot_roster AS
    SELECT schedule.slot, schedule.id AS schedule, schedule.state, candidate.full_name AS candidate_name,
        candidate.email AS candidate_email, candidate.resume_text <> '' AS has_resume, job.title AS job_title,
        job.company, job.coding_language, job.recruiter_email, schedule.booking_notes
    FROM schedule
        JOIN candidate ON candidate.id = schedule.candidate
        JOIN interview ON interview.id = schedule.interview
        JOIN job ON job.id = interview.job
    WHERE schedule.state <> 'cancelled' AND candidate.erased_at IS NULL
    """,
)


async def forwards() -> MigrationManager:
    """Add the columns and create the views in Piccolo's transaction."""
    return db.migration("scheduling", ID, DESCRIPTION, STATEMENTS)
