"""The sweep that decides what a message says once it is due: this, something else, nothing any more, or nothing yet.

Between the moment at which a message was put and the moment at which it is due, a try under way may have ended, and
people may have changed their minds. So what a party is told follows from what they have been told until then.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import ends, messages
from hireloop.notify.decisions import bookings, slots
from hireloop.notify.decisions.decision import Decision, Nothing, Say, Told, Undecided, Wait, under_way_fragment
from hireloop.notify.deliveries import retry
from hireloop.notify.deliveries.deliveries import may_have_arrived_fragment
from hireloop.notify.ends import EndKind
from hireloop.statements import Statement

_TOGETHER = 100

# Messages that are due and undecided, locked; the earliest first. A worker of 0.1.0 may be sending one: that one waits.
_DUE = Statement("""
    SELECT id, schedule, slot, revision, kind, occasion, channel, recipient, payload::text, first_due_at, deadline_at,
        coalesce(:now, now()) AS now
    FROM delivery
    WHERE undecided AND state = 'pending' AND due_at <= coalesce(:now, now()) AND deadline_at > coalesce(:now, now())
      AND (leased_until IS NULL OR leased_until <= coalesce(:now, now()))
      AND kind = ANY(:kinds::text[]) AND payload_version = :payload_version
    ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")
# What went out, or may have, about these bookings, the earliest revision first. What was sent before it was replayed
# may have bounced, and what came back unread may be a bounce.
_TOLD = Statement(f"""
    SELECT id, schedule, slot, revision, kind, occasion, channel, recipient, payload::text, state, sent_at, message_id,
        coalesce(sent_at >= first_due_at, false) AND coalesce(last_reason, '') <> 'came_back' AS is_sure,
        {under_way_fragment()} AS is_under_way
    FROM delivery
    WHERE schedule = ANY(:schedules::uuid[]) AND {may_have_arrived_fragment()}
    ORDER BY revision, id
""")  # noqa: S608 (our own words)


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
    readable = [one for one in due if _is_readable(one)]
    await _LEAVE.run(ids=[one.id for one in due if one not in readable])
    told = await _TOLD.structs(Told, now=now, schedules=[one.schedule for one in readable if one.schedule])
    decided = await bookings.decide([one for one in readable if one.slot is None], told)
    decided |= await slots.decide([one for one in readable if one.slot is not None])
    await _write(readable, decided)
    return len(due)


# What cannot be read is not held up here: its tries say why, and report it.
_LEAVE = Statement("UPDATE delivery SET undecided = false WHERE id = ANY(:ids::uuid[])")


def _is_readable(one: Undecided) -> bool:
    try:
        messages.decode(one.kind, one.payload)
    except msgspec.MsgspecError:
        return False
    return True


# Messages are decided: they go out as they are now. That never takes time from one, nor gives any to what an erased
# person still gets.
_SAY = Statement("""
    UPDATE delivery SET undecided = false, kind = said.kind, payload = said.payload::jsonb, starts_at = said.starts_at,
        deadline_at = CASE WHEN erased_at IS NULL THEN greatest(delivery.deadline_at, said.deadline_at)
            ELSE delivery.deadline_at END
    FROM unnest(:ids::uuid[], :kinds::text[], :payloads::text[], :starts_at::timestamptz[], :deadlines::timestamptz[])
        AS said(id, kind, payload, starts_at, deadline_at)
    WHERE delivery.id = said.id
""")
# Messages that have nothing to say any more end, and note which revision's said the same.
_END = Statement("""
    UPDATE delivery SET undecided = false, state = 'superseded', told_revision = nothing.told_revision,
        lease_token = NULL, leased_until = NULL
    FROM unnest(:ids::uuid[], :told::int[]) AS nothing(id, told_revision) WHERE delivery.id = nothing.id
    RETURNING delivery.id, kind, channel, required, traceparent
""")
# What said the same, and was sent although a newer revision had superseded it meanwhile, is right again: it can bounce,
# be replayed and be reported like anything else that was sent.
_IS_RIGHT_AGAIN = Statement("""
    UPDATE delivery SET state = 'sent'
    FROM delivery ended
    WHERE ended.id = ANY(:ids::uuid[]) AND ended.told_revision > 0 AND delivery.revision = ended.told_revision
      AND (delivery.schedule = ended.schedule OR delivery.slot = ended.slot)
      AND (delivery.channel, delivery.required) = (ended.channel, ended.required)
      AND address_key(delivery.recipient) = address_key(ended.recipient)
      AND party_of(delivery.kind) IS NOT DISTINCT FROM party_of(ended.kind)
      AND delivery.kind <> 'alert' AND delivery.state = 'superseded' AND delivery.sent_at >= delivery.first_due_at
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
        await _IS_RIGHT_AGAIN.run(ids=[one.id for one, _ in ended])
        db.after_commit(partial(ends.say_all, ends.of_rows(rows, EndKind.SUPERSEDED)))
    if waiting:
        await _WAIT.run(ids=[one.id for one, _ in waiting], until=[it.until for _, it in waiting])
