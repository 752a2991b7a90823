"""Replay: what has ended is reopened, the same row, and tried in its first trace (docs/why/delivery-lifecycle.md)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.mail_addresses import is_same
from hireloop.notify import ends, messages, threads
from hireloop.notify.deliveries import retry, skips
from hireloop.notify.deliveries.deliveries import DeliveryFilter, check
from hireloop.notify.deliveries.failures import slot_moved_on_fragment, slot_origin_fragment
from hireloop.notify.deliveries.outbox import origin_fragment
from hireloop.notify.deliveries.sending_limits import OnBehalf
from hireloop.notify.deliveries.skips import ReplayResult, Skip
from hireloop.notify.messages import CANDIDATE_KINDS, BookingMessage, CancelledMessage, Message
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transport import Channel
from hireloop.statements import Statement, read_clock
from hireloop.telemetry import events, spans
from hireloop.telemetry.logs import log

NOBODY = OnBehalf()
AT_ONCE = 500  # in one transaction
_MAY_HAVE_ARRIVED = frozenset({DeliveryState.SENT, DeliveryState.BOUNCED})


class ReplayFilter(DeliveryFilter, frozen=True, kw_only=True):
    """Which deliveries to look at: these, or all that are left by the rest.

    One without a state leaves out what is `sent`: nobody wants everything twice.
    """

    ids: tuple[UUID, ...] | None = None


# What somebody else writes of a batch that is replayed, in its transaction; and the moment of the replay.
Note = Callable[[Sequence[ReplayResult], datetime], Awaitable[None]]


async def _nothing(_replayed: Sequence[ReplayResult], _at: datetime) -> None:
    """Write nothing."""


class _Replayable(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    schedule: UUID | None
    revision: int
    kind: str
    channel: str
    recipient: str
    state: DeliveryState
    attempt_count: int
    payload: str
    payload_version: int
    message_id: str
    traceparent: str
    last_reason: str | None
    reported_by: str | None
    origin: str | None  # the traceparent of its booking, or of the first message about its slot
    has_slot_moved_on: bool  # what its interviewer was told of is out of date
    is_done_alert: bool  # an alert that is over or acknowledged
    now: datetime


class _CurrentBooking(msgspec.Struct, frozen=True, kw_only=True):
    """What a booking calls for now."""

    schedule: UUID
    revision: int
    told_revision: int  # the same, or the earlier one whose message to the candidate said the same
    live: bool
    address: str


class _Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a row that is replayed."""

    id: UUID
    at_risk_at: datetime | None
    deadline_at: datetime
    message_id: str


_Judged = tuple[ReplayResult, _Reopened | None]


def is_filtered(only: DeliveryFilter) -> bool:
    """Return whether the filter leaves anything out; one that does not must replay nothing."""
    return any(value is not None for value in msgspec.structs.astuple(only))


async def one(
    delivery_id: UUID,
    channels: Sequence[Channel],
    *,
    note: Note = _nothing,
    behalf: OnBehalf = NOBODY,
    now: datetime | None = None,
) -> bool:
    """Replay one delivery and return whether it had ended: a pending one is left as it is.

    Raises NotFound, NotReplayable if it must not be replayed, and TooManyReinvitations and TooManyMessages for an API
    key that has used up what it may send.
    """
    results = await batch(ReplayFilter(ids=(delivery_id,)), channels, limit=1, note=note, behalf=behalf, now=now)
    if not results:
        raise errors.NotFound("delivery", delivery_id)
    skip, schedule = results[0].skip, results[0].schedule
    if skip is None or skip is Skip.PENDING:
        return skip is None
    if skip is Skip.TOO_OFTEN and schedule is not None:
        await behalf.limits.refuse_reinvitation(schedule, now=await read_clock(now))
    if skip is Skip.KEY_LIMIT:
        await behalf.limits.check(behalf.key, new=0, now=await read_clock(now), refuses=True)
    raise errors.NotReplayable(skip.value, skip.sentence)


async def walk(
    only: ReplayFilter,
    channels: Sequence[Channel],
    *,
    at_most: int | None = None,
    dry_run: bool = False,
    note: Note = _nothing,
    behalf: OnBehalf = NOBODY,
    now: datetime | None = None,
) -> AsyncIterator[list[ReplayResult]]:
    """Replay batch after batch, the oldest first, until none is left or `at_most` are replayed; yield the results.

    Each batch is a transaction of its own, committed when it is yielded. The last one is that in which the API key
    has used up its messages. Raises as `deliveries.check`.
    """
    await check(only)
    after: UUID | None = None
    left = at_most
    while left is None or left > 0:
        results = await batch(
            only,
            channels,
            limit=AT_ONCE,
            after=after,
            at_most=left,
            dry_run=dry_run,
            note=note,
            behalf=behalf,
            now=now,
        )
        if not results:
            return
        after = results[-1].id
        if left is not None:
            left -= sum(result.skip is None for result in results)
        yield results
        if any(result.skip is Skip.KEY_LIMIT for result in results):
            return


@spans.of_replay
@db.transactional
async def batch(
    only: ReplayFilter,
    channels: Sequence[Channel],
    *,
    limit: int,
    after: UUID | None = None,
    at_most: int | None = None,
    dry_run: bool = False,
    note: Note = _nothing,
    behalf: OnBehalf = NOBODY,
    now: datetime | None = None,
) -> list[ReplayResult]:
    """Look at the `limit` deliveries after the one called `after`, replay those that may be, and say of each.

    It ends early with the one that makes `at_most` replayed.

    One transaction: it locks the bookings, so that none moves on meanwhile, then the deliveries, so that of two
    replays at once the second finds them pending; `note` is given what is replayed. A dry run locks and writes nothing,
    and knows nothing of limits.
    """
    names = {channel.name for channel in channels}
    rows, told = await _read(only, limit, after, now, lock=not dry_run)
    judged = _first(at_most, [_judge(row, told, names, only) for row in rows])
    if rows and not dry_run:
        limited = await skips.of_limits([result for result, reopened in judged if reopened], behalf, rows[0].now)
        judged = [(limited[result.id], None) if result.id in limited else (result, it) for result, it in judged]
    replayed = [(result, reopened) for result, reopened in judged if reopened]
    if replayed and not dry_run:
        at = rows[0].now
        origins = {row.id: row.origin or "" for row in rows}
        spans.record_replay([origins[result.id] for result, _ in replayed])
        await _reopen([reopened for _, reopened in replayed], at)
        await note([result for result, _ in replayed], at)
        traceparents = {row.id: row.traceparent for row in rows}
        db.after_commit(partial(_say, [(result, traceparents[result.id]) for result, _ in replayed]))
    return [result for result, _ in judged]


def _say(replayed: Sequence[tuple[ReplayResult, str]]) -> None:
    """Write a line and count for each delivery that is replayed, given with its traceparent; of many as `ends` does."""
    for result, traceparent in replayed[: ends.MOST_LINES]:
        log.info(
            "delivery.replayed",
            delivery=str(result.id),
            kind=result.kind,
            channel=result.channel,
            state=result.state.value,
            reason=result.reason,
            **spans.said_of(traceparent),
        )
    for result, _ in replayed:
        events.record_replay(channel=result.channel, state=result.state.value)
    ends.say_how_many_more(len(replayed) - ends.MOST_LINES, ["replayed"])


def _is_still(row: _Replayable, only: ReplayFilter) -> bool:
    """Whether the locked row is in the state that was asked for: another replay may have had it sent meanwhile."""
    if only.ids is not None or row.state is DeliveryState.PENDING:
        return True
    return row.state == only.state if only.state else row.state is not DeliveryState.SENT


def _first(at_most: int | None, judged: list[_Judged]) -> list[_Judged]:
    """Return the results up to the one that makes `at_most` replayed."""
    if at_most is None:
        return judged
    replayed = 0
    for number, (_, reopened) in enumerate(judged, start=1):
        replayed += reopened is not None
        if replayed == at_most:
            return judged[:number]
    return judged


# The deliveries to look at, the oldest first.
_FOUND = Statement("""
    SELECT id, schedule FROM delivery
    WHERE (:ids::uuid[] IS NULL OR id = ANY(:ids)) AND (:after::uuid IS NULL OR id > :after)
      AND (:state::text IS NULL OR state = :state) AND (:ids IS NOT NULL OR :state IS NOT NULL OR state <> 'sent')
      AND (:channel::text IS NULL OR channel = :channel) AND (:reason::text IS NULL OR last_reason = :reason)
      AND (:kind::text IS NULL OR kind = :kind) AND (:since::timestamptz IS NULL OR created_at >= :since)
    ORDER BY id LIMIT :limit
""")
# What their bookings call for now, by whether these are locked.
_TOLD = {
    lock: Statement(f"""
        SELECT schedule, revision, revision_told(schedule, revision) AS told_revision, live, address
        FROM schedule_to_notify WHERE schedule = ANY(:schedules::uuid[])
        ORDER BY schedule {"FOR SHARE" if lock else ""}
    """)  # noqa: S608 (our own words)
    for lock in (False, True)
}
# They themselves, by whether they are locked.
_ROWS = {
    lock: Statement(f"""
        SELECT id, schedule, revision, kind, channel, recipient, state, attempt_count, payload::text, payload_version,
            message_id, traceparent, last_reason, reported_by,
            coalesce({origin_fragment("delivery.schedule")}, {slot_origin_fragment("delivery.slot")}) AS origin,
            slot IS NOT NULL AND {slot_moved_on_fragment("delivery")} AS has_slot_moved_on,
            kind = 'alert' AND EXISTS (
                SELECT FROM alert WHERE alert.id = delivery.alert AND coalesce(over_at, acknowledged_at) IS NOT NULL
            ) AS is_done_alert, coalesce(:now, now()) AS now
        FROM delivery WHERE id = ANY(:ids::uuid[]) ORDER BY id {"FOR UPDATE" if lock else ""}
    """)  # noqa: S608 (our own words)
    for lock in (False, True)
}


async def _read(
    only: ReplayFilter, limit: int, after: UUID | None, now: datetime | None, *, lock: bool
) -> tuple[list[_Replayable], dict[UUID, _CurrentBooking]]:
    values = msgspec.structs.asdict(only) | {"ids": None if only.ids is None else list(only.ids)}
    found = await _FOUND.rows(**values, after=after, limit=limit)
    told = await _TOLD[lock].structs(_CurrentBooking, schedules=[row["schedule"] for row in found if row["schedule"]])
    rows = await _ROWS[lock].structs(_Replayable, ids=[row["id"] for row in found], now=now)
    return rows, {one.schedule: one for one in told}


def _judge(
    row: _Replayable, told: dict[UUID, _CurrentBooking], channels: Collection[str], only: ReplayFilter
) -> _Judged:
    message = _decoded(row)
    skip = None if _is_still(row, only) else Skip.MOVED_ON
    skip = skip or (Skip.ALERT_OVER if row.is_done_alert else None)
    skip = skip or _skip(row, message, told.get(row.schedule) if row.schedule else None, channels)
    result = ReplayResult(
        id=row.id,
        schedule=row.schedule,
        kind=row.kind,
        channel=row.channel,
        recipient=row.recipient,
        state=row.state,
        reason=row.last_reason,
        may_have_arrived=row.state is DeliveryState.SENT or row.reported_by is not None,
        skip=skip,
    )
    return result, None if skip or message is None else _reopened(row, message)


def _skip(
    row: _Replayable, message: Message | None, told: _CurrentBooking | None, channels: Collection[str]
) -> Skip | None:
    """Return why this delivery is not replayed, or None; `told` is what its booking calls for now, if it has one."""
    if row.state is DeliveryState.PENDING:
        return Skip.PENDING
    is_out_of_date = row.has_slot_moved_on or (row.schedule is not None and _is_superseded(row, told))
    if row.state is DeliveryState.SUPERSEDED or is_out_of_date:
        # A new address makes a new revision too: then this says more, and has the advice.
        is_elsewhere = message is not None and told is not None and told.live and _has_moved(message, told)
        return Skip.ADDRESS_CHANGED if is_elsewhere else Skip.SUPERSEDED
    if row.channel not in channels:
        return Skip.CHANNEL_GONE
    if message is None:
        return Skip.UNREADABLE
    if message.deadline(row.now) <= row.now:
        return Skip.PAST
    return Skip.ADDRESS_CHANGED if told is not None and _has_moved(message, told) else None


def _has_moved(message: Message, told: _CurrentBooking) -> bool:
    """Return whether a message to a candidate is to another address than the candidate's present one."""
    if not isinstance(message, BookingMessage) or message.kind not in CANDIDATE_KINDS:
        return False
    return not is_same(message.candidate_email, told.address)


def _is_superseded(row: _Replayable, told: _CurrentBooking | None) -> bool:
    """Return whether the booking has moved on since; of a cancelled one, a candidate hears nothing but that."""
    if told is None or (row.revision < told.revision and row.revision != told.told_revision):
        return True
    return not told.live and row.kind in CANDIDATE_KINDS and row.kind != CancelledMessage.kind


def _decoded(row: _Replayable) -> Message | None:
    if row.payload_version != messages.PAYLOAD_VERSION or row.kind not in messages.KNOWN_KINDS:
        return None
    try:
        return messages.decode(row.kind, row.payload)
    except msgspec.MsgspecError:
        return None


def _reopened(row: _Replayable, message: Message) -> _Reopened:
    copied = row.state in _MAY_HAVE_ARRIVED
    return _Reopened(
        id=row.id,
        at_risk_at=retry.at_risk_at(row.now, message.starts_at) if message.required and message.starts_at else None,
        deadline_at=retry.deadline_at(row.now, useless_at=message.deadline(row.now)),
        message_id=threads.again(row.message_id, row.attempt_count) if copied else row.message_id,
    )


# Deliveries that have ended are due now, as if they were new.
_REOPEN = Statement("""
    UPDATE delivery SET state = 'pending', tries = 0, first_due_at = :now, due_at = :now, at_risk_at = new.at_risk_at,
        deadline_at = new.deadline_at, message_id = new.message_id, last_reason = NULL, last_reply = NULL,
        reported_by = NULL,
        at_risk_alerted_at = NULL, failure_alerted_at = NULL, bounced_at = NULL
    FROM unnest(:ids::uuid[], :at_risk_at::timestamptz[], :deadline_at::timestamptz[], :message_ids::text[])
        AS new(id, at_risk_at, deadline_at, message_id)
    WHERE delivery.id = new.id
""")


async def _reopen(reopened: Sequence[_Reopened], now: datetime) -> None:
    """Make these rows due now, as if they had never been tried or reported; their attempts and their trace stay."""
    await _REOPEN.run(
        ids=[one.id for one in reopened],
        at_risk_at=[one.at_risk_at for one in reopened],
        deadline_at=[one.deadline_at for one in reopened],
        message_ids=[one.message_id for one in reopened],
        now=now,
    )
