"""What is pressed on a booking's page: done once, told, refused in plain words, and by nobody but our own pages."""

import re
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from console.factories import BookingResult, booked, entered, tried
from console.signing import fields_of, press, sign_in, token_on
from factories import OUTBOX, TESTS, WINDOWS, make_slot, rows, soon
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import moves
from hireloop.web.csrf import form_token


async def told(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Follow the redirect after a press, and return what the page says was done."""
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    (said,) = re.findall(r'role="status"><span[^>]*>✓</span> ([^<]*)</p>', page.text)
    return str(said)


async def standing(booking: BookingResult) -> tuple[str, int]:
    (row,) = [row for row in await rows("schedule") if row["id"] == booking.id]
    return row["state"], row["revision"]


async def kinds_of(booking: BookingResult) -> list[tuple[str, int, str]]:
    found = [row for row in await rows("delivery") if row["schedule"] == booking.id and row["channel"] == "email"]
    return [(row["kind"], row["revision"], row["state"]) for row in found if row["kind"] != "recruiter_copy"]


async def test_one_press_invites_again_with_a_new_link(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await tried(booking, "rejected")
    await sign_in(client, Role.RECRUITER)
    answer = await press(client, booking.path, f"{booking.path}reissue/")
    assert await told(client, answer) == ("A new link is on its way to the candidate. The old one no longer works.")
    assert await kinds_of(booking) == [("invitation", 1, "rejected"), ("invitation", 2, "pending")]
    (session,) = await rows("session")
    assert session["key_version"] == 2
    assert "A new link was sent (<bdi>Rita</bdi>)" in (await client.get(booking.path)).text
    (entry,) = [row for row in await rows("audit_entry") if row["action"] == "session.reissued"]
    (key,) = await rows("api_key")
    assert (entry["actor"], entry["actor_key"]) == ("Rita", key["id"])


async def test_a_second_press_of_the_same_button_does_nothing_more(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    fields = fields_of((await client.get(booking.path)).text)
    first = await client.post(f"{booking.path}reissue/", data=fields)
    second = await client.post(f"{booking.path}reissue/", data=fields)
    assert (first.status_code, second.status_code) == (303, 409)
    assert "Someone changed this booking" in second.text
    assert await standing(booking) == ("pending", 2)


async def test_a_recruiter_confirms_moves_and_cancels(client: httpx.AsyncClient) -> None:
    booking = await booked()
    slot = await make_slot(starts_at=soon(26 * 60))
    await sign_in(client, Role.RECRUITER)
    assert (await told(client, await press(client, booking.path, f"{booking.path}confirm/"))).startswith("Confirmed.")
    assert await standing(booking) == ("confirmed", 1)

    move = f"{booking.path}move/"
    answer = await press(
        client, f"{move}?day={day_of(await slot_start(slot))}", move, slot=str(slot), reason="A better\r\nroom"
    )
    assert "The candidate is notified of the new time" in await told(client, answer)
    assert await standing(booking) == ("pending", 2)

    cancel = f"{booking.path}cancel/"
    answer = await press(client, cancel, cancel, reason="Position filled")
    assert (await told(client, answer)).startswith("The interview was cancelled.")
    assert await standing(booking) == ("cancelled", 3)
    shown = (await client.get(booking.path)).text
    for words in (
        "Confirmed (<bdi>Rita</bdi>)",
        "Moved (<bdi>Rita</bdi>)",
        "A better\nroom",
        "Cancelled (<bdi>Rita</bdi>)",
        "Position filled",
    ):
        assert words in shown, words


async def slot_start(slot: UUID) -> str:
    (row,) = [row for row in await rows("slot") if row["id"] == slot]
    return str(row["starts_at"].isoformat())


def day_of(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo("Asia/Kolkata")).date().isoformat()


async def test_the_times_to_move_to_are_free_of_this_job_or_any_and_not_past(client: httpx.AsyncClient) -> None:
    booking = await booked(starts_at=soon(24 * 60))
    start = soon(24 * 60 * 5).replace(hour=6)
    free = await make_slot(starts_at=start)
    full = (await booked("Other", starts_at=start)).slot_id
    withdrawn = await make_slot(starts_at=start)
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    await sign_in(client, Role.RECRUITER)
    move = f"{booking.path}move/"
    nothing = (await client.get(move)).text
    assert "No slot is free on this day" in nothing
    (next_day,) = re.findall(r'main" href="(\?day=[^"]*)"', nothing)
    page = (await client.get(move + next_day)).text
    assert re.findall(r'name="slot" value="([^"]*)"', page) == [str(free)]
    assert str(full) not in page
    assert str(booking.slot_id) not in page


async def test_what_the_facts_forbid_is_said_on_the_page_and_loses_nothing_typed(client: httpx.AsyncClient) -> None:
    booking = await booked()
    start = soon(27 * 60)
    slot = await make_slot(starts_at=start)
    await sign_in(client, Role.RECRUITER)
    move = f"{booking.path}move/?day={day_of(start.isoformat())}"
    fields = fields_of((await client.get(move)).text)
    other = await booked("Quicker")
    await moves.move(other.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    answer = await client.post(f"{booking.path}move/", data={**fields, "slot": str(slot), "reason": "Kept <words>"})
    assert answer.status_code == 409
    assert "All seats in this slot are taken. Choose another slot." in answer.text
    assert "Kept &lt;words&gt;" in answer.text
    assert "<title>Not done" in answer.text
    assert await standing(booking) == ("pending", 1)


async def test_without_a_time_nothing_is_moved(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await make_slot(starts_at=soon(24 * 60 + 60))
    await sign_in(client, Role.RECRUITER)
    move = f"{booking.path}move/"
    for slot, status, said in (
        ("", 400, "Choose a new time."),
        ("nonsense", 400, "Choose a new time."),
        ("01990000-0000-7000-8000-000000000000", 409, "There is no slot with the ID"),
    ):
        answer = await press(client, move, move, slot=slot, reason="Kept")
        assert answer.status_code == status
        assert said in answer.text
        assert "Kept" in answer.text
    assert await standing(booking) == ("pending", 1)


async def test_a_reason_that_cannot_be_kept_is_refused(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    cancel = f"{booking.path}cancel/"
    for reason, said in (("x" * 2001, "Shorten it to 2000"), ("a\x00b", "U+0000")):
        answer = await press(client, cancel, cancel, reason=reason)
        assert answer.status_code == 400
        assert said in answer.text
    assert await standing(booking) == ("pending", 1)


async def test_an_interview_that_has_begun_refuses_every_press(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    fields = fields_of((await client.get(booking.path)).text)
    await entered(booking)
    slot = await make_slot(starts_at=soon(3000))
    for action in ("confirm", "reissue", "cancel", "move"):
        answer = await client.post(f"{booking.path}{action}/", data={**fields, "slot": str(slot), "reason": "Kept"})
        assert answer.status_code == 409
        assert "The candidate has entered this interview" in answer.text
    assert await standing(booking) == ("pending", 1)


async def test_a_page_that_is_out_of_date_changes_nothing(client: httpx.AsyncClient) -> None:
    booking = await booked()
    slots = [await make_slot(starts_at=soon(3000 + 60 * n)) for n in range(2)]
    await sign_in(client, Role.RECRUITER)
    fields = fields_of((await client.get(booking.path)).text)
    await moves.move(booking.id, slots[0], by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    for action in ("confirm", "reissue", "cancel", "move"):
        answer = await client.post(f"{booking.path}{action}/", data={**fields, "slot": str(slots[1])})
        assert answer.status_code == 409
        assert "Someone changed this booking" in answer.text
    assert await standing(booking) == ("pending", 2)


def changing(application: Litestar) -> list[str]:
    """Return every address of the console that takes a POST, but the sign-in."""
    return [
        route.path
        for route in application.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/console") and "POST" in route.methods
        if route.path != "/console/sign-in"
    ]


async def test_no_change_is_made_for_another_site_or_without_the_forms_token(
    client: httpx.AsyncClient, application: Litestar
) -> None:
    booking = await booked()
    delivery = await tried(booking, "rejected")
    await sign_in(client, Role.ADMIN)
    token = await token_on(client)
    changed = ("schedule", "session", "delivery", "slot", "sign_in")
    before = [await rows(table) for table in changed]
    paths = [path for path in changing(application) if path != "/console/preferences/language"]  # which has no token
    assert len(paths) == 22
    for path in paths:
        address = re.sub(r"\{schedule_id:uuid\}", str(booking.id), path)
        address = re.sub(r"\{(delivery|alert|sign_in|key)_id:uuid\}", str(delivery), address)
        fields = {"revision": "1", "reason": "recipient_unknown", "slot": str(booking.slot_id)}
        for data, headers in (
            (fields, {}),
            ({**fields, "token": ""}, {}),
            ({**fields, "token": form_token("another ticket")}, {}),
            ({**fields, "token": token}, {"Sec-Fetch-Site": "cross-site"}),
            ({**fields, "token": token}, {"Sec-Fetch-Site": "same-site"}),
        ):
            answer = await client.post(address, data=data, headers=headers)
            assert answer.status_code == 403, (address, data)
            assert "Nothing was changed" in answer.text
            assert "set-cookie" not in answer.headers
    assert [await rows(table) for table in changed] == before
    del client.headers["Sec-Fetch-Site"]
    answer = await client.post(
        f"{booking.path}confirm/", data={"token": token, "revision": "1"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_a_role_that_does_not_reach_changes_nothing(client: httpx.AsyncClient, application: Litestar) -> None:
    booking = await booked()
    delivery = await tried(booking, "rejected")
    own = {
        "/console/sign-out",
        "/console/sign-ins/end-others",
        "/console/sign-ins/{sign_in_id:uuid}/end",
        "/console/preferences",
        "/console/preferences/language",
    }
    paths = changing(application)
    admins = {path for path in paths if "replay" in path or path.startswith("/console/keys/")}
    for role, out_of_reach in ((Role.VIEWER, set(paths) - own), (Role.RECRUITER, admins)):
        await sign_in(client, role)
        token = await token_on(client)
        for path in out_of_reach:
            address = re.sub(r"\{schedule_id:uuid\}", str(booking.id), path)
            address = re.sub(r"\{(delivery|alert|key)_id:uuid\}", str(delivery), address)
            answer = await client.post(address, data={"token": token, "revision": "1", "reason": "recipient_unknown"})
            assert answer.status_code == 403, (role, address)
            assert "This request requires an API key with the role" in answer.text
    assert await standing(booking) == ("pending", 1)
    assert await kinds_of(booking) == [("invitation", 1, "rejected")]


async def test_a_candidate_is_invited_again_only_so_often_and_the_page_says_until_when(
    client: httpx.AsyncClient,
) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    answers = [await press(client, booking.path, f"{booking.path}reissue/") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 6 + [429]
    assert 3_500 < int(answers[-1].headers["retry-after"]) <= 3_600
    assert "invited to this interview again 6 times within an hour" in answers[-1].text
    assert "Try again in 60 min." in answers[-1].text
    assert await standing(booking) == ("pending", 7)
    cancelled = await press(client, f"{booking.path}cancel/", f"{booking.path}cancel/")
    assert cancelled.status_code == 303


async def test_only_admins_see_which_keys_have_sent_very_much(client: httpx.AsyncClient) -> None:
    (key, _) = await api_keys.create("The hiring page", Role.RECRUITER)
    await db.fetch("INSERT INTO message_use VALUES ($1, date_trunc('hour', now()), 0, 16000)", key.id)
    await db.fetch("INSERT INTO message_warning VALUES ($1, now())", key.id)
    said = f"The API key {key.id} has sent 16000 of the 20000 messages that it may send in a day."
    await sign_in(client, Role.ADMIN)
    assert said in (await client.get("/console/")).text
    await sign_in(client, Role.RECRUITER)
    assert said not in (await client.get("/console/")).text
