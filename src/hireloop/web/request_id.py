"""What every response to a program has around it, also for unknown paths: its request's id, and what it varies by.

Litestar's own middleware runs after the routing, and so never for a path or a method that there is not.
"""

import re
import secrets
from contextlib import nullcontext

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from hireloop.telemetry import spans
from hireloop.web.buffered_responses import Headers, header_of, lower

FOR_PROGRAMS = ("/api", "/health", "/schema", "/docs")
_API = "/api"
_REQUEST_ID = b"x-request-id"
_GOOD_ID = re.compile(r"[!-~]{1,128}")


class RequestId:
    """The layer around all responses to programs, inside that of the headers."""

    def __init__(self, app: ASGIApp, *, varies_by_origin: bool) -> None:
        self.app = app
        self._varies_by = ("Authorization", "Origin") if varies_by_origin else ("Authorization",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, let it be handled, and put what belongs around the response."""
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        given = given_id(scope)
        ident = given or spans.current_trace_id() or secrets.token_hex(16)
        is_api = scope["path"].startswith(_API)

        async def wrap(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = lower(message["headers"])
                headers = self._varying(headers, is_api=is_api)
                message = {**message, "headers": [*headers, (_REQUEST_ID, ident.encode())]}
            await send(message)

        if given is not None:
            spans.name_request(given)
        with bound_contextvars(request_id=given) if given is not None else nullcontext():
            await self.app(scope, receive, wrap)

    def _varying(self, headers: Headers, *, is_api: bool) -> Headers:
        """Return the headers of a response so that no cache gives it to others: only the API asks for keys."""
        varies = [value.decode("latin-1") for name, value in headers if name == b"vary"]
        words = [word.strip() for value in varies for word in value.split(",")]
        vary = ", ".join(dict.fromkeys([*(self._varies_by if is_api else self._varies_by[1:]), *words]))
        if not vary:
            return headers
        return (*((name, value) for name, value in headers if name != b"vary"), (b"vary", vary.encode("latin-1")))


def given_id(scope: Scope) -> str | None:
    """Return the caller's X-Request-ID, or None if there is none that we would repeat."""
    given = header_of(scope, _REQUEST_ID)
    return given if given is not None and _GOOD_ID.fullmatch(given) else None
