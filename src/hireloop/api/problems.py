"""Every error of the API as RFC 9457 `application/problem+json`; `web.problems` decides its status and type."""

from litestar import Response

from hireloop import db, errors
from hireloop.telemetry.logs import log
from hireloop.web.buffered_responses import header_of
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.problems import MEDIA_TYPE, Problem, problem_of

_REALM = 'Bearer realm="HireLoop"'


def handle(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Return the problem of any exception as a response; an unexpected one is logged with its traceback."""
    problem = problem_of(error, context_of(request).settings.base_url)
    if problem.status >= 500:  # noqa: PLR2004 (server errors)
        log.error(
            "request.failed",
            path=request.scope.get("path_template", ""),
            problem=problem.code,
            cause=db.described(error),
            exc_info=error,
        )
    headers = dict(getattr(error, "headers", None) or {})
    if challenge := _challenge(request, problem.status):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, errors.LimitReached):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if problem.status == 503:  # noqa: PLR2004 (the client may simply repeat)
        headers["Retry-After"] = "2"
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _challenge(request: AnyRequest, status: int) -> str:
    """Return WWW-Authenticate (RFC 6750, 3): without a token, it names no error; empty for any other status."""
    is_given = (header_of(request.scope, b"authorization") or "").lower().startswith("bearer")
    match status:
        case 401 if is_given:
            return f'{_REALM}, error="invalid_token", error_description="The API key is unknown, revoked or expired."'
        case 401:
            return _REALM
        case 403:
            return f'{_REALM}, error="insufficient_scope"'
        case _:
            return ""
