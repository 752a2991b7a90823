from datetime import timedelta

import httpx
import pytest

from api.clients import NOWHERE, ok, problem
from hireloop import db
from hireloop.api.deliveries import mask
from hireloop.notify import channel_health, leases
from hireloop.notify.channels import Evidence, Phase
from hireloop.notify.leases import Settlement
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.settings import Settings
from samples import post_interview, post_slot, soon

PATH = "/api/notifications/deliveries/"


async def booked(api: httpx.AsyncClient, email: str = "asha@example.com") -> dict[str, object]:
    interview, slot = await post_interview(api, email=email), await post_slot(api)
    answered = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    body: dict[str, object] = answered.json()
    return body


async def settle_one(outcome: AttemptOutcome, state: DeliveryState, reason: str | None) -> None:
    (lease,) = await leases.take("email", limit=1, worker="w:1", kinds=["invitation"])
    evidence = Evidence(
        phase=Phase.RECIPIENT, code=550, enhanced_code="5.1.1", reply="<asha@example.com>: User unknown"
    )
    await leases.settle(
        [
            Settlement(
                delivery_id=lease.id,
                number=lease.number,
                token=lease.token,
                outcome=outcome,
                state=state,
                reason=reason,
                evidence=evidence,
            )
        ]
    )


async def test_a_delivery_is_shown_with_its_masked_recipient(api: httpx.AsyncClient) -> None:
    schedule = await booked(api)
    (item,) = (await ok(api, PATH))["items"]
    assert (item["state"], item["kind"], item["channel"], item["required"]) == ("pending", "invitation", "email", True)
    assert item["recipient"] == "a…@example.com"
    assert (item["schedule"], item["revision"]) == (schedule["id"], 1)
    assert item["message_id"] == f"<{item['id']}@hire.example>"
    assert item["trace_id"] == schedule["trace_id"] or schedule["trace_id"] == ""
    assert all(item[name].endswith("+05:30") for name in ("created_at", "deadline_at", "at_risk_at"))
    shown = await ok(api, f"{PATH}{item['id']}/")
    assert shown.pop("attempts") == []
    assert shown == item


async def test_every_try_is_shown_with_the_other_sides_words(api: httpx.AsyncClient) -> None:
    schedule = await booked(api)
    await settle_one(AttemptOutcome.REJECTED, DeliveryState.REJECTED, "recipient_unknown")
    (item,) = (await ok(api, PATH))["items"]
    assert (item["state"], item["attempt_count"], item["next_attempt_at"]) == ("rejected", 1, None)
    assert (item["last_reason"], item["last_reply"]) == ("recipient_unknown", "<asha@example.com>: User unknown")
    (attempt,) = (await ok(api, f"{PATH}{item['id']}/"))["attempts"]
    assert (attempt["number"], attempt["route"], attempt["outcome"]) == (1, "primary", "rejected")
    assert (attempt["phase"], attempt["code"], attempt["enhanced_code"]) == ("recipient", 550, "5.1.1")
    assert attempt["worker"] == "w:1"
    assert attempt["started_at"].endswith("+05:30")
    shown = await ok(api, f"/api/interviews/schedules/{schedule['id']}/")
    assert shown["invitation"]["state"] == "failed"
    assert shown["invitation"]["deliveries"][0]["last_reason"] == "recipient_unknown"


async def test_deliveries_are_narrowed_by_each_filter(api: httpx.AsyncClient) -> None:
    await booked(api)
    await settle_one(AttemptOutcome.REJECTED, DeliveryState.REJECTED, "recipient_unknown")
    await booked(api, "second@example.com")

    async def found(**filters: str) -> list[str]:
        response = await api.get(PATH, params=filters)
        assert response.status_code == 200, response.text
        return [item["state"] for item in response.json()["items"]]

    assert await found() == ["pending", "rejected"]
    assert await found(state="rejected") == await found(reason="recipient_unknown") == ["rejected"]
    assert await found(channel="email", kind="invitation") == ["pending", "rejected"]
    assert await found(channel="chat") == await found(kind="cancelled") == []
    assert await found(since=soon(-1).isoformat()) == ["pending", "rejected"]
    assert await found(since=soon(1).isoformat()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "lost"),
        ("channel", "\x00"),
        ("reason", "\x00"),
        ("kind", "\x00"),
        ("since", "2026-12-01T10:00:00"),
        ("since", "0001-01-01T00:00:00+05:30"),
        ("limit", "0"),
        ("limit", "201"),
        ("after", "1"),
    ],
)
async def test_a_bad_filter_is_refused(api: httpx.AsyncClient, name: str, value: str) -> None:
    problem(await api.get(PATH, params={name: value}), 400, "bad-input", name)


async def test_an_unknown_delivery_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")


async def test_the_ledger_counts_and_finds_what_nobody_accounts_for(api: httpx.AsyncClient) -> None:
    empty = await ok(api, "/api/notifications/ledger/")
    assert empty == {"counts": {}, "untold": 0, "overdue": 0, "unaccounted": 0}
    await booked(api)
    assert (await ok(api, "/api/notifications/ledger/"))["counts"] == {"pending": 1}
    await db.fetch("UPDATE delivery SET deadline_at = $1", soon() - timedelta(seconds=61))
    assert (await ok(api, "/api/notifications/ledger/"))["overdue"] == 1
    await db.fetch("DELETE FROM delivery")  # by hand: this is what it is there to see
    proof = await ok(api, "/api/notifications/ledger/")
    assert (proof["untold"], proof["unaccounted"]) == (1, 1)


async def test_channels_say_whether_they_are_held_and_why(api: httpx.AsyncClient, settings: Settings) -> None:
    from hireloop.notify import routing

    (item,) = (await ok(api, "/api/notifications/channels/"))["items"]
    assert item == {
        "name": "email",
        "transport": "email",
        "state": "open",
        "reason": None,
        "since": None,
        "required": True,
    }
    (channel,) = routing.channels(settings)
    await channel_health.hold(channel, "no_mail_host")
    (item,) = (await ok(api, "/api/notifications/channels/"))["items"]
    assert (item["state"], item["reason"]) == ("held", "no_mail_host")
    assert item["since"].endswith("+05:30")
    await booked(api)
    (delivery,) = (await ok(api, PATH))["items"]
    assert (delivery["state"], delivery["last_reason"]) == ("pending", "no_mail_host")
    (shown,) = (await ok(api, "/api/interviews/schedules/"))["items"]
    assert shown["invitation"]["warnings"] == [
        "EMAIL_HOST is not set: no mail can be sent. Set EMAIL_HOST or EMAIL_URL.",
        "No mail server is configured: set EMAIL_HOST or EMAIL_URL.",
    ]


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [
        ("asha@example.com", "a…@example.com"),
        ("a@example.com", "a…@example.com"),
        ("ä@exämple.de", "ä…@exämple.de"),
        ("slack-1a2b3c4d", "slack-1a2b3c4d"),
    ],
)
def test_only_the_first_letter_of_a_recipient_is_shown(recipient: str, shown: str) -> None:
    assert mask(recipient) == shown
