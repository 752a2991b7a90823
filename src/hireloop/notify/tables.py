"""The tables of the hub, as Piccolo sees them; `migrations/` holds their SQL, and a test compares the two."""

from enum import StrEnum

from piccolo.columns import UUID, Array, BigInt, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from hireloop.db import DB, new_id


class DeliveryState(StrEnum):
    """The state of a delivery. Every state but `pending` is final."""

    PENDING = "pending"  # due now or later, or under way
    SENT = "sent"  # the other side took responsibility
    BOUNCED = "bounced"  # it was taken, and came back
    REJECTED = "rejected"  # the recipient's side refused it permanently
    EXHAUSTED = "exhausted"  # tries or time ran out
    SUPERSEDED = "superseded"  # a newer revision says something else


class AttemptOutcome(StrEnum):
    """The outcome of an attempt. An attempt without one is still in progress."""

    SENT = "sent"
    RETRY = "retry"
    REJECTED = "rejected"
    HELD = "held"
    LOST = "lost"  # its worker died, or was away for longer than its lease
    RELEASED = "released"  # nothing was sent: its worker was told to stop, or its lease had run out


class Alert(Table, db=DB):
    """One alert about deliveries or a channel: whether it has reached anyone, and whether it still needs attention."""

    id = UUID(primary_key=True, default=new_id)
    cause = Text()
    occasion = Text()
    schedule = UUID(null=True, default=None)  # None: about a channel, not about a booking
    revision = Integer()
    delivery = UUID(null=True, default=None)  # the first one that it reports; `delivery.alert` names it on all of them
    channel = Text()
    fingerprint = Text(null=True, default=None)  # of the held channel's configuration
    held_since = Timestamptz(null=True, default=None)
    reason = Text(null=True, default=None)
    recruiter = Text(null=True, default=None)  # the address of the job's recruiter; None: none, or several
    payload = JSONB()  # of the message, without a recipient
    rank = Integer()  # of the last carriers that it was given to; 0: none so far
    put_at = Timestamptz()
    unheard_since = Timestamptz(null=True, default=None)  # None: it is heard, acknowledged or over
    late_at = Timestamptz(null=True, default=None)  # when the log said that it had been unheard for too long
    heard_at = Timestamptz(null=True, default=None)
    heard_by = UUID(null=True, default=None)  # the alert's delivery that was sent
    acknowledged_at = Timestamptz(null=True, default=None)
    acknowledged_by = Text(null=True, default=None)
    over_at = Timestamptz(null=True, default=None)


class Delivery(Table, db=DB):
    """One message to one recipient on one channel; the row is the queue."""

    id = UUID(primary_key=True, default=new_id)
    schedule = UUID(null=True, default=None)  # None: about a slot or a channel, not about one booking
    slot = UUID(null=True, default=None)  # of what its interviewer is told
    revision = Integer()  # the booking's; of what an interviewer is told, the slot's
    kind = Text()
    occasion = Text()
    channel = Text()
    recipient = Text()
    required = Boolean()
    undecided = Boolean(default=False)  # what it says is decided when it is due (`decisions`)
    told_revision = Integer(null=True, default=None)  # superseded, as that revision's message says the same; 0: nothing
    starts_at = Timestamptz(null=True, default=None)  # of what it is about, if that begins
    payload = JSONB()
    payload_version = Integer()
    state = Text(choices=DeliveryState)
    attempt_count = Integer()
    tries = Integer()
    first_due_at = Timestamptz()
    due_at = Timestamptz()
    at_risk_at = Timestamptz(null=True, default=None)
    deadline_at = Timestamptz()
    lease_token = UUID(null=True, default=None)
    leased_until = Timestamptz(null=True, default=None)
    message_id = Text()
    traceparent = Text()
    last_reason = Text(null=True, default=None)
    last_reply = Text(null=True, default=None)
    reported_by = Text(null=True, default=None)  # whose API key said the last two; None: the other side
    sent_at = Timestamptz(null=True, default=None)
    bounced_at = Timestamptz(null=True, default=None)
    at_risk_alerted_at = Timestamptz(null=True, default=None)
    failure_alerted_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)  # its person was erased: no name, address or words are left
    created_at = Timestamptz()
    returned_count = Integer(default=0)  # how many mails came back, also those that have no row
    counted_digests = Bytea(default=b"")  # 8 bytes of the digest of each of those that have no row, the latest last
    alert = ForeignKey(Alert, null=True, default=None)  # the latest that reports it; an alert's own delivery: its alert


class KeptAddress(Table, db=DB, tablename="kept_address"):
    """Where a last cancellation to an erased person goes; gone as soon as that has ended."""

    delivery = ForeignKey(Delivery, primary_key=True, null=False)
    address = Text()


class Attempt(Table, db=DB):
    """One try of a delivery, with what the other side replied; the real key is the delivery and the number."""

    delivery = ForeignKey(Delivery, primary_key=True, null=False)
    number = Integer()
    route = Text()
    fingerprint = Text(null=True, default=None)  # of the provider's configuration; None: of a version before 0.2
    started_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    outcome = Text(null=True, default=None, choices=AttemptOutcome)
    maybe_accepted = Boolean()
    reason = Text(null=True, default=None)
    phase = Text(null=True, default=None)
    code = Integer(null=True, default=None)
    enhanced_code = Text(null=True, default=None)
    reply = Text(null=True, default=None)
    worker = Text()
    trace_id = Text(null=True, default=None)
    span_id = Text(null=True, default=None)


class ReturnedMail(Table, db=DB, tablename="returned_mail"):
    """An email that came back for a delivery; `mail` holds at most 64 KiB of what only a person can read."""

    id = UUID(primary_key=True, default=new_id)
    delivery = ForeignKey(Delivery, null=False)
    digest = Bytea()
    kind = Text()
    words = Text()
    mail = Bytea(null=True, default=None)
    came_at = Timestamptz()
    reported_by = Text(null=True, default=None)  # whose API key said it; None: it came back to us, or bears our tag


class ChannelHealth(Table, db=DB, tablename="channel_health"):
    """Whether a channel, as configured, is open or held; shared by all workers."""

    id = BigInt(primary_key=True)
    channel = Text()
    fingerprint = Text()
    state = Text()
    reason = Text(null=True, default=None)
    since = Timestamptz()
    probes = Integer()
    next_probe_at = Timestamptz(null=True, default=None)
    alerted_at = Timestamptz(null=True, default=None)


class ChannelRate(Table, db=DB, tablename="channel_rate"):
    """Of a channel with a rate limit: the moment up to which its tries are paid for (`rate_limit`)."""

    channel = Text(primary_key=True)
    paid_until = Timestamptz()


class MessageUse(Table, db=DB, tablename="message_use"):
    """How many messages a key has sent in one hour, in one stripe; the real key has three columns (`usage`)."""

    api_key = UUID(primary_key=True)
    hour = Timestamptz()
    stripe = Integer()
    messages = BigInt()


class MessageWarning(Table, db=DB, tablename="message_warning"):
    """When it was last said of a key that its messages of a day are running out."""

    api_key = UUID(primary_key=True)
    warned_at = Timestamptz()


class Reinvitation(Table, db=DB):
    """When the candidate of a booking was invited again, within an hour before the latest time."""

    schedule = UUID(primary_key=True)
    times = Array(base_column=Timestamptz())


class WorkerHeartbeat(Table, tablename="worker", db=DB):
    """A worker's sign of life, and what it knows how to send."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    started_at = Timestamptz()
    seen_at = Timestamptz()
    channels = Array(base_column=Text())
    kinds = Array(base_column=Text())
    payload_version = Integer()
    base_url = Text()
    spans_dropped = Integer(default=0)  # in the last 10 minutes
    failing = Array(base_column=Text())
    broke_down_at = Timestamptz(null=True, default=None)
    ledger_read_at = Timestamptz(null=True, default=None)
