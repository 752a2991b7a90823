"""What a run leaves behind: what the booker was promised, what the database holds, and what the mail server took."""

from collections.abc import Sequence
from datetime import datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from hireloop.local.mailbox.mail_folder import MailFolder


class Promise(msgspec.Struct, kw_only=True):
    """One booking that was asked for, and what the API has acknowledged of it."""

    interview: UUID
    slot: UUID  # where it is by what was acknowledged last
    schedule: UUID | None = None  # None: the booking was never acknowledged
    delivery: UUID | None = None  # the invitation that the acknowledgement names
    revision: int = 1
    is_cancelled: bool = False
    unanswered: str = ""  # what was asked and never answered; empty when everything was
    answers: list[str] = msgspec.field(default_factory=list)  # those that no client should get


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as the database holds it."""

    id: UUID
    interview: UUID
    slot: UUID
    state: str
    revision: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as the database holds it; `is_overdue` says that its deadline is past by the database's clock."""

    id: UUID
    schedule: UUID | None
    revision: int
    kind: str
    recipient: str
    required: bool
    state: str
    message_id: str
    attempt_count: int
    tries: int
    last_reason: str | None
    told_revision: int | None = None
    is_overdue: bool


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as the database holds it."""

    delivery: UUID
    number: int
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    maybe_accepted: bool


class Mail(msgspec.Struct, frozen=True):
    """One mail that the mail server has taken."""

    message_id: str
    recipient: str


class LedgerAnswer(msgspec.Struct, frozen=True):
    """What `hireloop ledger` printed, and its exit code."""

    code: int
    said: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the proof looks at."""

    promises: Sequence[Promise]
    bookings: Sequence[Booking]
    deliveries: Sequence[Delivery]
    attempts: Sequence[Attempt]
    mails: Sequence[Mail]
    ledger: LedgerAnswer


_BOOKINGS = "SELECT id, interview, slot, state, revision FROM schedule ORDER BY id"
_DELIVERIES = """
    SELECT id, schedule, revision, kind, recipient, required, state, message_id, attempt_count, tries, last_reason,
        told_revision, deadline_at < now() AS is_overdue
    FROM delivery ORDER BY id
"""
_ATTEMPTS = """
    SELECT delivery, number, started_at, finished_at, outcome, maybe_accepted FROM attempt ORDER BY delivery, number
"""


async def read(url: str, folder: Path, promises: Sequence[Promise], ledger: LedgerAnswer) -> Facts:
    """Read what the database and the mail folder hold, after everything has come to rest."""
    connection = await asyncpg.connect(url)
    try:
        return Facts(
            promises=promises,
            bookings=[msgspec.convert(dict(row), Booking) for row in await connection.fetch(_BOOKINGS)],
            deliveries=[msgspec.convert(dict(row), Delivery) for row in await connection.fetch(_DELIVERIES)],
            attempts=[msgspec.convert(dict(row), Attempt) for row in await connection.fetch(_ATTEMPTS)],
            mails=mails_in(folder),
            ledger=ledger,
        )
    finally:
        await connection.close()


def mails_in(folder: Path) -> list[Mail]:
    """Return every mail that the server has written, copies included."""
    parse: Any = BytesHeaderParser().parsebytes
    return [
        Mail(str(parse(mail.raw)["Message-ID"]).strip(), recipient)
        for mail in MailFolder(folder).messages()
        for recipient in mail.recipients
    ]
