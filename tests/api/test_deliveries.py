from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import post_interview, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.notify.channels import configured, health
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.skips import Skip
from hireloop.notify.messages import KINDS
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.settings import Settings
from notify.factories import settlement
from servers.databases import as_owner
from waiting import until_true

PATH = "/api/notifications/deliveries/"


async def booked(api: httpx.AsyncClient, email: str = "asha@example.com") -> dict[str, object]:
    return await post_booking(api, await post_interview(api, email=email))


async def settle_one(outcome: AttemptOutcome, state: DeliveryState, reason: str | None) -> None:
    (lease,) = await leases.take("email", limit=1, worker="w:1", kinds=["invitation"])
    evidence = Evidence(
        phase=Phase.RECIPIENT, code=550, enhanced_code="5.1.1", reply="<asha@example.com>: User unknown"
    )
    await leases.settle([settlement(lease, outcome, state, reason=reason, evidence=evidence)])


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
    assert (shown.pop("attempts"), shown.pop("returned"), shown.pop("returned_count")) == ([], [], 0)
    assert shown == item
    assert item["told_revision"] is None
    await db.fetch("UPDATE delivery SET state = 'superseded', told_revision = 3")
    assert (await ok(api, f"{PATH}{item['id']}/"))["told_revision"] == 3


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


async def test_deliveries_are_filtered_by_each_filter(api: httpx.AsyncClient) -> None:
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
        ("kind", "invitations"),
        ("kind", "Invitation"),
        ("reason", "policy-block"),
        ("since", "2026-12-01T10:00:00"),
        ("since", "0001-01-01T00:00:00+05:30"),
        ("limit", "0"),
        ("limit", "201"),
        ("after", "1"),
    ],
)
async def test_a_bad_filter_is_refused(api: httpx.AsyncClient, name: str, value: str) -> None:
    problem(await api.get(PATH, params={name: value}), 400, "bad-input", name)


async def test_an_unknown_kind_or_reason_is_refused_with_those_that_there_are(api: httpx.AsyncClient) -> None:
    for name, value, known in (("kind", "invite", KINDS), ("reason", "bad_luck", Reason)):
        listed = await api.get(PATH, params={name: value})
        for refused in (listed, await api.post(f"{PATH}replay/", json={name: value, "dry_run": True})):
            problem(refused, 400, "bad-input", name)
            assert all(one in refused.json()["errors"][0]["message"] for one in known)
    await booked(api)
    await settle_one(AttemptOutcome.REJECTED, DeliveryState.REJECTED, "bad_luck")  # of a transport of another package
    assert len((await api.get(PATH, params={"reason": "bad_luck"})).json()["items"]) == 1
    assert (await api.post(f"{PATH}replay/", json={"reason": "bad_luck"})).json()["replayed"] == 1


async def test_an_unknown_delivery_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")


async def test_the_ledger_counts_and_finds_what_nobody_accounts_for(api: httpx.AsyncClient, database_url: str) -> None:
    empty = await ok(api, "/api/notifications/ledger/")
    assert empty == {"counts": {}, "missing": 0, "overdue": 0, "unaccounted": 0}
    await booked(api)
    assert (await ok(api, "/api/notifications/ledger/"))["counts"] == {"pending": 1}
    await db.fetch("UPDATE delivery SET deadline_at = $1", soon() - timedelta(seconds=61))
    assert (await ok(api, "/api/notifications/ledger/"))["overdue"] == 1
    await as_owner(database_url, "DELETE FROM delivery")  # by hand: this is what it is there to see
    proof = await ok(api, "/api/notifications/ledger/")
    assert (proof["missing"], proof["unaccounted"]) == (1, 1)


async def test_what_holds_a_channel_is_its_deliveries_reason(api: httpx.AsyncClient, settings: Settings) -> None:
    (channel,) = configured.channels(settings)
    await health.hold(channel, "no_mail_host")
    await booked(api)
    (delivery,) = (await ok(api, PATH))["items"]
    assert (delivery["state"], delivery["last_reason"]) == ("pending", "no_mail_host")
    (shown,) = (await ok(api, "/api/interviews/schedules/"))["items"]
    assert shown["invitation"]["warnings"] == [
        "EMAIL_HOST is not set, so no mail can be sent. Set EMAIL_HOST or EMAIL_URL.",
        ("Nobody is notified if this invitation fails. Set ALERT_EMAIL or CHAT_URLS, or the job's recruiter_email."),
    ]


# --- Replay ----------------------------------------------------------------------------------------------------


async def rejected(api: httpx.AsyncClient, email: str = "asha@example.com") -> str:
    """Book, let the invitation be rejected, and return its delivery's id."""
    schedule = await booked(api, email)
    await settle_one(AttemptOutcome.REJECTED, DeliveryState.REJECTED, "policy_block")
    (delivery,) = schedule["invitation"]["deliveries"]  # type: ignore[index] # JSON
    ident: str = delivery["id"]
    return ident


async def test_a_delivery_is_replayed_and_shown_with_all_its_tries(api: httpx.AsyncClient, database_url: str) -> None:
    async with wakeups_heard(database_url) as heard:
        ident = await rejected(api)
        await until_true(lambda: bool(heard), "the wake-up of the booking has gone by")
        heard.clear()
        answered = await api.post(f"{PATH}{ident}/replay/")
        assert answered.status_code == 200, answered.text
        await until_true(lambda: bool(heard), "the workers have been woken")
    body = answered.json()
    assert (body["id"], body["state"], body["attempt_count"], body["tries"]) == (ident, "pending", 1, 0)
    assert (body["last_reason"], body["last_reply"]) == (None, None)
    assert [attempt["outcome"] for attempt in body["attempts"]] == ["rejected"]
    assert body["next_attempt_at"].endswith("+05:30")
    again = await api.post(f"{PATH}{ident}/replay/")  # a second press does no harm
    assert (again.status_code, again.json()) == (200, body)
    assert await ok(api, f"{PATH}{ident}/") == body
    (entry,) = (await ok(api, "/api/audit/?action=delivery.replayed"))["items"]
    assert (entry["subject"], entry["actor"]) == (ident, "tests")
    assert entry["details"] == {"kind": "invitation", "channel": "email", "state": "rejected"}
    assert entry["candidate"] == (await ok(api, "/api/candidates/"))["items"][0]["id"]


@asynccontextmanager
async def wakeups_heard(database_url: str) -> AsyncIterator[list[str]]:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("hireloop_delivery", lambda *arguments: heard.append(str(arguments[3])))
    try:
        yield heard
    finally:
        await listener.close()


async def test_what_must_not_be_sent_again_is_refused_with_the_reason(api: httpx.AsyncClient) -> None:
    ident = await rejected(api)
    await db.fetch("UPDATE schedule SET revision = 2")
    assert problem(await api.post(f"{PATH}{ident}/replay/"), 409, "not-replayable")["reason"] == "superseded"
    (candidate,) = (await ok(api, "/api/candidates/"))["items"]
    changed = await api.patch(f"/api/candidates/{candidate['id']}/", json={"email": "asha@new.example"})
    assert changed.status_code == 200, changed.text
    refused = problem(await api.post(f"{PATH}{ident}/replay/"), 409, "not-replayable")
    assert (refused["reason"], refused["detail"]) == ("address_changed", Skip.ADDRESS_CHANGED.sentence)
    problem(await api.post(f"{PATH}{NOWHERE}/replay/"), 404, "not-found")
    problem(await api.post(f"{PATH}seven/replay/"), 404, "not-found")


async def test_by_cause_many_are_replayed_in_one_call(api: httpx.AsyncClient) -> None:
    idents = [await rejected(api, f"{name}@example.com") for name in ("asha", "ben", "chen")]
    await db.fetch("UPDATE delivery SET state = 'superseded' WHERE id = $1", UUID(idents[0]))

    async def replay(**body: object) -> dict[str, object]:
        answered = await api.post(f"{PATH}replay/", json=body)
        assert answered.status_code == 200, answered.text
        found: dict[str, object] = answered.json()
        return found

    would = await replay(reason="policy_block", dry_run=True)
    assert would == {
        "dry_run": True,
        "replayed": 2,
        "skipped": {"superseded": 1},
        "deliveries": idents[1:],
        "more": False,
    }
    assert len((await ok(api, f"{PATH}?state=rejected"))["items"]) == 2
    first = await replay(reason="policy_block", limit=1)
    assert (first["replayed"], first["deliveries"], first["more"]) == (1, idents[1:2], True)
    rest = await replay(reason="policy_block", state="rejected", channel="email", kind="invitation", limit=10)
    assert rest == {"dry_run": False, "replayed": 1, "skipped": {}, "deliveries": idents[2:], "more": False}
    assert (await replay(since=soon(-5).isoformat()))["skipped"] == {"pending": 2, "superseded": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"dry_run": True, "limit": 5}, "body"),
        ({"state": "lost"}, "state"),
        ({"state": "rejected", "limit": 0}, "limit"),
        ({"state": "rejected", "limit": 10_001}, "limit"),
        ({"reason": "\x00"}, "reason"),
        ({"reason": " "}, "reason"),
        ({"since": "2026-12-01T10:00:00"}, "since"),
        ({"since": "0001-01-01T00:00:00+05:30"}, "since"),
        ({"ids": []}, "ids"),
    ],
)
async def test_a_replay_that_names_no_cause_or_a_bad_one_is_refused(
    api: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    ident = await rejected(api)
    problem(await api.post(f"{PATH}replay/", json=body), 400, "bad-input", field)
    assert (await ok(api, f"{PATH}{ident}/"))["state"] == "rejected"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RECRUITER])
async def test_only_an_admin_replays(api: httpx.AsyncClient, role: Role) -> None:
    ident = await rejected(api)
    await as_role(api, role)
    problem(await api.post(f"{PATH}{ident}/replay/"), 403, "not-allowed")
    problem(await api.post(f"{PATH}replay/", json={"state": "rejected"}), 403, "not-allowed")
    assert (await ok(api, f"{PATH}{ident}/"))["state"] == "rejected"


async def test_the_next_try_behind_a_held_channel_is_the_next_probe(api: httpx.AsyncClient, settings: Settings) -> None:
    await booked(api)
    for channel in configured.channels(settings):
        await health.hold(channel, "no_mail_host", now=soon(5))
    (shown,) = (await ok(api, PATH))["items"]
    assert datetime.fromisoformat(shown["next_attempt_at"]) > soon(5)
    (listed,) = (await ok(api, "/api/interviews/schedules/"))["items"]
    assert listed["invitation"]["deliveries"][0]["next_attempt_at"] == shown["next_attempt_at"]
