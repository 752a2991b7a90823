"""Everybody wants the same: as many win as there are seats, the others are told why, and nobody meets a 5xx."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple
from uuid import UUID

import pytest

from factories import TESTS, job_fields, make_interview, make_slot, soon
from faults.bookers import book_all_at_once, client_of, every_booking_is_whole, tally
from faults.factories import new_key
from faults.scene import all_is_accounted_for, mail_through, mailbox_server
from hireloop import db
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.scheduling import interviews
from processes import Server, WorkerProcess
from servers.databases import Template
from waiting import until

pytestmark = pytest.mark.usefixtures("opened")


class House(NamedTuple):
    """Everything that runs, for all races of this file: each looks only at what it has added."""

    database_url: str
    server: Server
    mailbox: Mailbox


@pytest.fixture(scope="module")
def house(template: Template) -> Iterator[House]:
    """Two server processes behind one address, a worker and a mailbox."""
    with template.copied() as url, mailbox_server() as mailbox:
        env = mail_through(url, mailbox.start()[1])
        with WorkerProcess(env), Server(env, workers=2) as server:
            yield House(url, server, mailbox)


@pytest.fixture
async def opened(house: House) -> AsyncIterator[None]:
    async with db.opened(house.database_url):
        yield


@pytest.fixture
async def already_booked(opened: None) -> int:  # noqa: ARG001 (it opens the pool)
    """How many bookings the races before this one have left."""
    return await every_booking_is_whole()


async def _taken(slot: UUID) -> int:
    return int(await db.fetch_value("SELECT taken FROM slot WHERE id = $1", slot))


async def _all_sent() -> bool:
    return not await db.fetch_value("SELECT count(*) FROM delivery WHERE state <> 'sent'")


async def _invitations_arrive(house: House, count: int) -> None:
    """Check that there are so many bookings in all, each with one mail."""
    assert await every_booking_is_whole() == count
    await until(_all_sent, "all invitations are sent")
    assert len(house.mailbox.messages()) == count
    await all_is_accounted_for(house.mailbox)


@pytest.mark.parametrize("seats", [1, 5])
async def test_of_200_bookers_exactly_as_many_win_as_there_are_seats(
    house: House, already_booked: int, seats: int
) -> None:
    slot = await make_slot(seats=seats)
    wishes = [(await make_interview(), slot) for _ in range(200)]
    async with client_of(house.server.url, await new_key(), connections=200) as client:
        answers = await book_all_at_once(client, wishes)
    assert tally(answers) == {(201, ""): seats, (409, "slot-full"): 200 - seats}
    assert await _taken(slot) == seats
    winners = {answer.body["interview"] for answer in answers if answer.status == 201}
    scheduled = await db.fetch(
        "SELECT id FROM interview WHERE state = 'scheduled' AND id = ANY($1)", [interview for interview, _ in wishes]
    )
    assert {str(row["id"]) for row in scheduled} == winners
    await _invitations_arrive(house, already_booked + seats)


async def test_the_same_booking_asked_for_many_times_at_once_is_made_once_and_answered_everywhere(
    house: House, already_booked: int
) -> None:
    interview, slot = await make_interview(), await make_slot(seats=3)
    async with client_of(house.server.url, await new_key(), connections=20) as client:
        answers = await book_all_at_once(client, [(interview, slot)] * 20)
    assert tally(answers) == {(201, ""): 1, (200, ""): 19}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len({answer.body["session"]["session_key"] for answer in answers}) == 1
    assert await _taken(slot) == 1
    await _invitations_arrive(house, already_booked + 1)


async def test_one_interview_booked_into_two_slots_at_once_has_one_of_them(house: House, already_booked: int) -> None:
    pairs = [(await make_interview(), await make_slot(), await make_slot()) for _ in range(10)]
    async with client_of(house.server.url, await new_key(), connections=20) as client:
        for interview, *slots in pairs:
            answers = await book_all_at_once(client, [(interview, slot) for slot in slots])
            assert tally(answers) == {(201, ""): 1, (409, "interview-already-scheduled"): 1}
            assert sorted([await _taken(slot) for slot in slots]) == [0, 1]  # no seat was taken for nothing
    await _invitations_arrive(house, already_booked + len(pairs))


async def test_one_candidate_booked_into_two_overlapping_slots_at_once_has_one_of_them(
    house: House, already_booked: int
) -> None:
    async with client_of(house.server.url, await new_key(), connections=20) as client:
        for _ in range(10):
            first = await make_interview()
            known = await interviews.find(first)
            second = (await interviews.create(known.candidate, known.job, by=TESTS, round_number=2)).id
            early, late = await make_slot(starts_at=soon(60)), await make_slot(starts_at=soon(90))
            answers = await book_all_at_once(client, [(first, early), (second, late)])
            assert tally(answers) == {(201, ""): 1, (409, "candidate-busy"): 1}
            assert sorted([await _taken(early), await _taken(late)]) == [0, 1]
    await _invitations_arrive(house, already_booked + 10)


async def test_many_interviews_of_one_candidate_into_one_slot_at_once_come_to_one_booking_without_a_5xx(
    house: House, already_booked: int
) -> None:
    """Exclusion constraints deadlock under contention; a deadlock is retried, never shown."""
    first = await interviews.find(await make_interview())
    others = [(await interviews.create(first.candidate, first.job, by=TESTS, round_number=n)).id for n in range(2, 21)]
    wishes = [(interview, await make_slot(seats=2)) for interview in (first.id, *others)]
    async with client_of(house.server.url, await new_key(), connections=20) as client:
        answers = await book_all_at_once(client, wishes)
    assert tally(answers) == {(201, ""): 1, (409, "candidate-busy"): 19}
    await _invitations_arrive(house, already_booked + 1)


async def test_a_slot_that_is_withdrawn_past_or_another_jobs_refuses_everybody(
    house: House, already_booked: int
) -> None:
    withdrawn, past = await make_slot(seats=20), await make_slot(starts_at=soon(-11), seats=20)
    last_moment = await make_slot(starts_at=soon(-9), seats=20)
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    async with client_of(house.server.url, await new_key(), connections=20) as client:
        job = (await client.post("/api/jobs/", json=job_fields(title="Another"))).json()["id"]
        kept = await make_slot(seats=20, job=UUID(job))
        expected = {
            withdrawn: (409, "slot-withdrawn"),
            past: (409, "slot-past"),
            last_moment: (201, ""),
            kept: (400, "bad-input"),
        }
        for slot, answer in expected.items():
            wishes = [(await make_interview(), slot) for _ in range(5)]
            assert tally(await book_all_at_once(client, wishes)) == {answer: 5}
    await _invitations_arrive(house, already_booked + 5)


async def test_a_slot_withdrawn_while_everybody_books_it_keeps_whom_it_promised_a_seat(
    house: House, already_booked: int
) -> None:
    slot = await make_slot(seats=100)
    wishes = [(await make_interview(), slot) for _ in range(100)]

    async def withdraw() -> None:
        async def some_are_booked() -> bool:
            return await _taken(slot) >= 10

        await until(some_are_booked, "some are booked")
        await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", slot)

    async with client_of(house.server.url, await new_key(), connections=100) as client:
        answers, _ = await asyncio.gather(book_all_at_once(client, wishes), withdraw())
    came_to = tally(answers)
    assert came_to.keys() <= {(201, ""), (409, "slot-withdrawn")}
    assert came_to[201, ""] == await _taken(slot) >= 10
    await _invitations_arrive(house, already_booked + came_to[201, ""])
