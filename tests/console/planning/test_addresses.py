"""A dead address is corrected and its owner invited again in one press, and the page then says what is true."""

import asyncio
from uuid import UUID

import asyncpg
import httpx
import pytest

from console.factories import BookingResult, booked, entered, tried
from console.planning.pressing import faults_on, said_on
from console.signing import fields_of, press, sign_in
from factories import OUTBOX, TESTS, book, make_interview, make_slot, rows, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.sessions import links
from waiting import somebody_waits, until


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


@pytest.fixture
async def booking(client: httpx.AsyncClient) -> BookingResult:  # noqa: ARG001 (its pool is open)
    made = await booked(email="asha@old.example")
    await tried(made, "rejected")
    return made


async def invitations() -> list[tuple[str, int, str]]:
    """Return every invitation by mail: to whom, of which revision, and how it stands."""
    found = [row for row in await rows("delivery") if row["channel"] == "email" and row["kind"] == "invitation"]
    return [(row["recipient"], row["revision"], row["state"]) for row in found]


async def correct(client: httpx.AsyncClient, booking: BookingResult, **fields: str) -> httpx.Response:
    revision = await db.fetch_value("SELECT revision FROM schedule WHERE id = $1", booking.id)
    return await press(client, booking.path, f"{booking.path}correct/", **{"revision": str(revision), **fields})


async def key_version(booking: BookingResult) -> int:
    version: int = await db.fetch_value("SELECT key_version FROM session WHERE id = $1", booking.session_id)
    return version


async def test_one_press_corrects_the_address_and_invites_again(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    page = (await client.get(booking.path)).text
    assert "<details open>" in page, "the form is open where the invitation has failed"
    answer = await correct(client, booking, email="Priya@New.example")
    assert (
        await said_on(client, answer) == "The address was corrected. A new invitation is on its way to P…@new.example."
    )
    assert await invitations() == [("asha@old.example", 1, "rejected"), ("Priya@new.example", 2, "pending")]
    assert await key_version(booking) == 1, "the candidate may have the link already"
    (row,) = await rows("candidate")
    assert row["email"] == "Priya@new.example"
    entries = [one["action"] for one in await rows("audit_entry") if one["actor"] == "Rita"]
    assert entries[-1:] == ["candidate.changed"]


async def test_the_form_says_what_happens_with_other_interviews_and_then_how_many(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    for hours, off in ((48, False), (72, False), (96, True)):
        (who,) = {row["candidate"] for row in await rows("interview")}
        job = (await rows("job"))[0]["id"]
        interview = await db.fetch_value(
            "INSERT INTO interview (id, candidate, job, round, created_at) VALUES ($1, $2, $3, 2, now()) RETURNING id",
            db.new_id(),
            who,
            job,
        )
        other = (await book(interview, starts_at=soon(hours * 60))).booking
        if off:
            await cancellations.cancel(other.id, by=TESTS, reason="", outbox=OUTBOX)
    assert "If the candidate has other interviews to come" in (await client.get(booking.path)).text
    answer = await correct(client, booking, email="asha@new.example")
    assert (await said_on(client, answer)).endswith("also invited again to their other interviews (2).")
    sent = [one for one in await invitations() if one[0] == "asha@new.example"]
    assert sent == [("asha@new.example", 2, "pending")] * 3


async def test_the_link_is_replaced_if_that_is_asked_for_or_it_was_revoked(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    await correct(client, booking, email="asha@new.example", new_link="on")
    assert await key_version(booking) == 2
    pending = [one for one in await invitations() if one[2] == "pending"]
    assert [one[0] for one in pending] == ["asha@new.example"], "one invitation, and not one for each step"
    await links.revoke(booking.session_id, by=TESTS)
    answer = await correct(client, booking, email="asha@newer.example")
    assert (await said_on(client, answer)).endswith("A new invitation is on its way to a…@newer.example.")
    assert await key_version(booking) == 3
    assert [one[0] for one in await invitations() if one[2] == "pending"] == ["asha@newer.example"]


async def test_a_second_press_of_the_same_button_sends_nothing_more(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    fields = {**fields_of((await client.get(booking.path)).text), "revision": "1", "email": "asha@new.example"}
    answers = [await client.post(f"{booking.path}correct/", data=fields) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [f"{booking.path}?done=corrected"] * 2
    assert len(await invitations()) == 2
    other = await client.post(f"{booking.path}correct/", data={**fields, "email": "asha@other.example"})
    assert other.status_code == 409
    assert "Someone changed this booking after you opened its page" in other.text
    assert 'value="asha@other.example"' in other.text
    assert len(await invitations()) == 2


async def test_a_wrong_address_comes_back_with_what_was_typed_and_how_to_fix_it(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    await make_interview(email="taken@new.example")
    for typed, status, said in (
        ("", 400, "Fill in this field."),
        ("asha at new", 400, "Must be an email address, such as name@example.com."),
        ("ASHA@old.example", 400, "This is the address that is stored already."),
        ("taken@new.example", 409, "Another candidate already has this address"),
        ("a\x00b@new.example", 400, "cannot be stored"),
        ("a" * 250 + "@new.example", 400, "This text has 262 characters. Shorten it to 254 or fewer."),
    ):
        answer = await correct(client, booking, email=typed)
        assert answer.status_code == status, typed
        assert said in faults_on(answer)["email"], typed
        assert "<title>Not done" in answer.text
        assert "<details open>" in answer.text
        if "\x00" not in typed:
            assert f'value="{typed}"' in answer.text
    assert await invitations() == [("asha@old.example", 1, "rejected")]


async def test_an_interview_that_has_begun_refuses_and_offers_no_form(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    await entered(booking)
    answer = await correct(client, booking, email="asha@new.example")
    assert answer.status_code == 409
    assert "The candidate has entered this interview" in answer.text
    assert "correct/" not in answer.text


async def test_attention_has_the_form_beside_each_failed_invitation(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    for page in ("/console/", "/console/attention/"):
        shown = (await client.get(page)).text
        assert f'action="{booking.path}correct/"' in shown
        assert 'value="asha@old.example"' in shown
    answer = await press(
        client, "/console/attention/", f"{booking.path}correct/", revision="1", email="asha@new.example"
    )
    assert answer.status_code == 303
    assert f'action="{booking.path}correct/"' not in (await client.get("/console/attention/")).text


async def with_interviewer() -> tuple[BookingResult, UUID]:
    slot = await make_slot(
        starts_at=soon(24 * 60),
        interviewer_email="ravi@old.example",
        interviewer_name="Ravi Kumar",
        interviewer_time_zone="Europe/Berlin",
        interviewer_locale="de",
    )
    made = (await book(slot=slot)).booking
    return BookingResult(id=made.id, session_id=made.session.id, slot_id=slot), slot


async def told() -> list[tuple[str, str]]:
    found = [row for row in await rows("delivery") if row["kind"].startswith("interviewer_")]
    return [(row["recipient"], row["state"]) for row in found]


async def test_the_interviewers_address_is_corrected_and_what_else_is_known_of_them_stays(
    client: httpx.AsyncClient,
) -> None:
    booking, slot = await with_interviewer()
    await db.fetch(
        "UPDATE delivery SET state = 'rejected', attempt_count = 1, tries = 1, last_reason = 'recipient_unknown' "
        "WHERE slot = $1",
        slot,
    )
    action = f"{booking.path}correct-interviewer/"
    for page in (booking.path, "/console/attention/"):
        assert f'action="{action}"' in (await client.get(page)).text, page
    fields = {**fields_of((await client.get(booking.path)).text), "slot": str(slot), "before": "ravi@old.example"}
    wrong = await client.post(action, data={**fields, "interviewer_email": "ravi"})
    assert wrong.status_code == 400
    assert faults_on(wrong)["interviewer_email"].startswith("Must be an email address")
    assert 'value="ravi"' in wrong.text
    same = await client.post(action, data={**fields, "interviewer_email": "ravi@old.example"})
    assert faults_on(same)["interviewer_email"].startswith("This is the address that is stored already.")
    right = {**fields, "interviewer_email": "ravi@new.example"}
    answers = [await client.post(action, data=right) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    said = "The address was corrected. A notice is on its way to r…@new.example."
    assert await said_on(client, answers[0]) == said
    (row,) = await rows("slot")
    assert row["interviewer_email"] == "ravi@new.example"
    known = ("interviewer_name", "interviewer_time_zone", "interviewer_locale")
    assert [row[name] for name in known] == ["Ravi Kumar", "Europe/Berlin", "de"]
    assert [state for to, state in await told() if to == "ravi@new.example"] == ["pending"]
    stale = await client.post(action, data={**fields, "interviewer_email": "other@new.example"})
    assert stale.status_code == 409
    assert 'value="other@new.example"' in stale.text


async def test_of_a_slot_that_the_booking_has_left_no_interviewer_is_changed(client: httpx.AsyncClient) -> None:
    booking, _ = await with_interviewer()
    other = await make_slot(starts_at=soon(3_000), interviewer_email="mei@old.example")
    fields = fields_of((await client.get(booking.path)).text)
    typed = {"slot": str(other), "before": "mei@old.example", "interviewer_email": "mei@new.example"}
    answer = await client.post(f"{booking.path}correct-interviewer/", data={**fields, **typed})
    assert answer.status_code == 409
    assert sorted(str(row["interviewer_email"]) for row in await rows("slot")) == [
        "mei@old.example",
        "ravi@old.example",
    ]


async def test_the_interviewers_other_slots_to_come_are_corrected_too_if_that_is_asked_for(
    client: httpx.AsyncClient,
) -> None:
    booking, slot = await with_interviewer()
    later = await make_slot(starts_at=soon(3_000), interviewer_email="Ravi@old.example", interviewer_name="R. Kumar")
    await book(slot=later)
    free = await make_slot(starts_at=soon(4_000), interviewer_email="ravi@old.example")
    withdrawn = await make_slot(starts_at=soon(5_000), interviewer_email="ravi@old.example")
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    other = await make_slot(starts_at=soon(6_000), interviewer_email="mei@old.example")
    typed = {"slot": str(slot), "before": "ravi@old.example", "interviewer_email": "ravi@new.example"}
    answer = await press(client, booking.path, f"{booking.path}correct-interviewer/", **typed, everywhere="on")
    said = "A notice is on its way to r…@new.example. Other slots in which it was also corrected: 2."
    assert said in await said_on(client, answer)
    found = {row["id"]: (row["interviewer_email"], row["interviewer_name"]) for row in await rows("slot")}
    assert found == {
        slot: ("ravi@new.example", "Ravi Kumar"),
        later: ("ravi@new.example", "R. Kumar"),
        free: ("ravi@new.example", ""),
        withdrawn: ("ravi@old.example", ""),
        other: ("mei@old.example", ""),
    }
    assert [to for to, state in await told() if state == "pending"].count("ravi@new.example") == 2


async def test_if_one_slot_of_the_interviewer_cannot_be_corrected_none_is(client: httpx.AsyncClient) -> None:
    booking, slot = await with_interviewer()
    start = soon(3_000)
    await make_slot(starts_at=start, interviewer_email="ravi@old.example")
    await make_slot(starts_at=start, interviewer_email="ravi@new.example")
    typed = {"slot": str(slot), "before": "ravi@old.example", "interviewer_email": "ravi@new.example"}
    answer = await press(client, booking.path, f"{booking.path}correct-interviewer/", **typed, everywhere="on")
    assert answer.status_code == 409
    assert "The interviewer already has a slot that overlaps this one." in answer.text
    assert 'value="ravi@new.example"' in answer.text
    assert sorted(str(row["interviewer_email"]) for row in await rows("slot")).count("ravi@old.example") == 2


async def test_of_very_many_slots_the_next_ones_are_corrected_and_the_page_says_that_there_are_more(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.planning.addresses._MOST_SLOTS", 2)
    booking, slot = await with_interviewer()
    withdrawn = await make_slot(starts_at=soon(2_000), interviewer_email="ravi@old.example")
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    others = [await make_slot(starts_at=soon(3_000 + 100 * n), interviewer_email="ravi@old.example") for n in range(3)]
    typed = {"slot": str(slot), "before": "ravi@old.example", "interviewer_email": "ravi@new.example"}
    answer = await press(client, booking.path, f"{booking.path}correct-interviewer/", **typed, everywhere="on")
    said = await said_on(client, answer)
    assert "corrected in their next 2 slots. They have more" in said
    found = {row["id"] for row in await rows("slot") if row["interviewer_email"] == "ravi@new.example"}
    assert found == {slot, *others[:2]}


async def test_a_correction_of_several_slots_holds_none_of_them_while_it_waits_for_a_candidate(
    client: httpx.AsyncClient, database_url: str
) -> None:
    booking, slot = await with_interviewer()
    later = await make_slot(starts_at=soon(3_000), interviewer_email="ravi@old.example")
    await book(await make_interview(email="wei@mail.example"), later)
    typed = {"slot": str(slot), "before": "ravi@old.example", "interviewer_email": "ravi@new.example"}
    fields = {**fields_of((await client.get(booking.path)).text), **typed, "everywhere": "on"}
    other = await asyncpg.connect(database_url)
    async with other.transaction():
        await other.fetch("SELECT FROM candidate WHERE email = 'wei@mail.example' FOR NO KEY UPDATE")
        press_of_button = asyncio.create_task(client.post(f"{booking.path}correct-interviewer/", data=fields))
        await until(lambda: somebody_waits(other), "the correction waits")
        await other.fetch("SELECT FROM slot FOR NO KEY UPDATE NOWAIT")
    await other.close()
    assert (await press_of_button).status_code == 303
    assert {row["interviewer_email"] for row in await rows("slot")} == {"ravi@new.example"}
