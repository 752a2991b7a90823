"""Whatever is done to bookings, in any order, with time moving: after each step the database is whole.

A refusal writes nothing, so that a refused caller has lost nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import factories
from factories import OUTBOX, TESTS, WINDOWS, rows
from hireloop import db, errors
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import deadlines, leases
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.scheduling import corrections, interviews, withdrawals
from hireloop.scheduling.bookings import cancellations, confirmations, moves
from hireloop.scheduling.people.candidates import CandidateFields, CandidatePatch
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import lifecycle, links, sessions
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotFields
from invariants.invariants import broken
from notify.factories import settlement
from servers.databases import Template

BEGAN = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
TABLES = ("candidate", "interview", "slot", "schedule", "session", "delivery", "audit_entry", "kept_address")
ENDINGS = {
    AttemptOutcome.SENT: DeliveryState.SENT,
    AttemptOutcome.RETRY: DeliveryState.PENDING,
    AttemptOutcome.REJECTED: DeliveryState.REJECTED,
}

_templates: list[Template] = []  # hypothesis makes the machine itself, without arguments


class AnyOrder(RuleBasedStateMachine):
    """One installation, and everybody who can do something to a booking."""

    interviews = Bundle("interviews")
    slots = Bundle("slots")
    schedules = Bundle("schedules")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        url = self.stack.enter_context(_templates[-1].copied())
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.now = BEGAN
        self.revisions: dict[UUID, int] = {}
        self.runner.run(db.DB.open(url, pool_size=2))

    def teardown(self) -> None:
        self.runner.run(db.DB.close())
        self.stack.close()

    def does(self, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 (whatever the verb returns)
        """Do it; or be refused, and find everything as it was."""
        return self.runner.run(self._does(work))

    async def _does(self, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 (as above)
        before = [await rows(table) for table in TABLES]
        try:
            return await work()
        except errors.HireLoopError:
            assert [await rows(table) for table in TABLES] == before
            return None

    @initialize(target=interviews)
    def somebody(self) -> UUID:
        return self._interview(0)

    @rule(target=interviews, person=st.integers(0, 2))
    def an_interview(self, person: int) -> UUID:
        return self._interview(person)

    def _interview(self, person: int) -> UUID:
        new = CandidateFields(full_name=f"Candidate {person}", email=f"candidate{person}@example.com")
        made = self.does(lambda: interviews.create(new, JobFields(title="Engineer", company="Example"), by=TESTS))
        return made.id  # type: ignore[no-any-return] # as above

    @rule(
        target=slots,
        quarter=st.integers(-2, 16),
        length=st.sampled_from([1, 2]),
        seats=st.integers(1, 2),
        interviewer=st.sampled_from([None, "i@example.com", "I@example.com"]),
    )
    def a_slot(self, quarter: int, length: int, seats: int, interviewer: str | None) -> UUID | None:
        starts_at = BEGAN + timedelta(minutes=15 * quarter)
        new = SlotFields(
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=15 * length),
            seats=seats,
            interviewer_email=interviewer,
        )
        made = self.does(lambda: slots.create(new, by=TESTS))
        return made.id if made else None

    @rule(target=schedules, interview=interviews, slot=slots)
    def book(self, interview: UUID, slot: UUID | None) -> UUID | None:
        if slot is None:
            return None
        booked = self.does(lambda: factories.book(interview, slot, now=self.now))
        return booked.booking.id if booked else None

    @rule(schedule=schedules)
    def confirm(self, schedule: UUID | None) -> None:
        if schedule:
            self.does(lambda: confirmations.confirm(schedule, by=TESTS, outbox=OUTBOX, now=self.now))

    @rule(schedule=schedules, slot=slots)
    def reschedule(self, schedule: UUID | None, slot: UUID | None) -> None:
        if schedule and slot:
            facts: dict[str, Any] = {"by": TESTS, "reason": "", "outbox": OUTBOX, "windows": WINDOWS}
            self.does(lambda: moves.move(schedule, slot, **facts, now=self.now))

    @rule(schedule=schedules)
    def cancel(self, schedule: UUID | None) -> None:
        if schedule:
            self.does(lambda: cancellations.cancel(schedule, by=TESTS, reason="", outbox=OUTBOX, now=self.now))

    @rule(slot=slots)
    def release(self, slot: UUID | None) -> None:
        if slot:
            self.does(lambda: withdrawals.release(slot, by=TESTS, reason="", outbox=OUTBOX, now=self.now))

    @rule(slot=slots, cancel=st.booleans())
    def withdraw(self, slot: UUID | None, *, cancel: bool) -> None:
        if slot:
            self.does(
                lambda: withdrawals.withdraw(slot, cancel=cancel, by=TESTS, reason="", outbox=OUTBOX, now=self.now)
            )

    @rule(schedule=schedules, revoked=st.booleans())
    def reissue_or_revoke(self, schedule: UUID | None, *, revoked: bool) -> None:
        if schedule is None:
            return
        session = self._session(schedule)["id"]
        if revoked:
            self.does(lambda: links.revoke(session, by=TESTS, now=self.now))
        else:
            self.does(lambda: links.reissue(session, by=TESTS, outbox=OUTBOX, now=self.now))

    @rule(schedule=schedules, leaves=st.booleans())
    def enter(self, schedule: UUID | None, *, leaves: bool) -> None:
        if schedule is None:
            return
        session = self._session(schedule)
        self.does(lambda: sessions.enter(session["id"], session["key_version"], outbox=OUTBOX, now=self.now))
        if leaves:
            self.does(lambda: sessions.leave(session["id"], session["key_version"], outbox=OUTBOX, now=self.now))

    @rule(person=st.integers(0, 2), nth=st.integers(0, 3))
    def change_address(self, person: int, nth: int) -> None:
        found = self.runner.run(
            db.fetch("SELECT id FROM candidate WHERE email LIKE $1", f"candidate{person}%@example.com")
        )
        if found:
            email = f"candidate{person}.{nth}@example.com"
            self.does(
                lambda: corrections.change(
                    found[0]["id"], CandidatePatch(email=email), by=TESTS, outbox=OUTBOX, now=self.now
                )
            )

    @rule(interview=interviews)
    def cancel_the_interview(self, interview: UUID) -> None:
        self.does(lambda: interviews.cancel(interview, by=TESTS, reason="", outbox=OUTBOX, now=self.now))

    @rule(interview=interviews)
    def erase(self, interview: UUID) -> None:
        candidate = self.runner.run(db.fetch_value("SELECT candidate FROM interview WHERE id = $1", interview))
        self.does(lambda: erasure.erase(candidate, by=TESTS, outbox=OUTBOX, now=self.now))

    @rule(outcome=st.sampled_from(sorted(ENDINGS)), settles=st.booleans())
    def send(self, outcome: AttemptOutcome, *, settles: bool) -> None:
        """A worker decides and tries what is due, and perhaps dies before it can say what came of it."""
        self.runner.run(due.decide(now=self.now))
        kinds = ["invitation", "rescheduled", "cancelled"]
        taken = self.runner.run(leases.take("email", limit=2, worker="w", kinds=kinds, now=self.now))
        if settles and taken:
            self.runner.run(
                leases.settle(
                    [
                        settlement(
                            lease,
                            outcome,
                            ENDINGS[outcome],
                            evidence=Evidence(phase=Phase.REPLY, code=250, reply=f"<{lease.recipient}> said"),
                        )
                        for lease in taken
                    ],
                    now=self.now,
                )
            )

    @rule(minutes=st.sampled_from([1, 10, 20, 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.runner.run(deadlines.expire(now=self.now))
        self.runner.run(lifecycle.note_due(outbox=OUTBOX, grace_seconds=WINDOWS.late_seconds, now=self.now))

    @invariant()
    def the_database_is_whole(self) -> None:
        assert self.runner.run(broken(now=self.now)) == {}

    @invariant()
    def revisions_only_rise(self) -> None:
        for row in self.runner.run(rows("schedule")):
            assert row["revision"] >= self.revisions.get(row["id"], 1)
            self.revisions[row["id"]] = row["revision"]

    def _session(self, schedule: UUID) -> dict[str, Any]:
        row = self.runner.run(db.fetch_row("SELECT * FROM session WHERE schedule = $1", schedule))
        assert row is not None
        return dict(row)


@pytest.fixture(name="prepared")
def prepared_(template: Template) -> Iterator[None]:
    _templates.append(template)
    yield
    _templates.clear()


@pytest.mark.hypothesis
@pytest.mark.usefixtures("prepared")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("walks", [12, pytest.param(200, marks=pytest.mark.long)])
def test_whatever_is_done_in_whatever_order_the_database_is_whole(walks: int) -> None:
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(max_examples=walks, stateful_step_count=40, suppress_health_check=list(HealthCheck)),
    )
