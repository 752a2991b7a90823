from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from hireloop.portal.stages import Stage, changes_at, stage_of, version_of
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.scheduling.tables import InterviewState, ScheduleState

START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
OPENS, CLOSES = START - timedelta(seconds=30), START + timedelta(minutes=10)
ENTERED = START + timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def _visit(now: datetime, *, schedule_state: ScheduleState = ScheduleState.PENDING, **times: datetime) -> Visit:
    return Visit(
        session_id=UUID(int=1),
        key_version=1,
        opens_at=OPENS,
        closes_at=CLOSES,
        entered_at=times.get("entered_at"),
        left_at=times.get("left_at"),
        revoked_at=times.get("revoked_at"),
        schedule_id=UUID(int=2),
        schedule_state=schedule_state,
        revision=1,
        booking_notes="",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        interview_id=UUID(int=3),
        interview_state=InterviewState.SCHEDULED,
        candidate_name="Asha Rao",
        candidate_email="asha@example.com",
        time_zone=None,
        locale=None,
        job_title="Backend Engineer",
        company="Acme",
        recruiter_email=None,
        coding_language="",
        device_check=None,
        now=now,
    )


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (OPENS - TICK, Stage.EARLY),
        (OPENS, Stage.OPEN),
        (CLOSES, Stage.OPEN),
        (CLOSES + TICK, Stage.LATE),
    ],
)
def test_the_window_decides_to_the_microsecond(now: datetime, stage: Stage) -> None:
    assert stage_of(_visit(now)) is stage


def test_who_has_entered_stays_in_the_room_however_long() -> None:
    assert stage_of(_visit(CLOSES + timedelta(days=1), entered_at=ENTERED)) is Stage.STARTED


def test_what_somebody_did_goes_before_the_clock() -> None:
    for now in (OPENS - TICK, OPENS, CLOSES + TICK):
        assert stage_of(_visit(now, schedule_state=ScheduleState.CANCELLED)) is Stage.CANCELLED
        assert stage_of(_visit(now, schedule_state=ScheduleState.CANCELLED, revoked_at=now)) is Stage.CANCELLED
        assert stage_of(_visit(now, revoked_at=now)) is Stage.REVOKED
        assert stage_of(_visit(now, entered_at=now, left_at=now)) is Stage.FINISHED


def test_only_the_waiting_stages_change_by_the_clock_alone() -> None:
    visit = _visit(OPENS)
    changes = {stage: changes_at(visit, stage) for stage in Stage}
    assert {stage: at for stage, at in changes.items() if at} == {Stage.EARLY: OPENS, Stage.OPEN: CLOSES}


def test_a_page_has_another_version_once_it_would_say_something_else() -> None:
    visit = _visit(OPENS - timedelta(hours=1))
    assert version_of(visit) == version_of(_visit(OPENS - timedelta(minutes=59)))  # only the countdown differs
    others = [
        _visit(OPENS),
        _visit(OPENS - timedelta(hours=1), schedule_state=ScheduleState.CONFIRMED),
        structs.replace(visit, revision=visit.revision + 1),
        structs.replace(visit, key_version=visit.key_version + 1),
        structs.replace(visit, starts_at=visit.starts_at + timedelta(minutes=1)),
    ]
    assert len({version_of(one) for one in (visit, *others)}) == len(others) + 1
