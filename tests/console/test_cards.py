"""What the console shows of the people of a booking, and where messages to interviewers lead."""

import html
import re
from typing import Any

import httpx
import pytest

from console.signing import press, sign_in
from factories import TESTS, WINDOWS, book, make_slot, outbox_of, rows, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.notify.messages import InterviewerCancellation
from hireloop.notify.next_steps import NextStep
from hireloop.scheduling.bookings import moves
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.privacy import erasure
from notify.factories import hold, notify_interviewer
from sample_channels import EMAIL

NASTY = "<script>alert(1)</script>{{7*7}}"


async def booked(**candidate: Any) -> BookingResult:  # noqa: ANN401 (each field has its own type)
    made = await book(slot=await make_slot(starts_at=soon(24 * 60)), **candidate)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    await hold(made.booking.slot)
    return made


def path_of(made: BookingResult) -> str:
    return f"/console/bookings/{made.booking.id}/"


def words_of(page: httpx.Response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


async def test_a_booking_shows_its_people_where_each_stands_and_what_was_answered(client: httpx.AsyncClient) -> None:
    made = await booked()
    delivery = await notify_interviewer(made, state="rejected", reason="recipient_unknown")
    await db.fetch("UPDATE delivery SET last_reply = '550 5.1.1 Unknown' WHERE id = $1", delivery)
    await sign_in(client, Role.ADMIN)
    page = await client.get(path_of(made))
    people = words_of(page).partition("People")[2].partition("Change the booking")[0]
    assert "Candidate: Asha Rao ✓ Notified: accepted by the mail server" in people
    assert "Interviewer: Ivan Petrov ✕ Not reached i…@example.com" in people
    assert "550 5.1.1 Unknown" in people
    assert "Invitation to the interviewer" in words_of(page)
    await press(client, path_of(made), f"/console/deliveries/{delivery}/replay/")
    assert [row["state"] for row in await rows("delivery") if row["id"] == delivery] == ["pending"]


async def test_an_interviewer_with_two_spellings_of_an_address_is_one_person(client: httpx.AsyncClient) -> None:
    made = await booked()
    await hold(made.booking.slot, "nora@bücher.example", name="Nora Lind")
    await notify_interviewer(made, to="nora@xn--bcher-kva.example", state="bounced", reason="mailbox_full")
    await sign_in(client, Role.VIEWER)
    page = words_of(await client.get(path_of(made)))
    assert "Former interviewer" not in page
    assert page.count("Interviewer: Nora Lind ✕ Not reached") == 1


async def test_an_interviewer_who_was_replaced_is_shown_as_a_former_one(client: httpx.AsyncClient) -> None:
    made = await booked()
    await notify_interviewer(made, state="sent")
    await hold(made.booking.slot, "nora@example.com", revision=2, name="Nora Lind")
    await notify_interviewer(made, InterviewerCancellation, revision=2, state="bounced", reason="mailbox_full")
    await sign_in(client, Role.VIEWER)
    said = words_of(await client.get(path_of(made)))
    assert "Interviewer: Nora Lind – Nothing to tell n…@example.com" in said  # noqa: RUF001 (a sign)
    assert "Former interviewer ✕ Not reached i…@example.com" in said
    assert "Cancellation to the interviewer" in said


async def test_the_page_of_a_booking_that_was_moved_shows_what_the_former_slots_interviewer_is_told(
    client: httpx.AsyncClient,
) -> None:
    made = await booked()
    await notify_interviewer(made, state="sent")
    there = await make_slot(starts_at=soon(3000))
    await moves.move(made.booking.id, there, by=TESTS, reason="", outbox=outbox_of(EMAIL), windows=WINDOWS)
    delivery = await notify_interviewer(
        made, InterviewerCancellation, revision=9, state="rejected", reason="recipient_unknown", attendees=False
    )
    await sign_in(client, Role.ADMIN)
    assert "Cancellation to the interviewer" in words_of(await client.get(path_of(made)))
    for page in ("/console/attention/", "/console/failures/", "/console/"):
        assert f'href="{path_of(made)}"' in (await client.get(page)).text, page
    response = await press(client, path_of(made), f"/console/deliveries/{delivery}/replay/")
    assert response.headers["location"].startswith(path_of(made))


async def test_what_needs_attention_names_whom_it_was_for_and_what_to_do(client: httpx.AsyncClient) -> None:
    made = await booked(full_name="Meera Iyer")
    await notify_interviewer(made, state="rejected", reason="recipient_unknown")
    await sign_in(client, Role.RECRUITER)
    said = words_of(await client.get("/console/attention/"))
    assert "Meera Iyer" in said
    assert re.search(r"✕ Interviewer not reached .* Invitation to the interviewer, i…@example\.com", said)
    assert NextStep.CORRECT_INTERVIEWER.sentence in html.unescape(said)
    assert "Invite again" not in said  # that is the candidate's


# The résumé, where the links in an interviewer's mails lead


async def test_the_resume_is_behind_the_sign_in_and_plain_text(client: httpx.AsyncClient) -> None:
    made = await booked(resume_text=f"Ten years of Python.\n{NASTY}")
    path = f"{path_of(made)}resume/"
    assert (await client.get(path)).headers["location"].startswith("/console/sign-in/")
    await sign_in(client, Role.VIEWER)
    assert f'href="{path}"' in (await client.get(path_of(made))).text
    page = (await client.get(path)).text
    assert "Ten years of Python." in page
    assert NASTY not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page
    assert "session_key" not in page


async def test_without_a_resume_the_page_says_so_and_nothing_links_to_it(client: httpx.AsyncClient) -> None:
    made = await booked()
    await sign_in(client, Role.VIEWER)
    assert "resume/" not in (await client.get(path_of(made))).text
    assert "There is no résumé of this candidate." in (await client.get(f"{path_of(made)}resume/")).text
    missing = await client.get("/console/bookings/01990000-0000-7000-8000-000000000000/resume/")
    assert missing.status_code == 404


async def test_the_resume_of_an_erased_candidate_is_gone(client: httpx.AsyncClient) -> None:
    made = await booked(resume_text="Ten years of Python.")
    (row,) = await rows("candidate")
    await erasure.erase(row["id"], by=TESTS, outbox=outbox_of(EMAIL))
    await sign_in(client, Role.VIEWER)
    page = (await client.get(f"{path_of(made)}resume/")).text
    assert "Ten years of Python." not in page
    assert "The candidate has been erased, and their résumé with them." in page


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_can_follow_the_links_of_an_interviewers_mail(client: httpx.AsyncClient, role: Role) -> None:
    made = await booked(resume_text="Ten years of Python.")
    await sign_in(client, role)
    for path in (path_of(made), f"{path_of(made)}resume/"):
        assert (await client.get(path)).status_code == 200
