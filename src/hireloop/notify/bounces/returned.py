"""Emails that came back: a row for each, with its first words, and the email itself if only a person can read it.

Rows are deleted with the person (`notify.erasure`), or after `KEPT_FOR`. The SQL on them is in this file.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop.examples import RecordedAt, ReportedBy
from hireloop.notify.tables import ReturnedMail
from hireloop.secret_patterns import SESSION_KEY
from hireloop.statements import Statement, read_clock

LONGEST_KEPT = 65_536  # bytes of a mail
MOST_KEPT = 20  # mails of one delivery; more are only counted
MOST_REMEMBERED = 500  # of those that are only counted: the latest are known again
KEPT_FOR = timedelta(days=30)

_PREFIX_BYTES = 8  # of a digest, for a mail that is only counted
_MARK = b"<session key>"
_KEY = re.compile(SESSION_KEY.pattern.encode())
# A key as quoted-printable writes it, which may break a line anywhere in it.
_BREAK = rb"(?:=\r?\n)?"
_KEY_IN_QUOTED = re.compile(
    rb"(?:[A-Za-z0-9_-]%(b)s){20,24}\.%(b)s(?:[0-9]%(b)s){1,10}\.%(b)s(?:[A-Za-z0-9_-]%(b)s){20,}" % {b"b": _BREAK}
)
_BASE64 = re.compile(rb"(?:^[A-Za-z0-9+/]{40,100}\r?\n)+(?:[A-Za-z0-9+/]{0,100}={0,2})", re.MULTILINE)


class Recorded(Enum):
    """What became of a mail that came back."""

    NEW = "new"  # it has a row
    KNOWN = "known"  # the same mail has a row already
    COUNTED = "counted"  # there are so many of this delivery that it was only counted


class NewReturnedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be kept: what it is, its first words, and the mail as `kept` returns it if a person must read it."""

    digest: bytes
    kind: str
    excerpt: str
    kept: bytes | None
    reported_by: str | None = None


class ReturnedView(msgspec.Struct, frozen=True, kw_only=True):
    """An email that came back: when, of what kind, and how its text begins.

    `reported_by` is the name of the API key that reported it without the signed return address: its holder's claim.
    """

    received_at: RecordedAt
    kind: Annotated[str, Meta(examples=["unreadable"])]
    excerpt: Annotated[str, Meta(examples=["Notice: your mail of today was not understood"])]
    reported_by: ReportedBy = None


# The latest mails that came back of each of these deliveries, in order.
_LATEST = Statement("""
    SELECT r.* FROM unnest(:deliveries::uuid[]) AS wanted(delivery) CROSS JOIN LATERAL (
        SELECT delivery, came_at AS received_at, kind, words AS excerpt, reported_by FROM returned_mail
        WHERE returned_mail.delivery = wanted.delivery ORDER BY came_at DESC, id DESC LIMIT :at_most
    ) r ORDER BY r.delivery, r.received_at
""")
# Whether anything ever came back that no simulator made.
_HAS_COME = Statement("""
    SELECT EXISTS (
        SELECT FROM returned_mail JOIN delivery ON delivery.id = returned_mail.delivery
        WHERE recipient NOT LIKE '%@simulated.test'
    ) OR EXISTS (
        SELECT FROM delivery WHERE state IN ('bounced', 'rejected', 'exhausted') AND bounced_at IS NOT NULL
            AND recipient NOT LIKE '%@simulated.test'
    )
""")
# Everything that came back before then is forgotten.
_FORGET_OLD = Statement("""
    WITH old AS (
        DELETE FROM returned_mail WHERE came_at < coalesce(:now, now()) - :kept_for::interval RETURNING delivery
    )
    SELECT count(*) FROM old
""")


async def note(delivery: UUID, mail: NewReturnedMail, *, counted: bytes = b"", now: datetime | None = None) -> Recorded:
    """Note a mail that came back of a delivery that the caller's transaction has locked.

    `counted` are the digests of those that were only counted, as `counted_with` returns them.
    """
    here = ReturnedMail.delivery == delivery
    if _prefix_of(mail.digest) in _prefixes(counted):
        return Recorded.KNOWN
    if await ReturnedMail.exists().where(here, ReturnedMail.digest == mail.digest):
        return Recorded.KNOWN
    if await ReturnedMail.count().where(here) >= MOST_KEPT:
        return Recorded.COUNTED
    at = await read_clock(now)
    await ReturnedMail.insert(
        ReturnedMail(
            delivery=delivery,
            digest=mail.digest,
            kind=mail.kind,
            words=mail.excerpt,
            mail=mail.kept,
            came_at=at,
            reported_by=mail.reported_by,
        )
    )
    return Recorded.NEW


def counted_with(counted: bytes, digest: bytes) -> bytes:
    """Return the digests of the mails that were only counted with one more: 8 bytes each, the latest last."""
    return b"".join([*_prefixes(counted), _prefix_of(digest)][-MOST_REMEMBERED:])


def _prefixes(counted: bytes) -> list[bytes]:
    return [counted[at : at + _PREFIX_BYTES] for at in range(0, len(counted), _PREFIX_BYTES)]


def _prefix_of(digest: bytes) -> bytes:
    return digest[:_PREFIX_BYTES]


async def of_deliveries(delivery_ids: Sequence[UUID], *, at_most: int | None = None) -> dict[UUID, list[ReturnedView]]:
    """Return what came back of each of these deliveries, or the latest `at_most`, in order; none for one without."""
    found: dict[UUID, list[ReturnedView]] = {}
    for row in await _LATEST.rows(deliveries=list(delivery_ids), at_most=at_most):
        found.setdefault(row["delivery"], []).append(msgspec.convert(dict(row), ReturnedView))
    return found


async def mails_of(delivery: UUID) -> list[bytes]:
    """Return the kept mails of one delivery in the order in which they came."""
    rows = await (
        ReturnedMail.select(ReturnedMail.mail)
        .where(ReturnedMail.delivery == delivery, ReturnedMail.mail.is_not_null())
        .order_by(ReturnedMail.came_at)
    )
    return [bytes(row["mail"]) for row in rows]


async def is_known_to_come() -> bool:
    """Return whether any mail ever came back; those of simulated recipients do not count."""
    return bool(await _HAS_COME.value())


async def forget_old(*, now: datetime | None = None) -> int:
    """Delete what came back longer than `KEPT_FOR` ago, and return how much that was; the worker's chore."""
    forgotten: int = await _FORGET_OLD.value(now=now, kept_for=KEPT_FOR)
    return forgotten


def kept(raw: bytes) -> bytes:
    """Return the first 64 KiB of a mail, without the links of ours that it returns, however they are encoded."""
    return _BASE64.sub(_base64, _KEY_IN_QUOTED.sub(_MARK, raw[: 2 * LONGEST_KEPT]))[:LONGEST_KEPT]


def _base64(found: re.Match[bytes]) -> bytes:
    text = found[0]
    try:
        inside = b64decode(text + b"=" * (-len(b"".join(text.split())) % 4))
    except Error:
        return text
    return _MARK + b"\n" if _KEY.search(inside) else text
