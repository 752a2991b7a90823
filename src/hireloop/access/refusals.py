"""The one place where a refusal is recorded, whichever door or layer refuses (`hireloop.telemetry.refusals`).

What raises an error or responds with a status of its own is seen here; what shows a page instead says it with `note`.
"""

from typing import Any, cast
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hireloop import errors
from hireloop.access import roles
from hireloop.telemetry.refusals import Door, RefusalLog, WhyRefused

_DOORS = (
    ("/api/notifications/bounces", Door.BOUNCES),
    ("/api", Door.API),
    ("/health", Door.HEALTH),
    ("/docs", Door.DOCS),
    ("/schema", Door.DOCS),
    ("/problems", Door.DOCS),
    ("/console", Door.CONSOLE),
    ("/dev/mailbox", Door.MAILBOX),
)
_BY_ERROR: dict[type[errors.HireLoopError], WhyRefused] = {
    errors.NotAllowed: WhyRefused.WRONG_ROLE,
    errors.LimitReached: WhyRefused.RATE_LIMIT,
    errors.NotAReport: WhyRefused.UNKNOWN_REPORT,
    errors.ReportOfNothing: WhyRefused.UNKNOWN_REPORT,
}
_BY_STATUS = {
    401: WhyRefused.OTHER,
    403: WhyRefused.OTHER,
    408: WhyRefused.TOO_SLOW,
    413: WhyRefused.TOO_LARGE,
    414: WhyRefused.ADDRESS_TOO_LONG,
    421: WhyRefused.BAD_HOST,
    429: WhyRefused.RATE_LIMIT,
    431: WhyRefused.HEAD_TOO_LARGE,
}
_RECORDED = "hireloop.refusals"  # in the scope, which layers may copy


class _RefusalsOfRequest:
    """What was recorded of one request, each cause once."""

    def __init__(self, door: Door, log: RefusalLog) -> None:
        self._door, self._log = door, log
        self.seen: set[WhyRefused] = set()

    def add(self, why: WhyRefused, key: UUID | None) -> None:
        if why not in self.seen:
            self.seen.add(why)
            self._log.record(self._door, why, key)


class RecordedRefusals:
    """The layer around all that may refuse a request; it records by its status what nobody has recorded."""

    def __init__(self, app: ASGIApp, log: RefusalLog) -> None:
        self.app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled, and look at the response's status."""
        if scope["type"] not in {ScopeType.HTTP, ScopeType.WEBSOCKET}:
            await self.app(scope, receive, send)
            return
        notes = _RefusalsOfRequest(door_of(scope["path"]), self._log)

        async def wrap(message: Message) -> None:
            if message["type"] == "http.response.start" and not notes.seen and message["status"] in _BY_STATUS:
                notes.add(_BY_STATUS[message["status"]], None)
            await send(message)

        await self.app(cast("Scope", {**scope, _RECORDED: notes}), receive, wrap)


def door_of(path: str) -> Door:
    """Return the door that a path leads to, as the router reads it."""
    return next((door for prefix, door in _DOORS if path == prefix or path.startswith(f"{prefix}/")), Door.PORTAL)


def note(connection: ASGIConnection[Any, Any, Any, Any], why: WhyRefused, key: UUID | None = None) -> None:
    """Record that a request is refused, once for each cause; `key` is the id of the API key, else the signed-in one."""
    if (notes := _notes_of(connection)) is not None:
        holder = roles.known_holder(connection)
        notes.add(why, key if key is not None or holder is None else holder.id)


def note_error(connection: ASGIConnection[Any, Any, Any, Any], error: Exception) -> None:
    """Record the refusal that an error stands for; any other error is none."""
    if isinstance(error, errors.NotSignedIn):
        if error.why is not None:
            note(connection, WhyRefused(error.why), error.key)
        return
    why = next((_BY_ERROR[kind] for kind in type(error).__mro__ if kind in _BY_ERROR), None)
    if why is None and isinstance(error, HTTPException) and (notes := _notes_of(connection)) and not notes.seen:
        why = _BY_STATUS.get(error.status_code)
    if why is not None:
        note(connection, why)


def _notes_of(connection: ASGIConnection[Any, Any, Any, Any]) -> _RefusalsOfRequest | None:
    notes: _RefusalsOfRequest | None = cast("dict[str, Any]", connection.scope).get(_RECORDED)
    return notes


async def after_exception(error: Exception, scope: Scope) -> None:
    """Record the refusal, if it is one, of any error that Litestar turns into a response."""
    note_error(ASGIConnection[Any, Any, Any, Any](scope), error)
