"""The portal's routes: the link, the pages of a session, the static files, and a page for whatever goes wrong."""

from http import HTTPStatus

from litestar import HttpMethod, Response, Router, post, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.portal import calendar_entry, gate, open_pages, own_changes, render, room
from hireloop.portal.gate import path_of
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.telemetry.logs import log
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.problems import problem_of

_LARGEST_BODY = 16_384
_TRY_AGAIN_SECONDS = "30"  # as the page says in words
_READ = [HttpMethod.GET, HttpMethod.HEAD]  # Litestar responds to HEAD on a GET route with 405

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(self), microphone=(self)",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",  # as the pages say, for what is no page
}


async def follow_link(request: AnyRequest) -> Response[bytes]:
    """Exchange the link's session key for a cookie, and lead to the session. Changes no row."""
    key = request.query_params.get("session_key")
    if key is None:
        return render.page(request, "welcome")
    context = context_of(request)
    found = await gate.check(key, context.settings.secrets, shown_to=request)
    if not isinstance(found, Visit):
        return await gate.refuse(request, found)
    return render.see_other(path_of(found), gate.cookie(context, key, found))


async def static(request: AnyRequest, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send the style sheet or a script."""
    return render.STATIC.response(request, version, name)


def error_page(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Say in HTML that a request failed, without a word from the request itself."""
    status = problem_of(error).status
    if status == HTTPStatus.NOT_FOUND:
        return render.page(request, "unknown", status_code=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log_failure(request, error)
        response = render.page(request, "failed", status_code=status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = _TRY_AGAIN_SECONDS
        return response
    if isinstance(error, errors.LimitReached):
        response = render.page(request, "too_often", status_code=status)
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    if isinstance(error, errors.Refused):  # a handler of ours should have shown it on its page
        _log_failure(request, error)
    response = render.page(request, "misunderstood", status_code=status)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)  # such as `allow`
    return response


def _log_failure(request: AnyRequest, error: Exception) -> None:
    path = request.scope.get("path_template", "")
    log.error("portal.failed", path=path, cause=db.described(error), exc_info=error)


def routes() -> list[Router]:
    """Return the portal's routes for the composition root."""
    handlers = [
        route("/", http_method=_READ)(follow_link),
        route("/i/{session_id:str}", http_method=_READ)(room.page),
        post("/i/{session_id:str}/start")(room.start),
        post("/i/{session_id:str}/finish")(room.finish),
        post("/i/{session_id:str}/ask")(room.ask),
        post("/i/{session_id:str}/devices")(room.record_devices),
        route("/i/{session_id:str}/calendar.ics", http_method=_READ)(calendar_entry.download),
        open_pages.follow,
        route("/i/{session_id:str}/state", http_method=_READ)(open_pages.state),
        post("/i/{session_id:str}/take-over")(open_pages.take_over),
        post("/i/{session_id:str}/beat")(open_pages.beat),
        post("/i/{session_id:str}/confirm")(own_changes.confirm),
        route("/i/{session_id:str}/move", http_method=_READ)(own_changes.choose),
        post("/i/{session_id:str}/move")(own_changes.move),
        route("/i/{session_id:str}/cancel", http_method=_READ)(own_changes.consider),
        post("/i/{session_id:str}/cancel")(own_changes.cancel),
        route("/portal/{version:str}/{name:str}", http_method=_READ)(static),
    ]
    return [
        Router(
            "/",
            route_handlers=handlers,
            exception_handlers={Exception: error_page},
            include_in_schema=False,
            request_max_body_size=_LARGEST_BODY,
        )
    ]
