"""The alerts that have not reached anyone: every door counts the same ones and says the same of each."""

import asyncio
import re
from html import unescape
from uuid import UUID

import httpx
import pytest

from api.clients import as_role, ok
from console.signing import sign_in
from hireloop import db
from hireloop.access.tables import Role
from notify.factories import alerted
from processes import environment
from test_cli import hireloop

OTHERS = re.compile(r"([\d,]+) other alerts? ha(?:s|ve) not reached anyone either\.")


async def unheard(count: int) -> UUID:
    """Let so many alerts be unheard for three minutes, and one for less than two; return the first of them."""
    await alerted(minutes_ago=1, email="ravi@example.com")
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
