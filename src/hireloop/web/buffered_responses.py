"""A response that is held back until it is whole, so that it can be judged and stored before anybody sees it."""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # the worker, which forgets old responses, does without Litestar
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]


class BufferedResponse(msgspec.Struct, frozen=True):
    """Status, headers with names in lower case, and body of one response."""

    status: int
    headers: Headers
    body: bytes

    async def send(self, send: "Send") -> None:
        """Send it, as two messages."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


async def hold_back(app: "ASGIApp", scope: "Scope", receive: "Receive") -> BufferedResponse:
    """Let `app` respond and return what it would have sent."""
    status, body = 0, bytearray()
    headers: Headers = ()

    async def keep(message: "Message") -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], lower(message["headers"])
        elif message["type"] == "http.response.body":
            body.extend(message["body"])

    await app(scope, receive, keep)
    return BufferedResponse(status, headers, bytes(body))


def lower(headers: object) -> Headers:
    """Return headers with their names in lower case."""
    return tuple((bytes(name).lower(), bytes(value)) for name, value in headers)  # type: ignore[attr-defined] # ASGI's


def header_of(scope: "Scope", name: bytes) -> str | None:
    """Return a request's header as one text, its lines joined by commas (RFC 9110, 5.3), or None."""
    found = [value.decode("latin-1") for known, value in scope["headers"] if known.lower() == name]
    return ", ".join(found) if found else None
