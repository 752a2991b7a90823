"""A request names one host (RFC 9112, 3.2): two would let a proxy and this server disagree about whose request it is.

HTTP/1.0 knows no Host, and some health checks of load balancers still speak it, so there it may be missing.
"""

import re
from ipaddress import IPv6Address
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from hireloop.access.refusals import note
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.http.refusals import refuse

_WITHOUT = ("1.0", "1")  # as ASGI and as Granian write it
_LONGEST_NAME = 253
_HIGHEST_PORT = 65_535
_HOST = re.compile(
    r"(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?"
)
_MISSING = "The request must have a `Host` header."
_SEVERAL = "The request must have only one `Host` header."
_INVALID = "The `Host` header must be a host name or an IP address, and may have a port, such as hire.example:8000."


class HostCheck:
    """A layer around the application, inside those that name the request and add the headers."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through that names one host, or respond with 400; no other opens a WebSocket either."""
        wrong = fault_of(scope)
        if wrong is None:
            await self.app(scope, receive, send)
        else:
            note(ASGIConnection[Any, Any, Any, Any](scope), WhyRefused.BAD_HOST)
            error = HTTPException(wrong, status_code=400)
            await refuse(scope, send, error, base_url=self._base_url)


def fault_of(scope: Scope) -> str | None:
    """Return what is wrong with the request's Host, as a sentence, or None."""
    found = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
    if found in ([], [""]):  # Granian adds an empty one where there is none
        return None if scope.get("http_version") in _WITHOUT else _MISSING
    if len(found) > 1:
        return _SEVERAL
    host = _HOST.fullmatch(found[0])
    if host is None or len(host["name"]) > _LONGEST_NAME or int(host["port"] or 0) > _HIGHEST_PORT:
        return _INVALID
    return _INVALID if host["address"] and not _is_ipv6(host["address"]) else None


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
