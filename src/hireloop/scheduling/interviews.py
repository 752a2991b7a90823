"""Interviews: a candidate and a job that are to meet."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import cancellations, changes
from hireloop.scheduling.bookings.locked import lock_all
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.tables import Candidate, Interview, InterviewState, Schedule, ScheduleState
from hireloop.statements import as_structs, read_clock, rows_of
from hireloop.telemetry import spans

_WAS_BOOKED = "This interview has been booked, so its candidate and job are fixed. Create a new interview instead."


class InterviewChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an interview to change; UNSET fields are kept."""

    candidate: UUID | msgspec.UnsetType = msgspec.UNSET
    job: UUID | msgspec.UnsetType = msgspec.UNSET
    round: int | msgspec.UnsetType = msgspec.UNSET


class InterviewDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A stored interview; its times are its slot's, once it is booked."""

    id: UUID
    candidate: UUID
    job: UUID
    round: int
    state: InterviewState
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime


@db.transactional
async def create(
    candidate: UUID | CandidateFields,
    job: UUID | JobFields,
    *,
    by: Actor,
    round_number: int = 1,
    ident: UUID | None = None,
    now: datetime | None = None,
) -> InterviewDetails:
    """Store an interview, and the candidate and the job too where they are new, all or nothing.

    `ident` is the id that it gets, a new one if that is None. Raises BadInput for an unknown id, DiffersFromKnown if a
    given candidate or job is stored with other values.
    """
    # What is wrong within the objects is said before what an id does not name.
    if isinstance(candidate, CandidateFields):
        candidate = (await candidates.create(candidate, by=by, within="candidate.", now=now))[0].id
    if isinstance(job, JobFields):
        job = (await jobs.create(job, by=by, within="job.", now=now))[0].id
    await _keep_candidate(candidate)
    await _check_job(job)
    row = Interview(
        id=ident or db.new_id(), candidate=candidate, job=job, round=round_number, created_at=db.sql_now(now)
    )
    created = await Interview.insert(row).returning(*Interview.all_columns())
    known = msgspec.convert(created[0], InterviewDetails)
    await audit.record(_entry(Action.INTERVIEW_CREATED, known, by), at=now)
    return known


async def _keep_candidate(candidate: UUID) -> None:
    """Keep a candidate from being erased before this transaction ends; raises BadInput for an unknown id."""
    try:
        await candidates.keep(candidate)
    except errors.NotFound as missing:
        raise errors.BadInput("candidate", missing.explanation) from None


async def _check_job(job: UUID) -> None:
    """Raise BadInput for an unknown id."""
    try:
        await jobs.find(job)
    except errors.NotFound as missing:
        raise errors.BadInput("job", missing.explanation) from None


def _entry(action: Action, known: InterviewDetails, by: Actor, **details: object) -> NewAuditEntry:
    return NewAuditEntry(action=action, subject=known.id, candidate=known.candidate, by=by, details=details)


@db.transactional
async def change(
    interview_id: UUID,
    fields: InterviewChanges,
    *,
    by: Actor,
    check: Check[InterviewDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> InterviewDetails:
    """Change what is given of an interview; the people who meet can be changed until it is booked for the first time.

    One transaction, in which `check` may refuse it. Raises NotFound, BadInput for an unknown id, and what `refusal`
    returns.
    """
    known = await _hold(interview_id)
    await check(known)
    changed = patches.changed(known, fields)
    if not changed:
        return known
    if changed.keys() & {"candidate", "job"}:
        refused = refusal(known, was_booked=await _was_booked(interview_id))
        if refused is not None:
            raise refused
    after = msgspec.structs.replace(known, **changed)
    if after.candidate != known.candidate:
        await _keep_candidate(after.candidate)
    if after.job != known.job:
        await _check_job(after.job)
    was = {name: getattr(known, name) for name in changed}
    await audit.record(_entry(Action.INTERVIEW_CHANGED, after, by, was=was, now=changed), at=now)
    await Interview.update(**changed).where(Interview.id == interview_id)
    return after


def refusal(known: InterviewDetails, *, was_booked: bool) -> errors.Refused | None:
    """Return why an interview can't get another candidate or job, or None; pure.

    Of one that was booked, a link is out that shows whose it was: it must not come to show somebody else's name.
    """
    match known.state:
        case InterviewState.IN_PROGRESS:
            return errors.InterviewInProgress()
        case InterviewState.COMPLETED | InterviewState.CANCELLED | InterviewState.NO_SHOW:
            return errors.InterviewClosed()
        case InterviewState.OPEN | InterviewState.SCHEDULED:
            return errors.InterviewAlreadyScheduled(_WAS_BOOKED) if was_booked else None
    assert_never(known.state)


async def _was_booked(interview_id: UUID) -> bool:
    return await Schedule.exists().where(Schedule.interview == interview_id)


@spans.of_change("interview.cancel")
@db.transactional
async def cancel(interview_id: UUID, *, by: Actor, reason: str, outbox: Outbox, now: datetime | None = None) -> bool:
    """Cancel an interview, with its booking if it has one, and return whether this call did it.

    It can't be booked again. One transaction. Raises NotFound, InterviewInProgress once the candidate has entered,
    InterviewClosed after.
    """
    known = await _hold(interview_id)
    if known.state is InterviewState.CANCELLED:
        return False
    if known.state is InterviewState.COMPLETED:
        raise errors.InterviewClosed
    at = await read_clock(now)
    live = await Schedule.select(Schedule.id).where(
        Schedule.interview == interview_id, Schedule.state != ScheduleState.CANCELLED
    )
    bookings = await lock_all([row["id"] for row in live], now=at)
    for booking in bookings:
        refused = changes.refusal(booking)
        if refused is not None:
            raise refused
    await cancellations.end(bookings, by=by, reason=reason, outbox=outbox)
    await Interview.update(
        {Interview.state: InterviewState.CANCELLED, Interview.started_at: None, Interview.ended_at: None}
    ).where(Interview.id == interview_id)
    details = {"reason": reason} if reason else {}
    await audit.record(_entry(Action.INTERVIEW_CANCELLED, known, by, **details), at=at)
    return True


async def _hold(interview_id: UUID) -> InterviewDetails:
    """Return an interview that nobody can book, enter or change before this transaction ends; raises NotFound.

    All of those lock the candidate first, and so do we. The interview may have got another one while we waited.
    """
    known = await find(interview_id)
    while True:
        await Candidate.select(Candidate.id).where(Candidate.id == known.candidate).lock_rows("NO KEY UPDATE")
        candidate, known = known.candidate, await find(interview_id)
        if known.candidate == candidate:
            return known


async def find(interview_id: UUID) -> InterviewDetails:
    """Return one interview; raises NotFound."""
    query = Interview.select().where(Interview.id == interview_id)
    return await db.one(query, InterviewDetails, errors.NotFound("interview", interview_id))


class InterviewFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which interviews to list, those with a planned start by that too; None does not filter."""

    state: InterviewState | None = None
    candidate: UUID | None = None
    job: UUID | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None


async def page(only: InterviewFilter, *, limit: int, after: UUID | None) -> list[InterviewDetails]:
    """Return at most `limit` interviews behind the one called `after`: newest first, or by time latest start first.

    Raises BadInput if they are listed by time and there is no such interview, or it was not booked.
    """
    values = {**msgspec.structs.asdict(only), "after": after}
    by_time = only.starts_from is not None or only.starts_before is not None
    if after is not None and by_time:
        values["after_start"] = await _start_of(after)
    # Of a job, a list for each state: so each is in the order of an index, even if only one state is asked for.
    states = [only.state] if only.state is not None else list(InterviewState)
    split = only.state is not None or (only.job is not None and not by_time)
    order = "started_at DESC, id DESC" if by_time else "id DESC"
    page_of = f"ORDER BY {order} LIMIT {limit:d}"
    conditions = _conditions(values, by_time=by_time)
    lists = [
        _LIST.format(conditions=" AND ".join([state, *conditions]), page_of=page_of)
        for state in ([f"state = '{one.value}'" for one in states] if split else ["true"])
    ]
    rows = await rows_of(_PAGE.format(lists=" UNION ALL ".join(lists), page_of=page_of, order=order), values)
    return as_structs(rows, InterviewDetails)


# A page: what comes first of its lists, each of which is in the order of an index. The ids are found alone.
_PAGE = """
    SELECT * FROM interview
    WHERE id = ANY(ARRAY(SELECT id FROM ({lists}) AS found {page_of})) ORDER BY {order}
"""
_LIST = "(SELECT id, started_at FROM interview WHERE {conditions} {page_of})"
# The conditions of a list: only those of the filters that are set, as "or is null" would keep an index from it.
_CONDITIONS = {
    "candidate": "candidate = :candidate",
    "job": "job = :job",
    "starts_from": "started_at >= :starts_from",
    "starts_before": "started_at < :starts_before",
}


def _conditions(values: Mapping[str, object], *, by_time: bool) -> list[str]:
    conditions = [condition for name, condition in _CONDITIONS.items() if values[name] is not None]
    if values["after"] is not None:
        conditions.append("(started_at, id) < (:after_start, :after)" if by_time else "id < :after")
    return conditions


async def _start_of(interview_id: UUID) -> datetime:
    """Return when this interview is planned to start; raises BadInput if it is not, as a page begins behind it."""
    row = await Interview.select(Interview.started_at).where(Interview.id == interview_id).first()
    if row is None or row["started_at"] is None:
        raise errors.BadInput(
            "after", "must be the ID of an interview with a planned start: start again from the first page"
        )
    started_at: datetime = row["started_at"]
    return started_at
