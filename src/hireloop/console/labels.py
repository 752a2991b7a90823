"""The console's texts: each state with a sign and a text, so that nobody has to see colours to understand it. Pure."""

import re
from collections.abc import Mapping, Sequence

from hireloop import errors
from hireloop.access.tables import SignInEnd
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, InvitationState
from hireloop.notify.deliveries.ledger import CANCELLING_KIND
from hireloop.notify.messages import AlertCause, Party
from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.tables import ScheduleState
from hireloop.web.bookings.deliveries import DeliverySummary
from hireloop.web.bookings.headline import Label

BOOKINGS: Mapping[ScheduleState, Label] = {
    ScheduleState.PENDING: Label("○", "Not confirmed by the candidate yet", "waiting"),
    ScheduleState.CONFIRMED: Label("✓", "Confirmed", "good"),
    ScheduleState.CANCELLED: Label("✕", "Cancelled", "quiet"),
}
INVITATIONS: Mapping[InvitationState, Label] = {
    InvitationState.PENDING: Label("→", "Invitation on its way", "waiting"),
    InvitationState.SENT: Label("✓", "Invitation accepted by the mail server", "good"),
    InvitationState.AT_RISK: Label("!", "Invitation at risk: not accepted yet, and time is running out", "bad"),
    InvitationState.FAILED: Label("✕", "Invitation failed: the candidate was not reached", "bad"),
    InvitationState.NONE: Label("–", "No invitation needed", "quiet"),  # noqa: RUF001 (a sign)
}
PEOPLE: Mapping[InvitationState, Label] = {
    InvitationState.PENDING: Label("→", "Notice on its way", "waiting"),
    InvitationState.SENT: Label("✓", "Notified: accepted by the mail server", "good"),
    InvitationState.AT_RISK: Label("!", "At risk: not accepted yet, and time is running out", "bad"),
    InvitationState.FAILED: Label("✕", "Not reached", "bad"),
    InvitationState.NONE: Label("–", "Nothing to be told", "quiet"),  # noqa: RUF001 (a sign)
}
PARTIES: Mapping[Party, str] = {Party.CANDIDATE: "Candidate", Party.INTERVIEWER: "Interviewer"}
_NOT_NOTIFIED = Label("–", "The candidate had not been notified, so nothing is sent", "quiet")  # noqa: RUF001 (a sign)
CANCELLATIONS: Mapping[DeliveryState, Label] = {
    DeliveryState.PENDING: Label("→", "Cancellation on its way", "waiting"),
    DeliveryState.SENT: Label("✓", "Cancellation accepted by the mail server", "good"),
    DeliveryState.BOUNCED: Label("✕", "Cancellation bounced: the candidate was not reached", "bad"),
    DeliveryState.REJECTED: Label("✕", "Cancellation rejected: the candidate was not reached", "bad"),
    DeliveryState.EXHAUSTED: Label("✕", "Cancellation failed: the candidate was not reached", "bad"),
    DeliveryState.SUPERSEDED: _NOT_NOTIFIED,
}
DELIVERIES: Mapping[DeliveryState, Label] = {
    DeliveryState.PENDING: Label("→", "On its way", "waiting"),
    DeliveryState.SENT: Label("✓", "Accepted by the server", "good"),
    DeliveryState.BOUNCED: Label("✕", "Bounced", "bad"),
    DeliveryState.REJECTED: Label("✕", "Rejected by the recipient's server", "bad"),
    DeliveryState.EXHAUSTED: Label("✕", "Not delivered in time", "bad"),
    DeliveryState.SUPERSEDED: Label("–", "No longer needed", "quiet"),  # noqa: RUF001 (a sign)
}
RETURNED: Mapping[str, str] = {
    "failed": "A server reported a failure",
    "delayed": "A server reported a delay",
    "expanded": "A server passed it on to a mailing list",
    "relayed": "A server passed it on",
    "delivered": "A server reported the delivery",
    "foreign": "A report about another email",
    "complaint": "Reported as spam",
    "auto_reply": "An automatic reply",
    "receipt": "A read receipt",
    "calendar_reply": "A calendar's reply",
    "reply": "A person's reply",
    "unreadable": "An email that could not be read as a report",
}
ATTEMPTS: Mapping[AttemptOutcome | None, Label] = {
    None: Label("→", "In progress", "waiting"),
    AttemptOutcome.SENT: Label("✓", "Accepted", "good"),
    AttemptOutcome.RETRY: Label("↻", "Will be retried", "waiting"),
    AttemptOutcome.REJECTED: Label("✕", "Rejected", "bad"),
    AttemptOutcome.HELD: Label("!", "Problem on our side", "bad"),
    AttemptOutcome.LOST: Label("–", "Worker stopped", "quiet"),  # noqa: RUF001 (a sign)
    AttemptOutcome.RELEASED: Label("–", "Returned unsent", "quiet"),  # noqa: RUF001 (a sign)
}
SESSIONS: Mapping[SessionState, str] = {
    SessionState.SCHEDULED: "not entered yet",
    SessionState.ENTERED: "the candidate is in the interview",
    SessionState.FINISHED: "the candidate has finished",
    SessionState.EXPIRED: "the candidate did not come before the link closed",
    SessionState.REVOKED: "the link has been revoked",
}
ALERTS: Mapping[AlertCause, str] = {
    AlertCause.AT_RISK: "Not delivered yet, and time is running out",
    AlertCause.FAILED: "Not delivered",
    AlertCause.HELD: "Not working",
}
CHANGES: Mapping[BookingChange, str] = {
    BookingChange.CONFIRMED: "Confirmed",
    BookingChange.RESCHEDULED: "Moved",
    BookingChange.CANCELLED: "Cancelled",
    BookingChange.ADDRESS_CHANGED: "The candidate's address changed",
    BookingChange.REISSUED: "A new link was sent",
    BookingChange.REVOKED: "The link was revoked",
}
KINDS: Mapping[str, str] = {
    "invitation": "Invitation",
    "rescheduled": "Notice of the new time",
    "cancelled": "Cancellation",
    "reminder": "Reminder",
    "interviewer_invitation": "Invitation to the interviewer",
    "interviewer_update": "Notice of a change to the interviewer",
    "interviewer_cancelled": "Cancellation to the interviewer",
    "interviewer_reminder": "Reminder to the interviewer",
    "recruiter_copy": "Recruiters' copy",
    "late_request": "Request for another time",
    "confirmed": "Confirmation by the candidate",
    "declined": "Cancellation by the candidate",
    "entered": "Start of the interview",
    "finished": "End of the interview",
    "no_show": "No-show",
    "interviewer_unreachable": "Interviewer not reached",
    "alert": "Alert",
}
# Why a sign-in has ended: a `SignInEnd`, or what ends it by itself; `{n}` is CONSOLE_IDLE_MINUTES.
ENDED: Mapping[str, str] = {
    SignInEnd.SIGNED_OUT: "You have signed out.",
    SignInEnd.REPLACED: "You have since signed in again.",
    SignInEnd.ENDED_ELSEWHERE: "Someone with the same API key ended this sign-in in another browser.",
    SignInEnd.ENDED_BY_ADMIN: "An admin ended the sign-ins of your API key.",
    SignInEnd.TOO_MANY: "Your API key was used to sign in so often that its oldest sign-in was ended.",
    SignInEnd.KEY_REVOKED: "Your API key has been revoked.",
    "key_expired": "Your API key has expired.",
    "expired": "A sign-in ends after twelve hours.",
    "idle": "You had not used the console for {n} minutes.",
}
# What a page says after an action, by the value in its URL; `{n}` is the number there.
DONE: Mapping[str, str] = {
    "confirmed": "Confirmed. The candidate gets no message about this.",
    "reissued": "A new link is on its way to the candidate. The old one no longer works.",
    "moved": "The interview was moved. The candidate is notified of the new time.",
    "not-moved": "The interview is already at that time. Nothing was changed, and nothing is sent.",
    "cancelled": "The interview was cancelled. The candidate is notified if they had been invited.",
    "not-cancelled": "The interview was already cancelled. Nothing was changed.",
    "replayed": "The delivery will be sent again now.",
    "not-replayed": "The delivery is still pending and will be retried automatically. Nothing was changed.",
    "replayed-all": "Deliveries that will be sent again now: {n}.",
    "replayed-some": "Deliveries that will be sent again now: {n}. There are more: press again to continue.",
    "acknowledged": "You have acknowledged the alert. It is no longer shown.",
    "not-acknowledged": "The alert had already been acknowledged, or is over. Nothing was changed.",
    "sign-in-ended": "The sign-in was ended.",
    "sign-ins-ended": "Sign-ins that were ended: {n}.",
    "sign-in-over": "The sign-in had already ended. Nothing was changed.",
    "signed-out": "You have signed out.",
    "ended": "Your sign-in has expired, and nothing was changed. Sign in and try again.",
}
_A_COUNT = re.compile(r"[0-9]{1,6}")
_CHANGED = "Someone changed this booking after you opened its page, so nothing was changed. This is its current state."
_PAST = "It is too late to enter this interview, so a link to it would no longer work. Move the interview instead."


def done(word: str | None, number: str | None) -> str:
    """Return what was done, given the value in a URL; empty for any value that is not ours."""
    sentence = DONE.get(word or "", "")
    if "{n}" not in sentence:
        return sentence
    return sentence.format(n=int(number)) if _A_COUNT.fullmatch(number or "") and number else ""


def ended(why: str, *, idle_minutes: int) -> str:
    """Return why a sign-in has ended, in words for people."""
    return ENDED[why].format(n=idle_minutes)


def refusal(error: errors.HireLoopError, *, moves: bool = False) -> str:
    """Return why nothing was done, in words for people; `moves` says that it was a move to a new time."""
    match error:
        case errors.ChangedSince():
            return _CHANGED
        case errors.SlotPast() if not moves:
            return _PAST
        case errors.BadInput():
            return f"{error.message[:1].upper()}{error.message[1:]}."
        case _:
            return str(error)


def alert(cause: AlertCause, reason: str | None) -> str:
    """Return what an alert says of its message or channel."""
    if reason in {Reason.CAME_BACK, Reason.COMPLAINT}:
        return "Sent, but something came back"
    return ALERTS[cause]


def kind(name: str) -> str:
    """Return the name of a kind of message."""
    return KINDS.get(name, name)


def telling(
    is_cancelled: bool,  # noqa: FBT001 (a fact of the booking)
    state: InvitationState,
    deliveries: Sequence[DeliverySummary],
) -> Label:
    """Return the state of the message that the candidate is currently to receive about a booking."""
    if not is_cancelled:
        return INVITATIONS[state]
    for delivery in deliveries:
        if delivery.kind == CANCELLING_KIND:
            return CANCELLATIONS[DeliveryState(delivery.state)]
    return _NOT_NOTIFIED


def why(deliveries: Sequence[DeliverySummary]) -> list[str]:
    """Return why the message to the candidate was not accepted; empty if it was, or will be."""
    return [
        sentence_of(delivery.last_reason)
        for delivery in deliveries
        if delivery.kind in {*INVITING_KINDS, CANCELLING_KIND}
        and delivery.state not in {DeliveryState.SENT, DeliveryState.SUPERSEDED}
        and delivery.last_reason
    ]
