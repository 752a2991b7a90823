from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling.bookings import rules
from hireloop.scheduling.bookings.rules import BookingFacts
from hireloop.scheduling.tables import InterviewState

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
JOB, OTHER_JOB, SLOT, OTHER_SLOT = uuid4(), uuid4(), uuid4(), uuid4()
LATE = 600


def facts(**fields: object) -> BookingFacts:
    """Return facts against which nothing stands, except for `fields`."""
    plain: dict[str, object] = {
        "now": NOW,
        "interview_state": InterviewState.OPEN,
        "candidate_id": uuid4(),
        "candidate_name": "Asha",
        "candidate_email": "asha@example.com",
        "time_zone": None,
        "locale": None,
        "job_id": JOB,
        "job_title": "Baker",
        "company": "Example Labs",
        "recruiter_email": None,
        "slot_job_id": None,
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=2),
        "seats": 1,
        "taken": 0,
        "withdrawn_at": None,
        "live_schedule_id": None,
        "live_slot_id": None,
    }
    given = {**plain, **fields}
    return msgspec.convert({**given, "slot": given}, BookingFacts)


def refused(**fields: object) -> type[errors.HireLoopError] | None:
    refusal = rules.refusal(facts(**fields), late_seconds=LATE)
    return type(refusal) if refusal else None


def test_nothing_stands_against_an_open_interview_in_a_free_slot() -> None:
    assert refused() is None
    assert refused(slot_job_id=JOB) is None


@pytest.mark.parametrize("state", [state for state in InterviewState if state is not InterviewState.OPEN])
def test_only_an_open_interview_can_be_booked(state: InterviewState) -> None:
    assert refused(interview_state=state) is errors.InterviewClosed


def test_each_fact_has_its_own_refusal() -> None:
    assert refused(live_schedule_id=uuid4(), live_slot_id=OTHER_SLOT) is errors.InterviewAlreadyScheduled
    assert refused(slot_job_id=OTHER_JOB) is errors.BadInput
    assert refused(withdrawn_at=NOW) is errors.SlotWithdrawn
    assert refused(taken=1) is errors.SlotFull
    assert refused(starts_at=NOW - timedelta(seconds=LATE)) is errors.SlotPast


@given(seats=st.integers(1, 1000), taken=st.integers(0, 1000))
def test_a_slot_is_full_when_its_seats_are_taken(seats: int, taken: int) -> None:
    assert refused(seats=seats, taken=taken) is (errors.SlotFull if taken >= seats else None)


@given(seconds=st.integers(-100_000, 100_000), late=st.integers(0, 86_400))
def test_a_slot_can_be_booked_as_long_as_its_link_could_open(seconds: int, late: int) -> None:
    moment = facts(starts_at=NOW - timedelta(seconds=seconds))
    refusal = rules.refusal(moment, late_seconds=late)
    assert isinstance(refusal, errors.SlotPast) == (seconds >= late)
    closes_at = rules.window(moment.starts_at, early_seconds=0, late_seconds=late).closes_at
    assert (refusal is None) == (closes_at > NOW)


@given(
    state=st.sampled_from(InterviewState),
    slot_job=st.sampled_from([None, JOB, OTHER_JOB]),
    withdrawn=st.booleans(),
    minutes=st.integers(-60, 60),
    taken=st.integers(0, 2),
    live=st.sampled_from([None, SLOT, OTHER_SLOT]),
)
def test_there_is_no_refusal_exactly_if_no_fact_forbids(
    state: InterviewState,
    slot_job: UUID | None,
    withdrawn: bool,  # noqa: FBT001 (hypothesis names it)
    minutes: int,
    taken: int,
    live: UUID | None,
) -> None:
    fields = {
        "interview_state": state,
        "slot_job_id": slot_job,
        "withdrawn_at": NOW if withdrawn else None,
        "starts_at": NOW + timedelta(minutes=minutes),
        "taken": taken,
        "seats": 2,
        "live_schedule_id": uuid4() if live else None,
        "live_slot_id": live,
    }
    stands_against = (
        state is not InterviewState.OPEN
        or slot_job == OTHER_JOB
        or withdrawn
        or minutes <= -10
        or taken >= 2
        or live is not None
    )
    assert (refused(**fields) is not None) == stands_against
    assert rules.is_same_booking(facts(**fields), SLOT) == (live == SLOT)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 86_400), st.integers(0, 86_400))
def test_a_window_opens_before_the_start_and_closes_after_it(starts_at: datetime, early: int, late: int) -> None:
    assume(2 <= starts_at.year <= 9998)
    window = rules.window(starts_at, early_seconds=early, late_seconds=late)
    assert starts_at - window.opens_at == timedelta(seconds=early)
    assert window.closes_at - starts_at == timedelta(seconds=late)
