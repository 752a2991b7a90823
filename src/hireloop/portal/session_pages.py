"""What the pages of one session show: the page of its stage, and what every one of its pages has in common."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response

from hireloop.notify.rendering.values import Reader
from hireloop.portal import gate, render, stages, times
from hireloop.portal.gate import path_of
from hireloop.portal.stages import Stage
from hireloop.scheduling import audit
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.sessions import late_requests, own_changes
from hireloop.scheduling.sessions.own_changes import Limits, OwnChange
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.scheduling.tables import ScheduleState
from hireloop.settings import Settings
from hireloop.time_zones import zone_of
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.csrf import form_token
from hireloop.web.languages import locale_of
from hireloop.wording.languages import in_language, language_of
from hireloop.wording.phrases import phrase
from hireloop.wording.times import moment

_FOLLOWED = {Stage.EARLY, Stage.OPEN, Stage.STARTED, Stage.LATE}  # the others stay as they are


class LastChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change to the booking, as its candidate sees it."""

    own: bool  # the candidate's own doing
    at: str
    reason: str
    before: str = ""  # when it was planned for, before it was moved


def limits_of(settings: Settings) -> Limits:
    """Return how late and how often candidates may change a booking by themselves in this installation."""
    return Limits(settings.cut_off, settings.candidate_moves)


def reader_of(request: AnyRequest, visit: Visit) -> Reader:
    """Return how this visit's candidate reads times."""
    return Reader(zone_of(visit.time_zone, context_of(request).settings.zone), locale_of(request, visit.locale))


def stage(request: AnyRequest, visit: Visit, *, problem: str = "", status_code: int = 200) -> Response[bytes]:
    """Show the state of the session; `problem` says why a request was not carried out."""
    context = context_of(request)
    stage, reader = stages.stage_of(visit), reader_of(request, visit)
    asked_at = visit.current_late_request_at
    can_confirm = visit.schedule_state is ScheduleState.PENDING and allows(context, OwnChange.CONFIRM, visit)
    return show(
        request,
        stage.value,
        visit,
        status_code=status_code,
        stage=stage.value,
        changes_at=stages.changes_at(visit, stage),
        problem=problem,
        opens_in=times.about(visit.opens_at - visit.now, reader.locale),
        asked=moment(asked_at, visit.starts_at, reader.zone, reader.locale) if asked_at else "",
        can_ask=late_requests.reach_anybody(visit, context.outbox, alert_email=context.settings.alert_email),
        confirmed=visit.schedule_state is ScheduleState.CONFIRMED,
        can_confirm=can_confirm and visit.now < visit.starts_at,
        cancelled=_last(BookingChange.CANCELLED, visit, reader),
    )


def show(request: AnyRequest, template: str, visit: Visit, *, status_code: int = 200, **more: Any) -> Response[bytes]:  # noqa: ANN401 (a template takes anything)
    """Show a page of this session, with what all of them have in common and `more`."""
    context = context_of(request)
    reader = reader_of(request, visit)
    when = times.told(
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        opens_at=visit.opens_at,
        closes_at=visit.closes_at,
        zone=reader.zone,
        locale=reader.locale,
    )
    common = {
        "visit": visit,
        "when": when,
        "path": path_of(visit),
        "stage": "",
        "changes_at": None,
        "version": stages.version_of(visit),
        "follows": stages.stage_of(visit) in _FOLLOWED,
        "token": form_token(gate.key_in(request, visit.session_id)),
        "mailto": _mailto(visit, reader),
        "moved": _last(BookingChange.RESCHEDULED, visit, reader),
        "can_move": allows(context, OwnChange.MOVE, visit),
        "can_cancel": allows(context, OwnChange.CANCEL, visit),
        "until": until(request, visit),
    }
    return render.page(request, template, status_code=status_code, **{**common, **more})


def allows(context: Context, change: OwnChange, visit: Visit) -> bool:
    """Return whether the candidate may do this by themselves now, as far as the page can know."""
    return stages.is_to_come(visit) and own_changes.refusal(change, visit, limits_of(context.settings)) is None


def until(request: AnyRequest, visit: Visit) -> str:
    """Return the last moment for the candidate's own move or cancellation, in words."""
    reader, limits = reader_of(request, visit), limits_of(context_of(request).settings)
    return times.dated(own_changes.cut_off_at(visit.starts_at, limits), reader.zone, reader.locale)


def _last(change: BookingChange, visit: Visit, reader: Reader) -> LastChange | None:
    """Return the latest change of this kind, or None if there was none."""
    found = next((past for past in reversed(visit.changes) if past.change is change), None)
    return _told(found, reader) if found else None


def _told(past: HistoryEntry, reader: Reader) -> LastChange:
    return LastChange(
        own=past.by == audit.CANDIDATE.name,
        at=times.dated(past.at.replace(second=0, microsecond=0), reader.zone, reader.locale),
        reason=past.reason,
        before=times.dated(past.moved.from_starts_at, reader.zone, reader.locale) if past.moved else "",
    )


def _mailto(visit: Visit, reader: Reader) -> str:
    if not visit.recruiter_email:
        return ""
    said = in_language(phrase("My interview: %(job)s"), language_of(reader.locale), job=visit.job_title)
    subject = quote(said, safe="")
    return f"mailto:{quote(visit.recruiter_email, safe='@')}?subject={subject}"
