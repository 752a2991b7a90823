"""A request that is refused before it reaches a handler: a problem for programs, and its sentence for people."""

import msgspec
from litestar.enums import ScopeType
from litestar.types import Scope, Send

from hireloop.web.buffered_responses import BufferedResponse
from hireloop.web.problems import MEDIA_TYPE, problem_of
from hireloop.web.request_id import FOR_PROGRAMS

_OF_OURS = 4_000  # where the codes begin that applications may close a WebSocket with
_NO_STORE = (b"cache-control", b"no-store")


def refusal_of(scope: Scope, error: Exception, *, base_url: str) -> BufferedResponse:
    """Return the response to a request that this error has ended; to HEAD, one without a body."""
    problem = problem_of(error, base_url)
    if scope["path"].startswith(FOR_PROGRAMS):
        media_type, body = MEDIA_TYPE, msgspec.json.encode(problem)
    else:
        media_type, body = "text/plain; charset=utf-8", problem.detail.encode()
    headers = ((b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode()), _NO_STORE)
    return BufferedResponse(problem.status, headers, b"" if scope.get("method") == "HEAD" else body)


async def refuse(scope: Scope, send: Send, error: Exception, *, base_url: str) -> None:
    """Send the response to a request that this error has ended; a WebSocket is not opened, which is a 403."""
    if scope["type"] == ScopeType.WEBSOCKET:
        await send({"type": "websocket.close", "code": _OF_OURS + problem_of(error).status, "reason": ""})
    else:
        await refusal_of(scope, error, base_url=base_url).send(send)
