"""The headers of every response: each door has a policy, and the outermost layer of the application adds its headers.

Litestar sets headers per route, and so none if no route matches or a request is refused before routing.
"""

import re
from collections.abc import Mapping

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hireloop.web.buffered_responses import Headers, lower

Policy = Mapping[str, str]  # values by the names of headers
_SLASHES = re.compile("/{2,}")


class SecurityHeaders:
    """The layer that gives each response the headers of its path's policy, as far as the handler has not set them."""

    def __init__(self, app: ASGIApp, policies: Mapping[str, Policy]) -> None:
        """Take the policies by the prefixes of their paths; if several fit, the longest counts."""
        self.app = app
        self._policies = [(prefix, _encoded(policies[prefix])) for prefix in sorted(policies, key=len, reverse=True)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled, and add what its response lacks."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        path = as_routed(scope["path"])
        policy = next((headers for prefix, headers in self._policies if path.startswith(prefix)), ())

        async def wrap(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = lower(message["headers"])
                given = {name for name, _ in headers}
                lacking = (header for header in policy if header[0] not in given)
                await send({**message, "headers": [*headers, *lacking]})
            else:
                await send(message)

        await self.app({**scope, "path": path}, receive, wrap)


def as_routed(path: str) -> str:
    """Return a path as Litestar routes it: `//console` is `/console` to the router, and so to every layer."""
    return _SLASHES.sub("/", f"/{path}")


def _encoded(policy: Policy) -> Headers:
    return lower((name.encode("latin-1"), value.encode("latin-1")) for name, value in policy.items())
