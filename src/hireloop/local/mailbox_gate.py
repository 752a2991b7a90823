"""Who may read the development mailbox: its mails hold links, and other users of this machine reach its port too.

`hireloop up` prints a link with a ticket, which a browser exchanges for a cookie; an API key of an admin opens it as
well, in the form or as a bearer token. Ticket and cookie are `<until>.<MAC>`: Unix seconds in decimal, and
HMAC-SHA256 over them under a key that is derived from SECRET_KEY, one for each of the two.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from hireloop import errors, signing
from hireloop.api import auth
from hireloop.api.door import door_of
from hireloop.api.key_ring import KeyHolder
from hireloop.api.tables import Role
from hireloop.portal.limiter import BadKeyLimiter
from hireloop.settings import Settings

AnyRequest = Request[Any, Any, Any]

TICKET = "ticket"
PATH = "/dev/mailbox"
_TICKET_PURPOSE = b"hireloop mailbox ticket 1"
_COOKIE_PURPOSE = b"hireloop mailbox cookie 1"
_LIFE = timedelta(hours=12)


def ticket_of(settings: Settings, *, now: datetime) -> str:
    """Return a ticket that opens the mailbox for 12 hours from now."""
    return _written(settings.secrets[0], _TICKET_PURPOSE, int((now + _LIFE).timestamp()))


class Gate:
    """Lets in who has a ticket, the cookie, or an admin's API key."""

    def __init__(self, settings: Settings) -> None:
        self._secrets = settings.secrets
        self._limiter = BadKeyLimiter()

    async def is_open_to(self, request: AnyRequest) -> bool:
        """Return whether this request shows a cookie of ours, or an admin's API key as a bearer token."""
        if self._is_genuine(request.cookies.get(_cookie_name(request), ""), _COOKIE_PURPOSE):
            return True
        if "authorization" not in request.headers:
            return False
        try:
            return await self._is_admins(request, await auth.sign_in(request))
        except errors.NotSignedIn:
            return await self._is_admins(request, None)

    def takes(self, ticket: str) -> bool:
        """Return whether this is a ticket of ours whose time is not up."""
        return self._is_genuine(ticket, _TICKET_PURPOSE)

    async def takes_key(self, request: AnyRequest, key: str) -> bool:
        """Return whether this is an admin's API key; a bad one is answered slower and slower."""
        try:
            return await self._is_admins(request, await door_of(request).keys.holder_of(key))
        except errors.NotSignedIn:
            return await self._is_admins(request, None)

    def cookie(self, request: AnyRequest) -> Cookie:
        """Return the cookie for a browser that was let in."""
        until = int((datetime.now(UTC) + _LIFE).timestamp())
        return Cookie(
            key=_cookie_name(request),
            value=_written(self._secrets[0], _COOKIE_PURPOSE, until),
            path=PATH,
            max_age=int(_LIFE.total_seconds()),
            httponly=True,
            samesite="lax",
        )

    async def _is_admins(self, request: AnyRequest, holder: KeyHolder | None) -> bool:
        if holder is not None and holder.role is Role.ADMIN:
            return True
        await self._limiter.hold_back(request.client.host if request.client else "")
        return False

    def _is_genuine(self, text: str, purpose: bytes) -> bool:
        until = text.partition(".")[0]
        if not text.isascii() or not until.isdigit() or len(until) > _MOST_DIGITS:
            return False
        genuine = False
        for secret in self._secrets:
            genuine |= hmac.compare_digest(_written(secret, purpose, int(until)), text)
        return genuine and datetime.now(UTC).timestamp() < int(until)


_MOST_DIGITS = 12


def _cookie_name(request: AnyRequest) -> str:
    """Return a name with the port in it: browsers send a cookie to every port of this machine."""
    return f"hireloop-mailbox-{request.url.port or 80}"


def _written(secret: str, purpose: bytes, until: int) -> str:
    mac = hmac.digest(signing.derive(secret, purpose), str(until).encode(), hashlib.sha256)
    return f"{until}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"
