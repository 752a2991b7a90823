"""Corrections to a candidate; a new address means fresh invitations to everything still to come.

The link and its key stay: a mistyped address is the usual reason, and anyone who has the link may use it. Where a
stranger may have got the old mail, reissue the session's key (docs/decisions/0028).
"""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, mail_addresses
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit, fields, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings.changes import invitation, note
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.bookings.locked import lock_all
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails, CandidatePatch
from hireloop.scheduling.slots import notices
from hireloop.scheduling.tables import Candidate, Schedule
from hireloop.statements import Statement, read_clock
from hireloop.telemetry import spans


class CorrectionResult(msgspec.Struct, frozen=True):
    """A candidate after a change, and how many bookings they were invited to anew, at their new address."""

    candidate: CandidateDetails
    invited_anew: int = 0


@spans.of_change("candidate.change")
@db.transactional
async def change(
    candidate_id: UUID,
    changes: CandidatePatch,
    *,
    by: Actor,
    outbox: Outbox,
    check: Check[CandidateDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> CorrectionResult:
    """Change the given fields of a candidate; if their address changes, invite them again to what is still to come.

    One transaction, in which `check` may refuse it. A value that stays the same is no change. Raises NotFound,
    BadInput, AddressTaken if another candidate has that address, and, where bookings are invited to anew,
    TooManyReinvitations and TooManyMessages.
    """
    known = await candidates.lock(candidate_id)
    at = await read_clock(now)
    spelt = fields.spelt(changes, known=known)
    await check(known)
    changed = patches.changed(known, spelt)
    if not changed:
        return CorrectionResult(known)
    values = dict(changed)
    if not mail_addresses.is_same(known.email, changed.get("email", known.email)):
        await candidates.refuse_taken(changed["email"], by_others_than=candidate_id)
        values |= {"address_twin": 0}
    await Candidate.update(**values).where(Candidate.id == candidate_id)
    after = msgspec.structs.replace(known, **changed)
    entry = NewAuditEntry(
        action=Action.CANDIDATE_CHANGED,
        subject=candidate_id,
        candidate=candidate_id,
        by=by,
        details={"fields": sorted(changed)},  # never their values: those are the person's
    )
    await audit.record(entry, at=at)
    if changed.keys() & {"full_name", "email"}:
        await _notify_interviewers(candidate_id, by=by, outbox=outbox, now=at)
    if mail_addresses.is_same(known.email, after.email):
        return CorrectionResult(after)
    return CorrectionResult(after, await follow(candidate_id, by=by, outbox=outbox, now=at))


async def _notify_interviewers(candidate_id: UUID, *, by: Actor, outbox: Outbox, now: datetime) -> None:
    """Put a notice to each interviewer whom this candidate will meet, and who was told another name or address."""
    rows = await _TO_COME.rows(candidate=candidate_id)
    held = await lock_all([row["id"] for row in rows], now=now) if rows else []
    slots = {booking.slot_id for booking in held if booking.is_to_come}
    told = await notices.change_seats(unchanged=sorted(slots), now=now)
    if told:
        await outbox.put(told, now=now, key=by.key)


# A candidate's bookings that they can still come to, unless they are past: that is for the lock's moment to say.
_TO_COME = Statement("""
    SELECT sc.id FROM schedule sc JOIN session se ON se.schedule = sc.id
    WHERE sc.candidate = :candidate AND sc.state <> 'cancelled' AND se.entered_at IS NULL AND se.revoked_at IS NULL
""")


async def follow(candidate_id: UUID, *, by: Actor, outbox: Outbox, now: datetime | None = None) -> int:
    """Invite a candidate again, at their present address, to interviews that they can still enter; return how many.

    Each such booking has a new revision, and what was unsent is superseded. Candidates who are in an interview, have
    left it, came too late or lost their link are not invited. In the caller's transaction, which holds the candidate.
    """
    rows = await _TO_COME.rows(candidate=candidate_id)
    if not rows:
        return 0
    held = await lock_all([row["id"] for row in rows], now=now)
    to_come = [booking for booking in held if booking.is_to_come]  # one may have been entered before it was locked
    told = []
    for booking in to_come:
        revision = await note(booking, BookingChange.ADDRESS_CHANGED, by=by)
        # A reminder that is due by now would come on the heels of the invitation.
        await Schedule.update({Schedule.reminded_at: booking.now}).where(Schedule.id == booking.schedule_id)
        told.append(invitation(booking, revision))
    if told:
        await outbox.invite_again(told, now=held[0].now, key=by.key)
    return len(to_come)
