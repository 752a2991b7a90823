"""Mint and check a session key, and write the portal's address. Pure: no clock, no database, no settings.

A session key is `<session id>.<version>.<MAC>`: the id as base64url of its 16 bytes, the version in decimal,
the MAC as base64url of HMAC-SHA256 over the part before it. Nothing of it is stored; a key is checked by minting
it again and comparing the whole text, which also rejects base64url's other spellings of the same bytes
(docs/decisions/0007-session-key.md).
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

_PURPOSE = b"hireloop session key 1"
_LONGEST_KEY = 100
_HIGHEST_VERSION = 2**31 - 1
_NOBODY = UUID(int=0)


class SessionKeyClaim(NamedTuple):
    """What a genuine session key says: whose session, and which of its keys. The version may be out of date."""

    session_id: UUID
    version: int


def mint(secret: str, session_id: UUID, version: int) -> str:
    """Return the session key of this session and version, a URL-safe text of about 70 characters."""
    stem = f"{_b64(session_id.bytes)}.{version}"
    mac = hmac.digest(derive(secret, _PURPOSE), stem.encode(), hashlib.sha256)
    return f"{stem}.{_b64(mac)}"


def check(key: str, secrets: Sequence[str]) -> SessionKeyClaim | None:
    """Return what `key` claims if one of `secrets` minted exactly this text, else None.

    Every secret is tried and every comparison takes the same time, whichever part of the key is wrong.
    """
    claim = _parse(key)
    session_id, version = claim or (_NOBODY, 0)
    given = key[:_LONGEST_KEY].encode("utf-8", "surrogatepass")
    genuine = False
    for secret in secrets:
        genuine |= hmac.compare_digest(mint(secret, session_id, version).encode(), given)
    return claim if genuine else None


def portal_url(base_url: str, key: str) -> str:
    """Return the link that a candidate opens: `<base_url>/?session_key=<key>`."""
    return f"{base_url.rstrip('/')}/?session_key={key}"


def derive(secret: str, purpose: bytes) -> bytes:
    """Return a 32-byte key for one purpose, so that no two uses of SECRET_KEY share key material."""
    return hmac.digest(secret.encode(), purpose, hashlib.sha256)


def _parse(key: str) -> SessionKeyClaim | None:
    if len(key) > _LONGEST_KEY or not key.isascii() or key.count(".") != 2:  # noqa: PLR2004 (three parts)
        return None
    ident, version, _mac = key.split(".")
    if not version.isdigit() or int(version) > _HIGHEST_VERSION:
        return None
    try:
        return SessionKeyClaim(UUID(bytes=urlsafe_b64decode(ident + "==")), int(version))
    except ValueError:  # binascii.Error is one too: bad base64, or not 16 bytes
        return None


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
