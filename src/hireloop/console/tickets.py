"""A ticket is what the console's cookie holds instead of an API key: which sign-in, until when, and a proof. Pure.

`<sign-in's id>.<until>.<MAC>`: the id as base64url of its 16 bytes, Unix seconds in decimal, signed and bound to the
stored hash of the key (`hireloop.signing`). So neither SECRET_KEY alone nor the database alone makes a ticket, and a
ticket reveals neither. Whether the sign-in is still open is in its row (docs/decisions/0059-sign-ins-are-rows.md).
"""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hireloop import signing
from hireloop.signing import Purpose

LIFE = timedelta(hours=12)
_LONGEST = 120
_LATEST = 2**40  # Unix seconds, far beyond any calendar that we show


class TicketClaim(NamedTuple):
    """What a ticket says of itself, before its proof was looked at."""

    sign_in: UUID
    until: int  # Unix seconds


def issue(secret: str, sign_in: UUID, key_hash: bytes, *, now: datetime) -> str:
    """Return a ticket for a sign-in with the key of this hash, good for `LIFE` from now on."""
    claim = TicketClaim(sign_in, int((now + LIFE).timestamp()))
    return signing.mint(secret, Purpose.CONSOLE_TICKET, _stem(claim), bound_to=key_hash)


def parse(ticket: str) -> TicketClaim | None:
    """Return what this ticket claims, or None for a text that is no ticket; nothing is proved by it."""
    parts = ticket.split(".")
    if len(ticket) > _LONGEST or not ticket.isascii() or len(parts) != 3:  # noqa: PLR2004 (id, until, MAC)
        return None
    ident, until, _mac = parts
    if not until.isdigit() or int(until) > _LATEST:
        return None
    try:
        return TicketClaim(UUID(bytes=urlsafe_b64decode(ident + "==")), int(until))
    except ValueError:  # bad base64, or not 16 bytes
        return None


def is_genuine(ticket: str, claim: TicketClaim, key_hash: bytes, secrets: Sequence[str], *, now: datetime) -> bool:
    """Return whether one of `secrets` wrote exactly this ticket for the key with this hash, and its time is not up."""
    stem = signing.check(ticket, Purpose.CONSOLE_TICKET, secrets, bound_to=key_hash)
    return stem == _stem(claim) and now.timestamp() < claim.until


def _stem(claim: TicketClaim) -> str:
    return f"{signing.base64url(claim.sign_in.bytes)}.{claim.until}"
