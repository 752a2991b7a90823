from typing import Any

import httpx
import pytest

from api.clients import NOWHERE, as_role, ok, problem
from hireloop.access.tables import Role
from hireloop.notify.bounces.return_path import ReturnPath
from notify.bounces.sample_reports import report, sample
from notify.factories import mailed
from notify.records import state_of
from sample_settings import SECRET

PATH = "/api/notifications/bounces/"
RAW = {"Content-Type": "message/rfc822"}


async def take(api: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answered = await api.post(PATH, json=body)
    assert answered.status_code == 200, answered.text
    answer: dict[str, Any] = answered.json()
    return answer


async def test_a_whole_report_turns_sent_into_bounced(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    address = ReturnPath("bounces@hire.example", [SECRET]).address(delivery)
    assert address is not None
    answered = await api.post(PATH, content=report("gmail_failed", to=address), headers=RAW)
    assert answered.status_code == 200
    assert answered.json() == {
        "delivery": str(delivery),
        "state": "bounced",
        "result": "bounced",
        "last_reason": "recipient_unknown",
    }
    shown = await ok(api, f"/api/notifications/deliveries/{delivery}/")
    assert shown["state"] == "bounced"
    assert shown["bounced_at"].endswith("+05:30")
    assert "550-5.1.1 The email account" in shown["last_reply"]
    (schedule,) = (await ok(api, "/api/interviews/schedules/"))["items"]
    assert schedule["invitation"]["state"] == "failed"


async def test_what_cannot_be_read_is_recorded_and_shown(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    address = ReturnPath("bounces@hire.example", [SECRET]).address(delivery)
    answered = await api.post(PATH, content=sample("daemon_says_little", to=address or ""), headers=RAW)
    assert answered.status_code == 200
    assert (answered.json()["state"], answered.json()["result"]) == ("sent", "returned")
    shown = await ok(api, f"/api/notifications/deliveries/{delivery}/")
    assert (shown["last_reason"], shown["returned_count"]) == ("came_back", 1)
    (mail,) = shown["returned"]
    assert (mail["kind"], mail["excerpt"]) == ("unreadable", shown["last_reply"])
    assert mail["received_at"].endswith("+05:30")


async def test_what_a_provider_says_as_json_counts_by_the_message_id(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    said = {
        "message_id": f"<{delivery}@hire.example>",
        "status": "5.2.2",
        "diagnostic": "smtp; 552 5.2.2 over quota",
        "recipient": "ASHA@example.com",
    }
    answer = await take(api, said)
    assert (answer["delivery"], answer["result"], answer["last_reason"]) == (str(delivery), "bounced", "mailbox_full")
    assert (await take(api, said))["result"] == "again"


async def test_a_delay_is_recorded_and_the_least_is_a_message_id(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    answer = await take(api, {"message_id": f"{delivery}@hire.example", "action": "delayed"})
    assert (answer["state"], answer["result"], answer["last_reason"]) == ("sent", "delayed", "delayed")
    answer = await take(api, {"message_id": f"{delivery}@hire.example"})
    assert (answer["state"], answer["last_reason"]) == ("bounced", "bounced")


async def test_a_mail_of_nobody_or_to_another_address_is_not_found(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    to_another = {"message_id": f"<{delivery}@hire.example>", "recipient": "mallory@example.com"}
    for body in (to_another, {"message_id": f"<{NOWHERE}@hire.example>"}, {"message_id": "nonsense"}):
        problem(await api.post(PATH, json=body), 404, "not-found")
    problem(await api.post(PATH, content=report(), headers=RAW), 404, "not-found")
    assert await state_of(delivery) == ("sent", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "message_id"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x", "status": "550"}, "status"),
        ({"message_id": "x", "action": "lost"}, "action"),
        ({"message_id": "x", "recipient": "nobody"}, "recipient"),
        ({"message_id": "x", "secret": 1}, "secret"),
        ([], "body"),
    ],
)
async def test_a_bad_field_is_named(api: httpx.AsyncClient, body: object, field: str) -> None:
    problem(await api.post(PATH, json=body), 400, "bad-input", field)


async def test_a_status_that_is_none_is_told_in_words(api: httpx.AsyncClient) -> None:
    body = problem(await api.post(PATH, json={"message_id": "x", "status": "550"}), 400, "bad-input", "status")
    assert body["detail"] == "status: must be an enhanced status code, such as 5.1.1"


@pytest.mark.parametrize(
    ("content", "kind", "status", "slug"),
    [
        (b"Subject: hello\n\nThis is no report.\n", "message/rfc822", 400, "bad-input"),
        (b"", "message/rfc822", 400, "bad-input"),
        (b"{", "application/json", 400, "bad-input"),
        (b"\xff", "application/json", 400, "bad-input"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"x" * 1_000_001, "message/rfc822", 413, "too-large"),
    ],
)
async def test_what_is_no_report_is_refused(
    api: httpx.AsyncClient, content: bytes, kind: str, status: int, slug: str
) -> None:
    answered = await api.post(PATH, content=content, headers={"Content-Type": kind})
    assert (answered.status_code, answered.json()["code"]) == (status, slug)


async def test_it_takes_a_recruiters_key(user: httpx.AsyncClient) -> None:
    problem(await user.post(PATH, content=report(), headers=RAW), 401, "not-signed-in")
    problem(await (await as_role(user, Role.VIEWER)).post(PATH, content=report(), headers=RAW), 403, "not-allowed")
    problem(await (await as_role(user, Role.RECRUITER)).post(PATH, content=report(), headers=RAW), 404, "not-found")


async def shown_of(api: httpx.AsyncClient, delivery: object) -> dict[str, Any]:
    found: dict[str, Any] = await ok(api, f"/api/notifications/deliveries/{delivery}/")
    return found


async def test_what_somebody_says_of_a_bounce_is_marked_as_their_claim(user: httpx.AsyncClient) -> None:
    recruiter = await as_role(user, Role.RECRUITER)
    delivery = await mailed()
    said = {"message_id": f"<{delivery}@hire.example>", "status": "5.1.1", "diagnostic": "550 5.1.1 says Rita"}
    assert (await take(recruiter, said))["state"] == "bounced"
    shown = await shown_of(recruiter, delivery)
    assert [shown["reported_by"], *(mail["reported_by"] for mail in shown["returned"])] == ["tests, recruiter"] * 2
    (listed,) = (await ok(recruiter, "/api/notifications/deliveries/"))["items"]
    (schedule,) = (await ok(recruiter, "/api/interviews/schedules/"))["items"]
    assert listed["reported_by"] == schedule["invitation"]["deliveries"][0]["reported_by"] == "tests, recruiter"


async def test_a_report_without_our_tag_is_a_claim_too_and_the_genuine_one_replaces_it(api: httpx.AsyncClient) -> None:
    delivery = await mailed()
    forged = report("gmail_failed", to="bounces@hire.example", message_id=f"<{delivery}@hire.example>")
    answered = await api.post(PATH, content=forged, headers=RAW)
    assert answered.json()["state"] == "bounced", answered.text
    assert (await shown_of(api, delivery))["reported_by"] == "tests"
    address = ReturnPath("bounces@hire.example", [SECRET]).address(delivery)
    genuine = await api.post(PATH, content=report("gmail_failed", to=address or ""), headers=RAW)
    assert genuine.json()["result"] == "bounced"
    shown = await shown_of(api, delivery)
    assert (shown["state"], shown["reported_by"]) == ("bounced", None)
    assert [mail["reported_by"] for mail in shown["returned"]] == ["tests", None]
    claim = {"message_id": f"<{delivery}@hire.example>", "status": "5.2.2"}
    assert (await take(api, claim))["result"] == "again"
    assert (await shown_of(api, delivery))["reported_by"] is None
