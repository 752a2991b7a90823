"""Ended sign-ins: a copied cookie opens nothing, no matter who ended it, and the browser is told why."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from console.factories import booked, key_of
from console.signing import COOKIE, SIGN_IN, fields_of, press, sign_in, token_on
from factories import rows
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.sign_ins import MOST_IN_AN_HOUR
from hireloop.access.tables import Role
from hireloop.scheduling import audit
from hireloop.scheduling.audit import AuditFilter
from hireloop.settings import Settings

OWN = "/console/sign-ins/"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


async def another(application: Litestar) -> httpx.AsyncClient:
    """Return another browser."""
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type] # Litestar's ASGI types
    headers = {"Sec-Fetch-Site": "same-origin", "User-Agent": CHROME}
    return httpx.AsyncClient(transport=transport, base_url="https://hire.example", headers=headers)


@pytest.fixture
async def other(application: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with await another(application) as client:
        yield client


async def enter(client: httpx.AsyncClient, key: str) -> str:
    """Sign in with a key and return the cookie."""
    assert (await client.post(SIGN_IN, data={"key": key})).status_code == 303
    return client.cookies[COOKIE]


def carry(client: httpx.AsyncClient, cookie: str) -> None:
    """Let a browser send this cookie from now on."""
    client.cookies.clear()
    client.cookies.set(COOKIE, cookie, domain="hire.example", path="/")


async def is_in(client: httpx.AsyncClient) -> bool:
    answer = await client.get("/console/")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


async def why_out(client: httpx.AsyncClient) -> str:
    """Return what the sign-in page says to a browser that is led there, after which its cookie is gone."""
    asked = await client.get("/console/channels/")
    assert asked.status_code == 303
    # As after a click in a mail program: the reason is not in the address.
    shown = await client.get(asked.headers["location"], headers={"Sec-Fetch-Site": "none"})
    assert "You were signed out" in shown.text
    assert 'value="/console/channels/"' in shown.text
    assert "max-age=0" in shown.headers["set-cookie"].lower()
    assert COOKIE not in client.cookies
    return shown.text


async def test_a_copy_of_the_cookie_is_out_with_the_sign_out_at_every_server(
    client: httpx.AsyncClient, other: httpx.AsyncClient, settings: Settings
) -> None:
    elsewhere = app.build(settings)  # another process: its caches are its own
    copy = await enter(client, await key_of(Role.ADMIN))
    carry(other, copy)
    async with await another(elsewhere) as third:
        carry(third, copy)
        assert [await is_in(one) for one in (client, other, third)] == [True] * 3
        await press(client, "/console/", "/console/sign-out/")
        assert [await is_in(one) for one in (client, other, third)] == [False] * 3
        assert "You have signed out." in await why_out(third)


async def test_a_copy_changes_nothing_after_the_sign_out(client: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    booking = await booked()
    copy = await enter(client, await key_of(Role.ADMIN))
    token = await token_on(client)
    await press(client, "/console/", "/console/sign-out/")
    carry(other, copy)
    answer = await other.post(f"{booking.path}cancel/", data={"token": token, "revision": "1"})
    assert answer.status_code == 403
    (row,) = await rows("schedule")
    assert row["state"] == "pending"


async def test_signing_in_again_is_a_new_sign_in_and_ends_the_one_before(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    first = await enter(client, key)
    second = await enter(client, key)
    assert first != second
    assert await is_in(client)
    carry(client, first)
    assert "You have since signed in again." in await why_out(client)


async def test_a_planted_cookie_stays_the_planters_and_does_not_become_the_users(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    planted = await enter(other, await key_of(Role.VIEWER, "Mallory"))
    carry(client, planted)
    fresh = await enter(client, await key_of(Role.ADMIN, "Ada"))
    assert planted != fresh
    assert not await is_in(other)  # it was the browser's, and is replaced


async def test_without_a_request_for_an_hour_one_is_out_and_told_so(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '59 minutes'")
    assert await is_in(client)  # and recorded
    await db.fetch("UPDATE sign_in SET last_used_at = last_used_at - interval '59 minutes'")
    assert await is_in(client)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '60 minutes'")
    assert not await is_in(client)
    assert "You had not used the console for 60 minutes." in await why_out(client)


async def test_after_twelve_hours_one_is_out_whatever_was_done(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET open_until = now()")
    assert "A sign-in ends after twelve hours." in await why_out(client)


async def test_a_use_is_written_down_once_a_minute(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    (before,) = await rows("sign_in")
    for _ in range(3):
        await is_in(client)
    assert await rows("sign_in") == [before]
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 minutes'")
    await is_in(client)
    (after,) = await rows("sign_in")
    assert after["last_used_at"] >= before["last_used_at"]


async def test_a_database_that_only_reads_still_shows_its_pages(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 minutes'")

    async def refuse(*_: object, **__: object) -> None:
        await db.fetch("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$")  # read_only_sql_transaction

    monkeypatch.setattr("hireloop.console.gate.sign_ins.note_use", refuse)
    assert await is_in(client)


async def test_a_revoked_key_is_out_at_once_everywhere(client: httpx.AsyncClient) -> None:
    """No cache: the ring of this process has the key, and is not told."""
    await sign_in(client, Role.RECRUITER)
    assert await is_in(client)
    (key,) = await rows("api_key")
    await api_keys.revoke(key["id"])
    assert "Your API key has been revoked." in await why_out(client)


async def test_an_expired_key_is_out_at_once(client: httpx.AsyncClient) -> None:
    key = await sign_in(client, Role.RECRUITER)
    await db.fetch("UPDATE api_key SET expires_at = now() + interval '1 hour'")
    assert await is_in(client)
    await db.fetch("UPDATE api_key SET created_at = now() - interval '1 day', expires_at = now()")
    assert "Your API key has expired." in await why_out(client)
    answer = await client.post(SIGN_IN, data={"key": key})
    assert (answer.status_code, "has expired or has been revoked" in answer.text) == (403, True)


async def test_what_was_typed_into_a_form_comes_back_when_the_sign_in_has_ended(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    fields = fields_of((await client.get(f"{booking.path}cancel/")).text)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 hours'")
    written = 'The <b>interviewer</b> is "ill" </textarea><script>'
    referer = {"Referer": f"https://hire.example{booking.path}"}
    answer = await client.post(f"{booking.path}cancel/", data={**fields, "reason": written}, headers=referer)
    assert answer.status_code == 403
    assert "Nothing was changed." in answer.text
    assert "The &lt;b&gt;interviewer&lt;/b&gt; is" in answer.text
    assert "<script>" not in answer.text
    assert f'value="{booking.path}"' in answer.text
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    (row,) = await rows("schedule")
    assert (row["state"], row["revision"]) == ("pending", 1)
    again = await client.post(SIGN_IN, data={"key": await key_of(Role.RECRUITER), "next": booking.path})
    assert again.headers["location"] == booking.path


async def test_nothing_of_a_form_that_is_not_ours_is_shown(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await sign_in(client, Role.RECRUITER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 hours'")
    for token in ("", "x"):
        cookie = client.cookies[COOKIE]
        answer = await client.post(f"{booking.path}cancel/", data={"token": token, "reason": "Call +1 555 0100"})
        assert (answer.status_code, "555 0100" in answer.text) == (403, False)
        carry(client, cookie)


# --- The page ------------------------------------------------------------------------------------------------------


async def test_ones_sign_ins_are_listed_and_the_others_ended(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    key = await sign_in(client, Role.VIEWER)
    await enter(other, key)
    page = (await client.get(OWN)).text
    assert page.count('<li class="entry') == 2
    assert "Chrome on Windows" in page
    assert page.count("(this browser)") == 1
    assert "Sign-ins with other keys" not in page
    answer = await press(client, OWN, f"{OWN}end-others/")
    assert answer.headers["location"] == f"{OWN}?done=sign-ins-ended&n=1"
    assert "Sign-ins that were ended: 1." in (await client.get(answer.headers["location"])).text
    assert [await is_in(one) for one in (client, other)] == [True, False]
    assert "ended this sign-in in another browser" in await why_out(other)


async def test_one_sign_in_is_ended_and_a_second_press_says_so(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    key = await sign_in(client, Role.VIEWER)
    await enter(other, key)
    mine, theirs = [row["id"] for row in sorted(await rows("sign_in"), key=lambda row: row["created_at"])]
    assert (await press(client, OWN, f"{OWN}{theirs}/end/")).headers["location"] == f"{OWN}?done=sign-in-ended"
    assert (await press(client, OWN, f"{OWN}{theirs}/end/")).headers["location"] == f"{OWN}?done=sign-in-over"
    assert [await is_in(one) for one in (client, other)] == [True, False]
    answer = await press(client, OWN, f"{OWN}{mine}/end/")
    assert answer.headers["location"] == f"{SIGN_IN}?done=signed-out"
    assert not await is_in(client)


async def test_nobody_ends_the_sign_in_of_another_key_but_an_admin(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    await sign_in(client, Role.RECRUITER, "Rita")
    await enter(other, await key_of(Role.VIEWER, "Bo"))
    (bo,) = [row for row in await rows("api_key") if row["name"] == "Bo"]
    (theirs,) = [row for row in await rows("sign_in") if row["api_key"] == bo["id"]]
    assert (await press(client, OWN, f"{OWN}{theirs['id']}/end/")).headers["location"] == f"{OWN}?done=sign-in-over"
    assert (await press(client, OWN, f"/console/keys/{bo['id']}/end-sign-ins/")).status_code == 403
    assert await is_in(other)
    await sign_in(client, Role.ADMIN, "Ada")
    page = (await client.get(OWN)).text
    assert "Bo" in page
    assert "Rita" not in page  # this browser's sign-in was replaced
    answer = await press(client, OWN, f"/console/keys/{bo['id']}/end-sign-ins/")
    assert answer.headers["location"] == f"{OWN}?done=sign-ins-ended&n=1"
    assert "An admin ended the sign-ins of your API key." in await why_out(other)


async def test_the_audit_says_who_signed_in_and_who_ended_it(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    key = await sign_in(client, Role.VIEWER)
    await enter(other, key)
    await press(client, OWN, f"{OWN}end-others/")
    await press(client, OWN, "/console/sign-out/")
    entries = await audit.page(AuditFilter(), limit=9, after=None)
    told = [(entry.action.value, entry.actor, entry.details) for entry in reversed(entries)][1:]
    assert told == [
        ("sign_in.created", "Rita", {"browser": "a browser"}),
        ("sign_in.created", "Rita", {"browser": "Chrome on Windows"}),
        ("sign_in.ended", "Rita", {"reason": "ended_elsewhere"}),
        ("sign_in.ended", "Rita", {"reason": "signed_out"}),
    ]
    assert {entry.actor_key for entry in entries[:-1]} == {row["id"] for row in await rows("api_key")}
    assert {entry.subject for entry in entries[:-1]} == {row["id"] for row in await rows("sign_in")}


async def test_nothing_is_kept_of_a_browser_but_its_name(client: httpx.AsyncClient) -> None:
    client.headers["User-Agent"] = CHROME
    cookie = await enter(client, await key_of(Role.VIEWER))
    (row,) = await rows("sign_in")
    assert row["browser"] == "Chrome on Windows"
    assert cookie.split(".")[2] not in str(row)  # the proof is in the cookie alone


async def test_a_script_with_a_key_does_not_fill_the_database_with_sign_ins(client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    answers, began = [], time.monotonic()
    for _ in range(MOST_IN_AN_HOUR + 3):
        client.cookies.clear()  # so that each is another browser
        answers.append(await client.post(SIGN_IN, data={"key": key}))
    assert [answer.status_code for answer in answers] == [303] * MOST_IN_AN_HOUR + [429] * 3
    assert len(await rows("sign_in")) == MOST_IN_AN_HOUR
    assert 3_600 - (time.monotonic() - began) <= int(answers[-1].headers["retry-after"]) <= 3_600
    assert "has been used to sign in 120 times within an hour" in answers[-1].text
    assert "set-cookie" not in answers[-1].headers
    await enter(client, await key_of(Role.VIEWER))  # others are not kept out
    first = "(SELECT min(id::text)::uuid FROM sign_in)"
    began = time.monotonic()
    await db.fetch(f"UPDATE sign_in SET created_at = now() - interval '55 minutes' WHERE id = {first}")  # noqa: S608
    wait = int((await client.post(SIGN_IN, data={"key": key})).headers["retry-after"])
    assert 300 - (time.monotonic() - began) <= wait <= 300
    await db.fetch("UPDATE sign_in SET created_at = created_at - interval '5 minutes'")
    await enter(client, key)


async def test_several_sign_ins_at_once_are_no_way_around(application: Litestar, client: httpx.AsyncClient) -> None:
    key = await key_of(Role.VIEWER)
    await enter(client, key)
    await db.fetch(
        """
        INSERT INTO sign_in (id, api_key, browser, created_at, last_used_at, open_until)
        SELECT gen_random_uuid(), api_key, browser, created_at, last_used_at, open_until
        FROM sign_in, generate_series(1, $1)
        """,
        MOST_IN_AN_HOUR - 4,
    )
    browsers = [await another(application) for _ in range(8)]
    answers = await asyncio.gather(*(browser.post(SIGN_IN, data={"key": key}) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] * 3 + [429] * 5
    assert len(await rows("sign_in")) == MOST_IN_AN_HOUR
