"""Conditional requests (RFC 9110, 13): every read of the API carries an ETag, and If-None-Match spares its body.

The tag is a digest of the body, so `etags.check_if_match` comes to the same one from the same response. A response with
a session key in it is not to be stored by a browser; a client that keeps it in memory may still ask whether it changed.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from hireloop.api.http import etags
from hireloop.web.buffered_responses import header_of, lower

_FRESH = 200
# Quotes inside a JSON text are escaped: this is always a member of an object, and not null.
_HOLDS_A_SECRET = b'"session_key":"'


class Conditional:
    """The middleware next to the handlers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tag the response to a GET, or say that it is what the client has already."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        known = header_of(scope, b"if-none-match")
        held: HTTPResponseStartEvent | None = None
        body = bytearray()

        async def tag(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_taggable(message):
                held = message
            elif message["type"] == "http.response.body" and held is not None:
                body.extend(message["body"])
                if not message.get("more_body", False):
                    await _respond(send, held, bytes(body), known)
            else:
                await send(message)

        await self.app(scope, receive, tag)


def _is_taggable(start: HTTPResponseStartEvent) -> bool:
    """Return whether it is fresh and has a length: what has none is a stream, and is not held back."""
    return start["status"] == _FRESH and any(name == b"content-length" for name, _ in lower(start["headers"]))


async def _respond(send: Send, start: HTTPResponseStartEvent, body: bytes, known: str | None) -> None:
    headers = dict(lower(start["headers"]))
    etag = headers.setdefault(b"etag", etags.etag_of(body).encode())
    headers.setdefault(b"cache-control", b"no-store" if _HOLDS_A_SECRET in body else b"private, no-cache")
    is_known = known is not None and etags.is_named_weakly(known, etag.decode("latin-1"))
    if is_known:
        headers = {name: value for name, value in headers.items() if name not in {b"content-length", b"content-type"}}
    await send({**start, "status": 304 if is_known else start["status"], "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": b"" if is_known else body, "more_body": False})
