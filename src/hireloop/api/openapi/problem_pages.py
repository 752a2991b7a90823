"""`/problems/`: a page about each kind of problem, which is where its `type` leads; see ADR 0064."""

from pathlib import Path
from typing import NamedTuple

from litestar import MediaType, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from hireloop.api.openapi import docs
from hireloop.web import problems
from hireloop.web.context import AnyRequest
from hireloop.web.static_files import StaticFile
from hireloop.web.templates import Templates, coded


class Explanation(NamedTuple):
    """What a problem means, as in docs/reference/api.md, and what its client can do about it."""

    meaning: str
    advice: str

    @property
    def sentence(self) -> str:
        """The meaning, as a sentence."""
        return f"{self.meaning[0].upper()}{self.meaning[1:]}."


_REPEAT = "Send the same request again, after the number of seconds in `Retry-After`. A booking can be repeated safely."
_AVAILABLE = "Choose another slot: GET `/api/interviews/slots/?available=true` lists those that are available."
_RESCHEDULE = "POST to `/api/interviews/schedules/{id}/reschedule/`"
_ASK = "A recruiter can still reschedule or cancel the interview."
_READ_AGAIN = "Read the object again to see its current state."
EXPLANATIONS: dict[str, Explanation] = {
    "bad-input": Explanation(
        "the request, or one of its fields, is invalid",
        "Correct every field in `errors`, each of which says what is expected. The same request will not work again.",
    ),
    "not-signed-in": Explanation(
        "there is no valid API key",
        "Send `Authorization: Bearer hl_…`. If the key was revoked or has expired, ask an administrator for another.",
    ),
    "not-allowed": Explanation(
        "the key's role does not permit this",
        "Use a key with the role that `detail` names. An administrator can create it with POST to `/api/keys/`. If "
        "`detail` names CORS_ORIGINS, add the origin of your page there.",
    ),
    "not-found": Explanation(
        "the object does not exist", "Check the ID and the path. The object may have been deleted or never created."
    ),
    "slot-full": Explanation("every seat of the slot is taken", _AVAILABLE),
    "slot-withdrawn": Explanation("the slot was withdrawn", _AVAILABLE),
    "slot-past": Explanation(
        "the slot began too long ago for its link to work",
        f"{_AVAILABLE} If it is the slot of a booking, {_RESCHEDULE} to move that to a later one.",
    ),
    "interview-already-scheduled": Explanation(
        "the interview is booked into another slot, was missed, or is over",
        f"{_RESCHEDULE} to move the booking, also if the interview was missed. If it is over, or if you want to change "
        "its candidate or job, create another one with POST to `/api/interviews/`.",
    ),
    "interview-closed": Explanation(
        "the interview is over or cancelled",
        "Create another interview with POST to `/api/interviews/`, and book that one.",
    ),
    "candidate-busy": Explanation(
        "the candidate has an interview that overlaps the slot",
        f"Choose a slot at another time, or {_RESCHEDULE} to move the other interview first.",
    ),
    "interviewer-busy": Explanation(
        "the interviewer has a slot that overlaps this one", "Choose other times, or another interviewer."
    ),
    "differs-from-known": Explanation(
        "the candidate or the job already exists and differs in `fields`",
        "Send the ID to use what is stored, or change it first with PATCH to `/api/candidates/{id}/` or "
        "`/api/jobs/{id}/`.",
    ),
    "address-taken": Explanation(
        "another candidate has this address",
        "Use that candidate, or correct the address of one of the two with PATCH to `/api/candidates/{id}/`.",
    ),
    "job-taken": Explanation("another job has this title and company", "Use that job, or choose another title."),
    "not-replayable": Explanation(
        "the delivery must not be sent again; `reason` is one of those listed",
        "In most cases, nothing needs to be done. To send the candidate a new link to the same interview, POST to "
        "`/api/interviews/sessions/{id}/reissue/`.",
    ),
    "slot-in-use": Explanation(
        "interviews are booked into the slot",
        f"{_RESCHEDULE} for each booking, or cancel all of them with POST to "
        "`/api/interviews/slots/{id}/release_slot/`. To withdraw a slot with its bookings, DELETE "
        "`/api/interviews/slots/{id}/?cancel=true`.",
    ),
    "interview-in-progress": Explanation(
        "the candidate has entered",
        "The interview can no longer be rescheduled or cancelled. A candidate can be erased, and a slot withdrawn, "
        "once it is over.",
    ),
    "schedule-cancelled": Explanation(
        "the booking is cancelled",
        "Book the interview again with POST to `/api/interviews/slots/{id}/book_slot/`. If it was cancelled for good, "
        "create another one with POST to `/api/interviews/`.",
    ),
    "use-reschedule": Explanation("a booked interview is moved with `reschedule`, not with PATCH", f"{_RESCHEDULE}."),
    "change-too-late": Explanation("it is too late for the candidate's own change", _ASK),
    "too-many-changes": Explanation("the candidate has moved the interview too often", _ASK),
    "idempotency-in-progress": Explanation(
        "a request with this Idempotency-Key is still in progress", "Send the same request again in a few seconds."
    ),
    "changed-since": Explanation(
        "the object has changed since the version in `If-Match`",
        f"{_READ_AGAIN} Then make your change to that version, with its `ETag`.",
    ),
    "idempotency-key-reused": Explanation(
        "this Idempotency-Key was sent with another request", "Use a new key for each new request."
    ),
    "too-many-requests": Explanation(
        "the key has sent more requests than RATE_LIMIT allows; `Retry-After` says when to continue",
        "Wait that many seconds, and send requests less often.",
    ),
    "too-many-messages": Explanation(
        "the key has sent as many messages as it may in a day",
        "Wait for the number of seconds in `Retry-After`. Bookings can still be rescheduled and cancelled. If you "
        "did not send these messages, the key may have leaked: an administrator can revoke it.",
    ),
    "too-many-reinvitations": Explanation(
        "the candidate has been invited to the interview again as often as is allowed within an hour",
        "Wait for the number of seconds in `Retry-After`, and find out why the earlier invitations did not help.",
    ),
    "too-many-stored-responses": Explanation(
        "as many responses to Idempotency-Keys are stored for the key as may be in a day",
        "Wait for the number of seconds in `Retry-After`, or send the request without an Idempotency-Key.",
    ),
    "too-many-presses": Explanation(
        "a candidate's link was used too often within a minute; only the portal says so",
        "Wait for the number of seconds in `Retry-After`.",
    ),
    "limit-reached": Explanation(
        "a limit was reached, and no other code applies",
        "Wait for the number of seconds in `Retry-After`, and send less.",
    ),
    "refused": Explanation("the current state forbids it, and no other type applies", _READ_AGAIN),
    "database-not-ready": Explanation("migrations are missing", "Run `hireloop migrate`, and start the server again."),
    "method-not-allowed": Explanation(
        "the path does not have this method", "Use one of the methods in the `Allow` header."
    ),
    "body-too-slow": Explanation(
        "the body did not arrive in time: within 10 s, and one more for each 500 bytes received, but at most 30; the "
        "connection is closed",
        "Send the request again over a faster connection.",
    ),
    "too-large": Explanation("the body is larger than a megabyte", "Send a smaller body."),
    "address-too-long": Explanation("path and query have more than 4,096 characters", "Send a shorter URL."),
    "unsupported-media-type": Explanation(
        "the body is not JSON, or not of a type that the path accepts",
        "Send `Content-Type: application/json`. For PATCH, `Accept-Patch` lists the types.",
    ),
    "headers-too-large": Explanation(
        "the cookies have more than 8,192 characters", "Delete the cookies of this site, and try again."
    ),
    "internal": Explanation(
        "an error in HireLoop; the header `traceresponse` names the trace",
        "Report it to the operator of the installation, with the ID of the trace.",
    ),
    "database-away": Explanation(
        "the database does not answer, so it is unknown whether anything was changed; `Retry-After` says when to try "
        "again, and a booking can simply be repeated",
        _REPEAT,
    ),
    "database-busy": Explanation(
        "other requests changed the same objects at the same moment, and nothing was done: send the request again",
        _REPEAT,
    ),
}

_templates = Templates(
    "problems",
    Path(__file__).parent / "templates",
    style=docs.STYLE_PATH,
    coded=coded,
    statuses=problems.statuses_by_code(),
    titles=problems.TITLES,
    explanations=EXPLANATIONS,
    at=problems.PAGES,
)
_pages: dict[str, StaticFile] = {}  # by their codes; made when they are first asked for


@get("/", sync_to_thread=False)
def index(request: AnyRequest) -> Response[bytes]:
    """List every kind of problem."""
    return _page("").response(request)


@get("/{code:str}", sync_to_thread=False)
def page(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Explain one kind of problem."""
    if code not in EXPLANATIONS:
        raise NotFoundException
    return _page(code).response(request)


def _page(code: str) -> StaticFile:
    if code not in _pages:
        template, values = ("problem", {"code": code}) if code else ("problems", {})
        _pages[code] = StaticFile.of(_templates.render(template, **values).encode(), MediaType.HTML)
    return _pages[code]


router = Router("/problems", route_handlers=[index, page], include_in_schema=False)
