"""The problems that each operation may return, each with an example made by `web.problems` itself."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from asyncpg import DeadlockDetectedError
from litestar.exceptions import HTTPException
from msgspec import to_builtins

from hireloop import errors
from hireloop.access.tables import Role
from hireloop.api.openapi.operations import DescribedOperation
from hireloop.notify.deliveries.skips import Skip
from hireloop.web import problems
from hireloop.web.connections import deadlines

_ID = "01990000-0000-7000-8000-000000000000"
_TOO_LARGE = HTTPException("Request Entity Too Large", status_code=413)
_TOO_SLOW = HTTPException(deadlines.TOO_SLOW, status_code=408)
_TOO_LONG = HTTPException("The URL is longer than 4096 characters. Send a shorter one.", status_code=414)
_COOKIES = HTTPException(
    "The cookies are longer than 8192 characters. Delete this site's cookies and try again.", status_code=431
)
_WRONG_TYPE = HTTPException("The body must be application/json.", status_code=415)
_WRONG_METHOD = HTTPException(status_code=405)  # of no operation, and so listed by none
_AWAY = ConnectionRefusedError()
_BUSY = DeadlockDetectedError()
_OUR_MISTAKE = Exception()

# Errors whose messages need facts, with sample values.
_SAMPLES: dict[type[errors.HireLoopError], errors.HireLoopError] = {
    errors.BadInput: errors.BadInput("time_zone", "must be an IANA time zone, such as Asia/Kolkata or Europe/Berlin"),
    errors.NotFound: errors.NotFound("slot", _ID),
    errors.DiffersFromKnown: errors.DiffersFromKnown("candidate", ["full_name"]),
    errors.NotReplayable: errors.NotReplayable(Skip.SUPERSEDED.value, Skip.SUPERSEDED.sentence),
    errors.TooManyRequests: errors.TooManyRequests(retry_after_seconds=3),
    errors.TooManyMessages: errors.TooManyMessages(4_140, 20_000),
    errors.TooManyReinvitations: errors.TooManyReinvitations(3_180, 6),
    errors.TooManyStoredResponses: errors.TooManyStoredResponses(4_140),
}
EVERY_HEADER = {
    "X-Request-ID": {"$ref": "#/components/headers/XRequestID"},
    "traceresponse": {"$ref": "#/components/headers/TraceResponse"},
}
_CHALLENGE = {
    "description": "`Bearer`, with an `error` if a key was sent: `invalid_token` or `insufficient_scope` (RFC 6750).",
    "schema": {"type": "string"},
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": _CHALLENGE},
    403: {"WWW-Authenticate": _CHALLENGE},
    429: {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
    503: {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
}


# The responses that any request to a path for programs may get before it reaches a handler.
REFUSED_ANYWHERE: dict[str, Any] = {
    "400": {"$ref": "#/components/responses/BadInput"},
    "414": {"$ref": "#/components/responses/AddressTooLong"},
    "431": {"$ref": "#/components/responses/HeadersTooLarge"},
    "500": {"$ref": "#/components/responses/Internal"},
}


def known_codes(operations: Sequence[DescribedOperation]) -> list[str]:
    """Return the code of every problem in this version of the API; a later version may add more."""
    listed = {problem.code for operation in operations for problem in problems_of(operation)}
    return sorted({*listed, problems.problem_of(_WRONG_METHOD).code})


def problems_of(operation: DescribedOperation) -> list[problems.Problem]:
    """Return every problem that the operation may return, by status, each once."""
    raised: list[Exception] = [_sample(kind) for kind in (*_every_one(operation), *operation.refusals)]
    raised += [
        _TOO_LONG,
        _COOKIES,
        _AWAY,
        _OUR_MISTAKE,
        *([_TOO_SLOW, _TOO_LARGE, _WRONG_TYPE] if operation.bodies else []),
    ]
    raised += [_BUSY] if operation.method != "get" else []
    found = {problem.code: problem for problem in map(_shown, raised)}
    return sorted(found.values(), key=lambda problem: (problem.status, problem.code))


def _every_one(operation: DescribedOperation) -> list[type[errors.HireLoopError]]:
    """Return what operations of this kind may raise, whatever they do."""
    raised: list[type[errors.HireLoopError]] = [errors.BadInput, errors.NotSignedIn, errors.TooManyRequests]
    if operation.least_role is not Role.VIEWER:
        raised.append(errors.NotAllowed)
    if operation.names_one_thing:
        raised.append(errors.NotFound)
    if operation.method == "get":
        raised.append(errors.ChangedSince)
    if operation.method == "post":
        raised += [errors.IdempotencyInProgress, errors.IdempotencyKeyReused, errors.TooManyStoredResponses]
    return raised


def _shown(error: Exception) -> problems.Problem:
    return problems.problem_of(error, problems.EXAMPLE_BASE)


def _sample(kind: type[errors.HireLoopError]) -> errors.HireLoopError:
    return _SAMPLES[kind] if kind in _SAMPLES else kind()


def name_of(found: list[problems.Problem]) -> str:
    """Return what the shared response with these problems is called: `SlotFull`, `SlotFullOrSlotPast`."""
    return "Or".join(problem.code.title().replace("-", "") for problem in found)


def response_of(found: list[problems.Problem]) -> dict[str, Any]:
    """Return the OpenAPI response that is any of these problems, all of one status."""
    status = found[0].status
    examples = {problem.code: {"summary": problem.detail, "value": to_builtins(problem)} for problem in found}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{problem.code}`' for problem in found)}",
        "headers": {**_HEADERS.get(status, {}), **EVERY_HEADER},
        "content": {problems.MEDIA_TYPE: content},
    }
