"""Pages are sent compressed where the browser accepts that and no other site can have chosen a part of them.

Anyone who sees how long a compressed page is, and chooses words that it repeats, can guess the secrets beside them
(BREACH; docs/decisions/0075-a-page-is-compressed-unless-another-site-had-a-say.md). What never changes is compressed
once, in `static_files`.
"""

import gzip

from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
)

from hireloop.web.buffered_responses import Headers, header_of, lower
from hireloop.web.http.weights import weight_of

_PAGE = b"text/html"
_LONGEST_UNCOMPRESSED = 1_024  # bytes; anything shorter fits into one packet anyway
_LEVEL = 6  # of 9, which takes half as long again for 1 % less
_BY_OURSELVES = {"same-origin", "none"}  # pressed on a page of ours, or typed in (Sec-Fetch-Site)


class CompressedPages:
    """The layer that compresses pages; what is sent in parts, or compressed already, is left as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled, and compress its response if it is a page."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        waiting: HTTPResponseStartEvent | None = None  # for the page itself, whose length decides

        async def wrapped(message: Message) -> None:
            nonlocal waiting
            if message["type"] == "http.response.start" and _is_page(lower(message["headers"])):
                waiting = message
            elif message["type"] == "http.response.body" and waiting is not None:
                start, waiting = waiting, None
                for part in _sent(start, message, scope):
                    await send(part)
            else:
                await send(message)

        await self.app(scope, receive, wrapped)


def _is_page(headers: Headers) -> bool:
    named = dict(headers)
    return named.get(b"content-type", b"").startswith(_PAGE) and b"content-encoding" not in named


def _sent(
    start: HTTPResponseStartEvent, body: HTTPResponseBodyEvent, scope: HTTPScope
) -> tuple[HTTPResponseStartEvent, HTTPResponseBodyEvent]:
    """Return the messages of a page as they are sent."""
    if body.get("more_body", False) or len(body["body"]) <= _LONGEST_UNCOMPRESSED:
        return start, body
    headers = _varying(lower(start["headers"]))
    if _is_ours(scope) and takes_gzip(header_of(scope, b"accept-encoding") or ""):
        body = {**body, "body": gzip.compress(body["body"], _LEVEL, mtime=0)}
        others = (header for header in headers if header[0] != b"content-length")
        length = str(len(body["body"])).encode()
        headers = (*others, (b"content-encoding", b"gzip"), (b"content-length", length))
    return {**start, "headers": headers}, body


def _varying(headers: Headers) -> Headers:
    """Return the headers with one line of what the page depends on."""
    others = tuple(header for header in headers if header[0] != b"vary")
    named = [word.strip() for name, value in headers if name == b"vary" for word in value.split(b",")]
    return (*others, (b"vary", b", ".join(dict.fromkeys([*named, b"Accept-Encoding"]))))


def _is_ours(scope: HTTPScope) -> bool:
    """Return whether no other site has chosen anything in this request: of a page's address that is the query alone."""
    return not scope["query_string"] or header_of(scope, b"sec-fetch-site") in _BY_OURSELVES


def takes_gzip(accept_encoding: str) -> bool:
    """Return whether a browser that says this in Accept-Encoding accepts gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = weight_of(weight)
    return weights.get("gzip", weights.get("*", 0.0)) > 0
