"""What the interviewer of a slot is to hear: one notice of each change, put in the transaction of the change.

A notice says only that there may be something to tell. What, and whether at all, is decided when it is due
(`notify.decisions.slots`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import InterviewerUpdate
from hireloop.statements import Statement, read_clock

_TOGETHER = 200


class NoticeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A slot after a change that its interviewer is to hear of: whose slot it is, and at which revision."""

    slot_id: UUID
    revision: int
    interviewer_email: str | None
    starts_at: datetime
    ends_at: datetime
    taken: int = 0


def notice(about: NoticeFacts, *, to: str, may_wait: bool) -> InterviewerUpdate:
    """Return the notice of a change to one person, as it is put.

    It may wait for more changes unless somebody hears of the interview for the first time, or that it is off, and not
    because of a move.
    """
    return InterviewerUpdate(
        slot_id=about.slot_id,
        revision=about.revision,
        interviewer_email=to,
        starts_at=about.starts_at,
        ends_at=about.ends_at,
        may_wait=may_wait,
    )


def raise_fragment(now: str, *, unless: str = "false") -> str:
    """Return what an UPDATE of a slot sets so that its interviewer, if there is one, hears of it.

    `now` is SQL, and so is `unless`: the condition that there is nothing to hear.
    """
    is_told = f"(interviewer_email IS NOT NULL AND NOT ({unless}))"
    return f"""
        notice_revision = notice_revision + {is_told}::int,
        notice_key = CASE WHEN {is_told} THEN interviewer_key ELSE notice_key END, reminded_at = {now}
    """


_TOLD = "id AS slot_id, notice_revision AS revision, interviewer_email, starts_at, ends_at, taken"
# Seats of slots are taken, or freed. Nobody needs to hear any more of a slot that is over: that is where the bookings
# are moved from of candidates who did not come.
_CHANGE_SEATS = Statement(f"""
    UPDATE slot SET taken = taken + changed.seats,
        {raise_fragment(":now::timestamptz", unless="ends_at <= :now::timestamptz")}
    FROM unnest(:slots::uuid[], :seats::int[]) AS changed(slot, seats) WHERE slot.id = changed.slot
    RETURNING {_TOLD}
""")  # noqa: S608 (our own names)
# The interviewer of a slot hears of it, and so may the one before.
_CHANGE_HOLDER = Statement(f"""
    UPDATE slot SET notice_revision = notice_revision + 1, notice_key = interviewer_key, reminded_at = :now
    WHERE id = :slot RETURNING {_TOLD}
""")  # noqa: S608 (our own names)


async def change_seats(
    *, taken: Iterable[UUID] = (), freed: Iterable[UUID] = (), unchanged: Iterable[UUID] = (), now: datetime
) -> list[InterviewerUpdate]:
    """Take and free one seat for each time that a slot is named, and return the notices to the slots' interviewers.

    Of slots with `unchanged` seats, something is corrected that their interviewers were told of somebody in them. Of
    slots that are over there is nothing to tell. In the caller's transaction, which holds the slots. Constraints judge
    the seats.
    """
    entered, left = tuple(taken), tuple(freed)
    seats = Counter(dict.fromkeys(unchanged, 0))
    seats.update(entered)
    seats.subtract(left)
    rows = await _CHANGE_SEATS.structs(NoticeFacts, slots=list(seats), seats=list(seats.values()), now=now)
    # Nobody was there before: they hear of the interview. Nobody is there any more: they hear that it is off. But who
    # has moved may move again.
    is_move = bool(entered and left)
    return [
        notice(row, to=row.interviewer_email, may_wait=is_move or 0 < row.taken != seats[row.slot_id])
        for row in sorted(rows, key=lambda row: row.slot_id)
        if row.interviewer_email is not None and row.ends_at > now
    ]


async def change_holder(
    slot_id: UUID, *, tell: Sequence[str], may_wait: bool, now: datetime
) -> list[InterviewerUpdate]:
    """Return the notices to these addresses that a slot in use changed hands, or that its holder's details changed.

    In the caller's transaction, which holds the slot.
    """
    (row,) = await _CHANGE_HOLDER.structs(NoticeFacts, slot=slot_id, now=now)
    return [notice(row, to=address, may_wait=may_wait) for address in tell]


# Slots whose seats a process of 0.1.0 has changed, of which nobody is to be told any more.
_LET_BE = Statement("UPDATE slot SET unnoticed_since = NULL WHERE unnoticed_since IS NOT NULL AND ends_at <= :at")
# And those whose interviewer is to hear of it. One that somebody is changing has its turn in the next sweep.
_UNNOTICED = Statement("""
    SELECT id FROM slot WHERE unnoticed_since IS NOT NULL ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")


@db.transactional
async def put_due(outbox: Outbox, *, now: datetime | None = None) -> int:
    """Put the notices that processes of 0.1.0 put for none of their changes, and return how many; a sweep.

    They run beside this version during an upgrade. Any number of workers may do so at once.
    """
    at = await read_clock(now)
    await _LET_BE.run(at=at)
    unnoticed = [row["id"] for row in await _UNNOTICED.rows(limit=_TOGETHER)]
    if not unnoticed:
        return 0
    return len(await outbox.put(await change_seats(unchanged=unnoticed, now=at), now=at))
