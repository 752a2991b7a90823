"""The outbox: the only SQL that writes deliveries. put · lease · settle (docs/delivery-lifecycle.md).

`put_fragment` writes nothing by itself: it hands SQL to whoever books, so that the booking and its deliveries are
one statement. `lease` and `settle` are the worker's, each a short transaction of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop import db, redaction, telemetry
from hireloop.notify import messages
from hireloop.notify.channels import Channel, Evidence
from hireloop.notify.tables import AttemptOutcome, DeliveryState

LEASE_SECONDS = 30
LOST_IN_A_ROW = 5

_AT_RISK_AFTER = timedelta(minutes=15)
_AT_RISK_BEFORE_START = timedelta(minutes=60)
_SHORTEST_LIFE = timedelta(seconds=30)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as it is put: what the booking can already say of it."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    required: bool
    message_id: str
    traceparent: str
    due_at: datetime


class Fragment(msgspec.Struct, frozen=True):
    """SQL to be composed into a larger statement, its arguments, and the deliveries it will write."""

    sql: str
    args: tuple[object, ...]
    deliveries: tuple[Delivery, ...]


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages are put: it knows the channels, and so how many deliveries a message becomes."""

    channels: tuple[Channel, ...]
    message_id_domain: str

    def put_fragment(
        self, message: messages.Message, *, recipient: str, now: datetime, source: str, first_placeholder: int
    ) -> Fragment:
        """Return the INSERT that puts `message` on every channel of its kind, one delivery a channel.

        It inserts only if the relation `source` of the surrounding statement has a row. `first_placeholder` is
        the number of its first `$n`. Records a PRODUCER span a delivery, under the current span.
        """
        deliveries = tuple(
            self._delivery(message, channel, recipient, now)
            for channel in self.channels
            if message.kind in channel.kinds
        )
        p = [f"${first_placeholder + n}" for n in range(16)]
        sql = f"""
            INSERT INTO delivery (id, channel, recipient, required, message_id, traceparent, schedule, revision, kind,
                occasion, payload, payload_version, first_due_at, due_at, at_risk_at, deadline_at)
            SELECT d.*, {p[6]}::uuid, {p[7]}::int, {p[8]}::text, {p[9]}::text, {p[10]}::jsonb, {p[11]}::int,
                {p[12]}::timestamptz, {p[13]}::timestamptz, {p[14]}::timestamptz, {p[15]}::timestamptz
            FROM unnest({p[0]}::uuid[], {p[1]}::text[], {p[2]}::text[], {p[3]}::bool[], {p[4]}::text[],
                {p[5]}::text[]) AS d, {source}
        """  # noqa: S608 (placeholders' numbers and a relation's name from our own code)
        args = (
            [d.id for d in deliveries],
            [d.channel for d in deliveries],
            [d.recipient for d in deliveries],
            [d.required for d in deliveries],
            [d.message_id for d in deliveries],
            [d.traceparent for d in deliveries],
            message.schedule_id,
            message.revision,
            message.kind,
            "",
            messages.encode(message),
            messages.PAYLOAD_VERSION,
            now,
            now,
            at_risk_at(now, message.starts_at),
            max(message.closes_at, now + _SHORTEST_LIFE),
        )
        return Fragment(sql, args, deliveries)

    def _delivery(self, message: messages.Message, channel: Channel, recipient: str, now: datetime) -> Delivery:
        delivery_id = db.new_id()
        return Delivery(
            id=delivery_id,
            kind=message.kind,
            channel=channel.name,
            recipient=recipient if channel.required else channel.name,
            required=channel.required,
            message_id=f"<{delivery_id}@{self.message_id_domain}>",
            traceparent=telemetry.record_put(delivery_id=delivery_id, kind=message.kind, channel=channel.name),
            due_at=now,
        )


def at_risk_at(first_due_at: datetime, starts_at: datetime) -> datetime:
    """Return from when on an unsent delivery is at risk, once it has failed or had 30 s (`deliveries`).

    That is 15 min after it was first due or an hour before the start, whichever is first.
    """
    return max(first_due_at, min(first_due_at + _AT_RISK_AFTER, starts_at - _AT_RISK_BEFORE_START))


# --- The worker's side -----------------------------------------------------------------------------------------


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's time-limited claim on one delivery, with what it needs to send it."""

    id: UUID
    number: int  # of the attempt that this lease has opened
    token: UUID
    schedule: UUID
    kind: str
    channel: str
    recipient: str
    required: bool
    payload: str
    message_id: str
    traceparent: str
    tries: int
    first_due_at: datetime
    at_risk_at: datetime | None
    deadline_at: datetime
    leased_at: datetime
    previous_trace_id: str | None
    previous_span_id: str | None


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What one try came to, ready to be written: the attempt's end, and what becomes of the delivery."""

    delivery_id: UUID
    number: int
    token: UUID
    outcome: AttemptOutcome
    state: DeliveryState
    evidence: Evidence | None = None
    reason: str | None = None
    maybe_accepted: bool = False
    due_at: datetime | None = None  # for a delivery that stays pending; None leaves it as it is
    trace_id: str | None = None
    span_id: str | None = None


_LEASE = """
    WITH due AS (
        SELECT id, lease_token IS NOT NULL AS was_leased FROM delivery
        WHERE state = 'pending' AND channel = $1 AND due_at <= coalesce($7, now())
          AND deadline_at > coalesce($7, now())
          AND (leased_until IS NULL OR leased_until <= coalesce($7, now()))
          AND kind = ANY($2::text[]) AND payload_version = $3
        ORDER BY CASE WHEN $9 THEN attempt_count ELSE 0 END, deadline_at LIMIT $4
        FOR UPDATE SKIP LOCKED
    ), dead AS (
        UPDATE attempt SET outcome = 'lost', finished_at = coalesce($7, now())
        FROM due WHERE due.was_leased AND attempt.delivery = due.id AND attempt.outcome IS NULL
        RETURNING attempt.delivery
    ), streak AS (
        SELECT due.id FROM due WHERE due.was_leased AND $8 = (
            SELECT count(*) FROM (
                SELECT outcome FROM attempt WHERE attempt.delivery = due.id ORDER BY number DESC LIMIT $8
            ) latest WHERE coalesce(outcome, 'lost') = 'lost'
        )
    ), given_up AS (
        UPDATE delivery SET state = 'exhausted', last_reason = 'crashes_worker', lease_token = NULL,
            leased_until = NULL, tries = tries + 1
        FROM streak WHERE delivery.id = streak.id
    ), leased AS (
        UPDATE delivery SET lease_token = gen_random_uuid(),
            leased_until = coalesce($7, now()) + make_interval(secs => $6),
            attempt_count = attempt_count + 1,
            tries = tries + (delivery.id IN (SELECT delivery FROM dead))::int
        FROM due WHERE delivery.id = due.id AND due.id NOT IN (SELECT id FROM streak)
        RETURNING delivery.*
    ), opened AS (
        INSERT INTO attempt (delivery, number, worker, started_at)
        SELECT id, attempt_count, $5, coalesce($7, now()) FROM leased
    )
    SELECT leased.id, attempt_count AS number, lease_token AS token, schedule, kind, channel, recipient, required,
        payload, message_id, traceparent, tries, first_due_at, at_risk_at, deadline_at,
        coalesce($7, now()) AS leased_at,
        previous.trace_id AS previous_trace_id, previous.span_id AS previous_span_id
    FROM leased LEFT JOIN attempt previous
        ON previous.delivery = leased.id AND previous.number = leased.attempt_count - 1
    ORDER BY deadline_at
"""


async def lease(
    channel: str,
    *,
    limit: int,
    worker: str,
    kinds: Sequence[str],
    probing: bool = False,
    now: datetime | None = None,
) -> list[Lease]:
    """Claim at most `limit` due deliveries of one channel for `LEASE_SECONDS`, earliest deadline first.

    A probe (`probing`) takes what was tried least often before: one delivery alone must not hold a channel for ever.

    In the same statement each claim opens its attempt, and the attempt of a worker that never came back is
    closed as `lost`; the fifth lost attempt in a row ends the delivery as `exhausted`, reason `crashes_worker`.
    """
    rows = await db.fetch(
        _LEASE,
        channel,
        list(kinds),
        messages.PAYLOAD_VERSION,
        limit,
        worker,
        LEASE_SECONDS,
        now,
        LOST_IN_A_ROW,
        probing,
    )
    return [msgspec.convert(dict(row), Lease) for row in rows]


async def renew(leases: Sequence[Lease], *, now: datetime | None = None) -> set[UUID]:
    """Lengthen the leases that are still ours and return their deliveries' ids."""
    rows = await db.fetch(
        """
        UPDATE delivery SET leased_until = coalesce($3, now()) + make_interval(secs => $4)
        FROM unnest($1::uuid[], $2::uuid[]) AS ours(id, token)
        WHERE delivery.id = ours.id AND delivery.lease_token = ours.token
        RETURNING delivery.id
        """,
        [lease.id for lease in leases],
        [lease.token for lease in leases],
        now,
        LEASE_SECONDS,
    )
    return {row["id"] for row in rows}


_SETTLE = """
    WITH answer AS (
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bool[],
            $8::timestamptz[], $9::text[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[])
        AS a(id, number, token, outcome, state, reason, maybe_accepted, due_at, phase, code, enhanced_code, reply,
            trace_id, span_id)
    ), finished AS (
        UPDATE attempt SET outcome = answer.outcome, finished_at = coalesce($15, now()), reason = answer.reason,
            maybe_accepted = answer.maybe_accepted, phase = answer.phase, code = answer.code,
            enhanced_code = answer.enhanced_code, reply = answer.reply, trace_id = answer.trace_id,
            span_id = answer.span_id
        FROM answer WHERE attempt.delivery = answer.id AND attempt.number = answer.number
    )
    UPDATE delivery SET
        state = answer.state,
        lease_token = NULL,
        leased_until = NULL,
        due_at = coalesce(answer.due_at, delivery.due_at),
        tries = tries + (answer.outcome = 'retry')::int,
        last_reason = CASE WHEN answer.outcome = 'released' THEN last_reason ELSE answer.reason END,
        last_reply = CASE WHEN answer.outcome = 'released' THEN last_reply ELSE answer.reply END,
        sent_at = CASE WHEN answer.outcome = 'sent' THEN coalesce($15, now()) ELSE sent_at END
    FROM answer
    WHERE delivery.id = answer.id AND delivery.lease_token = answer.token
    RETURNING delivery.id, answer.token
"""


async def settle(settlements: Sequence[Settlement], *, now: datetime | None = None) -> set[UUID]:
    """Write what these tries came to and return the ids of the deliveries whose lease was still ours.

    An attempt row is always completed; the delivery's state moves only under our token. A late acceptance still
    sets `sent_at`, whatever has become of the delivery: nothing that happened goes unrecorded.
    """
    evidence = [s.evidence for s in settlements]
    rows = await db.fetch(
        _SETTLE,
        [s.delivery_id for s in settlements],
        [s.number for s in settlements],
        [s.token for s in settlements],
        [s.outcome.value for s in settlements],
        [s.state.value for s in settlements],
        [s.reason for s in settlements],
        [s.maybe_accepted for s in settlements],
        [s.due_at for s in settlements],
        [e.phase.value if e else None for e in evidence],
        [e.code if e else None for e in evidence],
        [e.enhanced_code if e else None for e in evidence],
        [_at_most_a_kibibyte(e.reply) if e else None for e in evidence],
        [s.trace_id for s in settlements],
        [s.span_id for s in settlements],
        now,
    )
    # By the token: one batch may hold two tries of one delivery, of which only the later one was still ours.
    ours = {row["token"]: row["id"] for row in rows}
    late = [s.delivery_id for s in settlements if s.outcome is AttemptOutcome.SENT and s.token not in ours]
    if late:
        await db.fetch(
            "UPDATE delivery SET sent_at = coalesce(sent_at, $2, now()) WHERE id = ANY($1::uuid[])", late, now
        )
    return set(ours.values())


async def expire(*, now: datetime | None = None) -> int:
    """End what is past its deadline and under nobody's lease as `exhausted`, and return how many ended."""
    rows = await db.fetch(
        """
        WITH late AS (
            SELECT id FROM delivery
            WHERE state = 'pending' AND deadline_at <= coalesce($1, now())
              AND (leased_until IS NULL OR leased_until <= coalesce($1, now()))
            ORDER BY id FOR UPDATE SKIP LOCKED
        ), dead AS (
            UPDATE attempt SET outcome = 'lost', finished_at = coalesce($1, now())
            FROM late WHERE attempt.delivery = late.id AND attempt.outcome IS NULL RETURNING attempt.delivery
        )
        UPDATE delivery SET state = 'exhausted', last_reason = coalesce(last_reason, 'deadline_passed'),
            lease_token = NULL, leased_until = NULL, tries = tries + (delivery.id IN (SELECT delivery FROM dead))::int
        FROM late WHERE delivery.id = late.id
        RETURNING delivery.id
        """,
        now,
    )
    return len(rows)


def _at_most_a_kibibyte(reply: str) -> str:
    reply = redaction.without_links(reply)
    return reply.replace("\x00", "�").encode(errors="replace")[:1024].decode(errors="ignore")
