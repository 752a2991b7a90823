"""An interview is booked into a free slot of a day, once; who has none to book is led to make one."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from console.planning.pressing import faults_on, said_on
from console.signing import fields_of, press, sign_in
from factories import book, make_interview, make_slot, rows, soon
from hireloop import db
from hireloop.access.tables import Role

PAGE = "/console/new/booking/"


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


def day_of(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat()


async def test_an_interview_is_booked_and_its_candidate_is_invited(client: httpx.AsyncClient) -> None:
    interview = await make_interview(full_name="Asha Rao", email="asha@example.com")
    slot = await make_slot(starts_at=soon(3 * 24 * 60))
    chooser = (await client.get(PAGE)).text
    assert f'href="/console/new/booking/?interview={interview}&amp;day="' in chooser
    page = f"{PAGE}?interview={interview}"
    shown = (await client.get(page)).text
    assert f'name="slot" value="{slot}"' in shown, "the first day with a free slot is shown"
    answer = await press(client, page, PAGE, slot=str(slot), booking_notes="Bring\r\nan idea")
    (row,) = await rows("schedule")
    assert (row["interview"], row["slot"], row["booking_notes"]) == (interview, slot, "Bring\nan idea")
    assert answer.headers["location"] == f"/console/bookings/{row['id']}/?done=booked"
    assert await said_on(client, answer) == "The interview was booked. The invitation is on its way to a…@example.com."
    assert [one["kind"] for one in await rows("delivery") if one["channel"] == "email"] == ["invitation"]


async def test_a_form_that_is_sent_twice_books_once(client: httpx.AsyncClient) -> None:
    interview, slot = await make_interview(), await make_slot(starts_at=soon(3 * 24 * 60), seats=2)
    page = (await client.get(f"{PAGE}?interview={interview}")).text
    fields = {**fields_of(page), "slot": str(slot)}
    answers = [await client.post(PAGE, data=fields) for _ in range(2)]
    assert [answer.headers["location"].rpartition("=")[2] for answer in answers] == ["booked", "booked-before"]
    assert len(await rows("schedule")) == 1
    other = await make_slot(starts_at=soon(4 * 24 * 60))
    late = await client.post(PAGE, data={**fields, "slot": str(other)})
    (row,) = await rows("schedule")
    assert late.headers["location"] == f"/console/bookings/{row['id']}/?done=booked-elsewhere"


async def test_another_day_is_shown_with_what_was_typed(client: httpx.AsyncClient) -> None:
    interview = await make_interview()
    starts = soon(3 * 24 * 60)
    slot = await make_slot(starts_at=starts)
    page = f"{PAGE}?interview={interview}&day={day_of(soon(24 * 60))}"
    empty = (await client.get(page)).text
    assert "No slot is free on this day." in empty
    assert "Next day with free times" in empty
    for show, day in ((day_of(starts), ""), ("day", day_of(starts))):
        answer = await press(client, page, PAGE, show=show, day=day, booking_notes="Kept <words>")
        assert answer.status_code == 200
        assert f'name="slot" value="{slot}"' in answer.text
        assert "Kept &lt;words&gt;" in answer.text
    answer = await press(client, page, PAGE, show="day", day="nonsense", booking_notes="Kept")
    assert answer.status_code == 400
    assert faults_on(answer)["day"] == "This is not a valid day. Enter a date such as 2026-12-01."
    assert await rows("schedule") == []


async def test_what_the_facts_forbid_is_said_and_loses_nothing_typed(client: httpx.AsyncClient) -> None:
    interview, slot = await make_interview(), await make_slot(starts_at=soon(24 * 60))
    fields = fields_of((await client.get(f"{PAGE}?interview={interview}")).text)
    await book(slot=slot)
    full = await client.post(PAGE, data={**fields, "slot": str(slot), "booking_notes": "Kept"})
    assert full.status_code == 409
    assert "All seats in this slot are taken. Choose another slot." in full.text
    assert "Kept" in full.text
    for text, said in (
        ("", "Choose one from the list."),
        ("nonsense", "Choose one from the list."),
        ("01990000-0000-7000-8000-000000000000", "Choose one from the list."),
    ):
        answer = await client.post(PAGE, data={**fields, "slot": text, "booking_notes": "Kept"})
        assert answer.status_code == 400
        assert said in answer.text
        assert "Kept" in answer.text
    long = await client.post(PAGE, data={**fields, "slot": str(slot), "booking_notes": "x" * 2_001})
    assert faults_on(long)["booking_notes"].startswith("This text has 2001 characters.")
    assert len(await rows("schedule")) == 1


async def test_who_has_nothing_to_book_is_told_what_to_do_first(client: httpx.AsyncClient) -> None:
    assert "No interview is waiting to be booked. Create one first." in (await client.get(PAGE)).text
    interview = await make_interview(full_name="Asha Rao")
    page = (await client.get(f"{PAGE}?interview={interview}")).text
    assert "No slot is free on this day or later. Create one first." in page
    assert f"interview={interview}" in page.rpartition("/console/new/slot/")[2]
    assert "Asha Rao" in (await client.get(f"{PAGE}?find=ASHA")).text
    assert "Asha Rao" not in (await client.get(f"{PAGE}?find=rao")).text
    assert (await client.get(f"{PAGE}?find=%00")).status_code == 200


async def test_an_interview_that_cannot_be_booked_is_not_offered(client: httpx.AsyncClient) -> None:
    booked = (await book()).booking
    answer = await client.get(f"{PAGE}?interview={booked.interview}")
    assert answer.status_code == 400
    assert "This interview can no longer be booked. Choose another one." in answer.text
    assert (await client.get(f"{PAGE}?interview=nonsense")).status_code == 400


async def test_a_slot_of_another_job_is_not_offered(client: httpx.AsyncClient) -> None:
    interview = await make_interview()
    other: UUID = await db.fetch_value(
        "INSERT INTO job (id, title, company, description, coding_language, created_at) "
        "VALUES ($1, 'Baker', 'Acme', '', '', now()) RETURNING id",
        db.new_id(),
    )
    slot = await make_slot(starts_at=soon(24 * 60), job=other)
    assert str(slot) not in (await client.get(f"{PAGE}?interview={interview}&day={day_of(soon(24 * 60))}")).text
    sent_anyway = await press(client, f"{PAGE}?interview={interview}", PAGE, slot=str(slot))
    assert sent_anyway.status_code in {400, 409}
    assert await rows("schedule") == []
