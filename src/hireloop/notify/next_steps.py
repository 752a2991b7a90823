"""Next steps: what somebody who gets an alert can do about it. Pure."""

from datetime import datetime

from hireloop.notify.messages import (
    INTERVIEWER_KINDS,
    AlertCause,
    AlertMessage,
    CancelledMessage,
    InterviewerCancellation,
)
from hireloop.notify.reasons import Reason, Slug

_ADDRESS = frozenset(
    {
        Reason.RECIPIENT_UNKNOWN,
        Reason.RECIPIENT_REFUSED,
        Reason.RECIPIENT_NEEDS_SMTPUTF8,
        Reason.BAD_RECIPIENT,
        Reason.MAILBOX_DISABLED,
    }
)
_CANCELLING = frozenset({CancelledMessage.kind, InterviewerCancellation.kind})


class NextStep(Slug):
    """What to do about an alert."""

    # The catalogues of `rendering` have these sentences in each language.

    CORRECT_ADDRESS = (
        "correct_address",
        "Correct the candidate's address, so that a new invitation is sent to it, or call the candidate.",
    )
    CORRECT_INTERVIEWER = (
        "correct_interviewer",
        "Correct the interviewer's address in the slot, so that a new invitation is sent, or call the interviewer.",
    )
    REPLAY = "replay", "Fix the cause and replay the delivery, or call the recipient."
    READ = "read", "Look at what came back, and contact the recipient another way if in doubt."
    CALL = "call", "Call the recipient, because this message will not reach them."
    CALL_IF_SOON = (
        "call_if_soon",
        (
            "HireLoop is still trying to send the message. Call the recipient if the interview is soon, and run "
            "`hireloop doctor`."
        ),
    )
    FIX_CHANNEL = "fix_channel", "Run `hireloop doctor`, which says how to fix the channel."


def next_step(alert: AlertMessage, *, now: datetime) -> NextStep:
    """Return what to do about an alert at this time."""
    if alert.cause is AlertCause.HELD:
        return NextStep.FIX_CHANNEL
    is_past = alert.deadline_at is not None and alert.deadline_at <= now
    return of_delivery(alert.cause, kind=alert.about, reason=alert.reason, is_past=is_past)


def of_delivery(cause: AlertCause, *, kind: str | None, reason: str | None, is_past: bool) -> NextStep:
    """Return what to do about a delivery of this kind that failed or is at risk; `is_past`: it has become useless."""
    if cause is AlertCause.FAILED and is_past:
        return NextStep.CALL
    if reason in {Reason.CAME_BACK, Reason.COMPLAINT}:
        return NextStep.READ
    if reason in _ADDRESS:
        if kind in _CANCELLING:
            return NextStep.CALL
        return NextStep.CORRECT_INTERVIEWER if kind in INTERVIEWER_KINDS else NextStep.CORRECT_ADDRESS
    return NextStep.CALL_IF_SOON if cause is AlertCause.AT_RISK else NextStep.REPLAY
