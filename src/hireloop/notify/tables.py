"""The tables of the hub, as Piccolo sees them; `migrations/` holds their SQL, and a test compares the two."""

from enum import StrEnum

from piccolo.columns import UUID, Array, BigInt, Boolean, ForeignKey, Integer, Text, Timestamptz
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


class Delivery(Table, db=DB):
    """One message to one recipient on one channel; the row is the queue."""

    id = UUID(primary_key=True, default=new_id)
    schedule = UUID(null=True, default=None)  # None: about a channel, not about a booking
    revision = Integer()
    kind = Text()
    occasion = Text()
    channel = Text()
    recipient = Text()
    required = Boolean()
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
    sent_at = Timestamptz(null=True, default=None)
    bounced_at = Timestamptz(null=True, default=None)
    at_risk_alerted_at = Timestamptz(null=True, default=None)
    failure_alerted_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)  # its person was erased: no name, address or words are left
    created_at = Timestamptz()


class KeptAddress(Table, db=DB, tablename="kept_address"):
    """Where a last cancellation to an erased person goes; gone as soon as that has ended."""

    delivery = ForeignKey(Delivery, primary_key=True, null=False)
    address = Text()


class Attempt(Table, db=DB):
    """One try of a delivery, with what the other side replied; the real key is the delivery and the number."""

    delivery = ForeignKey(Delivery, primary_key=True, null=False)
    number = Integer()
    route = Text()
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
    failing = Array(base_column=Text())
    broke_down_at = Timestamptz(null=True, default=None)
    ledger_read_at = Timestamptz(null=True, default=None)
