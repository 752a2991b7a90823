"""The console's routes, and a page for whatever goes wrong."""

from typing import Any

from litestar import HttpMethod, Response, Router, post, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from hireloop import db, errors
from hireloop.access.roles import ADMINISTERS, READS, SCHEDULES
from hireloop.console import (
    booking,
    changes,
    channels,
    days,
    failures,
    gate,
    labels,
    preferences,
    render,
    resume,
    sign_in,
    sign_ins,
)
from hireloop.console.attention import alerts, entries
from hireloop.console.finding import export, person, search, week
from hireloop.console.gate import CsrfError, SignInOver
from hireloop.console.planning.routes import LARGEST_BODY, handlers
from hireloop.console.reader.choices import said_to
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log
from hireloop.web.context import AnyRequest
from hireloop.web.problems import Problem, problem_of

_LARGEST_BODY = 65_536
_READ = [HttpMethod.GET, HttpMethod.HEAD]  # Litestar responds to HEAD on a GET route with 405
_OUR_MISTAKE = 500
_TEMPLATES = {404: "unknown", 500: "broken"}

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # So that a browser names our own origin when a form is sent to us, and nobody else's pages learn of ours.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",  # as the pages say, for what is no page
}


async def static(request: AnyRequest, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send the style sheet or the script."""
    return render.STATIC.response(request, version, name)


def error_page(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Say in HTML why a request failed; visitors who are not signed in are led to the sign-in."""
    if isinstance(error, SignInOver):
        return sign_in.over(request, error)
    if isinstance(error, errors.NotSignedIn):
        return sign_in.lead_in(request)
    if isinstance(error, CsrfError):
        return render.page(request, "foreign", status_code=403)
    problem = problem_of(error)
    if problem.status >= _OUR_MISTAKE:
        path = request.scope.get("path_template", "")
        log.error("console.failed", path=path, cause=db.described(error), exc_info=error)
    response = render.page(
        request,
        _TEMPLATES.get(problem.status, "wrong"),
        status_code=problem.status,
        title=problem.title,
        sentence=_sentence(request, error, problem),
        trace_id=spans.current_trace_id(),
    )
    if isinstance(error, errors.LimitReached):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)  # such as `allow`
    return response


def _sentence(request: AnyRequest, error: Exception, problem: Problem) -> str:
    """Return what the page says of an error; nothing of a request that only a program would send."""
    if isinstance(error, errors.HireLoopError) and problem.status < _OUR_MISTAKE:
        return labels.refusal(error, said=said_to(request))
    return said_to(request)(problem.detail) if problem.status > _OUR_MISTAKE else ""  # its own page says the other


def routes() -> list[Router]:
    """Return the console's routes for the composition root."""
    ours: dict[str, Any] = {
        "exception_handlers": {Exception: error_page},
        "include_in_schema": False,
        "request_max_body_size": _LARGEST_BODY,
    }
    for_everybody = [
        route("/sign-in", http_method=_READ)(sign_in.form),
        post("/sign-in")(sign_in.enter),
        post("/preferences/language")(preferences.keep_language),
        route("/static/{version:str}/{name:str}", http_method=_READ)(static),
    ]
    behind = [
        post("/sign-out", opt=READS)(sign_in.leave),
        route("/preferences", http_method=_READ, opt=READS)(preferences.page),
        post("/preferences", opt=READS)(preferences.keep),
        route("/sign-ins", http_method=_READ, opt=READS)(sign_ins.page),
        post("/sign-ins/{sign_in_id:uuid}/end", opt=READS)(sign_ins.end_one),
        post("/sign-ins/end-others", opt=READS)(sign_ins.end_others),
        post("/keys/{key_id:uuid}/end-sign-ins", opt=ADMINISTERS)(sign_ins.end_those_of_key),
        route("/", http_method=_READ, opt=READS)(days.day),
        route("/attention", http_method=_READ, opt=READS)(entries.page),
        route("/bookings/{schedule_id:uuid}", http_method=_READ, opt=READS)(booking.page),
        route("/bookings/{schedule_id:uuid}/resume", http_method=_READ, opt=READS)(resume.page),
        post("/bookings/{schedule_id:uuid}/confirm", opt=SCHEDULES)(changes.confirm),
        post("/bookings/{schedule_id:uuid}/reissue", opt=SCHEDULES)(changes.reissue),
        route("/bookings/{schedule_id:uuid}/cancel", http_method=_READ, opt=SCHEDULES)(changes.ask_to_cancel),
        post("/bookings/{schedule_id:uuid}/cancel", opt=SCHEDULES)(changes.cancel),
        route("/bookings/{schedule_id:uuid}/move", http_method=_READ, opt=SCHEDULES)(changes.ask_to_move),
        post("/bookings/{schedule_id:uuid}/move", opt=SCHEDULES)(changes.move),
        *_finding(),
        route("/channels", http_method=_READ, opt=READS)(channels.page),
        post("/alerts/{alert_id:uuid}/acknowledge", opt=SCHEDULES)(alerts.acknowledge),
        route("/failures", http_method=_READ, opt=READS)(failures.page),
        post("/deliveries/{delivery_id:uuid}/replay", opt=ADMINISTERS)(failures.replay_one),
        route("/replay", http_method=_READ, opt=ADMINISTERS)(failures.ask_to_replay),
        post("/replay", opt=ADMINISTERS)(failures.replay_all),
    ]
    return [
        Router("/console", route_handlers=for_everybody, **ours),
        Router("/console", route_handlers=behind, guards=[gate.let_in], **ours),
        Router(
            "/console",
            route_handlers=handlers(),
            guards=[gate.let_in],
            **ours | {"request_max_body_size": LARGEST_BODY},
        ),
    ]


def _finding() -> list[Any]:
    return [
        route("/search", http_method=_READ, opt=READS)(search.page),
        post("/search/export", opt=SCHEDULES)(export.download),
        route("/week", http_method=_READ, opt=READS)(week.this_week),
        route("/week/{name:str}", http_method=_READ, opt=READS)(week.page),
        route("/candidates/{candidate_id:uuid}", http_method=_READ, opt=READS)(person.page),
    ]
