"""Refuses requests whose URL or cookies are longer than any of ours, before they are read.

Litestar keeps the last 1,024 addresses and cookie headers that it parsed, each with all its fields: at the 64 KiB that
a server lets through, a thousand requests by nobody in particular would fill two gigabytes for good.
"""

import msgspec
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from hireloop.web.buffered_responses import BufferedResponse, header_of
from hireloop.web.problems import MEDIA_TYPE, problem_of
from hireloop.web.request_id import FOR_PROGRAMS

LONGEST_ADDRESS = 4_096  # path and query
LONGEST_COOKIES = 8_192  # forty sessions of one candidate, and what other programs of the host keep
_NO_STORE = (b"cache-control", b"no-store")


class HeadSizeLimit:
    """A layer around the application, inside the outer layers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or respond with 414 or 431."""
        refusal = _refusal(scope) if scope["type"] == ScopeType.HTTP else None
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await _response(refusal, is_for_programs=scope["path"].startswith(FOR_PROGRAMS)).send(send)


def _refusal(scope: HTTPScope) -> HTTPException | None:
    if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        return HTTPException(
            f"The URL is longer than {LONGEST_ADDRESS} characters. Send a shorter one.", status_code=414
        )
    if len(header_of(scope, b"cookie") or "") > LONGEST_COOKIES:
        return HTTPException(
            f"The cookies are longer than {LONGEST_COOKIES} characters. Delete this site's cookies and try again.",
            status_code=431,
        )
    return None


def _response(refusal: HTTPException, *, is_for_programs: bool) -> BufferedResponse:
    """Return a problem for programs, and its sentence for people."""
    if is_for_programs:
        media_type, body = MEDIA_TYPE, msgspec.json.encode(problem_of(refusal))
    else:
        media_type, body = "text/plain; charset=utf-8", refusal.detail.encode()
    headers = ((b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode()), _NO_STORE)
    return BufferedResponse(refusal.status_code, headers, body)
