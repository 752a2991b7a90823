"""The history of a booking: every fact that is known of it, with its time and who did it. Pure but for one query."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.scheduling import audit
from hireloop.scheduling.audit import CANDIDATE, Action, AuditEntryDetails
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.history import BookingChange, Move
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.web.bookings.headline import LABELS, HeadlineCode, session_state_of
from hireloop.wording.phrases import phrase

CHANGES: Mapping[BookingChange, str] = {
    BookingChange.CONFIRMED: LABELS[HeadlineCode.CONFIRMED].words,
    BookingChange.RESCHEDULED: phrase("Moved"),
    BookingChange.CANCELLED: LABELS[HeadlineCode.CANCELLED].words,
    BookingChange.ADDRESS_CHANGED: phrase("The candidate's address changed"),
    BookingChange.REISSUED: phrase("A new link was sent"),
    BookingChange.REVOKED: LABELS[HeadlineCode.LINK_REVOKED].words,
}
_INTERVIEWER_CHANGED = phrase("Interviewer changed")
_WHO_HOLDS_IT = {"interviewer_email", "interviewer_name"}
_ACTIONS = [Action.SCHEDULE_BOOKED, Action.INTERVIEW_MISSED, Action.INTERVIEW_COMPLETED, Action.SLOT_CHANGED]


class TimelineFact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened to a booking."""

    at: datetime
    words: str
    by: str = ""  # empty: by the clock, or it is not known
    reason: str = ""
    moved: Move | None = None
    devices: dict[str, str] | None = None  # what a check found


async def timeline_of(booking: Booking) -> list[TimelineFact]:
    """Return what is known to have happened to a booking, in the order of time."""
    slots = {booking.slot, *(past.moved.from_slot for past in booking.changes if past.moved)}
    return facts_of(booking, await audit.about([booking.id, booking.interview, *slots], _ACTIONS))


def facts_of(booking: Booking, audited: Sequence[AuditEntryDetails]) -> list[TimelineFact]:
    """Return the same, given what the audit says of the booking, its interview and its slots."""
    ours = [one for one in audited if one.subject != booking.interview or _is_ours(one, booking)]
    by = {one.action: one.actor for one in ours}
    found = [
        TimelineFact(at=booking.booked_at, words=_words(HeadlineCode.BOOKED), by=by.get(Action.SCHEDULE_BOOKED, "")),
        *(
            TimelineFact(at=past.at, words=CHANGES[past.change], by=past.by, reason=past.reason, moved=past.moved)
            for past in booking.changes
        ),
        *_of_session(booking, by),
        *_no_shows(booking, ours),
        *_handovers(booking, ours),
    ]
    return sorted(found, key=lambda one: one.at)


def _words(code: HeadlineCode) -> str:
    return LABELS[code].words


def _is_ours(entry: AuditEntryDetails, booking: Booking) -> bool:
    """Return whether an entry about the interview is about this booking; of an erased person, that is not known."""
    return entry.details.get("schedule") == str(booking.id)


def _of_session(booking: Booking, by: Mapping[Action, str]) -> Iterator[TimelineFact]:
    session = booking.session
    latest = [session.device_check] if session.device_check is not None else []
    for check in [*session.earlier_device_checks, *latest]:
        works = check["camera"] == check["microphone"] == "ok"
        words = _words(HeadlineCode.DEVICES_READY if works else HeadlineCode.DEVICES_FAILED)
        at = datetime.fromisoformat(check["checked_at"])
        yield TimelineFact(at=at, words=words, by=CANDIDATE.name, devices=check)
    if session.entered_at is not None:
        yield TimelineFact(at=session.entered_at, words=_words(HeadlineCode.STARTED), by=CANDIDATE.name)
    if session.left_at is not None:
        ended_by = by.get(Action.INTERVIEW_COMPLETED, "")
        yield TimelineFact(at=session.left_at, words=_words(HeadlineCode.FINISHED), by=ended_by)
    for asked_at in [*session.earlier_late_requests, session.late_requested_at]:
        if asked_at is not None:
            words = _words(HeadlineCode.ANOTHER_TIME_REQUESTED)
            yield TimelineFact(at=asked_at, words=words, by=CANDIDATE.name)


def _no_shows(booking: Booking, audited: Iterable[AuditEntryDetails]) -> Iterator[TimelineFact]:
    """Yield when nobody came: as it was recorded, also before a move; and now, before it is recorded."""
    times = [one.at for one in audited if one.action is Action.INTERVIEW_MISSED]
    closes_at = booking.session.closes_at
    if session_state_of(booking) is SessionState.EXPIRED and not any(at >= closes_at for at in times):
        times.append(closes_at)
    yield from (TimelineFact(at=at, words=_words(HeadlineCode.NO_SHOW)) for at in times)


def _handovers(booking: Booking, audited: Iterable[AuditEntryDetails]) -> Iterator[TimelineFact]:
    """Yield when the interviewer of a slot changed while the booking was in it."""
    for one in audited:
        is_about_them = one.action is Action.SLOT_CHANGED and _WHO_HOLDS_IT & {*one.details.get("fields", [])}
        if is_about_them and one.subject == _slot_at(booking, one.at):
            yield TimelineFact(at=one.at, words=_INTERVIEWER_CHANGED, by=one.actor)


def _slot_at(booking: Booking, at: datetime) -> UUID | None:
    """Return in which slot the booking was then."""
    if at < booking.booked_at:
        return None
    moves = [(past.at, past.moved) for past in booking.changes if past.moved is not None]
    return next((move.from_slot for moved_at, move in moves if at < moved_at), booking.slot)
