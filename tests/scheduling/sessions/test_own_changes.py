"""What candidates change by themselves: the limits, the times on offer, and what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import factories
from factories import OUTBOX, TESTS, WINDOWS, make_slot, unaccounted
from hireloop import db, errors
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.sessions import own_changes, sessions
from hireloop.scheduling.sessions.own_changes import ExpectedVersion, Limits, OwnChange
from hireloop.scheduling.tables import InterviewState, ScheduleState
from notify.factories import leased
from waiting import somebody_waits, until

START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
USUAL = Limits(timedelta(hours=2), 2)
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)  # of whatever takes `now`
MONDAY = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)
ALL = frozenset(OwnChange)

cut_offs = st.timedeltas(timedelta(), timedelta(hours=9999))
distances = st.timedeltas(timedelta(days=-30), timedelta(days=30))


def booking(
    now: datetime, changes: list[HistoryEntry] | None = None, *, revoked_at: datetime | None = None
) -> LockedBooking:
    return LockedBooking(
        now=now,
        schedule_id=UUID(int=1),
        state=ScheduleState.PENDING,
        revision=3,
        booking_notes="",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        changes=changes or [],
        slot_id=UUID(int=2),
        session_id=UUID(int=3),
        key_version=1,
        opens_at=START - timedelta(seconds=30),
        closes_at=START + timedelta(minutes=10),
        entered_at=None,
        left_at=None,
        revoked_at=revoked_at,
        interview_id=UUID(int=4),
        interview_state=InterviewState.SCHEDULED,
        candidate_id=UUID(int=5),
        candidate_name="Asha Rao",
        candidate_email="asha@example.com",
        time_zone=None,
        locale=None,
        job_id=UUID(int=6),
        job_title="Backend Engineer",
        company="Acme",
        recruiter_email=None,
    )


# --- The rules -------------------------------------------------------------------------------------------------


@given(cut_off=cut_offs, distance=distances)
def test_until_the_cut_off_everything_may_be_done_and_after_it_nothing_but_to_confirm(
    cut_off: timedelta, distance: timedelta
) -> None:
    at = booking(START - cut_off + distance)
    limits = Limits(cut_off, 1)
    for change in (OwnChange.MOVE, OwnChange.CANCEL):
        refused = own_changes.refusal(change, at, limits)
        assert isinstance(refused, errors.ChangeTooLate) == (distance > timedelta())
        assert refused is None or distance > timedelta()


@given(now=distances, limits=st.builds(Limits, cut_offs, st.integers(0, 5)))
def test_a_word_to_come_is_taken_as_long_as_one_could_still_come(now: timedelta, limits: Limits) -> None:
    at = booking(START + now)
    refused = own_changes.refusal(OwnChange.CONFIRM, at, limits)
    assert (refused is None) == (at.now <= at.closes_at)


histories = st.lists(
    st.builds(
        HistoryEntry,
        at=st.just(NOW),
        change=st.sampled_from(BookingChange),
        by=st.sampled_from([audit.CANDIDATE.name, "Rita's key", audit.HIRELOOP.name]),
        revision=st.integers(1, 9),
    ),
    max_size=12,
)


@given(history=histories, cap=st.integers(0, 4))
def test_own_moves_are_counted_and_nothing_else_is(history: list[HistoryEntry], cap: int) -> None:
    own = len([past for past in history if (past.change, past.by) == (BookingChange.RESCHEDULED, "the candidate")])
    at, limits = booking(START - timedelta(days=1), history), Limits(timedelta(hours=2), cap)
    assert own_changes.moves_left(at, limits) == max(cap - own, 0)
    refused = own_changes.refusal(OwnChange.MOVE, at, limits)
    assert isinstance(refused, errors.TooManyChanges) if own >= cap else refused is None
    assert own_changes.refusal(OwnChange.CANCEL, at, limits) is None
    assert own_changes.refusal(OwnChange.CONFIRM, at, limits) is None


@pytest.mark.parametrize(
    "seen", [ExpectedVersion(1, 2), ExpectedVersion(1, 4), ExpectedVersion(2, 3), ExpectedVersion(0, 0)]
)
def test_what_the_candidate_did_not_see_is_not_changed(seen: ExpectedVersion) -> None:
    at = booking(START - timedelta(days=1))
    for change in OwnChange:
        assert own_changes.rule(change, USUAL, ExpectedVersion(1, 3))(at) is None
        assert isinstance(own_changes.rule(change, USUAL, seen)(at), errors.ChangedSince)


def test_behind_a_withdrawn_link_nothing_is_changed() -> None:
    at = booking(START - timedelta(days=1), revoked_at=NOW)
    for change in OwnChange:
        assert isinstance(own_changes.rule(change, USUAL, ExpectedVersion(1, 3))(at), errors.ChangedSince)


# --- On a database ---------------------------------------------------------------------------------------------


async def insert_slot(
    starts_at: datetime, *, minutes: float = 60, seats: int = 1, job: UUID | None = None, withdrawn: bool = False
) -> UUID:
    slot = await make_slot(starts_at=starts_at, minutes=minutes, seats=seats, job=job)
    if withdrawn:
        await db.fetch("UPDATE slot SET withdrawn_at = $2 WHERE id = $1", slot, NOW)
    return slot


async def insert_job(title: str) -> UUID:
    job = db.new_id()
    await db.fetch("INSERT INTO job (id, title, company, created_at) VALUES ($1, $2, 'Acme', now())", job, title)
    return job


async def insert_candidate(email: str = "asha@example.com") -> UUID:
    candidate = db.new_id()
    await db.fetch(
        "INSERT INTO candidate (id, full_name, email, created_at) VALUES ($1, 'Asha Rao', $2, now())", candidate, email
    )
    return candidate


async def book(candidate: UUID, job: UUID, slot: UUID) -> BookingResult:
    interview = db.new_id()
    await db.fetch(
        "INSERT INTO interview (id, candidate, job, created_at) VALUES ($1, $2, $3, now())", interview, candidate, job
    )
    return await factories.book(interview, slot, now=NOW)


async def offered(booked: BookingResult, *, now: datetime = NOW, limits: Limits = USUAL) -> list[datetime]:
    found = await own_changes.open_times(booked.booking.id, limits, limit=50, after=None, now=now)
    return [time.starts_at for time in found]


async def move(
    booked: BookingResult,
    to: datetime,
    *,
    revision: int = 1,
    limits: Limits = USUAL,
    now: datetime = NOW,
    reason: str = "",
) -> bool:
    return await own_changes.move(
        booked.booking.id,
        to,
        limits=limits,
        seen=ExpectedVersion(1, revision),
        reason=reason,
        outbox=OUTBOX,
        windows=WINDOWS,
        now=now,
    )


async def taken(slot: UUID) -> int:
    found: int = await db.fetch_value("SELECT taken FROM slot WHERE id = $1", slot)
    return found


@pytest.mark.usefixtures("database")
async def test_on_offer_is_what_suits_the_booking_and_nothing_else_can_be_asked_for() -> None:
    job, other_job, asha, ben = (
        await insert_job("A"),
        await insert_job("B"),
        await insert_candidate(),
        await insert_candidate("ben@example.com"),
    )
    booked = await book(asha, job, await insert_slot(MONDAY))
    full = await insert_slot(MONDAY + timedelta(hours=3))
    await book(ben, job, full)
    await book(asha, other_job, await insert_slot(MONDAY + timedelta(days=1)))
    wrong = {
        "the same time again": await insert_slot(MONDAY),
        "another job's": await insert_slot(MONDAY + timedelta(hours=4), job=other_job),
        "withdrawn": await insert_slot(MONDAY + timedelta(hours=5), withdrawn=True),
        "too short": await insert_slot(MONDAY + timedelta(hours=6), minutes=30),
        "too long": await insert_slot(MONDAY + timedelta(hours=7), minutes=90),
        "within the cut-off": await insert_slot(NOW + timedelta(minutes=119)),
        "past": await insert_slot(NOW - timedelta(days=1)),
        "begun, and still to be booked": await insert_slot(NOW - timedelta(minutes=5)),
        "beside another interview": await insert_slot(MONDAY + timedelta(days=1, minutes=30)),
        "full": full,
    }
    right = [
        NOW + USUAL.cut_off,
        MONDAY + timedelta(minutes=30),
        MONDAY + timedelta(hours=1),
        MONDAY + timedelta(hours=8),
    ]
    for at in right[:3]:
        await insert_slot(at)
    await insert_slot(right[3], job=job)
    assert await offered(booked) == right
    for why, slot in wrong.items():
        starts_at = await db.fetch_value("SELECT starts_at FROM slot WHERE id = $1", slot)
        before = [await taken(it) for it in wrong.values()]
        with pytest.raises(errors.SlotFull):
            assert not await move(booked, starts_at), why
        assert [await taken(it) for it in wrong.values()] == before
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_times_come_in_pages_and_each_time_once_with_the_jobs_own_slot_first() -> None:
    job, asha = await insert_job("A"), await insert_candidate()
    booked = await book(asha, job, await insert_slot(MONDAY))
    at = MONDAY + timedelta(days=1)
    for_any = [await insert_slot(at) for _ in range(2)]
    own = await insert_slot(at, job=job)
    for hours in range(1, 4):
        await insert_slot(at + timedelta(hours=hours))
    everything = await offered(booked)
    assert everything == [at + timedelta(hours=hours) for hours in range(4)]
    paged: list[datetime] = []
    while page := await own_changes.open_times(
        booked.booking.id, USUAL, limit=3, after=paged[-1] if paged else None, now=NOW
    ):
        paged += [time.starts_at for time in page]
    assert paged == everything
    assert await move(booked, at)
    assert ([await taken(slot) for slot in for_any], await taken(own)) == ([0, 0], 1)


@pytest.mark.usefixtures("database")
async def test_a_move_is_in_the_history_counts_and_is_told() -> None:
    job, asha = await insert_job("A"), await insert_candidate()
    booked = await book(asha, job, await insert_slot(MONDAY))
    await leased(now=NOW)
    for days in range(1, 5):
        await insert_slot(MONDAY + timedelta(days=days))
    assert await move(booked, MONDAY + timedelta(days=1), reason="My train.")
    assert await move(booked, MONDAY + timedelta(days=2), revision=2)
    with pytest.raises(errors.TooManyChanges):
        await move(booked, MONDAY + timedelta(days=3), revision=3)
    visit = await sessions.visit(booked.booking.session.id, now=NOW)
    assert visit.starts_at == MONDAY + timedelta(days=2)
    assert [(past.change, past.by, past.reason) for past in visit.changes] == [
        ("rescheduled", "the candidate", "My train."),
        ("rescheduled", "the candidate", ""),
    ]
    told = await db.fetch("SELECT kind, revision, state FROM delivery WHERE kind <> 'invitation' ORDER BY id")
    assert [tuple(row) for row in told] == [("rescheduled", 2, "superseded"), ("rescheduled", 3, "pending")]
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_a_recruiters_moves_do_not_count() -> None:
    job, asha = await insert_job("A"), await insert_candidate()
    booked = await book(asha, job, await insert_slot(MONDAY))
    for days in range(1, 4):
        slot = await insert_slot(MONDAY + timedelta(days=days))
        await moves.move(booked.booking.id, slot, by=Actor("Rita"), reason="", outbox=OUTBOX, windows=WINDOWS, now=NOW)
    await insert_slot(MONDAY + timedelta(days=9))
    assert await move(booked, MONDAY + timedelta(days=9), revision=4, limits=Limits(timedelta(), 1))


@pytest.mark.usefixtures("database")
async def test_after_the_cut_off_a_move_and_a_cancellation_are_refused_and_nothing_is_written() -> None:
    job, asha = await insert_job("A"), await insert_candidate()
    booked = await book(asha, job, await insert_slot(MONDAY))
    await insert_slot(MONDAY + timedelta(days=1))
    late = MONDAY - USUAL.cut_off + TICK
    with pytest.raises(errors.ChangeTooLate):
        await move(booked, MONDAY + timedelta(days=1), now=late)
    rule = own_changes.rule(OwnChange.CANCEL, USUAL, ExpectedVersion(1, 1))
    with pytest.raises(errors.ChangeTooLate):
        await cancellations.cancel(booked.booking.id, by=audit.CANDIDATE, reason="", outbox=OUTBOX, rule=rule, now=late)
    visit = await sessions.visit(booked.booking.session.id)
    assert (visit.revision, visit.changes, visit.schedule_state) == (1, [], "pending")
    assert await cancellations.cancel(
        booked.booking.id, by=audit.CANDIDATE, reason="", outbox=OUTBOX, rule=rule, now=late - TICK
    )


# --- Races -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_of_two_tabs_that_move_at_once_one_moves() -> None:
    job, asha = await insert_job("A"), await insert_candidate()
    first = await insert_slot(MONDAY)
    booked = await book(asha, job, first)
    wanted = [MONDAY + timedelta(days=days) for days in (1, 2)]
    slots = [await insert_slot(at) for at in wanted]
    came = await asyncio.gather(*(move(booked, at) for at in wanted), return_exceptions=True)
    assert sorted(type(it).__name__ for it in came) == ["ChangedSince", "bool"]
    assert await taken(first) == 0
    assert [await taken(slot) for slot in slots] == [it is True for it in came]
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_two_candidates_who_choose_one_time_both_get_it_while_two_slots_begin_then() -> None:
    job = await insert_job("A")
    at = MONDAY + timedelta(days=1)
    bookings = [
        await book(await insert_candidate(f"c{n}@example.com"), job, await insert_slot(MONDAY + timedelta(hours=n)))
        for n in range(3)
    ]
    slots = [await insert_slot(at) for _ in range(2)]
    came = await asyncio.gather(*(move(booked, at) for booked in bookings), return_exceptions=True)
    assert sorted(type(it).__name__ for it in came) == ["SlotFull", "bool", "bool"]
    assert [await taken(slot) for slot in slots] == [1, 1]
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_many_candidates_who_choose_one_time_all_get_it_if_there_are_seats_for_all() -> None:
    job, at, crowd = await insert_job("A"), MONDAY + timedelta(days=1), 8
    bookings = [
        await book(await insert_candidate(f"c{n}@example.com"), job, await insert_slot(MONDAY + timedelta(hours=n)))
        for n in range(crowd)
    ]
    slots = [await insert_slot(at) for _ in range(crowd)]
    assert await asyncio.gather(*(move(booked, at) for booked in bookings)) == [True] * crowd
    assert [await taken(slot) for slot in slots] == [1] * crowd
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_a_move_while_a_recruiter_cancels_leaves_one_of_both() -> None:
    job, at = await insert_job("A"), MONDAY + timedelta(days=1)
    for n in range(6):
        old, new = await insert_slot(MONDAY + timedelta(hours=n)), await insert_slot(at + timedelta(hours=n))
        booked = await book(await insert_candidate(f"c{n}@example.com"), job, old)
        moving = move(booked, at + timedelta(hours=n))
        cancelling = cancellations.cancel(booked.booking.id, by=TESTS, reason="", outbox=OUTBOX, now=NOW)
        racers = [moving, cancelling] if n % 2 else [cancelling, moving]
        ended = await asyncio.gather(*racers, return_exceptions=True)
        moved, cancelled = ended if n % 2 else ended[::-1]
        assert cancelled is True
        assert moved is True or isinstance(moved, errors.ScheduleCancelled)
        assert (await taken(old), await taken(new)) == (0, 0)
    assert await unaccounted(now=NOW) == 0


@pytest.mark.usefixtures("database")
async def test_a_slot_that_is_given_another_time_is_not_taken_for_the_one_that_was_chosen() -> None:
    job, asha, at = await insert_job("A"), await insert_candidate(), MONDAY + timedelta(days=1)
    booked = await book(asha, job, await insert_slot(MONDAY))
    slot = await insert_slot(at)
    held, moving = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        async with db.DB.transaction():
            await db.fetch(
                "UPDATE slot SET starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day' "
                "WHERE id = $1",
                slot,
            )
            held.set()
            await moving.wait()
            await until(somebody_waits, "the move waits for the change")

    changing = asyncio.create_task(change())
    await held.wait()
    wish = asyncio.create_task(move(booked, at))
    moving.set()
    with pytest.raises(errors.SlotFull):
        await wish
    await changing
    assert await taken(slot) == 0
