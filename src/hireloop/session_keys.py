"""Session keys and the links that contain them: minted, and checked without being stored. Pure.

A key is a signed text (`signing`) whose stem is `<session id>.<version>`: the id as base64url of its 16 bytes, the
version in decimal (docs/decisions/0007-session-key.md). `scheduling/sessions/links.py` replaces and revokes them.
"""

from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from hireloop import signing
from hireloop.signing import Purpose


class SessionKeyClaim(NamedTuple):
    """What a genuine session key says: whose session, and which of its keys. The version may be out of date."""

    session_id: UUID
    version: int


def mint(secret: str, session_id: UUID, version: int) -> str:
    """Return the session key of this session and version, a URL-safe text of about 70 characters."""
    return signing.mint(secret, Purpose.SESSION_KEY, f"{signing.base64url(session_id.bytes)}.{version}")


def check(key: str, secrets: Sequence[str]) -> SessionKeyClaim | None:
    """Return what `key` claims if one of `secrets` minted exactly this text, else None."""
    stem = signing.check(key, Purpose.SESSION_KEY, secrets)
    if stem is None:
        return None
    ident, version = stem.split(".")
    return SessionKeyClaim(UUID(bytes=urlsafe_b64decode(ident + "==")), int(version))


def portal_url(base_url: str, key: str) -> str:
    """Return the link that a candidate opens: `<base_url>/?session_key=<key>`."""
    return f"{base_url.rstrip('/')}/?session_key={key}"
