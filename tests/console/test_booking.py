"""One booking's page: what it shows to whom."""

import html
import re
from datetime import datetime, timedelta

import httpx

from console.factories import booked, entered, key_of, tried
from console.signing import press, sign_in
from factories import OUTBOX, TESTS, WINDOWS, make_slot, outbox_of, rows, soon
from hireloop import db, session_keys
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import late_requests, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from hireloop.settings import Settings
from notify.sample_messages import invitation, recruiter_copy
from sample_channels import EMAIL, chat

NASTY = "\"><script>alert(1)</script>'{{7*7}}"
NOWHERE = "/console/bookings/01990000-0000-7000-8000-000000000000/"


async def test_a_booking_shows_who_when_and_every_try_in_the_other_sides_words(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booking = await booked(notes="Bring a pen.", time_zone="America/New_York")
    await tried(booking, "rejected")
    slot = await make_slot(starts_at=soon(3000))
    await moves.move(booking.id, slot, by=TESTS, reason="Illness", outbox=OUTBOX, windows=WINDOWS)
    await db.fetch("UPDATE schedule SET trace_id = $2 WHERE id = $1", booking.id, "ab" * 16)
    await sign_in(client, Role.RECRUITER)
    page = (await client.get(booking.path)).text
    for words in (
        "Asha Rao",
        "<bdi>Backend Engineer</bdi> at <bdi>Example Labs</bdi>, round 1",
        "Asia/Kolkata",
        "America/New_York",
        "Bring a pen.",
        "Invitation",
        "(of an earlier revision)",
        "Rejected by the recipient&#39;s server",
        "Reached <code>recipient</code>, reply 550 5.1.1.",
        "550 5.1.1 &lt;asha@example.com&gt;: user unknown",
        "The recipient&#39;s address does not exist.",
        "Moved (<bdi>tests</bdi>)",
        "Illness",
        f'href="https://jaeger.example/trace/{"ab" * 16}"',
        f"{settings.base_url}/?session_key={session_keys.mint(settings.secrets[0], booking.session_id, 1)}",
    ):
        assert words in page, words


async def test_a_viewer_sees_neither_a_link_nor_a_button(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await tried(booking, "rejected")
    await sign_in(client, Role.VIEWER)
    for path in (booking.path, "/console/", "/console/failures/?reason=recipient_unknown"):
        page = (await client.get(path)).text
        assert "session_key" not in page
        actions = page.count('method="post"')
        assert actions == page.count('action="/console/sign-out/"') == 1
        assert "/move/" not in page
        assert "/cancel/" not in page


async def test_a_recruiter_changes_and_only_an_admin_replays(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await tried(booking, "rejected")
    await sign_in(client, Role.RECRUITER)
    recruiters = (await client.get(booking.path)).text
    await sign_in(client, Role.ADMIN)
    admins = (await client.get(booking.path)).text
    for word in ("/reissue/", "/confirm/", "/move/", "/cancel/"):
        assert word in recruiters
        assert word in admins
    assert "/replay/" not in recruiters
    assert "/replay/" in admins


async def test_what_cannot_be_changed_any_more_offers_nothing(client: httpx.AsyncClient) -> None:
    off, begun = await booked("Off"), await booked("Begun")
    await cancellations.cancel(off.id, by=TESTS, reason="Changed plans", outbox=OUTBOX)
    await entered(begun)
    await sign_in(client, Role.RECRUITER)
    for booking in (off, begun):
        page = (await client.get(booking.path)).text
        assert "This booking can no longer be changed." in page
        assert page.count('method="post"') == 1
        assert "can no longer be" in (await client.get(f"{booking.path}move/")).text
        assert "can no longer be" in (await client.get(f"{booking.path}cancel/")).text
    assert "Changed plans" in (await client.get(off.path)).text


async def test_what_others_wrote_is_shown_as_they_wrote_it(client: httpx.AsyncClient) -> None:
    booking = await booked(NASTY, notes=NASTY)
    await tried(booking, "rejected", reason=NASTY, reply=NASTY)
    await cancellations.cancel(booking.id, by=TESTS, reason=NASTY, outbox=OUTBOX)
    other = await booked(NASTY)
    await tried(other, "rejected", reason=NASTY, reply=NASTY)
    await db.fetch("UPDATE job SET title = $1, company = $1", NASTY)
    await sign_in(client, Role.ADMIN, NASTY)
    for path in (
        booking.path,
        other.path,
        f"{other.path}move/",
        f"{other.path}cancel/",
        "/console/",
        "/console/attention/",
        "/console/failures/",
        f"/console/failures/?reason={NASTY}",
        f"/console/replay/?reason={NASTY}",
        f"/console/?day={NASTY}&done={NASTY}&n={NASTY}",
    ):
        page = (await client.get(path)).text
        assert "<script>" not in page, path
        assert "{{" not in page.replace("{{7*7}}", ""), path
        assert "&lt;script&gt;" in page, path


async def test_what_there_is_not_is_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)
    for path in (NOWHERE, f"{NOWHERE}move/", "/console/bookings/nonsense/", "/console/nothing/"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "Page not found" in answer.text
        assert answer.headers["content-type"].startswith("text/html")


async def test_pages_are_kept_by_nobody_and_ask_nobody_else(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.ADMIN)
    for path in ("/console/", booking.path, "/console/sign-in/", "/console/nothing/"):
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        scripts = re.findall(r"<script[^>]*>[^<]*", answer.text)  # our own refreshes a page, and none is inline
        assert all(re.fullmatch(r'<script type="module" src="/console/static/\w+/refresh.js">', it) for it in scripts)
        head = await client.head(path)
        assert (head.status_code, head.content) == (answer.status_code, b"")


async def test_an_erased_candidates_missed_interview_is_read_and_not_changed(client: httpx.AsyncClient) -> None:
    booking = await booked("Asha Rao", notes="Asha's own")
    (candidate,) = await rows("candidate")
    await erasure.erase(candidate["id"], by=TESTS, outbox=OUTBOX, now=soon(72 * 60))
    await sign_in(client, Role.ADMIN)
    page = (await client.get(booking.path)).text
    assert "<h1><bdi>Erased candidate</bdi></h1>" in page
    assert "The candidate has been erased." in page
    assert "erased." not in page.replace("has been erased.", "")
    assert "session_key" not in page
    assert "Over email to erased" in page
    assert "Asha" not in page
    assert "This booking can no longer be changed." in page
    assert "can no longer be moved" in (await client.get(f"{booking.path}move/")).text
    slot = await make_slot(starts_at=soon(3000))
    answer = await press(client, "/console/", f"{booking.path}move/", slot=str(slot), revision="1")
    assert answer.status_code == 409
    assert "This interview is over or cancelled" in answer.text


async def test_what_a_recruiter_says_of_a_bounce_is_shown_as_theirs(client: httpx.AsyncClient) -> None:
    booking = await booked()
    delivery = await tried(booking, "sent")
    key = await key_of(Role.RECRUITER, "Rita <b>")
    said = {"message_id": f"<{delivery}@hire.example>", "status": "5.1.1"}
    headers = {"Authorization": f"Bearer {key}"}
    assert (await client.post("/api/notifications/bounces/", json=said, headers=headers)).json()["state"] == "bounced"
    await sign_in(client, Role.RECRUITER)
    page = (await client.get(booking.path)).text
    assert "Reported by <bdi>Rita &lt;b&gt;</bdi> with an API key, and not confirmed" in page
    assert "(reported by <bdi>Rita &lt;b&gt;</bdi>)" in page
    assert "Reported by <bdi>Rita &lt;b&gt;</bdi>" in (await client.get("/console/attention/")).text


async def test_the_invitation_comes_first_and_a_code_is_said_once(client: httpx.AsyncClient) -> None:
    booking = await booked()
    about = invitation(starts_at=soon(60), schedule_id=booking.id)
    await outbox_of(chat("recruiter_copy")).put([recruiter_copy(about)], now=soon())
    await tried(booking, "rejected", reason="auth_refused", reply="5.1.1 No such user")
    await sign_in(client, Role.VIEWER)
    page = (await client.get(booking.path)).text
    kinds = re.findall(r"<h3>([^<]+)</h3>", page.partition('id="told"')[2])
    assert kinds == ["Invitation", "Recruiters&#39; copy"]
    assert "Reached <code>recipient</code>, reply 550." in page
    assert page.count("5.1.1") == 3  # of the person, the delivery and its attempt, as the server wrote it


async def test_what_did_not_have_to_be_sent_says_why(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await db.fetch("UPDATE delivery SET state = 'superseded', told_revision = 0 WHERE schedule = $1", booking.id)
    await sign_in(client, Role.VIEWER)
    page = (await client.get(booking.path)).text
    assert "No longer needed" in page
    assert "The recipient had not heard of the interview, so there was nothing to say." in page
    assert re.search(r"to a…@example.com, revision 1\s*</p>", page)


async def test_who_came_too_late_is_shown_with_when_they_asked_for_another_time(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.VIEWER)
    assert "Asked for another time" not in (await client.get(booking.path)).text
    await db.fetch("UPDATE session SET late_requested_at = closes_at + interval '1 minute'")
    assert "Asked for another time" in (await client.get(booking.path)).text


async def test_the_history_has_what_the_candidate_did_each_with_its_time(client: httpx.AsyncClient) -> None:
    start, again = (soon(minutes).replace(microsecond=0) for minutes in (1_000, 3_000))
    asked, moved, first, second, left = (
        start + timedelta(minutes=20),
        start + timedelta(minutes=30),
        again - timedelta(minutes=60),
        again - timedelta(minutes=1),
        again + timedelta(minutes=25),
    )
    booking = await booked(starts_at=start)
    session = booking.session_id
    heard = outbox_of(EMAIL, chat("late_request"))
    assert await late_requests.ask(session, 1, outbox=heard, alert_email="ops@hire.example", now=asked)
    slot = await make_slot(starts_at=again)
    await moves.move(booking.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS, now=moved)
    await sessions.record_device_check(session, DeviceCheck(camera="denied", microphone="ok"), now=first)
    await sessions.record_device_check(session, DeviceCheck(camera="ok", microphone="ok"), now=second)
    await sessions.enter(session, 1, outbox=OUTBOX, now=again)
    await sessions.leave(session, 1, outbox=OUTBOX, now=left)
    await sign_in(client, Role.VIEWER)
    history = (await client.get(booking.path)).text.partition('<ol class="history">')[2].partition("</ol>")[0]
    _, *told = (
        (datetime.fromisoformat(at), html.unescape(re.sub(r"<[^>]*>", "", words)).partition(" (")[0])
        for at, words in re.findall(r'<li><time datetime="([^"]*)">[^<]*</time><br>(.*?)</li>', history)
    )
    assert told == [
        (asked, "Asked for another time"),
        (moved, "Moved"),
        (first, "Device check failed"),
        (second, "Device check passed"),
        (again, "Interview started"),
        (left, "Interview finished"),
    ]
