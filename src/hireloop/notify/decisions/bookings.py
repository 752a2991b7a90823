"""What is still to say about one booking: to its candidate, and to the recruiters. Only `decide` reads the database."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.mail_addresses import is_same
from hireloop.notify import messages
from hireloop.notify.decisions.decision import WHILE_UNDER_WAY, Decision, Nothing, Say, Told, Undecided, Wait, wait
from hireloop.notify.deliveries.deliveries import INVITING_KINDS
from hireloop.notify.messages import (
    CANDIDATE_KINDS,
    BookingMessage,
    CancelledMessage,
    CopiedChange,
    InvitationMessage,
    Message,
    RecruiterCopyMessage,
    ReminderMessage,
    RescheduledMessage,
)
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement

_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(seconds=60)
# What a candidate knows of an interview from its invitation; where all of it is as before, there is nothing to say.
_FACTS = ("starts_at", "ends_at", "key_version", "interviewer_name")


class Inviting(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of the message that a revision's invitation is, or of the earlier one that said the same."""

    schedule: UUID
    revision: int
    state: DeliveryState
    sent_at: datetime | None
    told_revision: int | None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a recruiter copy."""

    schedule: UUID
    revision: int
    channel: str
    recipient: str
    state: DeliveryState
    change: CopiedChange
    by: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened to the messages about one booking until now."""

    told: Sequence[Told] = ()
    inviting: Sequence[Inviting] = ()
    copies: Sequence[Copy] = ()

    def is_invited_before(self, revision: int) -> bool:
        """Whether this hub had the invitation of an earlier revision: it knows nothing of what others have sent."""
        return any(it.revision < revision for it in self.inviting)


async def decide(due: Sequence[Undecided], told: Sequence[Told]) -> dict[UUID, Decision]:
    """Return what each message says, given all that may have arrived about its booking.

    Raises msgspec.ValidationError for a payload that does not fit its kind.
    """
    known = await _histories(due, told)
    return {one.id: decision(one, known.get(one.schedule, History())) for one in due}


def decision(one: Undecided, known: History) -> Decision:
    """Return what this message says; pure. One that was tried already, by a worker of 0.1.0, stays as it is."""
    message = messages.decode(one.kind, one.payload)
    if any(it.id == one.id for it in known.told):
        return Say(message)
    if any(it.is_under_way for it in known.told if (it.channel, it.recipient) == (one.channel, one.recipient)):
        return Wait(one.now + WHILE_UNDER_WAY)
    return _decided(one, message, known)


def _decided(one: Undecided, message: Message, known: History) -> Decision:
    match message:
        case ReminderMessage():
            return _reminder(one, message, known.inviting)
        case RescheduledMessage():
            return _move(one, message, known)
        case CancelledMessage():
            return _cancellation(one, message, known)
        case RecruiterCopyMessage():
            return _copy(one, message, known)
        case _:
            return Say(message)


def _move(one: Undecided, message: RescheduledMessage, history: History) -> Decision:
    """Return what a candidate hears of a new time, in the words that fit what has reached this address of theirs.

    What arrived counts for what they know; what may have arrived, since then, for what they may know besides.
    """
    told = [it for it in history.told if it.kind in CANDIDATE_KINDS]
    heard = [it for it in told if is_same(it.recipient, one.recipient)]
    if not heard:
        return Say(_invitation(message) if history.is_invited_before(one.revision) else _of_move(message))
    known = [(it, said) for it in heard if isinstance(said := _read(it), InvitationMessage)]
    arrived = [at for at, (it, _) in enumerate(known) if it.is_sure and it.kind in INVITING_KINDS]
    # The last that arrived, and all that may have arrived since.
    latest = known[arrived[-1] :] if arrived else known
    if arrived and all(_facts(said) == _facts(message) for _, said in latest):
        return Nothing(latest[0][0].revision)
    if any(said.key_version != message.key_version for _, said in latest):
        return Say(_invitation(message))  # a mail about a move says that the link stays the same
    if not latest:
        return Say(_of_move(message))
    starts = [said.starts_at for _, said in [*(latest[:1] if arrived else []), *reversed(latest)]]
    others = [start for start in starts if start != message.starts_at]
    return Say(msgspec.structs.replace(message, previous_starts_at=others[0]) if others else _invitation(message))


def _cancellation(one: Undecided, message: CancelledMessage, history: History) -> Decision:
    """Return what a candidate hears of the end of a booking: of the time that they know, if they know of any.

    Whichever of their addresses something has reached: they know of it. The recruiter is the one of that mail, too:
    calendars take a cancellation from nobody but the organizer of the entry (RFC 5546).
    """
    heard = [it for it in history.told if it.kind in CANDIDATE_KINDS and it.kind != message.kind]
    if not heard and history.is_invited_before(one.revision):
        return Nothing(0)
    known = [(it.is_sure, said) for it in heard if isinstance(said := _read(it), BookingMessage)]
    arrived = [said for is_sure, said in known if is_sure] or [said for _, said in known]
    if not arrived:
        return Say(message)
    last = arrived[-1]
    known_as = {"starts_at": last.starts_at, "ends_at": last.ends_at, "recruiter_email": last.recruiter_email}
    return Say(msgspec.structs.replace(message, **known_as))


def _reminder(one: Undecided, message: ReminderMessage, inviting: Sequence[Inviting]) -> Decision:
    """Return whether a candidate is reminded: not before they were invited, and not of what they have just heard."""
    ours = {it.revision: it for it in inviting}
    invitation = ours.get(one.revision)
    if invitation is not None and invitation.told_revision:
        invitation = ours.get(invitation.told_revision)
    if invitation is None:
        return Say(message)
    if invitation.state is DeliveryState.PENDING:
        waited = (one.now - one.first_due_at) / 4
        return wait(one, one.now + min(max(waited, _SHORTEST_WAIT), _LONGEST_WAIT))
    if invitation.state is DeliveryState.SENT and invitation.sent_at and invitation.sent_at >= one.first_due_at:
        return Nothing(invitation.revision)
    return Say(message)


def _copy(one: Undecided, message: RecruiterCopyMessage, known: History) -> Decision:
    """Return what recruiters hear of a change: a booking of which this one has taken the place is new to them."""
    heard = [it for it in known.told if (it.kind, it.channel, it.recipient) == (one.kind, one.channel, one.recipient)]
    before = [it for it in known.copies if (it.channel, it.recipient) == (one.channel, one.recipient)]
    before = [it for it in before if it.revision < one.revision]
    if not heard and before and all(it.state is DeliveryState.SUPERSEDED for it in before):
        if message.change is CopiedChange.CANCELLED:
            return Nothing(0)
        return Say(msgspec.structs.replace(message, change=CopiedChange.BOOKED, by=before[0].by))
    if not heard:
        return Say(message)
    last, said = heard[-1], _read(heard[-1])
    is_same = message.change is CopiedChange.RESCHEDULED and _times(said) == _times(message)
    return Nothing(last.revision) if is_same and last.is_sure else Say(message)


def _of_move(message: RescheduledMessage) -> InvitationMessage:
    """Return a message about a move as it was put; about something else than the time it is an invitation."""
    return message if message.previous_starts_at != message.starts_at else _invitation(message)


def _invitation(message: RescheduledMessage) -> InvitationMessage:
    """Return a message about a move as an invitation to the new time."""
    return InvitationMessage(**{name: getattr(message, name) for name in InvitationMessage.__struct_fields__})


def _read(told: Told) -> Message | None:
    """Return what a message said; None if a newer version wrote it, or it cannot be read any more."""
    try:
        return messages.decode(told.kind, told.payload)
    except (msgspec.MsgspecError, KeyError):
        return None


def _facts(message: InvitationMessage) -> tuple[object, ...]:
    return tuple(getattr(message, name, "") for name in _FACTS)


def _times(message: Message | None) -> tuple[object, ...]:
    """Return when the interview is; of one that is off, nothing."""
    if not isinstance(message, RecruiterCopyMessage) or message.change is CopiedChange.CANCELLED:
        return ()
    return message.starts_at, message.ends_at


# What has become of the invitations to some bookings, of all their revisions.
_INVITING = Statement("""
    SELECT schedule, revision, state, sent_at, told_revision FROM delivery
    WHERE schedule = ANY(:schedules::uuid[]) AND required AND kind = ANY(:kinds::text[])
    ORDER BY revision, told_revision NULLS LAST, id
""")
# What has become of the recruiter copies of some bookings.
_COPIES = Statement("""
    SELECT schedule, revision, channel, recipient, state, payload->>'change' AS change, payload->>'by' AS by
    FROM delivery WHERE schedule = ANY(:schedules::uuid[]) AND kind = :kind ORDER BY revision, id
""")


async def _histories(due: Sequence[Undecided], told: Sequence[Told]) -> dict[UUID | None, History]:
    """Return what is known of the bookings of these messages; no more than their kinds need."""
    invited = {one.schedule for one in due if one.kind in CANDIDATE_KINDS}
    copied = {one.schedule for one in due if one.kind == RecruiterCopyMessage.kind}
    inviting, copies = await _invitations_of(invited), await _copies_of(copied)
    return {
        schedule: History(
            told=[it for it in told if it.schedule == schedule],
            inviting=[it for it in inviting if it.schedule == schedule],
            copies=[it for it in copies if it.schedule == schedule],
        )
        for schedule in {one.schedule for one in due}
    }


async def _invitations_of(schedules: Collection[UUID | None]) -> list[Inviting]:
    if not schedules:
        return []
    return await _INVITING.structs(Inviting, schedules=list(schedules), kinds=sorted(INVITING_KINDS))


async def _copies_of(schedules: Collection[UUID | None]) -> list[Copy]:
    if not schedules:
        return []
    return await _COPIES.structs(Copy, schedules=list(schedules), kind=RecruiterCopyMessage.kind)
