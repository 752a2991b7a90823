"""The kinds of things to say: frozen structs of plain values, stored as a delivery's payload.

A payload never holds a session key or a link: both are minted at render from the session's id and key version.
A change of a struct's fields raises `PAYLOAD_VERSION`, so that an older worker leaves newer rows alone.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

PAYLOAD_VERSION = 1


class InvitationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """You are invited to an interview: when, with whom, and the link that opens the portal."""

    kind: ClassVar[str] = "invitation"

    schedule_id: UUID
    revision: int
    session_id: UUID
    key_version: int
    candidate_name: str
    candidate_email: str
    time_zone: str | None  # the candidate's, None while unknown
    locale: str | None
    job_title: str
    company: str
    recruiter_email: str | None
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime  # the link opens
    closes_at: datetime  # the last moment to enter
    booking_notes: str = ""


Message = InvitationMessage

_KINDS: dict[str, type[Message]] = {InvitationMessage.kind: InvitationMessage}
KNOWN_KINDS = frozenset(_KINDS)


def encode(message: Message) -> str:
    """Return the payload's JSON text."""
    return msgspec.json.encode(message).decode()


def decode(kind: str, payload: str) -> Message:
    """Return the message of this kind; raises msgspec.ValidationError for a payload that does not fit."""
    return msgspec.json.decode(payload, type=_KINDS[kind])
