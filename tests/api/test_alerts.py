"""Alerts over the API: listed, read with their deliveries, and acknowledged once."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from api.clients import NOWHERE, as_role, ok, problem
from factories import outbox_of
from hireloop import db
from hireloop.access.tables import Role
from notify.factories import ALERTING_CHAT, alerted

PATH = "/api/notifications/alerts/"


async def test_an_alert_names_the_booking_the_reason_and_the_next_step(api: httpx.AsyncClient) -> None:
    alert = await alerted()
    (item,) = (await ok(api, PATH))["items"]
    names = ("id", "cause", "state", "about", "reason", "next_step", "candidate_name")
    assert {name: item[name] for name in names} == {
        "id": str(alert),
        "cause": "failed",
        "state": "unheard",
        "about": "invitation",
        "reason": "recipient_unknown",
        "next_step": "correct_address",
        "candidate_name": "Asha Rao",
    }
    assert item["sentence"] == "The recipient's address does not exist."
    assert "Correct the candidate's address" in item["advice"]
    booking = await ok(api, f"/api/interviews/schedules/{item['schedule']}/")
    assert item["starts_at"] == booking["starts_at"]


async def test_an_alert_is_read_with_the_deliveries_by_which_it_was_sent(api: httpx.AsyncClient) -> None:
    alert = await alerted(over=outbox_of(ALERTING_CHAT))
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'chat_failed' WHERE kind = 'alert'")
    (delivery,) = (await ok(api, f"{PATH}{alert}/"))["deliveries"]
    assert (delivery["channel"], delivery["state"], delivery["last_reason"]) == ("chat", "rejected", "chat_failed")
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")


async def test_an_acknowledgement_counts_once_and_is_in_the_audit(api: httpx.AsyncClient) -> None:
    alert = await alerted(over=outbox_of(ALERTING_CHAT))
    await as_role(api, Role.RECRUITER)
    first = await api.post(f"{PATH}{alert}/acknowledge/")
    assert (first.status_code, first.json()["state"]) == (200, "acknowledged")
    assert first.json()["acknowledged_by"] == "tests, recruiter"
    assert first.json()["deliveries"][0]["state"] == "superseded"
    assert (await api.post(f"{PATH}{alert}/acknowledge/")).json() == first.json()
    await as_role(api, Role.ADMIN)
    (entry,) = (await ok(api, "/api/audit/?action=alert.acknowledged"))["items"]
    assert (entry["subject"], entry["actor"]) == (str(alert), "tests, recruiter")
    assert entry["candidate"] is not None


async def test_an_alert_that_is_over_stays_as_it_is(api: httpx.AsyncClient) -> None:
    alert = await alerted()
    await db.fetch("UPDATE alert SET over_at = now(), unheard_since = NULL")
    answered = await api.post(f"{PATH}{alert}/acknowledge/")
    assert (answered.json()["state"], answered.json()["acknowledged_at"]) == ("over", None)
    problem(await api.post(f"{PATH}{NOWHERE}/acknowledge/"), 404, "not-found")


async def by_state(_alert: UUID) -> str:
    return "state=unheard"


async def by_booking(alert: UUID) -> str:
    booking: UUID = await db.fetch_value("SELECT schedule FROM alert WHERE id = $1", alert)
    return f"schedule={booking}"


@pytest.mark.parametrize("by", [by_state, by_booking])
async def test_the_list_is_filtered_and_goes_on(api: httpx.AsyncClient, by: Callable[[UUID], Awaitable[str]]) -> None:
    first, second = await alerted(), await alerted(email="ravi@example.com")
    page = await ok(api, f"{PATH}?limit=1")
    assert ([one["id"] for one in page["items"]], page["next"]) == ([str(second)], str(second))
    page = await ok(api, f"{PATH}?limit=1&after={second}")
    assert ([one["id"] for one in page["items"]], page["next"]) == ([str(first)], None)
    await api.post(f"{PATH}{second}/acknowledge/")
    assert [one["id"] for one in (await ok(api, f"{PATH}?{await by(first)}"))["items"]] == [str(first)]
    assert (await ok(api, f"{PATH}?cause=held"))["items"] == []
    assert (await ok(api, f"{PATH}?state=acknowledged"))["items"][0]["id"] == str(second)
