"""A request that is refused before it reaches a handler: a problem for programs, and its sentence for people."""

import msgspec
from litestar.types import Scope

from hireloop.web.buffered_responses import BufferedResponse
from hireloop.web.problems import MEDIA_TYPE, problem_of
from hireloop.web.request_id import FOR_PROGRAMS

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
