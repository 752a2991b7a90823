"""The candidate's own changes in the portal: confirm, move, cancel. Pages ask; a press alone changes anything.

Every handler checks the cookie again.
"""

from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from litestar.exceptions import ClientException

from hireloop import errors
from hireloop.notify.rendering.values import Reader
from hireloop.portal import gate, render, session_pages, stages, times
from hireloop.portal.gate import path_of
from hireloop.portal.session_pages import limits_of, reader_of
from hireloop.portal.stages import Stage
from hireloop.scheduling import audit
from hireloop.scheduling.bookings import cancellations, confirmations
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.sessions import own_changes
from hireloop.scheduling.sessions.own_changes import ExpectedVersion, OpenTime, OwnChange
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.forms import fields_of
from hireloop.wording.phrases import phrase
from hireloop.wording.plain_text import one_line
from hireloop.wording.times import day_of, moment

_TIMES_A_PAGE = 20
_LONGEST_REASON = 500

_CONFLICT = 409
_LONG_NUMBER = 10
_CHOOSE = phrase("Please choose one of the times.")
_WHERE_IT_STANDS = {
    Stage.STARTED: phrase("The interview has begun."),
    Stage.LATE: phrase("The time to start has passed."),
    Stage.FINISHED: phrase("The interview is finished."),
    Stage.CANCELLED: phrase("This interview has been cancelled."),
    Stage.REVOKED: phrase("Your link is no longer valid."),
}


class SubmittedForm(msgspec.Struct, frozen=True, kw_only=True):
    """What came with a press; a page that refuses it shows it again."""

    revision: int = 0  # of the booking that was on the page
    reason: str = ""
    chosen: datetime | None = None
    after: datetime | None = None  # where the page's list of times began


class TimeOption(msgspec.Struct, frozen=True, kw_only=True):
    """One time to choose, as its label reads."""

    value: str
    clock: str
    elsewhere: str  # where interviews are arranged; empty where clocks agree


class Day(msgspec.Struct, frozen=True):
    """The times to choose on one day of the candidate's calendar."""

    date: str
    times: list[TimeOption]


@gate.pressed
async def confirm(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Record the candidate's confirmation that they will be there; once is enough."""
    context = context_of(request)
    rule = own_changes.rule(OwnChange.CONFIRM, limits_of(context.settings), _seen(visit, await _typed(request)))
    try:
        await confirmations.confirm(visit.schedule_id, by=audit.CANDIDATE, outbox=context.outbox, rule=rule)
    except errors.Refused as refused:
        now = await gate.let_in(request, str(visit.session_id))
        if isinstance(now, Response):
            return now
        return session_pages.stage(request, now, problem=_problem(refused), status_code=_CONFLICT)
    context.wakeups.send_soon()
    return render.see_other(path_of(visit))


@gate.visited
async def choose(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Show the times that the interview may be moved to, from later than `after` on. Changes nothing."""
    if not stages.is_to_come(visit):
        return render.see_other(path_of(visit))
    after = request.query_params.get("after", "")
    if after and _moment(after) is None:
        msg = "This is not a time."
        raise ClientException(msg)
    return await _show_times(request, visit, SubmittedForm(after=_moment(after)))


@gate.pressed
async def move(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Move the interview to the time that was chosen, or say on the same page why not."""
    typed = await _typed(request)
    if typed.chosen is None:
        return await _show_times(request, visit, typed, problem=_CHOOSE)
    context = context_of(request)
    try:
        await own_changes.move(
            visit.schedule_id,
            typed.chosen,
            limits=limits_of(context.settings),
            seen=_seen(visit, typed),
            reason=typed.reason,
            outbox=context.outbox,
            windows=context.windows,
        )
    except errors.Refused as refused:
        now = await gate.let_in(request, str(visit.session_id))
        if isinstance(now, Response):
            return now
        if not _has_moved(now, typed):
            return await _show_times(request, now, typed, problem=_problem(refused))
    context.wakeups.send_soon()
    return render.see_other(path_of(visit))


def _has_moved(visit: Visit, typed: SubmittedForm) -> bool:
    """Return whether the same press has moved it already: a page whose answer was lost sends it again."""
    last = visit.changes[-1] if visit.changes else None
    return (
        last is not None
        and (last.change, last.by) == (BookingChange.RESCHEDULED, audit.CANDIDATE.name)
        and (last.revision, visit.starts_at) == (typed.revision + 1, typed.chosen)
    )


@gate.visited
async def consider(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Say what cancelling means, and ask for one deliberate press. Changes nothing."""
    if not stages.is_to_come(visit):
        return render.see_other(path_of(visit))
    return _show_cancelling(request, visit, SubmittedForm())


@gate.pressed
async def cancel(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Cancel the interview, or say on the same page why not."""
    typed = await _typed(request)
    context = context_of(request)
    rule = own_changes.rule(OwnChange.CANCEL, limits_of(context.settings), _seen(visit, typed))
    try:
        await cancellations.cancel(
            visit.schedule_id, by=audit.CANDIDATE, reason=typed.reason, outbox=context.outbox, rule=rule
        )
    except errors.Refused as refused:
        now = await gate.let_in(request, str(visit.session_id))
        if isinstance(now, Response):
            return now
        return _show_cancelling(request, now, typed, problem=_problem(refused))
    context.wakeups.send_soon()
    return render.see_other(path_of(visit))


async def _show_times(request: AnyRequest, visit: Visit, typed: SubmittedForm, *, problem: str = "") -> Response[bytes]:
    context = context_of(request)
    limits, zone = limits_of(context.settings), context.settings.zone
    closed = _closed(context, OwnChange.MOVE, visit)
    found: list[OpenTime] = []
    if not closed:
        found = await own_changes.open_times(
            visit.schedule_id, limits, limit=_TIMES_A_PAGE + 1, after=typed.after, now=visit.now
        )
    listed, reader = found[:_TIMES_A_PAGE], reader_of(request, visit)
    days = _days(listed, reader, zone)
    return session_pages.show(
        request,
        "move",
        visit,
        status_code=_CONFLICT if problem else 200,
        problem=problem,
        closed=closed,
        typed=typed,
        chosen=_value(typed.chosen),
        after=_value(typed.after),
        days=days,
        later=_value(listed[-1].starts_at) if len(found) > _TIMES_A_PAGE else "",
        zone=reader.zone.key,
        other_zone=zone.key if any(time.elsewhere for day in days for time in day.times) else "",
        moves_left=own_changes.moves_left(visit, limits),
        longest=_LONGEST_REASON,
    )


def _show_cancelling(request: AnyRequest, visit: Visit, typed: SubmittedForm, *, problem: str = "") -> Response[bytes]:
    return session_pages.show(
        request,
        "cancel",
        visit,
        status_code=_CONFLICT if problem else 200,
        problem=problem,
        closed=_closed(context_of(request), OwnChange.CANCEL, visit),
        typed=typed,
        longest=_LONGEST_REASON,
    )


def _closed(context: Context, change: OwnChange, visit: Visit) -> str:
    """Return why the candidate cannot do this here, with `%(until)s` for the last moment; empty if they can."""
    stage = stages.stage_of(visit)
    if not stages.is_to_come(visit):
        return _WHERE_IT_STANDS[stage]
    limits = limits_of(context.settings)
    match own_changes.refusal(change, visit, limits):
        case None:
            return ""
        case errors.TooManyChanges() if limits.moves:
            return phrase("You cannot move this interview any more times yourself.")
        case errors.TooManyChanges():
            return phrase("You cannot move this interview yourself.")
        case _ if change is OwnChange.MOVE:
            return phrase("It is too late to move this interview yourself. This was possible until %(until)s.")
        case _:
            return phrase("It is too late to cancel this interview yourself. This was possible until %(until)s.")


def _seen(visit: Visit, typed: SubmittedForm) -> ExpectedVersion:
    return ExpectedVersion(visit.key_version, typed.revision)


def _problem(refused: errors.Refused) -> str:
    match refused:
        case errors.ChangedSince():
            return phrase(
                "This interview has been changed since you opened the page. This page now shows its current state."
            )
        case errors.SlotFull() | errors.SlotWithdrawn() | errors.SlotPast():
            return phrase("That time is no longer free. Nothing was changed; please choose another time.")
        case errors.CandidateBusy():
            return phrase("You have another interview at that time. Nothing was changed; please choose another time.")
        case _:
            return phrase("That is no longer possible. Nothing was changed.")


async def _typed(request: AnyRequest) -> SubmittedForm:
    """Return what a form of ours holds; what does not fit it counts as none."""
    texts = await fields_of(request)
    revision = texts.get("revision", "")
    return SubmittedForm(
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
            (time.starts_at for time in found), lambda at: day_of(at, reader.zone, reader.locale)
        )
    ]


def _time(at: datetime, reader: Reader, arranged_in: ZoneInfo) -> TimeOption:
    return TimeOption(
        value=_value(at),
        clock=moment(at, at, reader.zone, reader.locale),
        elsewhere=times.elsewhere(at, reader.zone, arranged_in, reader.locale),
    )
