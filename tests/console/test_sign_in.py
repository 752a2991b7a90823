"""Signing in and out: the cookie, its end, what is forged, who is slowed down, and where one lands."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from pydantic import SecretStr

from console.factories import booked, key_of
from console.signing import COOKIE, SIGN_IN, press, sign_in, token_on
from factories import rows
from hireloop.access import api_keys, sign_ins
from hireloop.access.tables import Role
from hireloop.console import tickets
from hireloop.console.sign_in import safe_next
from hireloop.scheduling.audit import Actor
from hireloop.settings import Settings
from hireloop.web.context import STATE_NAME
from hireloop.web.csrf import form_token

OLD = "the secret before it, which is as long as it takes"
FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/console//evil.example/",
    "/console/../api/",
    "/console/%2e%2e/",
    "/console/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "/consolevil/",
    "/console/@evil.example",
    "/console/sign-in/?next=/console/",
    "/console/" + "a" * 400 + "/",
    "",
    " /console/channels/",
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that has changed its secret."""
    return settings.model_copy(update={"secret_key_fallbacks": [SecretStr(OLD)]})


async def test_a_key_is_exchanged_for_a_cookie_that_does_not_hold_it(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    answer = await client.post(SIGN_IN, data={"key": f" {key}\n"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
    cookie = answer.headers["set-cookie"]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith(f"{COOKIE}=")
    assert attributes >= {"httponly", "secure", "path=/", "samesite=lax", "max-age=43200"}
    assert not {part for part in attributes if part.startswith("domain")}
    assert key[25:] not in cookie
    assert key not in answer.text
    shown = await client.get("/console/")
    assert shown.status_code == 200
    assert "Rita" in shown.text


async def test_who_is_not_signed_in_is_led_there_and_then_back(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    for path in ("/console/", "/console/attention/", "/console/channels/", "/console/failures/"):
        client.cookies.clear()
        asked = await client.get(path)
        assert asked.status_code == 303
        answer = await press(client, asked.headers["location"], SIGN_IN, key=key)
        assert answer.headers["location"] == path


async def test_the_link_in_an_alert_leads_through_the_sign_in_to_its_booking(client: httpx.AsyncClient) -> None:
    booking = await booked()
    asked = await client.get(booking.path, headers={"Sec-Fetch-Site": "cross-site"})
    answer = await press(client, asked.headers["location"], SIGN_IN, key=await key_of(Role.RECRUITER))
    assert answer.headers["location"] == booking.path
    landed = await client.get(booking.path)
    assert "Asha Rao" in landed.text


async def test_one_lands_on_a_page_of_ours_whatever_the_address_says(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    for goal in FOREIGN:
        assert safe_next(goal) == "/console/"
        answer = await client.post(SIGN_IN, data={"key": key, "next": goal})
        assert answer.headers["location"] == "/console/", goal


async def test_a_page_with_a_query_is_come_back_to(client: httpx.AsyncClient) -> None:
    asked = await client.get("/console/?day=2026-12-01")
    assert "2026-12-01" in asked.headers["location"]
    answer = await press(client, asked.headers["location"], SIGN_IN, key=await key_of(Role.VIEWER))
    assert answer.headers["location"] == "/console/?day=2026-12-01"


async def test_a_bad_key_is_asked_for_again_and_not_repeated(client: httpx.AsyncClient) -> None:
    for key in ("hl_wrong", "", "hl_" + "A" * 65, "<script>alert(1)</script>", "\x00", "é" * 100):
        answer = await client.post(SIGN_IN, data={"key": key, "next": "/console/channels/"})
        assert answer.status_code == 403
        assert 'aria-invalid="true"' in answer.text
        assert 'value="/console/channels/"' in answer.text
        assert "set-cookie" not in answer.headers
        assert not key or key not in answer.text


async def test_bad_keys_are_slowed_down_and_good_ones_are_not(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr("hireloop.web.slow_down.asyncio.sleep", note)
    for _ in range(13):
        assert (await client.post(SIGN_IN, data={"key": "hl_wrong"})).status_code == 403
    slowed = [wait for wait in waits if wait in {0.25, 0.5, 1.0, 2.0}]
    assert slowed == [0.25, 0.5, 1.0]
    assert (await client.post(SIGN_IN, data={"key": await key_of(Role.VIEWER)})).status_code == 303
    assert [wait for wait in waits if wait in {0.25, 0.5, 1.0, 2.0}] == slowed


async def test_nobody_is_signed_in_from_another_site(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.ADMIN)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ):
        answer = await client.post(SIGN_IN, data={"key": key}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    del client.headers["Sec-Fetch-Site"]
    for headers in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}):
        assert (await client.post(SIGN_IN, data={"key": key}, headers=headers)).status_code == 403
    assert (
        await client.post(SIGN_IN, data={"key": key}, headers={"Origin": "https://hire.example"})
    ).status_code == 303


async def test_a_revoked_key_is_out_within_five_seconds(client: httpx.AsyncClient, application: Litestar) -> None:
    key = await sign_in(client, Role.RECRUITER)
    (stored,) = await rows("api_key")
    await api_keys.revoke(stored["id"])
    ring = application.state[STATE_NAME].keys
    assert api_keys.CACHED_SECONDS == 5.0
    ring.forget(stored["id"])  # as those five seconds would
    assert (await client.get("/console/")).status_code == 303
    assert (await client.post(SIGN_IN, data={"key": key})).status_code == 403


async def test_a_forged_or_expired_cookie_is_none(client: httpx.AsyncClient, settings: Settings) -> None:
    key = await key_of(Role.ADMIN)
    (stored,) = await rows("api_key")
    secret, now = settings.secrets[0], datetime.now(UTC)
    ident = await signed_in_row(stored["id"], now)
    good = tickets.issue(secret, ident, stored["secret_hash"], now=now)
    for ticket in forged(good, key, secret, ident, stored["secret_hash"], now):
        client.cookies.clear()
        client.cookies.set(COOKIE, ticket)
        assert (await client.get("/console/")).status_code == 303, ticket
    client.cookies.clear()
    client.cookies.set(COOKIE, good)
    assert (await client.get("/console/")).status_code == 200


async def signed_in_row(key: UUID, now: datetime) -> UUID:
    """Let someone have signed in with the key, for whom no cookie was written."""
    return await sign_ins.create(Actor("Rita", key), open_until=now + tickets.LIFE, browser="Firefox on Linux")


def forged(good: str, key: str, secret: str, ident: UUID, key_hash: bytes, now: datetime) -> Sequence[str]:
    return [
        key,
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        tickets.issue(secret, ident, b"", now=now),
        tickets.issue("x" * 40, ident, key_hash, now=now),
        tickets.issue(secret, UUID(int=1), key_hash, now=now),
        tickets.issue(secret, ident, key_hash, now=now - timedelta(hours=12, seconds=1)),
    ]


async def test_who_was_signed_in_before_the_secret_was_changed_stays_so_and_the_open_page_works(
    client: httpx.AsyncClient,
) -> None:
    booking = await booked()
    await key_of(Role.ADMIN)
    (stored,) = await rows("api_key")
    now = datetime.now(UTC)
    ticket = tickets.issue(OLD, await signed_in_row(stored["id"], now), stored["secret_hash"], now=now)
    client.cookies.set(COOKIE, ticket)
    pressed = await client.post(f"{booking.path}confirm/", data={"token": form_token(ticket), "revision": "1"})
    assert (pressed.status_code, pressed.headers["location"]) == (303, f"{booking.path}?done=confirmed")
    assert await token_on(client, booking.path) == form_token(ticket)


async def test_signing_out_takes_away_the_cookie_and_the_pages_that_the_browser_kept(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    answer = await press(client, "/console/", "/console/sign-out/")
    assert answer.headers["location"] == f"{SIGN_IN}?done=signed-out"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert answer.headers["clear-site-data"] == '"cache"'
    assert (await client.get("/console/")).status_code == 303
    assert "You have signed out." in (await client.get(answer.headers["location"])).text


async def test_a_press_after_the_sign_in_has_ended_changes_nothing_and_leads_back(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    token = await token_on(client)
    client.cookies.clear()
    answer = await client.post(
        f"{booking.path}reissue/",
        data={"token": token, "revision": "1"},
        headers={"Referer": f"https://hire.example{booking.path}"},
    )
    assert answer.status_code == 303
    assert "Your sign-in has expired" in (await client.get(answer.headers["location"])).text
    again = await press(client, answer.headers["location"], SIGN_IN, key=await key_of(Role.RECRUITER))
    assert again.headers["location"] == booking.path
    assert {row["revision"] for row in await rows("schedule")} == {1}


async def test_an_api_key_in_a_header_opens_no_page(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.ADMIN)
    assert (await client.get("/console/", headers={"Authorization": f"Bearer {key}"})).status_code == 303


async def test_a_use_of_the_cookie_is_a_use_of_the_key(client: httpx.AsyncClient, application: Litestar) -> None:
    await sign_in(client, Role.VIEWER)
    ring = application.state[STATE_NAME].keys
    await ring.stop()
    (before,) = await rows("api_key")
    await client.get("/console/")
    await ring.stop()
    (after,) = await rows("api_key")
    assert before["last_used_at"] < after["last_used_at"]
