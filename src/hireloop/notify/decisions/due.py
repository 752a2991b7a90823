"""The sweep that decides what a message says once it is due: this, something else, nothing any more, or nothing yet.

Between the moment at which a message was put and the moment at which it is due, a try under way may have ended, and
people may have changed their minds. So what a party is told follows from what they have been told until then.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from hireloop import db
from hireloop.notify import ends, messages
from hireloop.notify.decisions import bookings, slots
from hireloop.notify.decisions.decision import Decision, Nothing, Say, Told, Undecided, Wait
from hireloop.notify.deliveries import retry
from hireloop.notify.ends import EndKind
from hireloop.statements import Statement

_TOGETHER = 100

# Messages that are due and undecided, locked; the earliest first.
_DUE = Statement("""
    SELECT id, schedule, slot, revision, kind, occasion, channel, recipient, payload::text, first_due_at, deadline_at,
        coalesce(:now, now()) AS now
    FROM delivery
    WHERE undecided AND state = 'pending' AND due_at <= coalesce(:now, now()) AND deadline_at > coalesce(:now, now())
      AND kind = ANY(:kinds::text[]) AND payload_version = :payload_version
    ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")
# What went out, or may have, about these bookings, the earliest revision first. A try that is under way, or
# whose worker was lost, may have arrived; what has bounced has not.
_TOLD = Statement("""
    SELECT id, schedule, slot, revision, kind, occasion, channel, recipient, payload::text, state, sent_at, message_id
    FROM delivery
    WHERE schedule = ANY(:schedules::uuid[]) AND attempt_count > 0
      AND state <> 'bounced' AND EXISTS (
        SELECT FROM attempt WHERE attempt.delivery = delivery.id
            AND (coalesce(outcome, 'lost') IN ('sent', 'lost') OR maybe_accepted)
      )
    ORDER BY revision, id
""")


async def decide(*, now: datetime | None = None) -> int:
    """Decide all that is due, and return how much; in short transactions, by any number of workers at once."""
    total, count = 0, _TOGETHER
    while count == _TOGETHER:
        count = await _decide_some(now)
        total += count
    return total


@db.transactional
async def _decide_some(now: datetime | None) -> int:
    due = await _DUE.structs(
        Undecided,
        now=now,
        kinds=sorted(messages.KNOWN_KINDS),
        payload_version=messages.PAYLOAD_VERSION,
        limit=_TOGETHER,
    )
    if not due:
        return 0
    told = await _TOLD.structs(Told, schedules=[one.schedule for one in due if one.schedule])
    decided = await bookings.decide([one for one in due if one.slot is None], told)
    decided |= await slots.decide([one for one in due if one.slot is not None])
    await _write(due, decided)
    return len(due)


# Messages are decided: they go out as they are now.
_SAY = Statement("""
    UPDATE delivery SET undecided = false, kind = said.kind, payload = said.payload::jsonb, starts_at = said.starts_at,
        deadline_at = said.deadline_at
    FROM unnest(:ids::uuid[], :kinds::text[], :payloads::text[], :starts_at::timestamptz[], :deadlines::timestamptz[])
        AS said(id, kind, payload, starts_at, deadline_at)
    WHERE delivery.id = said.id
""")
# Messages that have nothing to say any more end, and note which revision's said the same.
_END = Statement("""
    UPDATE delivery SET undecided = false, state = 'superseded', told_revision = nothing.told_revision
    FROM unnest(:ids::uuid[], :told::int[]) AS nothing(id, told_revision) WHERE delivery.id = nothing.id
    RETURNING delivery.id, kind, channel, required, traceparent
""")
# Messages wait longer.
_WAIT = Statement("""
    UPDATE delivery SET due_at = later.due_at FROM unnest(:ids::uuid[], :until::timestamptz[]) AS later(id, due_at)
    WHERE delivery.id = later.id
""")


async def _write(due: Sequence[Undecided], decided: dict[UUID, Decision]) -> None:
    said = [(one, it) for one in due if isinstance(it := decided[one.id], Say)]
    ended = [(one, it) for one in due if isinstance(it := decided[one.id], Nothing)]
    waiting = [(one, it) for one in due if isinstance(it := decided[one.id], Wait)]
    if said:
        await _SAY.run(
            ids=[one.id for one, _ in said],
            kinds=[it.message.kind for _, it in said],
            payloads=[messages.encode(it.message) for _, it in said],
            starts_at=[it.message.starts_at for _, it in said],
            deadlines=[
                retry.deadline_at(one.first_due_at, useless_at=it.message.deadline(one.now)) for one, it in said
            ],
        )
    if ended:
        rows = await _END.rows(ids=[one.id for one, _ in ended], told=[it.told_revision for _, it in ended])
        db.after_commit(partial(ends.say_all, ends.of_rows(rows, EndKind.SUPERSEDED)))
    if waiting:
        await _WAIT.run(ids=[one.id for one, _ in waiting], until=[it.until for _, it in waiting])
