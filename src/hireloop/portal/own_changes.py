"""The candidate's own changes in the portal: confirm, move, cancel. Pages ask; a press alone changes anything."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.exceptions import ClientException
from litestar.params import FromPath

from hireloop import errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.rendering.plain_text import one_line
from hireloop.notify.rendering.times import moment
from hireloop.portal import render, stages, times
from hireloop.portal.gate import Access, AnyRequest, path_of
from hireloop.portal.session_pages import Reader, SessionPages
from hireloop.portal.stages import Stage
from hireloop.scheduling import audit
from hireloop.scheduling.bookings import cancellations, confirmations
from hireloop.scheduling.bookings.booking import Windows
from hireloop.scheduling.sessions import own_changes
from hireloop.scheduling.sessions.own_changes import OpenTime, OwnChange, Seen
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.settings import Settings
from hireloop.web.forms import fields_of

_TIMES_A_PAGE = 20
_LONGEST_REASON = 500
_WAITING = {Stage.EARLY, Stage.OPEN}

_CONFLICT = 409
_LONG_NUMBER = 10
_CHOOSE = "Please choose one of the times."
_WHERE_IT_STANDS = {
    Stage.STARTED: "The interview has begun.",
    Stage.LATE: "The time to start has passed.",
    Stage.FINISHED: "The interview is finished.",
    Stage.CANCELLED: "This interview was cancelled.",
    Stage.REVOKED: "The link to this interview was withdrawn.",
}


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What came with a press; a page that refuses it shows it again."""

    revision: int = 0  # of the booking that was on the page
    reason: str = ""
    chosen: datetime | None = None
    after: datetime | None = None  # where the page's list of times began


class TimeToChoose(msgspec.Struct, frozen=True, kw_only=True):
    """One time to choose, as its label reads."""

    value: str
    clock: str
    elsewhere: str  # where interviews are arranged; empty where clocks agree


class Day(msgspec.Struct, frozen=True):
    """The times to choose on one day of the candidate's calendar."""

    date: str
    times: list[TimeToChoose]


class OwnChanges:
    """The handlers of what a candidate does with their booking. Every one of them checks the cookie again."""

    def __init__(
        self, settings: Settings, access: Access, pages: SessionPages, outbox: Outbox, hint: Callable[[], None]
    ) -> None:
        """Take what the handlers need; `hint` tells the workers that something is due."""
        self._access, self._pages, self._outbox, self._hint = access, pages, outbox, hint
        self._zone, self._limits = settings.zone, pages.limits
        self._windows = Windows(settings.portal_early_seconds, settings.portal_late_seconds)

    async def confirm(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Take the candidate's word that they will be there; once is enough."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        rule = own_changes.rule(OwnChange.CONFIRM, self._limits, _seen(visit, await _typed(request)))
        try:
            await confirmations.confirm(visit.schedule_id, by=audit.CANDIDATE, rule=rule)
        except errors.Refused as refused:
            now = await self._access.let_in(request, session_id)
            if isinstance(now, Response):
                return now
            key = self._access.key_in(request, now.session_id)
            return self._pages.stage(now, key, problem=_problem(refused), status_code=_CONFLICT)
        return render.see_other(path_of(visit))

    async def choose(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Show the times that the interview may be moved to, from later than `after` on. Changes nothing."""
        visit = await self._access.let_in(request, session_id)
        if isinstance(visit, Response):
            return visit
        if stages.stage_of(visit) not in _WAITING:
            return render.see_other(path_of(visit))
        after = request.query_params.get("after", "")
        if after and _moment(after) is None:
            msg = "This is no time."
            raise ClientException(msg)
        return await self._show_times(request, visit, Typed(after=_moment(after)))

    async def move(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Move the interview to the time that was chosen, or say on the same page why not."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        typed = await _typed(request)
        if typed.chosen is None:
            return await self._show_times(request, visit, typed, problem=_CHOOSE)
        try:
            await own_changes.move(
                visit.schedule_id,
                typed.chosen,
                limits=self._limits,
                seen=_seen(visit, typed),
                reason=typed.reason,
                outbox=self._outbox,
                windows=self._windows,
            )
        except errors.Refused as refused:
            now = await self._access.let_in(request, session_id)
            if isinstance(now, Response):
                return now
            return await self._show_times(request, now, typed, problem=_problem(refused))
        self._hint()
        return render.see_other(path_of(visit))

    async def consider(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Say what cancelling means, and ask for one deliberate press. Changes nothing."""
        visit = await self._access.let_in(request, session_id)
        if isinstance(visit, Response):
            return visit
        if stages.stage_of(visit) not in _WAITING:
            return render.see_other(path_of(visit))
        return self._show_cancelling(request, visit, Typed())

    async def cancel(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Cancel the interview, or say on the same page why not."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        typed = await _typed(request)
        rule = own_changes.rule(OwnChange.CANCEL, self._limits, _seen(visit, typed))
        try:
            await cancellations.cancel(
                visit.schedule_id, by=audit.CANDIDATE, reason=typed.reason, outbox=self._outbox, rule=rule
            )
        except errors.Refused as refused:
            now = await self._access.let_in(request, session_id)
            if isinstance(now, Response):
                return now
            return self._show_cancelling(request, now, typed, problem=_problem(refused))
        self._hint()
        return render.see_other(path_of(visit))

    async def _show_times(
        self, request: AnyRequest, visit: Visit, typed: Typed, *, problem: str = ""
    ) -> Response[bytes]:
        closed = self._closed(OwnChange.MOVE, visit)
        found: list[OpenTime] = []
        if not closed:
            found = await own_changes.open_times(
                visit.schedule_id, self._limits, limit=_TIMES_A_PAGE + 1, after=typed.after
            )
        listed, reader = found[:_TIMES_A_PAGE], self._pages.reader(visit)
        days = _days(listed, reader, self._zone)
        return self._pages.show(
            "move",
            visit,
            self._access.key_in(request, visit.session_id),
            status_code=_CONFLICT if problem else 200,
            problem=problem,
            closed=closed,
            typed=typed,
            chosen=_value(typed.chosen),
            after=_value(typed.after),
            days=days,
            later=_value(listed[-1].starts_at) if len(found) > _TIMES_A_PAGE else "",
            zone=reader.zone.key,
            other_zone=self._zone.key if any(time.elsewhere for day in days for time in day.times) else "",
            moves_left=own_changes.moves_left(visit, self._limits),
            longest=_LONGEST_REASON,
        )

    def _show_cancelling(
        self, request: AnyRequest, visit: Visit, typed: Typed, *, problem: str = ""
    ) -> Response[bytes]:
        return self._pages.show(
            "cancel",
            visit,
            self._access.key_in(request, visit.session_id),
            status_code=_CONFLICT if problem else 200,
            problem=problem,
            closed=self._closed(OwnChange.CANCEL, visit),
            typed=typed,
            longest=_LONGEST_REASON,
        )

    def _closed(self, change: OwnChange, visit: Visit) -> str:
        """Return why the candidate cannot do this here, in words; empty where they can."""
        stage = stages.stage_of(visit)
        if stage not in _WAITING:
            return _WHERE_IT_STANDS[stage]
        match own_changes.refusal(change, visit, self._limits):
            case None:
                return ""
            case errors.TooManyChanges() if self._limits.moves:
                return "You have moved this interview as often as you can move it here."
            case errors.TooManyChanges():
                return "This interview cannot be moved here."
            case _:
                return (
                    f"It is too late to {change.value} this interview here: that ended on {self._pages.until(visit)}."
                )


def _seen(visit: Visit, typed: Typed) -> Seen:
    return Seen(visit.key_version, typed.revision)


def _problem(refused: errors.Refused) -> str:
    match refused:
        case errors.ChangedSince():
            return "This interview was changed since you opened the page. It stands as you see it now."
        case errors.SlotFull() | errors.SlotWithdrawn() | errors.SlotPast():
            return "That time is not free any more. Please choose another one; nothing was changed."
        case errors.CandidateBusy():
            return "You have another interview at that time. Please choose another one; nothing was changed."
        case _:
            return "That was not possible any more; nothing was changed."


async def _typed(request: AnyRequest) -> Typed:
    """Return what a form of ours holds; what is no answer to it counts as none."""
    texts = await fields_of(request)
    revision = texts.get("revision", "")
    return Typed(
        revision=int(revision) if revision.isascii() and revision.isdigit() and len(revision) < _LONG_NUMBER else 0,
        reason=one_line(texts.get("reason", ""))[:_LONGEST_REASON].rstrip(),
        chosen=_moment(texts.get("starts_at", "")),
        after=_moment(texts.get("after", "")),
    )


def _moment(text: str) -> datetime | None:
    """Return the moment that `_value` wrote, or None for any other text."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text.endswith("Z") else None
    except (ValueError, OverflowError):
        return None


def _value(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def _days(found: list[OpenTime], reader: Reader, arranged_in: ZoneInfo) -> list[Day]:
    """Return the times by the days of the candidate's calendar."""
    return [
        Day(date, [_time(at, reader, arranged_in) for at in starts])
        for date, starts in groupby(
            (time.starts_at for time in found), lambda at: times.day_of(at, reader.zone, reader.locale)
        )
    ]


def _time(at: datetime, reader: Reader, arranged_in: ZoneInfo) -> TimeToChoose:
    return TimeToChoose(
        value=_value(at),
        clock=moment(at, at, reader.zone, reader.locale),
        elsewhere=times.elsewhere(at, reader.zone, arranged_in, reader.locale),
    )
