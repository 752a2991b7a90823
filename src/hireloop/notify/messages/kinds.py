"""The kinds of messages by their words, and what is stored of a message."""

from typing import get_args

import msgspec

from hireloop.notify.messages.alerts import AlertMessage
from hireloop.notify.messages.bases import Audience, Party
from hireloop.notify.messages.candidates import CancelledMessage, InvitationMessage, ReminderMessage, RescheduledMessage
from hireloop.notify.messages.interviewers import (
    InterviewerCancellation,
    InterviewerInvitation,
    InterviewerReminder,
    InterviewerUpdate,
)
from hireloop.notify.messages.recruiters import (
    ConfirmedMessage,
    DeclinedMessage,
    EnteredMessage,
    FinishedMessage,
    InterviewerUnreachableMessage,
    LateRequestMessage,
    NoShowMessage,
    RecruiterCopyMessage,
)

PAYLOAD_VERSION = 1

News = LateRequestMessage | ConfirmedMessage | DeclinedMessage | EnteredMessage | FinishedMessage
Message = (
    InvitationMessage
    | RescheduledMessage
    | CancelledMessage
    | ReminderMessage
    | RecruiterCopyMessage
    | InterviewerInvitation
    | InterviewerUpdate
    | InterviewerCancellation
    | InterviewerReminder
    | News
    | NoShowMessage
    | InterviewerUnreachableMessage
    | AlertMessage
)
KINDS: dict[str, type[Message]] = {kind.kind: kind for kind in get_args(Message)}
KNOWN_KINDS = frozenset(KINDS)
CANDIDATE_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.CANDIDATE)
INTERVIEWER_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.INTERVIEWER)
# Whose recipients are people with an address of their own, over mail alone.
PARTY_KINDS = CANDIDATE_KINDS | INTERVIEWER_KINDS
RECRUITER_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.RECRUITERS)
# What stays true of a booking that is moved or cancelled afterwards, and is still to be heard.
LASTING_KINDS = frozenset(
    kind.kind
    for kind in (DeclinedMessage, EnteredMessage, FinishedMessage, NoShowMessage, InterviewerUnreachableMessage)
)


def place_of(kind: str) -> int:
    """Return where messages of this kind stand in a list: what the candidate must hear first, alerts last."""
    if kind in CANDIDATE_KINDS:
        return 1 if kind == ReminderMessage.kind else 0
    if kind in INTERVIEWER_KINDS:
        return 2
    return 3 if kind in RECRUITER_KINDS else 4


def party_of(kind: str) -> Party | None:
    """Return whom a kind of message is for, as the database's `party_of`; None of copies and alerts."""
    if kind in INTERVIEWER_KINDS:
        return Party.INTERVIEWER
    return Party.CANDIDATE if kind in CANDIDATE_KINDS else None


def encode(message: Message) -> str:
    """Return the payload's JSON text."""
    return msgspec.json.encode(message).decode()


def decode(kind: str, payload: str) -> Message:
    """Return the message of this kind; raises msgspec.ValidationError for a payload that does not fit."""
    return msgspec.json.decode(payload, type=KINDS[kind])
