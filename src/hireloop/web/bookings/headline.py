"""What is said of a booking in a few words: its headline, and what about it needs attention. Pure.

The headline is what happened last. Of a booking that lies ahead, what is wrong with it is not hidden by something
good that is older (docs/decisions/0074-one-label-of-a-booking.md).
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, assert_never

import msgspec

from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.deliveries.failures import MATTERS_AFTER_DEADLINE, TOO_LONG_UNHEARD
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.sessions.sessions import SessionState, late_request_at, state_of
from hireloop.scheduling.tables import ScheduleState
from hireloop.wording.phrases import phrase

MISSED_MATTERS = timedelta(days=7)
REQUEST_MATTERS = timedelta(days=30)
NEAR = timedelta(minutes=60)
_QUIET, _LEAST_QUIET = timedelta(minutes=15), timedelta(minutes=2)
_WORKS = "ok"
UNSEEN = phrase(
    "The interview is soon, and the candidate has neither checked their devices nor entered. They may not have seen "
    "the invitation."
)


class HeadlineCode(StrEnum):
    """A fact about a booking that its headline states; what needs attention comes first, the worst before all."""

    CANDIDATE_NOT_REACHED = "candidate_not_reached"
    ANOTHER_TIME_REQUESTED = "another_time_requested"
    NO_SHOW = "no_show"
    INTERVIEWER_NOT_REACHED = "interviewer_not_reached"
    ALERT_UNHEARD = "alert_unheard"  # never a headline: whatever the alert is about is one
    AT_RISK = "at_risk"
    DEVICES_FAILED = "devices_failed"
    MAYBE_UNSEEN = "maybe_unseen"
    CANCELLED = "cancelled"
    DECLINED = "declined"  # cancelled by the candidate
    FINISHED = "finished"
    STARTED = "started"
    LINK_REVOKED = "link_revoked"
    DEVICES_READY = "devices_ready"
    CONFIRMED = "confirmed"
    TIME_CHOSEN = "time_chosen"  # by the candidate, who has moved the booking
    INVITED = "invited"
    INVITING = "inviting"
    BOOKED = "booked"  # and there is nothing to be told


class Label(NamedTuple):
    """How a state is shown, so that nobody has to see colours to understand it."""

    sign: str
    words: str
    tone: str  # a class of the style sheet: good, bad, waiting, quiet


LABELS: Mapping[HeadlineCode, Label] = {
    HeadlineCode.CANDIDATE_NOT_REACHED: Label("✕", phrase("Candidate not reached"), "bad"),
    HeadlineCode.ANOTHER_TIME_REQUESTED: Label("!", phrase("Asked for another time"), "bad"),
    HeadlineCode.NO_SHOW: Label("✕", phrase("No-show"), "bad"),
    HeadlineCode.INTERVIEWER_NOT_REACHED: Label("✕", phrase("Interviewer not reached"), "bad"),
    HeadlineCode.ALERT_UNHEARD: Label("!", phrase("The alert has not reached anyone yet"), "bad"),
    HeadlineCode.AT_RISK: Label("!", phrase("At risk: not accepted yet, and time is running out"), "bad"),
    HeadlineCode.DEVICES_FAILED: Label("!", phrase("Device check failed"), "bad"),
    HeadlineCode.MAYBE_UNSEEN: Label("!", phrase("Invitation possibly not seen"), "bad"),
    HeadlineCode.CANCELLED: Label("✕", phrase("Cancelled"), "quiet"),
    HeadlineCode.DECLINED: Label("✕", phrase("Cancelled by the candidate"), "quiet"),
    HeadlineCode.FINISHED: Label("✓", phrase("Interview finished"), "good"),
    HeadlineCode.STARTED: Label("●", phrase("Interview started"), "good"),
    HeadlineCode.LINK_REVOKED: Label("–", phrase("Link revoked"), "quiet"),  # noqa: RUF001 (a sign)
    HeadlineCode.DEVICES_READY: Label("✓", phrase("Device check passed"), "good"),
    HeadlineCode.CONFIRMED: Label("✓", phrase("Confirmed"), "good"),
    HeadlineCode.TIME_CHOSEN: Label("✓", phrase("Time chosen by the candidate"), "good"),
    HeadlineCode.INVITED: Label("○", phrase("Invited, not confirmed yet"), "waiting"),
    HeadlineCode.INVITING: Label("→", phrase("Invitation on its way"), "waiting"),
    HeadlineCode.BOOKED: Label("○", phrase("Booked"), "waiting"),
}
_ORDER = list(HeadlineCode)


class Headline(msgspec.Struct, frozen=True):
    """A fact about a booking, and since when it is one."""

    code: HeadlineCode
    at: datetime

    @property
    def label(self) -> Label:
        """How it is shown."""
        return LABELS[self.code]


class PartyNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands what one person is told of a booking as it is now."""

    state: InvitationState
    at: datetime  # since when
    matters_until: datetime


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands what the people of a booking are told."""

    candidate: PartyNotice
    interviewers: Collection[PartyNotice] = ()
    unheard_since: datetime | None = None  # an alert about one of these messages has not reached anyone since then


def matters_until(deadline_at: datetime) -> datetime:
    """Return until when a message that failed needs somebody."""
    return deadline_at + MATTERS_AFTER_DEADLINE


def headline_of(booking: Booking, notices: Notices) -> Headline:
    """Return what happened last to a booking, at its `now`."""
    session = booking.session
    if booking.state is ScheduleState.CANCELLED:
        return _cancelled(booking)
    state = session_state_of(booking)
    if state is SessionState.FINISHED and session.left_at is not None:
        return Headline(HeadlineCode.FINISHED, session.left_at)
    if state is SessionState.REVOKED and session.revoked_at is not None:
        return Headline(HeadlineCode.LINK_REVOKED, session.revoked_at)
    if state is SessionState.ENTERED and session.entered_at is not None:
        return Headline(HeadlineCode.STARTED, session.entered_at)
    if state is SessionState.EXPIRED:
        return _missed(booking)
    return _ahead(booking, notices)


def attention_of(booking: Booking, notices: Notices) -> list[Headline]:
    """Return what needs attention, the worst first, each once."""
    found: dict[HeadlineCode, Headline] = {}
    for one in _needing_attention(booking, notices):
        known = found.get(one.code)
        if known is None or one.at < known.at:
            found[one.code] = one
    return sorted(found.values(), key=_place)


def session_state_of(booking: Booking) -> SessionState:
    """Return the state of a booking's session."""
    session = booking.session
    return state_of(
        now=booking.now,
        closes_at=session.closes_at,
        entered_at=session.entered_at,
        left_at=session.left_at,
        revoked_at=session.revoked_at,
    )


def _place(one: Headline) -> int:
    return _ORDER.index(one.code)


def _cancelled(booking: Booking) -> Headline:
    past = _latest(booking, BookingChange.CANCELLED)
    if past is None:
        return Headline(HeadlineCode.CANCELLED, booking.booked_at)
    return Headline(HeadlineCode.DECLINED if past.by == CANDIDATE.name else HeadlineCode.CANCELLED, past.at)


def _missed(booking: Booking) -> Headline:
    """Return what is said of a booking that nobody came to."""
    asked_at = late_request_at(booking.session.late_requested_at, booking.session.closes_at)
    if asked_at is not None:
        return Headline(HeadlineCode.ANOTHER_TIME_REQUESTED, asked_at)
    return Headline(HeadlineCode.NO_SHOW, booking.session.closes_at)


def _ahead(booking: Booking, notices: Notices) -> Headline:
    """Return what is said of a booking that can still be entered.

    As long as the candidate's message needs attention, what others have done for them says nothing: only what they
    do by themselves afterwards shows that they know.
    """
    theirs = _about_candidate(booking, notices.candidate)
    others = _about_interviewers(notices.interviewers)
    done = [fact for fact, is_theirs in _done(booking) if is_theirs or not theirs]
    known = [*theirs, *others, *done]
    if not known:
        return _invited(booking, notices.candidate)
    return max(known, key=lambda one: (one.at, -_place(one)))


def _invited(booking: Booking, told: PartyNotice) -> Headline:
    match told.state:
        case InvitationState.SENT:
            return Headline(HeadlineCode.INVITED, told.at)
        case InvitationState.PENDING:
            return Headline(HeadlineCode.INVITING, told.at)
        case InvitationState.NONE | InvitationState.FAILED | InvitationState.AT_RISK:
            return Headline(HeadlineCode.BOOKED, booking.booked_at)
    assert_never(told.state)


def _done(booking: Booking) -> Iterator[tuple[Headline, bool]]:
    """Yield what was done for the time as it is now, and whether the candidate did it."""
    move = _latest(booking, BookingChange.RESCHEDULED)
    if move is not None and move.by == CANDIDATE.name:
        yield Headline(HeadlineCode.TIME_CHOSEN, move.at), True
    confirmation = _latest(booking, BookingChange.CONFIRMED)
    if booking.state is ScheduleState.CONFIRMED:
        at = confirmation.at if confirmation is not None else booking.booked_at
        yield Headline(HeadlineCode.CONFIRMED, at), confirmation is not None and confirmation.by == CANDIDATE.name
    check = _device_check(booking)
    if check is not None:
        yield check, True


def _device_check(booking: Booking) -> Headline | None:
    """Return how the latest check of the devices ended, unless the booking was moved since."""
    check, move = booking.session.device_check, _latest(booking, BookingChange.RESCHEDULED)
    if check is None:
        return None
    checked_at = datetime.fromisoformat(check["checked_at"])
    if move is not None and checked_at <= move.at:
        return None
    works = check["camera"] == check["microphone"] == _WORKS
    return Headline(HeadlineCode.DEVICES_READY if works else HeadlineCode.DEVICES_FAILED, checked_at)


def _latest(booking: Booking, change: BookingChange) -> HistoryEntry | None:
    return next((past for past in reversed(booking.changes) if past.change is change), None)


def _needing_attention(booking: Booking, notices: Notices) -> Iterator[Headline]:
    state = session_state_of(booking)
    is_off = booking.state is ScheduleState.CANCELLED
    was_entered = state in {SessionState.ENTERED, SessionState.FINISHED}
    if notices.candidate.matters_until > booking.now and (is_off or not was_entered):
        yield from _about_candidate(booking, notices.candidate)
    if is_off or state is not SessionState.FINISHED:
        yield from _about_interviewers([one for one in notices.interviewers if one.matters_until > booking.now])
    if notices.unheard_since is not None and notices.unheard_since <= booking.now - TOO_LONG_UNHEARD:
        yield Headline(HeadlineCode.ALERT_UNHEARD, notices.unheard_since)
    if is_off or booking.is_erased:
        return
    if state is SessionState.EXPIRED:
        missed = _missed(booking)
        matters = MISSED_MATTERS if missed.code is HeadlineCode.NO_SHOW else REQUEST_MATTERS
        if missed.at > booking.now - matters:
            yield missed
    check = _device_check(booking)
    if state is SessionState.SCHEDULED and check is not None and check.code is HeadlineCode.DEVICES_FAILED:
        yield check


def _about_candidate(booking: Booking, told: PartyNotice) -> list[Headline]:
    if told.state is InvitationState.FAILED:
        return [Headline(HeadlineCode.CANDIDATE_NOT_REACHED, told.at)]
    if told.state is InvitationState.AT_RISK:
        return [Headline(HeadlineCode.AT_RISK, told.at)]
    unseen_since = _unseen_since(booking, told)
    return [] if unseen_since is None else [Headline(HeadlineCode.MAYBE_UNSEEN, unseen_since)]


_OF_INTERVIEWERS = {
    InvitationState.FAILED: HeadlineCode.INTERVIEWER_NOT_REACHED,
    InvitationState.AT_RISK: HeadlineCode.AT_RISK,
}


def _about_interviewers(notices: Collection[PartyNotice]) -> list[Headline]:
    return [Headline(_OF_INTERVIEWERS[told.state], told.at) for told in notices if told.state in _OF_INTERVIEWERS]


def _unseen_since(booking: Booking, told: PartyNotice) -> datetime | None:
    """Return since when the interview is soon and nothing shows that anyone has read the invitation, or None.

    Opening a link leaves no trace, since mail scanners open links too: a device check, the entry and whatever the
    candidate has pressed do. Nobody reads their mail at once: there are 15 minutes to do so, or half of the time until
    the start if that is less.
    """
    if told.state is not InvitationState.SENT or booking.state is ScheduleState.CANCELLED:
        return None
    session = booking.session
    quiet = min(_QUIET, max((booking.starts_at - told.at) / 2, _LEAST_QUIET))
    since = max(booking.starts_at - NEAR, told.at + quiet)
    has_shown = (
        _device_check(booking) is not None
        or session.entered_at is not None
        or session.revoked_at is not None
        or any(past.by == CANDIDATE.name and past.revision == booking.revision for past in booking.changes)
    )
    return since if since <= booking.now <= session.closes_at and not has_shown else None
