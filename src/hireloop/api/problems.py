"""Every error of the API as RFC 9457 `application/problem+json`; `web.problems` decides its status and type."""

from litestar import Response

from hireloop import db, errors
from hireloop.telemetry.logs import log
from hireloop.web.context import AnyRequest
from hireloop.web.problems import MEDIA_TYPE, Problem, problem_of


def handle(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Return the problem of any exception as a response; an unexpected one is logged with its traceback."""
    problem = problem_of(error)
    if problem.status >= 500:  # noqa: PLR2004 (server errors)
        log.error(
            "request.failed",
            path=request.scope.get("path_template", ""),
            problem=problem.type,
            cause=db.described(error),
            exc_info=error,
        )
    headers = dict(getattr(error, "headers", None) or {})
    if problem.status == 405:  # noqa: PLR2004 (RFC 9110 15.5.6 asks for the header)
        headers = {"Allow": _with_head(headers.get("allow", ""))}
    if problem.status == 401:  # noqa: PLR2004 (RFC 9110 11.6.1 asks for the header)
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.TooMuch):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if problem.status == 503:  # noqa: PLR2004 (the client may simply repeat)
        headers["Retry-After"] = "2"
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _with_head(allowed: str) -> str:
    """Return the methods of a path, with HEAD wherever there is GET, since the router does not list it."""
    methods = set(allowed.split(", ")) - {""}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
