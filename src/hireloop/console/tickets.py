"""A ticket is what the console's cookie holds instead of an API key: whose key it is, until when, and a proof. Pure.

`<key id>.<until>.<MAC>`: the id as base64url of its 16 bytes, Unix seconds in decimal, and HMAC-SHA256 over both and
the key's stored hash, under a key derived from SECRET_KEY. So neither SECRET_KEY alone nor the table of keys alone
makes a ticket, and a ticket reveals neither (docs/decisions/0033-the-console.md).
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hireloop import signing

LIFE = timedelta(hours=12)
_PURPOSE = b"hireloop console ticket 1"
_LONGEST = 120
_LATEST = 2**40  # Unix seconds, far beyond any calendar that we show


class Claim(NamedTuple):
    """What a ticket says of itself, before its proof was looked at."""

    key_id: UUID
    until: int  # Unix seconds


def issue(secret: str, key_id: UUID, key_hash: bytes, *, now: datetime) -> str:
    """Return a ticket for the key of this id and hash, good for `LIFE` from now on."""
    return _written(secret, Claim(key_id, int((now + LIFE).timestamp())), key_hash)


def parse(ticket: str) -> Claim | None:
    """Return what this ticket claims, or None for a text that is no ticket; nothing is proved by it."""
    parts = ticket.split(".")
    if len(ticket) > _LONGEST or not ticket.isascii() or len(parts) != 3:  # noqa: PLR2004 (id, until, MAC)
        return None
    ident, until, _mac = parts
    if not until.isdigit() or int(until) > _LATEST:
        return None
    try:
        return Claim(UUID(bytes=urlsafe_b64decode(ident + "==")), int(until))
    except ValueError:  # bad base64, or not 16 bytes
        return None


def is_genuine(ticket: str, claim: Claim, key_hash: bytes, secrets: Sequence[str], *, now: datetime) -> bool:
    """Return whether one of `secrets` wrote exactly this ticket for the key with this hash, and its time is not up."""
    genuine = False
    for secret in secrets:
        genuine |= hmac.compare_digest(_written(secret, claim, key_hash).encode(), ticket.encode())
    return genuine and now.timestamp() < claim.until


def _written(secret: str, claim: Claim, key_hash: bytes) -> str:
    stem = f"{_b64(claim.key_id.bytes)}.{claim.until}"
    mac = hmac.digest(signing.derive(secret, _PURPOSE), stem.encode() + b"." + key_hash, hashlib.sha256)
    return f"{stem}.{_b64(mac)}"


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
