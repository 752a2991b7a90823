"""The alerts that have not reached anyone: every door counts the same ones and says the same of each."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from uuid import UUID

import httpx
import pytest

from api.clients import as_role, ok
from console.signing import press, sign_in
from factories import outbox_of, rows
from hireloop import db
from hireloop.access.tables import Role
from notify.factories import ALERTING_CHAT, alerted
from processes import environment
from test_cli import hireloop

BANNER = "Alerts that have not reached anyone"
OTHERS = re.compile(r"([\d,]+) other alerts? ha(?:s|ve) not reached anyone either\.")


async def unheard(count: int) -> UUID:
    """Let so many alerts be unheard for three minutes, and one for less than two; return the first of them."""
    await alerted(minutes_ago=-60, email="ravi@example.com")  # so that it is not late, however long a test takes
    first = await alerted()
    await db.fetch(
        """
        INSERT INTO alert (id, cause, occasion, schedule, revision, delivery, channel, reason, payload, put_at,
            unheard_since)
        SELECT gen_random_uuid(), cause, occasion || ':' || number, schedule, revision, delivery, channel, reason,
            payload, put_at, unheard_since + interval '1 second'
        FROM alert, generate_series(2, $2) AS number WHERE alert.id = $1
        """,
        first,
        count,
    )
    return first


def others_in(text: str) -> int:
    """Return how many alerts a text only counts."""
    return sum(int(found.replace(",", "")) for found in OTHERS.findall(text))


async def counted_over_api(api: httpx.AsyncClient) -> tuple[int, list[dict[str, str]]]:
    """Return how many unheard alerts the API lists, and the last of them, which is the oldest."""
    count, path = 0, "/api/notifications/alerts/?state=unheard&limit=200"
    page = await ok(api, path)
    while page["next"]:
        count += len(page["items"])
        page = await ok(api, f"{path}&after={page['next']}")
    return count + len(page["items"]), page["items"]


@pytest.mark.parametrize("count", [1, 4, 1003])
async def test_every_door_counts_the_same_alerts(user: httpx.AsyncClient, database_url: str, count: int) -> None:
    first = await unheard(count)
    reasons = [one for one in (await user.get("/health/delivery")).json()["reasons"] if "not reached anyone" in one]
    named = [one for one in reasons if "The alert about" in one]
    assert f"`hireloop alerts show {first}`" in named[0]
    assert len(named) + others_in(" ".join(reasons)) == count

    user.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(user, Role.RECRUITER)
    page = (await user.get("/console/")).text
    shown = re.findall(r'action="/console/alerts/([\w-]+)/acknowledge/"', page)
    assert shown[0] == str(first)
    assert len(shown) + others_in(page) == count

    env = environment(database_url, BASE_URL="https://hire.example")
    said = (await asyncio.to_thread(hireloop, "doctor", env=env)).stdout
    assert 1 + others_in(" ".join(said.split())) == count

    # The lists have those of the last two minutes, too, of which somebody may still hear.
    listed = await asyncio.to_thread(hireloop, "alerts", "list", "--state", "unheard", "--limit", "1000", env=env)
    assert len(listed.stdout.splitlines()) == min(count + 1, 1000)
    assert ("There are more" in listed.stderr) is (count >= 1000)
    await as_role(user, Role.VIEWER)
    assert (await counted_over_api(user))[0] == count + 1


async def test_every_door_says_the_same_of_an_alert(user: httpx.AsyncClient, database_url: str) -> None:
    alert = await unheard(1)
    user.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(user, Role.RECRUITER)
    page = unescape(re.sub(r"<[^>]*>", "", (await user.get("/console/")).text))
    env = environment(database_url, BASE_URL="https://hire.example")
    shown = (await asyncio.to_thread(hireloop, "alerts", "show", str(alert), env=env)).stdout
    doctor = (await asyncio.to_thread(hireloop, "doctor", env=env)).stdout
    health = " ".join((await user.get("/health/delivery")).json()["reasons"])
    await as_role(user, Role.VIEWER)
    item = await ok(user, f"/api/notifications/alerts/{alert}/")
    for text in (page, shown):
        assert item["sentence"] in text
        assert item["advice"] in text
        assert f"{item['candidate_name']}, {item['job_title']} at {item['company']}" in text
    what = f"The alert about the invitation message of the booking {item['schedule']}, which has failed"
    assert what in health
    assert what in " ".join(doctor.split())
    for text in (health, doctor):
        assert f"`hireloop alerts show {alert}`" in " ".join(text.split())
        assert "Asha" not in text
        assert "@example.com" not in text


# --- Acknowledgement ---------------------------------------------------------------------------------------------


async def by_api(user: httpx.AsyncClient, alert: UUID, _database_url: str) -> None:
    await as_role(user, Role.RECRUITER)
    answered = await user.post(f"/api/notifications/alerts/{alert}/acknowledge/")
    assert answered.status_code == 200


async def by_console(user: httpx.AsyncClient, alert: UUID, _database_url: str) -> None:
    user.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(user, Role.RECRUITER)
    answered = await press(user, "/console/", f"/console/alerts/{alert}/acknowledge/")
    assert answered.status_code == 303


async def by_command(_user: httpx.AsyncClient, alert: UUID, database_url: str) -> None:
    ran = await asyncio.to_thread(hireloop, "alerts", "acknowledge", str(alert), env=environment(database_url))
    assert ran.returncode == 0, ran.stderr


Door = Callable[[httpx.AsyncClient, UUID, str], Awaitable[None]]
DOORS: dict[str, Door] = {"tests, recruiter": by_api, "Rita": by_console, "the command line": by_command}
EVERY_DOOR = pytest.mark.parametrize(("who", "acknowledge"), DOORS.items(), ids=["API", "console", "command"])


async def audited() -> list[tuple[UUID, str]]:
    """Return which acknowledgements the audit has, and whose."""
    entries = await rows("audit_entry")
    return [(one["subject"], one["actor"]) for one in entries if one["action"] == "alert.acknowledged"]


@EVERY_DOOR
async def test_at_every_door_the_first_acknowledgement_counts(
    user: httpx.AsyncClient, database_url: str, who: str, acknowledge: Door
) -> None:
    alert = await alerted(over=outbox_of(ALERTING_CHAT))
    await acknowledge(user, alert, database_url)
    for again in DOORS.values():
        await again(user, alert, database_url)
    assert await audited() == [(alert, who)]
    (row,) = await rows("alert")
    assert (row["acknowledged_by"], row["unheard_since"]) == (who, None)
    states = {one["state"] for one in await rows("delivery") if one["kind"] == "alert"}
    assert states == {"superseded"}
    assert [one for one in (await user.get("/health/delivery")).json()["reasons"] if "alert" in one] == []


@EVERY_DOOR
async def test_at_every_door_an_alert_that_is_over_stays_as_it_is(
    user: httpx.AsyncClient, database_url: str, who: str, acknowledge: Door
) -> None:
    alert = await alerted()
    await db.fetch("UPDATE alert SET over_at = now(), unheard_since = NULL")
    await acknowledge(user, alert, database_url)
    assert await audited() == [], who
    assert (await rows("alert"))[0]["acknowledged_at"] is None


async def test_of_acknowledgements_at_once_one_counts(user: httpx.AsyncClient) -> None:
    alert = await alerted()
    await as_role(user, Role.RECRUITER)
    answered = await asyncio.gather(*(user.post(f"/api/notifications/alerts/{alert}/acknowledge/") for _ in range(8)))
    assert {one.status_code for one in answered} == {200}
    assert len({one.json()["acknowledged_at"] for one in answered}) == 1
    assert len(await audited()) == 1


@pytest.mark.parametrize("role", [None, Role.VIEWER])
async def test_who_may_not_act_acknowledges_nothing_and_sees_no_banner(
    user: httpx.AsyncClient, role: Role | None
) -> None:
    alert = await alerted()
    if role:
        await as_role(user, role)
    answered = await user.post(f"/api/notifications/alerts/{alert}/acknowledge/")
    assert answered.status_code == (403 if role else 401)
    user.headers.pop("Authorization", None)
    user.headers["Sec-Fetch-Site"] = "same-origin"
    if role:
        await sign_in(user, role)
    for path in ("/console/", "/console/attention/", "/console/sign-in/", "/console/nowhere/", "/console/replay/"):
        page = (await user.get(path)).text
        assert BANNER not in page, path
        assert "Asha" not in re.sub(r"<main.*?</main>", "", page, flags=re.DOTALL)
    answered = await user.post(f"/console/alerts/{alert}/acknowledge/", data={"token": "guessed"})
    assert answered.status_code == (403 if role else 303)
    assert (await rows("alert"))[0]["acknowledged_at"] is None


@pytest.mark.parametrize(("alert", "exit_code"), [("01990000-0000-7000-8000-000000000009", 1), ("no-id", 2)])
async def test_an_alert_that_does_not_exist_is_not_found_at_any_door(
    user: httpx.AsyncClient, database_url: str, alert: str, exit_code: int
) -> None:
    await as_role(user, Role.RECRUITER)
    assert (await user.post(f"/api/notifications/alerts/{alert}/acknowledge/")).status_code == 404
    user.headers.pop("Authorization", None)
    user.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(user, Role.RECRUITER)
    assert (await press(user, "/console/", f"/console/alerts/{alert}/acknowledge/")).status_code == 404
    ran = await asyncio.to_thread(hireloop, "alerts", "acknowledge", alert, env=environment(database_url))
    assert ran.returncode == exit_code
    assert "Traceback" not in ran.stderr
