"""Read deliveries and their attempts, and tell the state of an invitation."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop import errors
from hireloop.examples import RecordedAt, Time, TraceId
from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.messages import KINDS, Party
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import AttemptOutcome, ChannelHealth, Delivery, DeliveryState
from hireloop.notify.transport import Channel
from hireloop.statements import Statement, as_structs, rows_of
from hireloop.wording.phrases import phrase

TIME_FOR_A_FIRST_TRY = timedelta(seconds=30)
_CLOCKS_APART_SECONDS = 3600
ERASED = "erased:"  # begins what takes the place of an erased person's address (`erasure`)

# What the candidate must have heard for a live booking.
INVITING_KINDS = frozenset({"invitation", "rescheduled"})


class InvitationState(StrEnum):
    """The state of the invitation for a booking's current revision."""

    PENDING = "pending"  # under way
    SENT = "sent"  # the candidate's mail server took responsibility
    AT_RISK = "at_risk"  # not sent, and time is running out
    FAILED = "failed"  # rejected, bounced or exhausted
    NONE = "none"  # there is nothing to be told


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as it is, joined with what holds its channel, if anything does."""

    id: UUID
    schedule: UUID | None
    slot: UUID | None = None  # of what its interviewer is told; `revision` is the slot's then
    party: Party | None = None  # None: copies and alerts
    revision: int
    kind: str
    channel: str
    recipient: str  # in clear: a door masks it
    required: bool
    state: DeliveryState
    attempt_count: int
    tries: int
    first_due_at: datetime
    due_at: datetime
    at_risk_at: datetime | None
    deadline_at: datetime
    last_reason: str | None  # of its own last try; `reason` also knows of what holds its channel
    last_reply: str | None
    reported_by: str | None = None  # whose API key said so; None: the other side
    sent_at: datetime | None
    bounced_at: datetime | None
    failed_at: datetime | None = None  # bounced, rejected or exhausted
    alert_unheard_since: datetime | None = None  # the alert about it has not reached anyone since then
    message_id: str
    traceparent: str
    created_at: datetime
    returned_count: int  # mails that came back
    told_revision: int | None = None  # superseded, as that revision's message says the same; 0: nobody had heard of it
    held_reason: str | None
    next_probe_at: datetime | None  # of its channel, if that is held
    now: datetime

    @property
    def reason(self) -> str | None:
        """Return why it is not sent: its own last reason, or else what holds its channel."""
        return self.last_reason or self.held_reason

    @property
    def next_attempt_at(self) -> datetime | None:
        """Return when it can be tried next, None if it has ended; behind a held channel that is the next probe."""
        if self.state is not DeliveryState.PENDING:
            return None
        return max(self.due_at, self.next_probe_at) if self.next_probe_at else self.due_at

    @property
    def why_superseded(self) -> str:
        """Return why it did not have to be sent, in a sentence; empty unless it is superseded."""
        return why_superseded(self.told_revision) if self.state is DeliveryState.SUPERSEDED else ""


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a delivery, with the server's reply."""

    number: Annotated[int, Meta(examples=[1])]
    route: Annotated[str, Meta(examples=["primary"])]
    started_at: RecordedAt
    finished_at: Annotated[Time | None, Meta(examples=["2026-11-21T16:30:01+05:30"])]
    outcome: Annotated[AttemptOutcome | None, Meta(examples=["sent"])]
    maybe_accepted: bool
    reason: str | None
    phase: Annotated[str | None, Meta(examples=["reply"])]
    code: Annotated[int | None, Meta(examples=[250])]
    enhanced_code: Annotated[str | None, Meta(examples=["2.0.0"])]
    reply: Annotated[str | None, Meta(examples=["250 2.0.0 Ok: queued"])]
    worker: Annotated[str, Meta(examples=["hire-1/4711"])]
    trace_id: TraceId | None
    span_id: Annotated[str | None, Meta(examples=["00f067aa0ba902b7"])]

    @property
    def code_beside_reply(self) -> str | None:
        """The enhanced status code, unless the reply begins with it and is shown beside."""
        is_said = self.enhanced_code and (self.reply or "").startswith(self.enhanced_code)
        return None if is_said else self.enhanced_code


class DeliveryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What to list; None does not filter."""

    state: str | None = None
    channel: str | None = None
    reason: str | None = None
    kind: str | None = None
    since: datetime | None = None


# A delivery with what holds its channel; each list says which.
READ = """
    SELECT d.id, d.schedule, d.slot, party_of(d.kind) AS party, d.revision, d.kind, d.channel, d.recipient, d.required,
        d.state, d.attempt_count, d.tries, d.first_due_at, d.due_at, d.at_risk_at,
        d.deadline_at, d.last_reason, d.last_reply, d.sent_at, d.bounced_at, d.message_id, d.traceparent, d.created_at,
        d.returned_count, d.reported_by, d.told_revision,
        CASE WHEN d.state IN ('bounced', 'rejected', 'exhausted') THEN coalesce(
            d.bounced_at, (SELECT max(finished_at) FROM attempt WHERE attempt.delivery = d.id),
            least(d.deadline_at, d.due_at)
        ) END AS failed_at,
        (SELECT unheard_since FROM alert WHERE alert.id = d.alert AND d.kind <> 'alert') AS alert_unheard_since,
        h.reason AS held_reason, h.next_probe_at, coalesce(:now, now()) AS now
    FROM delivery d LEFT JOIN LATERAL (
        SELECT reason, next_probe_at FROM channel_health
        WHERE channel = d.channel AND fingerprint = ANY(:fingerprints::text[]) AND state = 'held'
          AND d.state = 'pending'
        LIMIT 1
    ) h ON true
"""
# The deliveries of some bookings, oldest first.
_OF_SCHEDULES = Statement(f"{READ} WHERE d.schedule = ANY(:schedules::uuid[]) ORDER BY d.id")
# One delivery.
_OF_ID = Statement(f"{READ} WHERE d.id = :delivery")
# The latest attempts of each of these deliveries, in order.
_LATEST_ATTEMPTS = Statement("""
    SELECT a.* FROM unnest(:deliveries::uuid[]) AS wanted(delivery) CROSS JOIN LATERAL (
        SELECT delivery, number, route, started_at, finished_at, outcome, maybe_accepted, reason, phase, code,
            enhanced_code, reply, worker, trace_id, span_id
        FROM attempt WHERE attempt.delivery = wanted.delivery ORDER BY number DESC LIMIT :at_most
    ) a ORDER BY a.delivery, a.number
""")


async def of_schedules(
    schedule_ids: Sequence[UUID], channels: Sequence[Channel], *, now: datetime | None = None
) -> list[DeliveryView]:
    """Return the deliveries of these schedules, and alerts about them, oldest first; `channels` are ours."""
    fingerprints = fingerprints_of(channels)
    return await _OF_SCHEDULES.structs(DeliveryView, now=now, fingerprints=fingerprints, schedules=list(schedule_ids))


async def find(
    delivery_id: UUID, channels: Sequence[Channel], *, now: datetime | None = None
) -> tuple[DeliveryView, list[AttemptView]]:
    """Return one delivery with its attempts in order; raises NotFound."""
    row = await _OF_ID.row(now=now, fingerprints=fingerprints_of(channels), delivery=delivery_id)
    if row is None:
        raise errors.NotFound("delivery", delivery_id)
    return msgspec.convert(dict(row), DeliveryView), (await attempts_of([delivery_id])).get(delivery_id, [])


async def erased_among(delivery_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these deliveries whose person has been erased."""
    rows = await Delivery.select(Delivery.id).where(
        Delivery.id.is_in(list(delivery_ids)), Delivery.erased_at.is_not_null()
    )
    return {row["id"] for row in rows}


async def attempts_of(delivery_ids: Sequence[UUID], *, at_most: int | None = None) -> dict[UUID, list[AttemptView]]:
    """Return the attempts of each of these deliveries, or the latest `at_most`, in order; none for one without."""
    rows = await _LATEST_ATTEMPTS.rows(deliveries=list(delivery_ids), at_most=at_most)
    found: dict[UUID, list[AttemptView]] = {}
    for row in rows:
        found.setdefault(row["delivery"], []).append(msgspec.convert(dict(row), AttemptView))
    return found


async def page(
    only: DeliveryFilter, channels: Sequence[Channel], *, limit: int, after: UUID | None, now: datetime | None = None
) -> list[DeliveryView]:
    """Return at most `limit` deliveries made before the one called `after`, newest first."""
    values = {**msgspec.structs.asdict(only), "now": now, "fingerprints": fingerprints_of(channels), "after": after}
    place = ["true"]
    if only.since is not None:
        place.append("d.created_at >= :since AND d.id >= :first_id")
        values["first_id"] = _first_id(only.since)
    if after is not None:
        place.append("d.id < :after")
    lists = _lists(only, " AND ".join(place), limit)
    rows = await rows_of(_PAGE.format(lists=" UNION ALL ".join(lists), limit=limit), values)
    return as_structs(rows, DeliveryView)


# By an array of ids: the channels' health is then looked up for these few alone.
_PAGE = f"""{READ}
    WHERE d.id = ANY(ARRAY(SELECT id FROM ({{lists}}) AS found ORDER BY id DESC LIMIT {{limit:d}})) ORDER BY d.id DESC
"""  # noqa: S608 (our own words)
# The newest deliveries of all.
_NEWEST = "(SELECT d.id FROM delivery d WHERE {place} ORDER BY d.id DESC LIMIT {limit:d})"


# Every class of deliveries that there is, of `among` if need be: its channel, kind and state. An index that begins with
# these is read at its first entry, at the first of the next class, and so on: some dozens of looks at any size.
_CLASSES = """
    WITH RECURSIVE class AS (
        (SELECT channel, kind, state FROM delivery WHERE {among} ORDER BY channel, kind, state LIMIT 1)
        UNION ALL
        SELECT following.* FROM class, LATERAL (
            SELECT channel, kind, state FROM delivery
            WHERE {among} AND (channel, kind, state) > (class.channel, class.kind, class.state)
            ORDER BY channel, kind, state LIMIT 1
        ) AS following
    )
    SELECT listed.id FROM class, LATERAL (
        SELECT d.id FROM delivery d
        WHERE d.channel = class.channel AND d.kind = class.kind AND d.state = class.state AND {among} AND {place}
        ORDER BY d.id DESC LIMIT {limit}
    ) AS listed
    WHERE {classes}
"""
# A pending delivery that was not tried has the reason for which its channel is held.
_HELD_FOR = """
    class.state = 'pending' AND (
        SELECT reason FROM channel_health
        WHERE channel = class.channel AND fingerprint = ANY(:fingerprints::text[]) AND state = 'held' LIMIT 1
    )
"""


async def check(only: DeliveryFilter) -> None:
    """Raise BadInput for a kind or a reason that there is not, which would look like nothing that failed.

    A transport of another package may have reasons of its own: one that was ever stored is known. A channel may have
    been removed, so any name may be asked for.
    """
    if only.kind is not None and only.kind not in KINDS:
        raise errors.BadInput("kind", f"must be one of {', '.join(KINDS)}")
    if only.reason is not None and only.reason not in set(Reason) and not await _is_stored(only.reason):
        raise errors.BadInput("reason", f"must be one of {', '.join(Reason)}, or one that a transport has given")


async def _is_stored(reason: str) -> bool:
    return await Delivery.exists().where(Delivery.last_reason == reason) or await ChannelHealth.exists().where(
        ChannelHealth.reason == reason
    )


def _lists(only: DeliveryFilter, place: str, limit: int) -> list[str]:
    """Return lists of whose first `limit` deliveries the page consists.

    Whatever the filters, each class is read in the order of an index from its newest on: to look for a rare one
    among all the others would take longer the more there are.
    """
    if only.state is only.channel is only.kind is only.reason is None:
        return [_NEWEST.format(place=place, limit=limit)]
    chosen = [f"class.{name} = :{name}" for name in ("state", "channel", "kind") if getattr(only, name) is not None]
    classes = " AND ".join(["true", *chosen])
    if only.reason is None:
        return [f"({_CLASSES.format(among='true', place=place, limit=limit, classes=classes)})"]
    held = f"{classes} AND {_HELD_FOR} = :reason"
    return [
        f"({_CLASSES.format(among='last_reason = :reason', place=place, limit=limit, classes=classes)})",
        f"({_CLASSES.format(among='true', place=f'd.last_reason IS NULL AND {place}', limit=limit, classes=held)})",
    ]


def _first_id(since: datetime) -> UUID:
    """Return an id below all of deliveries made since then, by clocks that are an hour apart at most (RFC 9562)."""
    milliseconds = int((since.timestamp() - _CLOCKS_APART_SECONDS) * 1000)
    return UUID(int=max(milliseconds, 0) << 80)


def may_have_arrived_fragment(delivery: str = "delivery") -> str:
    """Return the condition that a row of `delivery`, under this name, was sent or may have been, and has not bounced.

    A try that is under way, or whose worker was lost, may have handed it over.
    """
    return f"""(
        {delivery}.state <> 'bounced' AND {delivery}.bounced_at IS NULL
        AND ({delivery}.sent_at IS NOT NULL OR {delivery}.attempt_count > 0 AND EXISTS (
            SELECT FROM attempt WHERE attempt.delivery = {delivery}.id
                AND (coalesce(attempt.outcome, 'lost') IN ('sent', 'lost') OR attempt.maybe_accepted)
        ))
    )"""


def why_superseded(told_revision: int | None) -> str:
    """Return why a superseded delivery did not have to be sent, in a sentence."""
    return superseded_phrase(told_revision) % {"revision": told_revision}


def superseded_phrase(told_revision: int | None) -> str:
    """Return the same with `%(revision)s` where the revision goes, if it names one."""
    if told_revision is None:
        return phrase("What it says has changed since, or somebody has dealt with it.")
    if told_revision == 0:
        return phrase("The recipient had not heard of the interview, so there was nothing to say.")
    return phrase("The message of revision %(revision)s says the same.")


def mask(recipient: str) -> str:
    """Return an address with only the first letter of its local part: `a…@example.com`; an erased one as `erased`."""
    if recipient.startswith(ERASED):
        return ERASED.rstrip(":")
    local, at, domain = recipient.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else recipient


def revision_told(deliveries: Sequence[DeliveryView], revision: int) -> int:
    """Return the revision whose invitation counts for `revision`: itself, or an earlier one that had said the same.

    The database's function `revision_told` is the same rule.
    """
    inviting = [d for d in deliveries if d.required and d.revision == revision and d.kind in INVITING_KINDS]
    return max((d.told_revision or 0 for d in inviting), default=0) or revision


def invitation_state(deliveries: Sequence[DeliveryView], *, revision: int, now: datetime) -> InvitationState:
    """Return the state of the invitation of `revision`, given all deliveries of its schedule.

    Where an earlier invitation had said the same, it is the state of that one.
    The database's function `invitation_state` is the same rule, for lists; a test compares the two.
    """
    return gravest(counting_invitations(deliveries, revision=revision), now=now)


def counting_invitations(deliveries: Sequence[DeliveryView], *, revision: int) -> list[DeliveryView]:
    """Return the invitations whose state is that of the invitation of `revision`."""
    told = revision_told(deliveries, revision)
    return [d for d in deliveries if d.required and d.revision == told and d.kind in INVITING_KINDS]


def gravest(deliveries: Sequence[DeliveryView], *, now: datetime) -> InvitationState:
    """Return the gravest state among these deliveries; `none` if there are none."""
    return min((_state_of(one, now) for one in deliveries), key=_GRAVEST_FIRST.index, default=InvitationState.NONE)


_GRAVEST_FIRST = [
    InvitationState.FAILED,
    InvitationState.AT_RISK,
    InvitationState.PENDING,
    InvitationState.SENT,
    InvitationState.NONE,
]


def _state_of(delivery: DeliveryView, now: datetime) -> InvitationState:
    match delivery.state:
        case DeliveryState.SENT:
            return InvitationState.SENT
        case DeliveryState.REJECTED | DeliveryState.BOUNCED | DeliveryState.EXHAUSTED:
            return InvitationState.FAILED
        case DeliveryState.SUPERSEDED:
            return InvitationState.NONE
        case DeliveryState.PENDING:
            return InvitationState.AT_RISK if _is_at_risk(delivery, now) else InvitationState.PENDING


def _is_at_risk(delivery: DeliveryView, now: datetime) -> bool:
    """Return whether time runs out for a delivery that has failed already, or has had time for a first try."""
    if delivery.at_risk_at is None or now < delivery.at_risk_at:
        return False
    return delivery.last_reason is not None or now >= delivery.first_due_at + TIME_FOR_A_FIRST_TRY
