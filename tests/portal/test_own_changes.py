"""Confirm, move and cancel in the portal, over HTTP and on the database's clock."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from factories import TESTS, WINDOWS, unaccounted
from hireloop import app, db
from hireloop.scheduling.bookings import cancellations, confirmations, moves
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.tables import ScheduleState
from hireloop.settings import Settings
from notify.factories import leased
from portal.coming_in import PRESSED, come_in
from portal.factories import OUTBOX, BookingResult, Person, book, offer
from portal.records import everything

FAR = datetime(2099, 12, 1, 4, 30, tzinfo=UTC)
BEYOND = FAR + timedelta(days=1)


async def _read(client: httpx.AsyncClient, path: str) -> str:
    page = await client.get(path)
    assert page.status_code == 200
    return page.text


def _fields(page: str, act: str) -> dict[str, str]:
    """Return what the form of this act carries by itself."""
    form = re.search(rf'<form method="post" action="[^"]*/{act}/".*?</form>', page, re.DOTALL)
    assert form is not None, page
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def _times(page: str) -> list[str]:
    return re.findall(r'type="radio" name="starts_at" value="([^"]+)"', page)


async def _press(client: httpx.AsyncClient, booked: BookingResult, act: str, **typed: str) -> httpx.Response:
    """Open the page that has this press, type, and press."""
    page = await _read(client, booked.path if act == "confirm" else f"{booked.path}{act}/")
    return await client.post(f"{booked.path}{act}/", headers=PRESSED, data={**_fields(page, act), **typed})


async def _send(client: httpx.AsyncClient, booked: BookingResult, act: str, **fields: str) -> httpx.Response:
    return await client.post(f"{booked.path}{act}/", headers=PRESSED, data=fields)


async def _told(kind: str) -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT payload::text FROM delivery WHERE kind = $1 ORDER BY id", kind)
    return [msgspec.json.decode(row["payload"]) for row in rows]


# --- Confirm ---------------------------------------------------------------------------------------------------


async def test_one_press_confirms_once_and_the_page_says_so(client: httpx.AsyncClient, settings: Settings) -> None:
    for booked in (await book(settings), await book(settings, Person(email="b@example.com"), starts_in=20)):
        await come_in(client, booked)
        page = await _read(client, booked.path)
        assert "I will be there</button>" in page
        fields = _fields(page, "confirm")
        for _ in range(2):
            answer = await _send(client, booked, "confirm", **fields)
            assert (answer.status_code, answer.headers["location"]) == (303, booked.path)
        page = await _read(client, booked.path)
        assert "Confirmed:" in page
        assert "I will be there</button>" not in page
        visit = await sessions.visit(booked.session_id)
        assert [(past.change, past.by) for past in visit.changes] == [("confirmed", "the candidate")]
    told = await _told("confirmed")
    assert [(said["candidate_email"], said["by"]) for said in told] == [
        ("asha@example.com", "the candidate"),
        ("b@example.com", "the candidate"),
    ]


async def test_a_time_that_the_candidate_never_saw_is_not_confirmed(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    seen = _fields(await _read(client, booked.path), "confirm")
    await moves.move(
        booked.schedule_id, await offer(BEYOND), by=TESTS, reason="Rita is ill.", outbox=OUTBOX, windows=WINDOWS
    )
    answer = await _send(client, booked, "confirm", **seen)
    assert answer.status_code == 409
    assert "has been changed since you opened the page" in answer.text
    assert "Wednesday, 2 December 2099" in answer.text
    assert (await sessions.visit(booked.session_id)).schedule_state is ScheduleState.PENDING
    assert (await _press(client, booked, "confirm")).status_code == 303
    assert (await sessions.visit(booked.session_id)).schedule_state is ScheduleState.CONFIRMED


async def test_who_has_begun_or_comes_too_late_confirms_nothing(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    await come_in(client, booked)
    fields = _fields(await _read(client, booked.path), "confirm")
    await booked.move(starts_in=-5)
    assert "I will be there" not in await _read(client, booked.path)  # they are
    await booked.move(starts_in=-700)
    answer = await _send(client, booked, "confirm", **fields)
    assert "The time to start has passed" in answer.text
    await booked.move(starts_in=5)
    await client.post(f"{booked.path}start/", headers=PRESSED)
    answer = await _send(client, booked, "confirm", **fields)
    assert 'data-stage="started"' in answer.text
    for act in ("move", "cancel"):
        assert (await client.get(f"{booked.path}{act}/")).headers["location"] == booked.path
        answer = await _send(client, booked, act, **fields, starts_at="2099-12-01T00:00:00Z", reason="I am ill.")
        assert answer.status_code == 409
        assert "The interview has begun." in answer.text
        assert "I am ill." in answer.text
    assert (await sessions.visit(booked.session_id)).schedule_state is ScheduleState.PENDING


# --- Move ------------------------------------------------------------------------------------------------------


async def test_the_open_times_stand_there_by_day_in_both_zones(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, Person(time_zone="Europe/Berlin"), at=FAR)
    await come_in(client, booked)
    for hours in (10, 11, 16):
        await offer(FAR + timedelta(hours=hours))
    page = await _read(client, f"{booked.path}move/")
    assert re.findall(r"<legend>([^<]+)", page) == ["Tuesday, 1 December 2099"]
    assert _times(page) == ["2099-12-01T14:30:00Z", "2099-12-01T15:30:00Z", "2099-12-01T20:30:00Z"]
    for said in ("15:30 CET", "20:00 IST", "21:30 CET", "02:00 IST, the next day"):
        assert said in page
    assert "Asia/Kolkata, the time zone of the people who arrange the interview" in page


async def test_a_press_moves_the_interview_and_the_same_link_leads_to_the_new_time(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, at=FAR)
    await leased()
    await come_in(client, booked)
    await offer(BEYOND)
    (chosen,) = _times(await _read(client, f"{booked.path}move/"))
    answer = await _press(client, booked, "move", starts_at=chosen, reason=" My train\r\nis late.\x00 ")
    assert (answer.status_code, answer.headers["location"]) == (303, booked.path)
    await come_in(client, booked)
    page = await _read(client, booked.path)
    assert "Wednesday, 2 December 2099" in page
    assert "You moved this interview" in page
    assert "Tuesday, 1 December 2099, 10:00 IST" in page
    (told,) = await _told("rescheduled")
    assert told["reason"] == "My train is late."
    copy = (await _told("recruiter_copy"))[-1]
    assert (copy["change"], copy["by"]) == ("rescheduled", "the candidate")
    assert await unaccounted() == 0


async def test_times_are_paged_by_a_plain_link(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    for n in range(45):
        await offer(BEYOND + timedelta(hours=n))
    path, seen = f"{booked.path}move/", list[str]()
    for expected in (20, 20, 5):
        page = await _read(client, path)
        assert len(_times(page)) == expected
        seen += _times(page)
        further = re.search(r'href="([^"]+)">Later times', page)
        path = further[1] if further else path
        assert bool(further) == (expected == 20)
    assert len(set(seen)) == 45
    assert "The earliest times" in page
    assert "There are no later times" in await _read(client, f"{booked.path}move/?after=2100-01-01T00:00:00Z")
    assert len(page) < 60_000
    for nonsense in ("tomorrow", "2099-12-01", "2099-12-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999Z", "%00"):
        assert (await client.get(f"{booked.path}move/?after={nonsense}")).status_code == 400


async def test_without_another_time_it_says_so_and_whom_to_write_to(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    page = await _read(client, f"{booked.path}move/")
    assert "No other time is free" in page
    assert "mailto:rita@acme.example" in page
    assert "<form" not in page


async def test_a_time_just_taken_comes_back_in_words_with_what_was_typed(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    slot = await offer(BEYOND)
    for n in range(30):
        await offer(BEYOND + timedelta(days=1, hours=n))
    page = await _read(client, f"{booked.path}move/")
    await db.fetch("UPDATE slot SET taken = 1 WHERE id = $1", slot)
    fields = _fields(page, "move")
    before = await everything()
    answer = await _send(client, booked, "move", **fields, starts_at=_times(page)[0], reason="My <b>train</b>")
    assert answer.status_code == 409
    assert "That time is no longer free" in answer.text
    assert "My &lt;b&gt;train&lt;/b&gt;</textarea>" in answer.text
    assert await everything() == before
    answer = await _send(client, booked, "move", **fields, reason="My train")
    assert "Please choose one of the times." in answer.text
    assert await everything() == before
    assert (await _press(client, booked, "move", starts_at=_times(answer.text)[0])).status_code == 303


async def test_a_time_that_was_not_on_offer_is_refused_by_the_server(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    other_job = db.new_id()
    await db.fetch(
        "INSERT INTO job (id, title, company, created_at) VALUES ($1, 'Cook', 'Elsewhere', now())", other_job
    )
    await offer(BEYOND, job=other_job)
    await offer(BEYOND + timedelta(hours=1), minutes=30)
    await offer(datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30))
    await offer(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))
    forged = [row["starts_at"] for row in await db.fetch("SELECT starts_at FROM slot")]
    page = await _read(client, f"{booked.path}move/")
    assert _times(page) == []
    before = await everything()
    texts = [at.isoformat().replace("+00:00", "Z") for at in forged]
    for text in [*texts, "", "x", str(other_job), "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "\x00"]:
        answer = await _send(client, booked, "move", revision="1", starts_at=text)
        assert answer.status_code == 409
        assert await everything() == before


async def test_too_late_and_too_often_are_said_kindly_with_whom_to_write_to(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=7100)
    await come_in(client, booked)
    await offer(BEYOND)
    page = await _read(client, booked.path)
    assert f"{booked.path}move/" not in page
    assert "mailto:rita@acme.example" in page
    before = await everything()
    for act, typed in (("move", {"starts_at": BEYOND.isoformat().replace("+00:00", "Z")}), ("cancel", {})):
        page = await _read(client, f"{booked.path}{act}/")
        assert f"It is too late to {act} this interview yourself" in page
        assert "mailto:rita@acme.example" in page
        assert "<form" not in page
        answer = await _send(client, booked, act, **typed, revision="1", reason="I am ill.")
        assert answer.status_code == 409
        assert "I am ill." in answer.text
    assert await everything() == before
    await booked.move(starts_in=86_400)
    for n in range(1, 4):
        await offer(BEYOND + timedelta(days=n))
    for n in range(1, 3):
        assert (await _press(client, booked, "move", starts_at=f"2099-12-0{n + 2}T04:30:00Z")).status_code == 303
    page = await _read(client, booked.path)
    assert f"{booked.path}move/" not in page
    assert f"{booked.path}cancel/" in page
    assert "cannot move this interview any more times yourself" in await _read(client, f"{booked.path}move/")
    answer = await _send(client, booked, "move", starts_at="2099-12-05T04:30:00Z", revision="3")
    assert answer.status_code == 409


@asynccontextmanager
async def _client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    application: Any = app.build(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=settings.base_url) as opened:
        yield opened


async def test_the_limits_are_settings(settings: Settings, database: None) -> None:  # noqa: ARG001 (the pool is open)
    booked = await book(settings, starts_in=60)
    await offer(BEYOND)
    async with _client(settings.model_copy(update={"candidate_cut_off": "0"})) as client:
        await come_in(client, booked)
        page = await _read(client, booked.path)
        assert f"{booked.path}move/" in page
        assert f"{booked.path}cancel/" in page
        await booked.move(starts_in=20)
        page = await _read(client, booked.path)
        assert 'data-stage="open"' in page
        assert f"{booked.path}move/" in page
        await booked.move(starts_in=-1)
        assert f"{booked.path}cancel/" not in await _read(client, booked.path)
    await booked.move(starts_in=86_400)
    async with _client(settings.model_copy(update={"candidate_moves": 0})) as client:
        await come_in(client, booked)
        assert f"{booked.path}move/" not in await _read(client, booked.path)
        assert "You cannot move this interview yourself." in await _read(client, f"{booked.path}move/")
        assert (await _press(client, booked, "cancel")).status_code == 303


# --- Cancel ----------------------------------------------------------------------------------------------------


async def test_one_deliberate_press_cancels_and_everybody_knows_who_did(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    await leased()
    await come_in(client, booked)
    assert (await _press(client, booked, "cancel", reason="I took another job.")).status_code == 303
    page = await _read(client, booked.path)
    assert "You cancelled this interview" in page
    (told,) = await _told("cancelled")
    assert told["reason"] == "I took another job."
    (declined,) = await _told("declined")
    assert declined["reason"] == "I took another job."
    assert [copy["change"] for copy in await _told("recruiter_copy")] == ["booked"]
    before = await everything()
    assert (await _send(client, booked, "cancel", revision="1")).status_code == 303
    for act in ("move", "cancel"):
        assert (await client.get(f"{booked.path}{act}/")).headers["location"] == booked.path
    answer = await _send(client, booked, "move", revision="2", starts_at="2099-12-01T00:00:00Z", reason="Wait!")
    assert (answer.status_code, "This interview has been cancelled." in answer.text) == (409, True)
    assert "Wait!" in answer.text
    assert await everything() == before
    assert await unaccounted() == 0


async def test_a_recruiters_cancellation_says_so_and_why(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    await cancellations.cancel(booked.schedule_id, by=TESTS, reason="The position is filled.", outbox=OUTBOX)
    page = await _read(client, booked.path)
    assert "This interview was cancelled" in page
    assert "The position is filled." in page
    assert "You cancelled" not in page


async def test_a_recruiters_move_says_so_and_why(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    await moves.move(
        booked.schedule_id, await offer(BEYOND), by=TESTS, reason="Rita is ill.", outbox=OUTBOX, windows=WINDOWS
    )
    page = await _read(client, booked.path)
    assert "This interview was moved" in page
    assert "Reason: <bdi>Rita is ill.</bdi>" in page


# --- Who may press, and what a look does -----------------------------------------------------------------------


async def test_looking_changes_no_row_and_head_answers_as_get(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    await offer(BEYOND)
    before = await everything()
    for path in ("", "move/", "move", "move/?after=2099-12-01T04:30:00Z", "cancel/", "cancel", "nowhere/"):
        plain = {"Accept-Encoding": "identity"}  # a page says when it was made: compressed, its length differs
        get = await client.get(f"{booked.path}{path}", headers=plain)
        head = await client.head(f"{booked.path}{path}", headers=plain)
        assert head.content == b""
        assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert (await client.get(f"{booked.path}confirm/")).status_code == 405
    assert await everything() == before


async def test_only_a_press_on_our_own_page_with_its_own_cookie_counts(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked, other = await book(settings, at=FAR), await book(settings, Person(email="b@example.com"))
    await offer(BEYOND)
    body = {"revision": "1", "starts_at": "2099-12-02T04:30:00Z"}
    await come_in(client, booked)
    before = await everything()
    for act in ("confirm", "move", "cancel"):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
            answer = await client.post(f"{booked.path}{act}/", headers=headers, data=body)
            assert answer.status_code == 403
        answer = await client.post(f"{other.path}{act}/", headers=PRESSED, data=body)
        assert answer.status_code == 403  # no cookie of that session
        client.cookies.set(f"__Host-hireloop-{other.session_id}", booked.key)
        answer = await client.post(f"{other.path}{act}/", headers=PRESSED, data=body)
        assert answer.status_code == 404
        client.cookies.delete(f"__Host-hireloop-{other.session_id}")
    assert await everything() == before
    await db.fetch("UPDATE session SET key_version = 2 WHERE id = $1", booked.session_id)
    for act in ("confirm", "move", "cancel"):
        assert (await client.post(f"{booked.path}{act}/", headers=PRESSED, data=body)).status_code == 410
        assert (await client.get(f"{booked.path}move/")).status_code == 410


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"revision=2&starts_at=%ff%00&reason=%ed%a0%80"),
        ("application/x-www-form-urlencoded", b"revision=99999999999999999999&revision=-1&reason=" + b"x" * 9000),
        ("application/x-www-form-urlencoded", "revision=\u0661".encode()),
        ("application/x-www-form-urlencoded", b"&&=&=%"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="reason"; filename="a"\r\n\r\nb\r\n--x--',
        ),
        ("multipart/form-data; boundary=x", b"--x"),
        ("multipart/form-data", b"--x"),
        ("application/json", b'{"revision": 1}'),
        ("", b"\xff"),
    ],
)
async def test_an_odd_form_is_answered_with_a_page_and_changes_nothing(
    client: httpx.AsyncClient, settings: Settings, kind: str, body: bytes
) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    before = await everything()
    for act in ("confirm", "move", "cancel"):
        answer = await client.post(f"{booked.path}{act}/", headers={**PRESSED, "Content-Type": kind}, content=body)
        assert answer.status_code in {400, 409}
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert await everything() == before


# --- At once ---------------------------------------------------------------------------------------------------


async def test_a_double_click_cancels_moves_and_confirms_once(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, at=FAR)
    await come_in(client, booked)
    await offer(BEYOND)
    fields = _fields(await _read(client, booked.path), "confirm")
    await asyncio.gather(*(_send(client, booked, "confirm", **fields) for _ in range(3)))
    chosen = {"revision": "1", "starts_at": "2099-12-02T04:30:00Z"}
    answers = await asyncio.gather(*(_send(client, booked, "move", **chosen) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}  # the second one asks for what is there
    answers = await asyncio.gather(*(_send(client, booked, "cancel", revision="2") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    visit = await sessions.visit(booked.session_id)
    assert [past.change for past in visit.changes] == ["confirmed", "rescheduled", "cancelled"]
    assert [past.revision for past in visit.changes] == [1, 2, 3]
    assert await unaccounted() == 0


async def test_what_a_recruiter_confirmed_needs_no_press(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    await confirmations.confirm(booked.schedule_id, by=TESTS, outbox=OUTBOX)
    await come_in(client, booked)
    page = await _read(client, booked.path)
    assert "Confirmed:" in page
    assert "I will be there</button>" not in page
