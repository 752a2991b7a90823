"""The console's words: each state with a sign and words, so that no colour has to be seen to understand it. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hireloop import errors
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, InvitationState
from hireloop.notify.deliveries.ledger import CANCELLING_KIND
from hireloop.notify.reasons import sentence_of
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.tables import ScheduleState
from hireloop.web.delivery_response import DeliverySummary


class Label(NamedTuple):
    """How a state is shown."""

    sign: str
    words: str
    tone: str  # a class of the style sheet: good, bad, waiting, quiet


BOOKINGS: Mapping[ScheduleState, Label] = {
    ScheduleState.PENDING: Label("○", "Waiting for the candidate's word", "waiting"),
    ScheduleState.CONFIRMED: Label("✓", "Confirmed", "good"),
    ScheduleState.CANCELLED: Label("✕", "Cancelled", "quiet"),
}
INVITATIONS: Mapping[InvitationState, Label] = {
    InvitationState.PENDING: Label("→", "Invitation on its way", "waiting"),
    InvitationState.SENT: Label("✓", "Invitation taken by the mail server", "good"),
    InvitationState.AT_RISK: Label("!", "Invitation at risk: not taken yet, and time is running out", "bad"),
    InvitationState.FAILED: Label("✕", "Invitation failed: the candidate was not reached", "bad"),
    InvitationState.NONE: Label("–", "No invitation is called for", "quiet"),  # noqa: RUF001 (a sign)
}
CANCELLATIONS: Mapping[DeliveryState, Label] = {
    DeliveryState.PENDING: Label("→", "Cancellation on its way", "waiting"),
    DeliveryState.SENT: Label("✓", "Cancellation taken by the mail server", "good"),
    DeliveryState.BOUNCED: Label("✕", "Cancellation came back: the candidate was not reached", "bad"),
    DeliveryState.REJECTED: Label("✕", "Cancellation refused: the candidate was not reached", "bad"),
    DeliveryState.EXHAUSTED: Label("✕", "Cancellation failed: the candidate was not reached", "bad"),
    DeliveryState.SUPERSEDED: Label("–", "Cancellation replaced by something newer", "quiet"),  # noqa: RUF001 (a sign)
}
DELIVERIES: Mapping[DeliveryState, Label] = {
    DeliveryState.PENDING: Label("→", "On its way", "waiting"),
    DeliveryState.SENT: Label("✓", "Taken by the other side", "good"),
    DeliveryState.BOUNCED: Label("✕", "Came back", "bad"),
    DeliveryState.REJECTED: Label("✕", "Refused by the recipient's side", "bad"),
    DeliveryState.EXHAUSTED: Label("✕", "Not delivered in time", "bad"),
    DeliveryState.SUPERSEDED: Label("–", "Replaced by something newer", "quiet"),  # noqa: RUF001 (a sign)
}
ATTEMPTS: Mapping[AttemptOutcome | None, Label] = {
    None: Label("→", "Under way", "waiting"),
    AttemptOutcome.SENT: Label("✓", "Taken", "good"),
    AttemptOutcome.RETRY: Label("↻", "Not this time", "waiting"),
    AttemptOutcome.REJECTED: Label("✕", "Refused", "bad"),
    AttemptOutcome.HELD: Label("!", "Our own side is broken", "bad"),
    AttemptOutcome.LOST: Label("–", "Its worker was gone", "quiet"),  # noqa: RUF001 (a sign)
    AttemptOutcome.RELEASED: Label("–", "Given back unsent", "quiet"),  # noqa: RUF001 (a sign)
}
SESSIONS: Mapping[SessionState, str] = {
    SessionState.SCHEDULED: "not entered yet",
    SessionState.ENTERED: "the candidate is in the interview",
    SessionState.FINISHED: "the candidate has finished",
    SessionState.EXPIRED: "nobody came before the link closed",
    SessionState.REVOKED: "the link was withdrawn",
}
CHANGES: Mapping[BookingChange, str] = {
    BookingChange.CONFIRMED: "Confirmed",
    BookingChange.RESCHEDULED: "Moved",
    BookingChange.CANCELLED: "Cancelled",
    BookingChange.ADDRESS_CHANGED: "The candidate's address changed",
    BookingChange.REISSUED: "A new link was sent",
    BookingChange.REVOKED: "The link was withdrawn",
}
KINDS: Mapping[str, str] = {
    "invitation": "Invitation",
    "rescheduled": "Notice of the new time",
    "cancelled": "Cancellation",
    "reminder": "Reminder",
    "recruiter_copy": "Recruiters' copy",
    "late_request": "Wish for another time",
    "alert": "Alert",
}
# What a page says after a press, by the word in its address; `{n}` is the number there.
DONE: Mapping[str, str] = {
    "confirmed": "Confirmed. Nothing is sent for that.",
    "reissued": "A new link is on its way to the candidate. The old one does not open any more.",
    "moved": "The interview was moved. The candidate is told the new time.",
    "not-moved": "The interview is at that time already: nothing was changed and nothing is sent.",
    "cancelled": "The interview was cancelled. The candidate is told if they knew of it.",
    "not-cancelled": "The interview was cancelled already: nothing was changed.",
    "replayed": "Sent again: the delivery is due now.",
    "not-replayed": "The delivery has not ended: it is tried by itself, and nothing was changed.",
    "replayed-all": "Sent again: {n} deliveries are due now.",
    "replayed-some": "Sent again: {n} deliveries are due now, and there are more: press again to go on.",
    "signed-out": "You are signed out.",
    "ended": "Your sign-in has ended, and nothing was changed. Sign in, and press again.",
}
_A_COUNT = re.compile(r"[0-9]{1,6}")
_CHANGED = "Somebody changed this booking after you opened its page: nothing was done. This is how it stands now."
_PAST = "The last moment to enter this interview is past, so its link could no longer open: move the interview instead."


def done(word: str | None, number: str | None) -> str:
    """Return what was done, given what an address says of it; empty for any other word than ours."""
    sentence = DONE.get(word or "", "")
    if "{n}" not in sentence:
        return sentence
    return sentence.format(n=int(number)) if _A_COUNT.fullmatch(number or "") and number else ""


def refusal(error: errors.HireLoopError, *, moves: bool = False) -> str:
    """Return why nothing was done: the error's own words, but where they speak to programs; `moves`: to a new time."""
    match error:
        case errors.ChangedSince():
            return _CHANGED
        case errors.SlotPast() if not moves:
            return _PAST
        case errors.BadInput():
            return f"{error.message[:1].upper()}{error.message[1:]}."
        case _:
            return str(error)


def kind(name: str) -> str:
    """Return what a kind of message is called."""
    return KINDS.get(name, name)


def telling(
    is_cancelled: bool,  # noqa: FBT001 (a fact of the booking)
    state: InvitationState,
    deliveries: Sequence[DeliverySummary],
) -> Label:
    """Return where that stands which the candidate is to be told of a booking now."""
    if not is_cancelled:
        return INVITATIONS[state]
    for delivery in deliveries:
        if delivery.kind == CANCELLING_KIND:
            return CANCELLATIONS[DeliveryState(delivery.state)]
    return Label("–", "The candidate knew nothing of it, and is told nothing", "quiet")  # noqa: RUF001 (a sign)


def why(deliveries: Sequence[DeliverySummary]) -> list[str]:
    """Return, in plain words, why what the candidate is to be told was not taken; empty where it was, or will be."""
    return [
        sentence_of(delivery.last_reason)
        for delivery in deliveries
        if delivery.kind in {*INVITING_KINDS, CANCELLING_KIND}
        and delivery.state not in {DeliveryState.SENT, DeliveryState.SUPERSEDED}
        and delivery.last_reason
    ]
