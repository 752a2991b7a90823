"""The methods of a path: HEAD wherever there is GET, and the same `Allow` from OPTIONS as from 405.

The router knows only GET, and of a path whose handlers belong to several routers it lists only the first one's methods.
"""

from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from hireloop.web.buffered_responses import BufferedResponse, Headers, lower

PATCHES = "application/json, application/merge-patch+json"  # Accept-Patch (RFC 5789, 3.1)
_WHOLE_SERVER = "*"  # RFC 9110, 9.3.7
_EVERY_METHOD = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST"
_NOT_ALLOWED, _UNSUPPORTED = 405, 415


class Methods:
    """A layer around the application, inside the check of the host."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request be handled, HEAD as GET, and complete what the response says of the path's methods."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and scope["path"] == _WHOLE_SERVER:
            await BufferedResponse(204, ((b"allow", _EVERY_METHOD),), b"").send(send)
        elif scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_body(_completing(send, scope)))
        else:
            await self.app(scope, receive, _completing(send, scope))


def _without_body(send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
        elif not message.get("more_body", False):
            await send({**message, "body": b""})

    return wrapped


def _completing(send: Send, scope: HTTPScope) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = lower(message["headers"])
            if scope["method"] == "OPTIONS" or message["status"] == _NOT_ALLOWED:
                headers = _allowing_all(headers, scope)
            elif scope["method"] == "PATCH" and message["status"] == _UNSUPPORTED:
                headers = (*headers, (b"accept-patch", PATCHES.encode()))
            message = {**message, "headers": headers}
        await send(message)

    return wrapped


def _allowing_all(headers: Headers, scope: HTTPScope) -> Headers:
    """Return the headers with every method of the path in `Allow`, if they have one."""
    named = {word for name, value in headers if name == b"allow" for word in value.decode("latin-1").split(", ")}
    if not named:
        return headers
    methods = named | {
        method
        for route in scope["litestar_app"].routes
        if isinstance(route, HTTPRoute) and route.path_format == scope.get("path_template")
        for method in route.methods
    }
    methods |= {"HEAD", "OPTIONS"} if "GET" in methods else {"OPTIONS"}
    patches = ((b"accept-patch", PATCHES.encode()),) if "PATCH" in methods else ()
    others = tuple((name, value) for name, value in headers if name != b"allow")
    return (*others, (b"allow", ", ".join(sorted(methods)).encode()), *patches)
