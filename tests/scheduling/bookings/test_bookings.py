"""Bookings as lists: whatever the filters, page by page it holds just the bookings that fit, the latest start first."""

import itertools
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from factories import OUTBOX, TESTS, WINDOWS, book, make_slot, rows, soon
from hireloop import db, errors
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import bookings, cancellations, moves
from hireloop.scheduling.bookings.bookings import Booking, BookingFilter
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.tables import ScheduleState
from sample_channels import EMAIL

pytestmark = pytest.mark.usefixtures("database")

BEGIN = soon(600)
# What is done to the deliveries of every seventh booking.
_STANDS = (
    "UPDATE delivery SET state = 'sent', sent_at = now() WHERE schedule = $1",
    "UPDATE delivery SET state = 'bounced', sent_at = now(), bounced_at = now() WHERE schedule = $1",
    "UPDATE delivery SET state = 'rejected' WHERE schedule = $1",
    "UPDATE delivery SET at_risk_at = now(), last_reason = 'timeout' WHERE schedule = $1",
    "UPDATE delivery SET state = 'superseded' WHERE schedule = $1",
    "UPDATE delivery SET state = 'exhausted' WHERE schedule = $1",
    "SELECT $1::uuid",
)


async def _some_bookings() -> None:
    """Book 21 times: two at a time start together; five candidates, three jobs, every state of an invitation."""
    for number in range(21):
        interview = await interviews.create(
            CandidateFields(full_name="Asha", email=f"{number % 5}@example.com"),
            JobFields(title=f"Job {number % 3}", company="Example"),
            by=TESTS,
        )
        booked = await book(interview.id, starts_at=BEGIN + timedelta(hours=number // 2))
        ident = booked.booking.id
        await db.fetch(_STANDS[number % 7], ident)
        if number % 4 == 0:
            await cancellations.cancel(ident, by=TESTS, reason="", outbox=OUTBOX)
        elif number % 4 == 1:
            await db.fetch("UPDATE schedule SET state = 'confirmed' WHERE id = $1", ident)
        if number in {1, 8}:
            await db.fetch("UPDATE schedule SET revision = revision + 1 WHERE id = $1", ident)


async def _read_all(wanted: BookingFilter) -> list[Booking]:
    found: list[Booking] = []
    after = None
    while page := await bookings.page(wanted, limit=3, after=after):
        found += page
        after = page[-1].id
    return found


async def _facts() -> Callable[[Booking], dict[str, Any]]:
    """Return what is known of a booking without any list."""
    people = {row["id"]: row for row in await rows("interview")}
    idents = [row["id"] for row in await rows("schedule")]
    put = await deliveries.of_schedules(idents, [EMAIL])

    def of(one: Booking) -> dict[str, Any]:
        ours = [delivery for delivery in put if delivery.schedule == one.id]
        return {
            "state": one.state,
            "candidate": people[one.interview]["candidate"],
            "job": people[one.interview]["job"],
            "invitation_state": deliveries.invitation_state(ours, revision=one.revision, now=one.now),
        }

    return of


async def test_every_combination_of_filters_lists_what_fits_and_nothing_else_in_the_order_of_start() -> None:
    await _some_bookings()
    everything = await _read_all(BookingFilter())
    assert len(everything) == 21
    assert everything == sorted(everything, key=lambda one: (one.starts_at, one.id), reverse=True)
    facts = await _facts()
    choices: dict[str, list[object]] = {
        "state": [None, *ScheduleState],
        "invitation_state": [None, *InvitationState],
        "candidate": [None, facts(everything[0])["candidate"]],
        "job": [None, facts(everything[0])["job"], db.new_id()],
        "starts_from": [None, BEGIN + timedelta(hours=3)],
        "starts_before": [None, BEGIN + timedelta(hours=8)],
    }
    combinations = [dict(zip(choices, chosen, strict=True)) for chosen in itertools.product(*choices.values())]
    seen: set[InvitationState] = set()
    for wanted in random.Random(7).sample(combinations, 150):  # noqa: S311 (the same every time)
        fitting = [one for one in everything if _fits(one, facts(one), wanted)]
        listed = await _read_all(BookingFilter(**wanted))  # type: ignore[arg-type] # by its name
        assert [one.id for one in listed] == [one.id for one in fitting], wanted
        seen.update(facts(one)["invitation_state"] for one in fitting)
    assert seen == set(InvitationState)


def _fits(one: Booking, facts: dict[str, Any], wanted: dict[str, object]) -> bool:
    starts_from, starts_before = wanted["starts_from"], wanted["starts_before"]
    return (
        all(wanted[name] in {None, fact} for name, fact in facts.items())
        and (not isinstance(starts_from, datetime) or one.starts_at >= starts_from)
        and (not isinstance(starts_before, datetime) or one.starts_at < starts_before)
    )


async def test_a_moved_booking_is_found_at_its_new_time_whatever_it_is_filtered_by() -> None:
    interview = await interviews.create(
        CandidateFields(full_name="Asha", email="asha@example.com"),
        JobFields(title="Baker", company="Example"),
        by=TESTS,
    )
    slot, other = await make_slot(starts_at=soon(600)), await make_slot(starts_at=soon(6000))
    booked = await book(interview.id, slot)
    ident = booked.booking.id
    await moves.move(ident, other, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    late, early = {"starts_from": soon(1000)}, {"starts_before": soon(1000)}
    for filters in ({}, {"job": interview.job}, {"invitation_state": "sent"}):
        assert [one.id for one in await _read_all(BookingFilter(**late, **filters))] == [ident]  # type: ignore[arg-type]
        assert await _read_all(BookingFilter(**early, **filters)) == []  # type: ignore[arg-type]


async def test_a_place_behind_no_booking_is_nowhere() -> None:
    with pytest.raises(errors.BadInput, match="must be the ID of a booking") as refused:
        await bookings.page(BookingFilter(), limit=3, after=db.new_id())
    assert refused.value.field == "after"
