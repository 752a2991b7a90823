"""What each error is to a client: status, type and message (RFC 9457). Only this module maps errors to statuses."""

from typing import Annotated, Any

import msgspec
from litestar.exceptions import HTTPException, ValidationException
from msgspec import Meta

from hireloop import db, errors
from hireloop.scheduling.fields import NOT_BLANK
from hireloop.wording.phrases import phrase

MEDIA_TYPE = "application/problem+json"
PAGES = "/problems/"  # where the page about a kind of problem is, by its code
EXAMPLE_BASE = "https://hire.example"


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field, and how to fix it."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457's members, and `code`, which tells programs the kinds apart; `detail` is a message for people.

    `type` is the address of a page about this kind of problem; it contains the code.
    """

    type: Annotated[str, Meta(examples=[f"{EXAMPLE_BASE}{PAGES}slot-full"], extra_json_schema={"format": "uri"})]
    code: Annotated[str, Meta(examples=["slot-full"])]
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | msgspec.UnsetType = msgspec.UNSET
    fields: list[str] | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET


# The status of every error. A subclass that is not listed takes its parent's row.
STATUSES: dict[type[errors.HireLoopError], tuple[int, str]] = {
    errors.BadInput: (400, "bad-input"),
    errors.NotSignedIn: (401, "not-signed-in"),
    errors.NotAllowed: (403, "not-allowed"),
    errors.NotFound: (404, "not-found"),
    errors.SlotFull: (409, "slot-full"),
    errors.SlotWithdrawn: (409, "slot-withdrawn"),
    errors.SlotPast: (409, "slot-past"),
    errors.InterviewAlreadyScheduled: (409, "interview-already-scheduled"),
    errors.InterviewClosed: (409, "interview-closed"),
    errors.CandidateBusy: (409, "candidate-busy"),
    errors.InterviewerBusy: (409, "interviewer-busy"),
    errors.DiffersFromKnown: (409, "differs-from-known"),
    errors.AddressTaken: (409, "address-taken"),
    errors.JobTaken: (409, "job-taken"),
    errors.NotReplayable: (409, "not-replayable"),
    errors.SlotInUse: (409, "slot-in-use"),
    errors.InterviewInProgress: (409, "interview-in-progress"),
    errors.ScheduleCancelled: (409, "schedule-cancelled"),
    errors.UseReschedule: (409, "use-reschedule"),
    errors.ChangeTooLate: (409, "change-too-late"),
    errors.TooManyChanges: (409, "too-many-changes"),
    errors.IdempotencyInProgress: (409, "idempotency-in-progress"),
    errors.ChangedSince: (412, "changed-since"),
    errors.IdempotencyKeyReused: (422, "idempotency-key-reused"),
    errors.TooManyRequests: (429, "too-many-requests"),
    errors.TooManyMessages: (429, "too-many-messages"),
    errors.TooManyReinvitations: (429, "too-many-reinvitations"),
    errors.TooManyStoredResponses: (429, "too-many-stored-responses"),
    errors.TooManyPresses: (429, "too-many-presses"),
    errors.LimitReached: (429, "limit-reached"),
    errors.Refused: (409, "refused"),
    errors.DatabaseNotReady: (503, "database-not-ready"),
}
TITLES = {
    400: phrase("Bad request"),
    401: phrase("Not signed in"),
    403: phrase("Not allowed"),
    404: phrase("Not found"),
    405: phrase("Method not allowed"),
    408: phrase("Request timeout"),
    409: phrase("Conflict"),
    412: phrase("Precondition failed"),
    413: phrase("Body too large"),
    414: phrase("URL too long"),
    415: phrase("Unsupported media type"),
    422: phrase("Unprocessable content"),
    429: phrase("Too many requests"),
    431: phrase("Headers too large"),
    500: phrase("Internal server error"),
    503: phrase("Service unavailable"),
}
# Where Litestar's own detail is not a sentence.
_SENTENCES = {
    404: "Nothing was found at this path.",
    405: "This path does not support this method. The `Allow` header lists the methods that it supports.",
    413: "The body is larger than 1 MB. Send a smaller one.",
}
_SLUGS = {
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    412: "changed-since",
    413: "too-large",
    414: "address-too-long",
    415: "unsupported-media-type",
    431: "headers-too-large",
}
_BODY = "data"
ONE_OF = "must be one of "  # begins a message that names every value, however many there are
_LONGEST_QUOTE = 200  # characters of what a client sent: a response is not an echo
_GONE = "client disconnected prematurely"  # Litestar's, with a 500
_CUT_OFF = phrase("The connection ended before the whole body had arrived.")
_BUSY = phrase("The request conflicted with a concurrent change, and nothing was saved. Send the same request again.")
_OUR_MISTAKE = "An internal error occurred. Report the trace ID in `traceresponse`."
_AWAY = phrase(
    "The database is unavailable. A change may or may not have been saved, but it is safe to repeat a booking."
)


def statuses_by_code() -> dict[str, int]:
    """Return the status of every code that a problem may have."""
    ours = {slug: status for status, slug in STATUSES.values()}
    others = {slug: status for status, slug in _SLUGS.items()}
    return {**others, "internal": 500, "database-away": 503, "database-busy": 503, **ours}


def problem_of(error: Exception, base_url: str = "") -> Problem:
    """Return an exception as the problem that its client sees; never quotes an exception that is not our own.

    `type` is below BASE_URL; without it, it is relative to the host.
    """
    problem = _problem_of(error)
    return msgspec.structs.replace(problem, type=f"{base_url}{problem.type}")


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, errors.HireLoopError):
        return _ours(error)
    if isinstance(error, ValidationException):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _refused_before(error)
    return _unforeseen(error)


def _ours(error: errors.HireLoopError) -> Problem:
    status, slug = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), (500, "internal"))
    if isinstance(error, errors.BadInput):
        return _problem(status, slug, str(error), [FieldProblem(*one) for one in error.wrong])
    problem = _problem(status, slug, str(error))
    if isinstance(error, errors.DiffersFromKnown):
        return msgspec.structs.replace(problem, fields=error.fields)
    if isinstance(error, errors.NotReplayable):
        return msgspec.structs.replace(problem, reason=error.reason)
    return problem


def _refused_before(error: HTTPException) -> Problem:
    """Return the problem of a request that Litestar refuses before it reaches a handler."""
    if error.detail == _GONE:
        return _problem(400, "bad-input", _CUT_OFF)
    slug = _SLUGS.get(error.status_code, "bad-input" if error.status_code < 500 else "internal")  # noqa: PLR2004 (server errors)
    return _problem(error.status_code, slug, _SENTENCES.get(error.status_code, error.detail))


def _unforeseen(error: Exception) -> Problem:
    if isinstance(error, RecursionError):  # nothing but a request's JSON nests here
        return _problem(400, "bad-input", "The JSON is nested too deeply.")
    if isinstance(error, db.WORTH_ANOTHER_TRY):
        return _problem(503, "database-busy", _BUSY)
    if db.is_transient(error):
        return _problem(503, "database-away", _AWAY)
    return _problem(500, "internal", _OUR_MISTAKE)


def _invalid(error: ValidationException) -> Problem:
    found = error.extra if isinstance(error.extra, list) else []
    wrong = [_wrong_field(item) for item in found if isinstance(item, dict)]
    if not wrong:
        return _problem(400, "bad-input", error.detail)
    return _problem(400, "bad-input", "; ".join(f"{item.field}: {item.message}" for item in wrong), wrong)


def _wrong_field(item: dict[str, Any]) -> FieldProblem:
    """Return the error about one field; Litestar calls the whole body `data`, and `from` by our own name `from_`."""
    key = _shortened(str(item.get("key") or _BODY))
    key = key.removesuffix("_") if "source" in item else key  # Litestar's own
    message = str(item.get("message", "is not valid"))
    if message == repr(_BODY):
        return FieldProblem("body", "must be a JSON object")
    message = message if message.startswith(ONE_OF) else _shortened(_sentence(message))
    return FieldProblem("body" if key == _BODY else key, message)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"


def _problem(status: int, slug: str, detail: str, fields: list[FieldProblem] | None = None) -> Problem:
    return Problem(
        type=f"{PAGES}{slug}",
        code=slug,
        title=TITLES.get(status, "Bad request"),
        status=status,
        detail=detail,
        errors=fields or msgspec.UNSET,
    )


def _sentence(message: str) -> str:
    """Return msgspec's message about a field, in plain words if it would quote a pattern."""
    if "matching regex" not in message:
        return message
    if repr(NOT_BLANK)[1:-1] in message:
        return "must not be blank"
    return "must be an enhanced status code, such as 5.1.1"
