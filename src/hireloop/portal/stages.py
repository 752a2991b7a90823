"""What a candidate meets behind the link, by the database's clock. Pure: a visit in, a stage out."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from hireloop.scheduling.sessions.sessions import SessionState, Visit
from hireloop.scheduling.tables import ScheduleState


class Stage(StrEnum):
    """Which page a visit leads to; each has a template of its name."""

    EARLY = "early"  # the link does not open yet: time, countdown, device check
    OPEN = "open"  # the interview can be started
    STARTED = "started"  # the candidate is in the room
    LATE = "late"  # nobody started while it could be started
    FINISHED = "finished"  # the candidate pressed Finish
    CANCELLED = "cancelled"  # the booking is off
    REVOKED = "revoked"  # a recruiter withdrew the link


def stage_of(visit: Visit) -> Stage:
    """Return the stage of this visit at its own `now`; both ends of the window belong to it."""
    match visit.state:
        case SessionState.FINISHED:
            return Stage.FINISHED
        case _ if visit.schedule_state is ScheduleState.CANCELLED:
            return Stage.CANCELLED
        case SessionState.REVOKED:
            return Stage.REVOKED
        case SessionState.ENTERED:
            return Stage.STARTED
        case SessionState.EXPIRED:
            return Stage.LATE
        case SessionState.SCHEDULED:
            return Stage.EARLY if visit.now < visit.opens_at else Stage.OPEN
        case _ as never:
            assert_never(never)


def is_to_come(visit: Visit) -> bool:
    """Return whether the interview was neither started nor ended in any other way, and still can be started."""
    return stage_of(visit) in {Stage.EARLY, Stage.OPEN}


def changes_at(visit: Visit, stage: Stage) -> datetime | None:
    """Return when the clock alone turns this stage into the next one, or None if only somebody's act does."""
    match stage:
        case Stage.EARLY:
            return visit.opens_at
        case Stage.OPEN:
            return visit.closes_at
        case _:
            return None
