"""The tables of scheduling, as Piccolo sees them; `migrations/` holds their SQL, and a test compares the two.

The time of a new row must be given (`db.sql_now`): the default of Piccolo would be this machine's clock.
"""

from enum import StrEnum

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from hireloop.db import DB, GeneratedText, new_id


class InterviewState(StrEnum):
    """The state of an interview."""

    OPEN = "open"  # to be booked
    SCHEDULED = "scheduled"  # has a live schedule
    IN_PROGRESS = "in_progress"  # the candidate has entered
    COMPLETED = "completed"  # the candidate has finished
    CANCELLED = "cancelled"  # will not be held
    NO_SHOW = "no_show"  # the window closed and nobody came


class ScheduleState(StrEnum):
    """The state of a booking. `pending` and `confirmed` bookings are live."""

    PENDING = "pending"  # booked, waiting for the candidate's confirmation
    CONFIRMED = "confirmed"  # by the candidate, or by a recruiter for them
    CANCELLED = "cancelled"  # over; its seat is free again


class Candidate(Table, db=DB):
    """A person who is interviewed, identified by their mailbox, however its address is written."""

    id = UUID(primary_key=True, default=new_id)
    full_name = Text()
    full_name_lower = GeneratedText()
    email = Text()
    email_lower = GeneratedText()
    address_key = GeneratedText()
    address_twin = Integer(default=0)  # above 0: had a mailbox in common with an older row before there were keys
    time_zone = Text(null=True, default=None)
    locale = Text(null=True, default=None)
    phone = Text()
    resume_text = Text()
    created_at = Timestamptz(default=None)
    erased_at = Timestamptz(null=True, default=None)


class Job(Table, db=DB):
    """A job that candidates are interviewed for, identified by its title and company, ignoring case."""

    id = UUID(primary_key=True, default=new_id)
    title = Text()
    title_lower = GeneratedText()
    company = Text()
    company_lower = GeneratedText()
    description = Text()
    coding_language = Text()
    recruiter_email = Text(null=True, default=None)
    questions = Array(base_column=Text())
    names_interviewer = Boolean(default=False)  # to the candidate
    created_at = Timestamptz(default=None)


class Interview(Table, db=DB):
    """A conversation to be had between a candidate and a job."""

    id = UUID(primary_key=True, default=new_id)
    candidate = ForeignKey(Candidate, null=False)
    job = ForeignKey(Job, null=False)
    round = Integer(default=1)
    state = Text(choices=InterviewState, default=InterviewState.OPEN)
    started_at = Timestamptz(null=True, default=None)  # the planned start (the seeds' name); entry is the session's
    ended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Slot(Table, db=DB):
    """A stretch of time with a number of seats."""

    id = UUID(primary_key=True, default=new_id)
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    seats = Integer(default=1)
    taken = Integer(default=0)
    interviewer_email = Text(null=True, default=None)
    interviewer_email_lower = GeneratedText(null=True)
    interviewer_key = GeneratedText(null=True)
    interviewer_name = Text()
    interviewer_time_zone = Text(null=True, default=None)
    interviewer_locale = Text(null=True, default=None)
    notice_revision = Integer(default=0)  # rises with all that the interviewer is to hear of it
    notice_key = Text(null=True, default=None)  # whose mailbox the notice of that revision is for
    overlaps_since_before = Boolean(default=False)  # another of the interviewer's, when there were no keys
    job = ForeignKey(Job, null=True)
    notes = Text()
    reminded_at = Timestamptz(null=True, default=None)  # the interviewer's reminders due by then are done with
    unnoticed_since = Timestamptz(null=True, default=None)  # since when seats are others, and no notice was put
    withdrawn_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)


class Schedule(Table, db=DB):
    """One interview placed on one slot."""

    id = UUID(primary_key=True, default=new_id)
    interview = ForeignKey(Interview, null=False)
    slot = ForeignKey(Slot, null=False)
    candidate = ForeignKey(Candidate, null=False)  # a copy, for the exclusion constraint
    job = UUID()  # a copy, for the lists: an interview that was booked keeps its job
    state = Text(choices=ScheduleState)
    revision = Integer(default=1)
    invited_revision = Integer(default=1)  # the latest that the candidate was invited to: not to one that revoked
    booking_notes = Text()
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    changes = JSONB()
    trace_id = Text()
    booked_at = Timestamptz()
    reminded_at = Timestamptz()  # reminders due by then are done with; a booking, a move and a new link set it


class Session(Table, db=DB):
    """The candidate's access to one schedule; its state follows from these times and the clock."""

    id = UUID(primary_key=True, default=new_id)
    schedule = ForeignKey(Schedule, null=False)
    key_version = Integer(default=1)
    opens_at = Timestamptz()
    closes_at = Timestamptz()
    device_check = JSONB(null=True, default=None)  # the latest
    earlier_device_checks = JSONB(default="[]")  # oldest first
    late_requested_at = Timestamptz(null=True, default=None)  # the candidate came too late and asked for another time
    earlier_late_requests = Array(base_column=Timestamptz())  # oldest first
    entered_at = Timestamptz(null=True, default=None)
    left_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    active_client = UUID(null=True, default=None)  # the candidate's tab that is in the interview
    active_until = Timestamptz(null=True, default=None)  # when its lease runs out, unless it is renewed


class AuditEntry(Table, db=DB, tablename="audit_entry"):
    """Who did what when; only ever added to."""

    id = UUID(primary_key=True, default=new_id)
    at = Timestamptz(default=None)
    action = Text()
    subject = UUID()
    candidate = UUID(null=True, default=None)  # the person that it is about
    actor = Text()
    actor_key = UUID(null=True, default=None)
    details = JSONB()
    trace_id = Text()


class Installation(Table, db=DB):
    """One row: what every process on this database must agree on."""

    id = Integer(primary_key=True, default=1)
    secret_fingerprint = Text()
    base_url = Text()


class MigrationDigest(Table, db=DB, tablename="migration_digest"):
    """The digest of a migration's statements as they were when it ran."""

    migration = Text(primary_key=True)
    digest = Text()
