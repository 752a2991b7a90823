"""A person in every field that there is, through a whole life of bookings: once erased, nothing names them any more."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from api.clients import ok
from console.signing import sign_in
from factories import job_fields, post_slot, rows, soon, unaccounted
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local import application
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.settings import Settings
from notify.bounces.sample_reports import report
from portal.coming_in import PRESSED
from processes import WorkerProcess, environment
from sample_settings import settings_for
from servers.http import Reply, ScriptedHttpServer
from waiting import until

CANARY = "quetzalcoatl"  # in every text that the person, or somebody about them, can write
ADDRESS = f"{CANARY}@example.com"
PERSON = {
    "full_name": f"Ana {CANARY.title()}",
    "email": ADDRESS,
    "time_zone": "Asia/Kolkata",
    "locale": "en-IN",
    "phone": "+49 30 901820",
    "resume_text": f"The life of {CANARY}.",
}
TRACES = (CANARY, "4930901820")
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@asynccontextmanager
async def installation(
    url: str, data_dir: Path, host: str, port: int
) -> AsyncIterator[tuple[Settings, httpx.AsyncClient, str]]:
    """Run what `hireloop up` runs, with a chat and a webhook's receiver; give an admin's client and key."""
    with ScriptedHttpServer(Reply(200, b"stored")) as chat, ScriptedHttpServer(Reply(200, b"stored")) as receiver:
        wanted = {
            "email_host": host,
            "email_port": str(port),
            "base_url": "http://localhost",
            "bounce_address": "bounces@hire.example",
            "alert_email": "ops@hire.example",
            "chat_urls": f"json://127.0.0.1:{chat.port}/chat",
            "webhook_urls": f"{receiver.url}/hook",
            "webhook_secret": SECRET,
            "webhook_allow_private": "true",
        }
        settings = settings_for(url, hireloop_data_dir=data_dir, **wanted)
        built = application.build(settings)
        transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
        env = environment(url, **{name.upper(): value for name, value in wanted.items()})
        async with built.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            _, key = await api_keys.create("Rita", Role.ADMIN)
            client.headers["Authorization"] = f"Bearer {key}"
            with WorkerProcess(env):
                yield settings, client, key


async def all_ended() -> bool:
    """Return whether nothing is to be sent any more."""
    found: int = await db.fetch_value("SELECT count(*) FROM delivery WHERE state = 'pending'")
    return not found


async def booked(api: httpx.AsyncClient, number: int) -> dict[str, Any]:
    """Book an interview of the person, each request with an Idempotency-Key."""
    body = {"candidate": PERSON, "job": job_fields()}
    interview = await api.post("/api/interviews/", json=body, headers={"Idempotency-Key": f"interview-{number}"})
    assert interview.status_code == 201, interview.text
    slot = await post_slot(api, starts_at=soon(1_500 + 120 * number))
    made = await api.post(
        f"/api/interviews/slots/{slot}/book_slot/",
        json={"interview_id": interview.json()["id"], "booking_notes": f"For {CANARY}"},
        headers={"Idempotency-Key": f"booking-{number}"},
    )
    assert made.status_code == 201, made.text
    booking: dict[str, Any] = made.json()
    return booking


async def live(api: httpx.AsyncClient, settings: Settings) -> list[dict[str, Any]]:
    """Book twice, move, bounce, replay, check devices, and cancel one; return the bookings."""
    first, second = await booked(api, 1), await booked(api, 2)
    await until(all_ended, "everything is sent")
    other = await post_slot(api, starts_at=soon(3_000))
    reason = {"slot_id": other, "reason": f"{CANARY} is ill"}
    moved = await api.post(f"/api/interviews/schedules/{first['id']}/reschedule/", json=reason)
    assert moved.status_code == 200, moved.text
    await until(all_ended, "the move is told")
    notice = next(one for one in moved.json()["invitation"]["deliveries"] if one["channel"] == "email")
    address = ReturnPath.of(settings).address(UUID(notice["id"]))
    came_back = await api.post(
        "/api/notifications/bounces/",
        content=report("gmail_failed", to=address or "", recipient=ADDRESS),
        headers={"Content-Type": "message/rfc822"},
    )
    assert came_back.json()["state"] == "bounced", came_back.text
    await until(lambda: rows("alert"), "somebody is alerted")
    await until(all_ended, "the alert is sent")
    replayed = await api.post(f"/api/notifications/deliveries/{notice['id']}/replay/")
    assert replayed.status_code == 200, replayed.text
    link = second["session"]["session_key"]
    assert (await api.get("/", params={"session_key": link})).status_code == 303
    path = f"/i/{second['session']['id']}"
    checked = await api.post(f"{path}/devices", json={"camera": "ok", "microphone": "ok"}, headers=PRESSED)
    assert checked.status_code == 204
    words = {"reason": f"{CANARY} has another offer", "revision": "1"}
    assert (await api.post(f"{path}/cancel", data=words, headers=PRESSED)).status_code == 303
    await until(all_ended, "the rest is sent")
    return [first, second]


async def everything_stored() -> str:
    """Return every row of every table as text, whatever is in bytes too."""
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = [row for table in tables for row in await rows(table["tablename"])]
    values = [value for row in found for value in row.values()]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values).lower()


def everything_kept(data_dir: Path) -> str:
    """Return every file of the data directory."""
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files).lower()


async def everything_answered(api: httpx.AsyncClient, key: str, bookings: list[dict[str, Any]]) -> str:
    """Return whatever the doors show: the API's lists and single things, the console's pages, the mailbox."""
    paths = ["/api/candidates/", "/api/audit/?limit=200", "/api/notifications/deliveries/", "/dev/mailbox"]
    paths += ["/api/notifications/alerts/", "/api/interviews/", "/api/interviews/schedules/"]
    for one in bookings:
        paths += [f"/api/interviews/{one['interview']}/", f"/api/interviews/schedules/{one['id']}/"]
        paths += [f"/api/interviews/sessions/{one['session']['id']}/", f"/console/bookings/{one['id']}/"]
    for row in await rows("delivery"):
        paths.append(f"/api/notifications/deliveries/{row['id']}/")
    await sign_in(api, Role.ADMIN)
    api.headers["Authorization"] = f"Bearer {key}"
    answers = [await api.get(path) for path in [*paths, "/console/", "/console/attention/", "/console/failures/"]]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.text for answer in answers).lower()


def named_in(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


async def test_after_a_whole_life_nothing_names_an_erased_person(database_url: str, tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mailbox")
    try:
        await erased_after_a_whole_life(database_url, tmp_path, *mailbox.start())
    finally:
        mailbox.stop()


async def erased_after_a_whole_life(url: str, data_dir: Path, host: str, port: int) -> None:
    async with installation(url, data_dir, host, port) as (settings, api, key):
        bookings = await live(api, settings)
        api.headers["Sec-Fetch-Site"] = "same-origin"
        before = (await everything_stored(), everything_kept(data_dir), await everything_answered(api, key, bookings))
        assert [named_in(text) for text in before] == [list(TRACES), [CANARY], list(TRACES)]
        ((candidate,),) = await db.fetch("SELECT id FROM candidate")
        ident = str(candidate)
        assert (await api.delete(f"/api/candidates/{ident}/")).status_code == 204
        await until(all_ended, "the last cancellation is sent")
        answered = await everything_answered(api, key, bookings)
        assert [named_in(text) for text in (await everything_stored(), everything_kept(data_dir), answered)] == [[]] * 3
        await shows_no_key_and_no_reference(api, ident, bookings)
        await shows_that_the_invitation_has_ended(api, bookings)
        assert await unaccounted() == 0


async def shows_no_key_and_no_reference(api: httpx.AsyncClient, ident: str, bookings: list[dict[str, Any]]) -> None:
    keys = [one["session"]["session_key"] for one in bookings]
    listed = await ok(api, "/api/interviews/") | {"one": await ok(api, f"/api/interviews/{bookings[0]['interview']}/")}
    schedules = await ok(api, "/api/interviews/schedules/")
    assert {item["candidate"] for item in [*listed["items"], listed["one"]]} == {None}
    assert {item["session_key"] for item in [*listed["items"], listed["one"]]} == {None}
    assert {item["session"]["portal_url"] for item in schedules["items"]} == {None}
    assert {item["session"]["session_key"] for item in schedules["items"]} == {None}
    deliveries = await ok(api, "/api/notifications/deliveries/")
    assert not any(text in str((listed, schedules, deliveries)) for text in (ident, *keys))
    entries = (await ok(api, "/api/audit/?limit=200"))["items"]
    about = [entry for entry in entries if ident in str(entry)]
    assert {entry["candidate"] for entry in about} == {None}
    assert {entry["action"] for entry in about} == {"candidate.created", "candidate.erased"}
    found = await ok(api, f"/api/audit/?candidate={ident}")
    assert len(found["items"]) > len(about), "by the id, what happened is still found"
    page = (await api.get(f"/console/bookings/{bookings[0]['id']}/")).text
    assert "Erased candidate" in page
    assert "erased.invalid" not in page
    assert "The candidate has been erased." in page


async def shows_that_the_invitation_has_ended(api: httpx.AsyncClient, bookings: list[dict[str, Any]]) -> None:
    for one in bookings:
        session = one["session"]
        opened = await api.get("/", params={"session_key": session["session_key"]})
        own = await api.get(
            f"/i/{session['id']}/", headers={"Cookie": f"hireloop-{session['id']}={session['session_key']}"}
        )
        for answer in (opened, own):
            assert answer.status_code == 410
            assert "This invitation has ended" in answer.text
            assert "Hello" not in answer.text
            assert "set-cookie" not in answer.headers
