import httpx

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import post_interview, post_slot
from hireloop.access.tables import Role
from hireloop.scheduling.audit import Action

PATH = "/api/audit/"


async def test_the_audit_says_who_did_what_when_from_which_key_and_in_which_trace(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api, email="asha@example.com"), await post_slot(api)
    await post_booking(api, interview, slot)
    key = (await api.post("/api/keys/", json={"name": "front", "role": "viewer"})).json()
    await api.delete(f"/api/keys/{key['id']}/")
    await api.delete(f"/api/keys/{key['id']}/")  # twice is once
    shown = await api.get(PATH)
    entries = shown.json()["items"]
    actions = [entry["action"] for entry in entries]
    assert actions[:3] == ["key.revoked", "key.created", "schedule.booked"]
    assert sorted(actions[3:-1]) == ["candidate.created", "interview.created", "job.created", "slot.created"]
    assert actions[-1] == "key.created"
    assert "asha@example.com" not in shown.text
    assert key["key"] not in shown.text
    by_tests, by_nobody = entries[:-1], entries[-1]  # the first key is nobody's doing
    assert {(entry["actor"], entry["actor_key"]) for entry in by_tests} == {("tests", by_nobody["subject"])}
    assert (by_nobody["actor"], by_nobody["actor_key"]) == ("HireLoop", None)
    assert all(entry["at"].endswith("+05:30") for entry in entries)
    assert entries[1]["details"] == {"name": "front", "role": "viewer"}


async def test_the_audit_is_filtered_by_what_whom_which_key_and_since(api: httpx.AsyncClient) -> None:
    interview = await ok(api, f"/api/interviews/{await post_interview(api)}/")
    entries = (await ok(api, PATH))["items"]
    (key,) = {entry["actor_key"] for entry in entries if entry["actor_key"]}

    async def listed(query: str) -> list[str]:
        return [entry["id"] for entry in (await ok(api, f"{PATH}?{query}"))["items"]]

    def those(name: str, value: str) -> list[str]:
        return [entry["id"] for entry in entries if entry[name] == value]

    assert await listed("action=interview.created") == those("action", "interview.created")
    assert await listed(f"subject={interview['job']}") == those("subject", interview["job"])
    assert await listed(f"candidate={interview['candidate']}") == those("candidate", interview["candidate"])
    assert await listed(f"key={key}") == those("actor_key", key)
    since = entries[0]["at"].replace("+", "%2B")
    assert await listed(f"since={since}") == those("at", entries[0]["at"])
    assert await listed(f"key={key}&action=job.created&subject={interview['candidate']}") == []
    for query, field in (("action=job.burnt", "action"), (f"key={NOWHERE[:9]}", "key"), ("since=2026-12-01", "since")):
        problem(await api.get(f"{PATH}?{query}"), 400, "bad-input", field)


async def test_an_unknown_action_is_refused_with_all_that_there_are(api: httpx.AsyncClient) -> None:
    refused = await api.get(PATH, params={"action": "candidate.deleted"})
    problem(refused, 400, "bad-input", "action")
    (wrong,) = refused.json()["errors"]
    assert all(action in wrong["message"] for action in Action)


async def test_the_audit_is_for_admins_and_nobody_writes_to_it(user: httpx.AsyncClient) -> None:
    await as_role(user, Role.RECRUITER)
    problem(await user.get(PATH), 403, "not-allowed")
    await as_role(user, Role.ADMIN)
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        problem(await user.request(method, PATH, json={}), 405, "method-not-allowed")
