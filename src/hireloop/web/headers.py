"""The headers of every response: each door has a policy, and the outermost layer of the application adds its headers.

Litestar sets headers per route, and so none if no route matches or a request is refused before routing. Whatever fails
between the two is responded to here.
"""

import re
from collections.abc import Mapping

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hireloop import db
from hireloop.telemetry.logs import log
from hireloop.web.buffered_responses import Headers, lower
from hireloop.web.http.refusals import refusal_of

Policy = Mapping[str, str]  # values by the names of headers
# What every response has, unless its handler or its door says otherwise.
EVERYWHERE: Policy = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Browsers ignore both of a site that is not https, and complain about the second one.
OVER_HTTPS: Policy = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SLASHES = re.compile("/{2,}")


class SecurityHeaders:
    """The layer that gives each response the headers of its path's policy, as far as the handler has not set them."""

    def __init__(self, app: ASGIApp, policies: Mapping[str, Policy], *, base_url: str) -> None:
        """Take the policies by the prefixes of their paths; if several fit, the longest counts."""
        self.app = app
        self._base_url = base_url
        self._general = {**EVERYWHERE, **(OVER_HTTPS if base_url.startswith("https:") else {})}
        self._policies = [
            (prefix, _encoded({**self._general, **policies[prefix]}))
            for prefix in sorted(policies, key=len, reverse=True)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled, and add what its response lacks."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        path = as_routed(scope["path"])
        policy = next((it for prefix, it in self._policies if path.startswith(prefix)), _encoded(self._general))
        is_begun = False

        async def wrap(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                headers = lower(message["headers"])
                given = {name for name, _ in headers}
                lacking = (header for header in policy if header[0] not in given)
                await send({**message, "headers": [*headers, *lacking]})
            else:
                await send(message)

        routed: Scope = {**scope, "path": path}
        try:
            await self.app(routed, receive, wrap)
        except Exception as error:
            if is_begun:
                raise
            log.error("request.failed", path="", problem="internal", cause=db.described(error), exc_info=error)
            await refusal_of(routed, error, base_url=self._base_url).send(wrap)


def as_routed(path: str) -> str:
    """Return a path as Litestar routes it: `//console` is `/console` to the router, and so to every layer.

    `*` is the whole server, and no path (RFC 9110, 9.3.7).
    """
    return path if path == "*" else _SLASHES.sub("/", f"/{path}")


def _encoded(policy: Policy) -> Headers:
    return lower((name.encode("latin-1"), value.encode("latin-1")) for name, value in policy.items())
