"""Conditional requests (RFC 9110, 13): every read of the API carries an ETag, and If-None-Match spares its body.

The tag is a digest of the body, so `etags.check_if_match` comes to the same one from the same response. Nothing that
the API returns is to be stored by a browser; a client that keeps it in memory may still ask whether it changed.
"""

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from hireloop import errors
from hireloop.api import problems
from hireloop.web.buffered_responses import header_of, lower
from hireloop.web.http.entity_tags import etag_of, is_named

_FRESH = 200


class Conditional:
    """The middleware next to the handlers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tag the response to a GET, or say that it is what the client has already, or not what If-Match names."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        held: HTTPResponseStartEvent | None = None
        body = bytearray()

        async def tag(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_taggable(message):
                held = message
            elif message["type"] == "http.response.body" and held is not None:
                body.extend(message["body"])
                if not message.get("more_body", False):
                    await _respond(scope, receive, send, held, bytes(body))
            else:
                await send(message)

        await self.app(scope, receive, tag)


def _is_taggable(start: HTTPResponseStartEvent) -> bool:
    """Return whether it is fresh and has a length: what has none is a stream, and is not held back."""
    return start["status"] == _FRESH and any(name == b"content-length" for name, _ in lower(start["headers"]))


async def _respond(scope: HTTPScope, receive: Receive, send: Send, start: HTTPResponseStartEvent, body: bytes) -> None:
    headers = dict(lower(start["headers"]))
    etag = headers.setdefault(b"etag", etag_of(body).encode()).decode("latin-1")
    wanted, known = header_of(scope, b"if-match"), header_of(scope, b"if-none-match")
    if wanted is not None and not is_named(wanted, etag):
        refusal = problems.handle(Request(scope), errors.ChangedSince())
        await refusal.to_asgi_response(None, Request(scope))(scope, receive, send)
        return
    is_known = known is not None and is_named(known, etag)
    if is_known:
        headers = {name: value for name, value in headers.items() if name not in {b"content-length", b"content-type"}}
    await send({**start, "status": 304 if is_known else start["status"], "headers": list(headers.items())})
    await send({"type": "http.response.body", "body": b"" if is_known else body, "more_body": False})
