"""The console's texts: each state with a sign and a text, so that nobody has to see colours to understand it. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from markupsafe import Markup

from hireloop import errors
from hireloop.access.browsers import UNKNOWN
from hireloop.access.tables import Role, SignInEnd
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, InvitationState
from hireloop.notify.deliveries.ledger import CANCELLING_KIND
from hireloop.notify.messages import AlertCause, Party
from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.web.bookings.deliveries import DeliverySummary
from hireloop.web.bookings.headline import Label
from hireloop.web.templates import coded
from hireloop.wording.phrases import FilledPhrase, phrase


class Translator(Protocol):
    """What says a sentence of ours in the reader's language, with values where it has their names."""

    def __call__(self, sentence: str, /, **values: object) -> str:
        """Return the sentence in the reader's language."""
        ...


PEOPLE: Mapping[InvitationState, Label] = {
    InvitationState.PENDING: Label("→", phrase("Notice on its way"), "waiting"),
    InvitationState.SENT: Label("✓", phrase("Notified: accepted by the mail server"), "good"),
    InvitationState.AT_RISK: Label("!", phrase("At risk: not accepted yet, and time is running out"), "bad"),
    InvitationState.FAILED: Label("✕", phrase("Not reached"), "bad"),
    InvitationState.NONE: Label("–", phrase("Nothing to tell"), "quiet"),  # noqa: RUF001 (a sign)
}
PARTIES: Mapping[Party, str] = {Party.CANDIDATE: phrase("Candidate"), Party.INTERVIEWER: phrase("Interviewer")}
DELIVERIES: Mapping[DeliveryState, Label] = {
    DeliveryState.PENDING: Label("→", phrase("On its way"), "waiting"),
    DeliveryState.SENT: Label("✓", phrase("Accepted by the server"), "good"),
    DeliveryState.BOUNCED: Label("✕", phrase("Bounced"), "bad"),
    DeliveryState.REJECTED: Label("✕", phrase("Rejected by the recipient's server"), "bad"),
    DeliveryState.EXHAUSTED: Label("✕", phrase("Not delivered in time"), "bad"),
    DeliveryState.SUPERSEDED: Label("–", phrase("No longer needed"), "quiet"),  # noqa: RUF001 (a sign)
}
RETURNED: Mapping[str, str] = {
    "failed": phrase("A server reported a failure"),
    "delayed": phrase("A server reported a delay"),
    "expanded": phrase("A server passed it on to a mailing list"),
    "relayed": phrase("A server passed it on"),
    "delivered": phrase("A server reported the delivery"),
    "foreign": phrase("A report about another email"),
    "complaint": phrase("Reported as spam"),
    "auto_reply": phrase("An automatic reply"),
    "receipt": phrase("A read receipt"),
    "calendar_reply": phrase("A calendar's reply"),
    "reply": phrase("A person's reply"),
    "unreadable": phrase("An email that could not be read as a report"),
}
ATTEMPTS: Mapping[AttemptOutcome | None, Label] = {
    None: Label("→", phrase("Under way"), "waiting"),
    AttemptOutcome.SENT: Label("✓", phrase("Accepted"), "good"),
    AttemptOutcome.RETRY: Label("↻", phrase("Will be retried"), "waiting"),
    AttemptOutcome.REJECTED: Label("✕", phrase("Rejected"), "bad"),
    AttemptOutcome.HELD: Label("!", phrase("Problem on our side"), "bad"),
    AttemptOutcome.LOST: Label("–", phrase("Worker stopped"), "quiet"),  # noqa: RUF001 (a sign)
    AttemptOutcome.RELEASED: Label("–", phrase("Returned unsent"), "quiet"),  # noqa: RUF001 (a sign)
}
ALERTS: Mapping[AlertCause, str] = {
    AlertCause.AT_RISK: phrase("Not delivered yet, and time is running out"),
    AlertCause.FAILED: phrase("Not delivered"),
    AlertCause.HELD: phrase("Not working"),
}
# Who may have done something without an API key; the others are called as their keys are.
ACTORS = frozenset({phrase("the candidate"), phrase("the command line"), "HireLoop"})
KINDS: Mapping[str, str] = {
    "invitation": phrase("Invitation"),
    "rescheduled": phrase("Notice of the new time"),
    "cancelled": phrase("Cancellation"),
    "reminder": phrase("Reminder"),
    "interviewer_invitation": phrase("Invitation to the interviewer"),
    "interviewer_update": phrase("Notice of a change to the interviewer"),
    "interviewer_cancelled": phrase("Cancellation to the interviewer"),
    "interviewer_reminder": phrase("Reminder to the interviewer"),
    "recruiter_copy": phrase("Recruiters' copy"),
    "late_request": phrase("Request for another time"),
    "confirmed": phrase("Confirmation by the candidate"),
    "declined": phrase("Cancellation by the candidate"),
    "entered": phrase("Start of the interview"),
    "finished": phrase("End of the interview"),
    "no_show": phrase("No-show"),
    "interviewer_unreachable": phrase("Interviewer not reached"),
    "alert": phrase("Alert"),
}
ROLES: Mapping[Role, str] = {
    Role.VIEWER: phrase("viewer"),
    Role.RECRUITER: phrase("recruiter"),
    Role.ADMIN: phrase("admin"),
}
# Why a sign-in has ended: a `SignInEnd`, or what ends it by itself; `%(n)s` is CONSOLE_IDLE_MINUTES.
ENDED: Mapping[str, str] = {
    SignInEnd.SIGNED_OUT: phrase("You have signed out."),
    SignInEnd.REPLACED: phrase("You have since signed in again."),
    SignInEnd.ENDED_ELSEWHERE: phrase("Someone with the same API key ended this sign-in in another browser."),
    SignInEnd.ENDED_BY_ADMIN: phrase("An admin ended the sign-ins of your API key."),
    SignInEnd.TOO_MANY: phrase("Your API key was used to sign in so often that its oldest sign-in was ended."),
    SignInEnd.KEY_REVOKED: phrase("Your API key has been revoked."),
    "key_expired": phrase("Your API key has expired."),
    "expired": phrase("A sign-in ends after twelve hours."),
    "idle": phrase("You had not used the console for %(n)s minutes."),
}
# What a page says after an action, by the value in its URL; `%(n)s` is the number there.
DONE: Mapping[str, str] = {
    "confirmed": phrase("Confirmed. The candidate gets no message about this."),
    "reissued": phrase("A new link is on its way to the candidate. The old one no longer works."),
    "moved": phrase("The interview was moved. The candidate is notified of the new time."),
    "not-moved": phrase("The interview is already at that time. Nothing was changed, and nothing is sent."),
    "cancelled": phrase("The interview was cancelled. The candidate is notified if they had been invited."),
    "not-cancelled": phrase("The interview was already cancelled. Nothing was changed."),
    "replayed": phrase("The delivery will be sent again now."),
    "not-replayed": phrase("The delivery is still pending and will be retried automatically. Nothing was changed."),
    "replayed-all": phrase("Deliveries that will be sent again now: %(n)s."),
    "replayed-some": phrase("Deliveries that will be sent again now: %(n)s. There are more: press again to continue."),
    "candidate-created": phrase("The candidate was created. Next, create their interview."),
    "candidate-known": phrase("This candidate already existed. Nothing was changed. Next, create their interview."),
    "job-created": phrase("The job was created. Next, create an interview for it."),
    "job-known": phrase("This job already existed. Nothing was changed. Next, create an interview for it."),
    "interview-created": phrase("The interview was created. Now book it."),
    "interview-known": phrase("This form had already been sent, and the interview was created then. Now book it."),
    "slot-created": phrase("The slot was created."),
    "slot-known": phrase("This form had already been sent, and the slot was created then."),
    "booked": phrase("The interview was booked. The invitation is on its way to %(candidate)s."),
    "booked-before": phrase("The interview was already booked into this slot. Nothing was changed."),
    "booked-elsewhere": phrase("The interview already had a booking, so nothing was changed. This is its booking."),
    "corrected": phrase("The address was corrected. A new invitation is on its way to %(candidate)s."),
    "corrected-all": phrase(
        "The address was corrected. A new invitation is on its way to %(candidate)s. The candidate is also invited "
        "again to their other interviews (%(n)s)."
    ),
    "interviewer-corrected": phrase("The address was corrected. A notice is on its way to %(interviewer)s."),
    "interviewer-corrected-all": phrase(
        "The address was corrected. A notice is on its way to %(interviewer)s. Other slots in which it was "
        "also corrected: %(n)s."
    ),
    "interviewer-corrected-some": phrase(
        "The address was corrected. A notice is on its way to %(interviewer)s. It was also corrected in their next "
        "%(n)s slots. They have more: correct it there, too, from a booking in one of them."
    ),
    "revoked": phrase("The link was revoked. Nobody is notified."),
    "not-revoked": phrase("The link had already been revoked. Nothing was changed."),
    "acknowledged": phrase("You have acknowledged the alert. It is no longer shown."),
    "not-acknowledged": phrase("The alert had already been acknowledged, or is over. Nothing was changed."),
    "sign-in-ended": phrase("The sign-in was ended."),
    "sign-ins-ended": phrase("Sign-ins that were ended: %(n)s."),
    "sign-in-over": phrase("The sign-in had already ended. Nothing was changed."),
    "signed-out": phrase("You have signed out."),
    "preferences-kept": phrase("This browser remembers your choice."),
    "ended": phrase("Your sign-in has expired, and nothing was changed. Sign in and try again."),
}
_PLACE = re.compile(r"%\((\w+)\)s")
_A_COUNT = re.compile(r"[0-9]{1,6}")
_CHANGED = phrase(
    "Someone changed this booking after you opened its page, so nothing was changed. This is its current state."
)
_PAST = phrase(
    "It is too late to enter this interview, so a link to it would no longer work. Move the interview instead."
)
_CAME_BACK = phrase("Sent, but something came back")
_WORKS = phrase("ok")
_EMAIL = phrase("email")
_ENDS = (".", "!", "?", "।")
_WHOLE = phrase("%(words)s.")  # with the full stop of the language
_A_BROWSER = phrase("A browser")
_ON_A_SYSTEM = phrase("%(browser)s on %(system)s")


def done(word: str | None, number: str | None, *, said: Translator, addresses: Mapping[str, str] | None = None) -> str:
    """Return what was done, given the value in a URL; empty for any value that is not ours.

    `addresses` are those that a sentence may name.
    """
    sentence = DONE.get(word or "", "")
    values: dict[str, object] = dict(addresses or {})
    if number and _A_COUNT.fullmatch(number):
        values["n"] = int(number)
    is_whole = bool(sentence) and all(values.get(name) not in {None, ""} for name in _PLACE.findall(sentence))
    return said(sentence, **values) if is_whole else ""


def ended(why: str, *, idle_minutes: int, said: Translator) -> str:
    """Return why a sign-in has ended, in words for people."""
    return said(ENDED[why], n=idle_minutes)


def refusal(error: errors.HireLoopError, *, said: Translator, moves: bool = False) -> str:
    """Return why nothing was done, in words for people; `moves` says that it was a move to a new time."""
    match error:
        case errors.ChangedSince():
            return said(_CHANGED)
        case errors.SlotPast() if not moves:
            return said(_PAST)
        case errors.BadInput():
            (_, message), *_ = error.explained
            if isinstance(message, FilledPhrase):
                return explained(message.sentence, message.values, said=said)
            return explained(message, {}, said=said)
        case _:
            return explained(error.sentence, error.values, said=said)


def explained(sentence: str, values: Mapping[str, object], *, said: Translator) -> Markup:
    """Return why something was not done, as a sentence in the reader's language, with code between backticks.

    `sentence` may lack its first capital and its full stop. What no catalogue has is marked as the English that it is.
    """
    words = _explained(sentence, values, said)
    words = f"{words[:1].upper()}{words[1:]}"
    # The one sentence is translated unless all is English.
    is_translated = said(sentence) != sentence or said(_CHANGED) == _CHANGED
    if not words.endswith(_ENDS):
        words = said(_WHOLE, words=words) if is_translated else f"{words}."
    return coded(words) if is_translated else Markup('<span lang="en">{}</span>').format(coded(words))


def _explained(sentence: str, values: Mapping[str, object], said: Translator) -> str:
    inner = {
        name: _explained(value.sentence, value.values, said) if isinstance(value, FilledPhrase) else value
        for name, value in values.items()
    }
    return said(sentence, **inner)


def alert(cause: AlertCause, reason: str | None) -> str:
    """Return what an alert says of its message or channel."""
    return _CAME_BACK if reason in {Reason.CAME_BACK, Reason.COMPLAINT} else ALERTS[cause]


def device(found: str) -> str:
    """Return what the check of a device found; the browser's own name of an error stays as it is."""
    return _WORKS if found == "ok" else found


def browser(described: str, *, said: Translator) -> str:
    """Return what a browser is called in a list: `Firefox on Windows`, `A browser`."""
    name, _, system = described.partition(" on ")
    name = said(_A_BROWSER) if name == UNKNOWN else name
    return said(_ON_A_SYSTEM, browser=name, system=system) if system else name


def kind(name: str) -> str:
    """Return the name of a kind of message."""
    return KINDS.get(name, name)


def why(deliveries: Sequence[DeliverySummary]) -> list[str]:
    """Return why the message to the candidate was not accepted; empty if it was, or will be."""
    return [
        sentence_of(delivery.last_reason)
        for delivery in deliveries
        if delivery.kind in {*INVITING_KINDS, CANCELLING_KIND}
        and delivery.state not in {DeliveryState.SENT, DeliveryState.SUPERSEDED}
        and delivery.last_reason
    ]
