"""Refuses requests whose URL or cookies are longer than any of ours, before they are read.

Litestar keeps the last 1,024 addresses and cookie headers that it parsed, each with all its fields: at the 64 KiB that
a server lets through, a thousand requests by nobody in particular would fill two gigabytes for good.
"""

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from hireloop.web.buffered_responses import header_of
from hireloop.web.http.refusals import refuse

LONGEST_ADDRESS = 4_096  # path and query
LONGEST_COOKIES = 8_192  # forty sessions of one candidate, and what other programs of the host keep


class HeadSizeLimit:
    """A layer around the application, inside the outer layers."""

    def __init__(self, app: ASGIApp, *, base_url: str) -> None:
        self.app = app
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or respond with 414 or 431; what opens a WebSocket is read in the same way."""
        refusal = _refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        else:
            await refuse(scope, send, refusal, base_url=self._base_url)


def _refusal(scope: Scope) -> HTTPException | None:
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
