"""What a candidate meets behind the link, by the database's clock. Pure: a visit in, a stage out."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias, assert_never

from hireloop.scheduling.sessions.followed_sessions import FollowedSession
from hireloop.scheduling.sessions.sessions import SessionState, Visit, late_request_at
from hireloop.scheduling.tables import ScheduleState

Standing: TypeAlias = Visit | FollowedSession  # where a session stands at its `now`


class Stage(StrEnum):
    """Which page a visit leads to; each has a template of its name."""

    EARLY = "early"  # the link does not open yet: time, countdown, device check
    OPEN = "open"  # the interview can be started
    STARTED = "started"  # the candidate is in the room
    LATE = "late"  # nobody started while it could be started
    FINISHED = "finished"  # the candidate pressed Finish
    CANCELLED = "cancelled"  # the booking is off
    REVOKED = "revoked"  # a recruiter withdrew the link


def stage_of(visit: Standing) -> Stage:
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


def is_to_come(visit: Standing) -> bool:
    """Return whether the interview was neither started nor ended in any other way, and still can be started."""
    return stage_of(visit) in {Stage.EARLY, Stage.OPEN}


def changes_at(visit: Standing, stage: Stage) -> datetime | None:
    """Return when the clock alone turns this stage into the next one, or None if only somebody's act does."""
    match stage:
        case Stage.EARLY:
            return visit.opens_at
        case Stage.OPEN:
            return visit.closes_at
        case _:
            return None


def version_of(visit: Standing) -> str:
    """Return what differs once the page of this visit would say something else; it reveals nothing."""
    facts = (
        stage_of(visit).value,
        visit.schedule_state.value,
        visit.revision,
        visit.key_version,
        *(at.timestamp() for at in (visit.starts_at, visit.ends_at, visit.opens_at, visit.closes_at)),
        late_request_at(visit.late_requested_at, visit.closes_at),
    )
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()
