import httpx
import pytest

from hireloop import db
from hireloop.notify import channel_health, routing, workers
from hireloop.settings import Settings
from samples import post_interview, post_slot, soon


async def reasons(visitor: httpx.AsyncClient) -> list[str]:
    """Return why deliveries are not being taken care of, none where they are."""
    answered = await visitor.get("/health/delivery")
    body = answered.json()
    assert answered.headers["cache-control"] == "no-store"
    assert (answered.status_code, body["status"]) == ((503, "failing") if body["reasons"] else (200, "ok"))
    found: list[str] = body["reasons"]
    return found


async def live_worker(*, kinds: tuple[str, ...] = ("invitation",), base_url: str = "https://hire.example") -> None:
    await workers.sign(db.new_id(), "w:1", channels=["email"], kinds=kinds, base_url=base_url)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/live/", "/health/ready/"])
async def test_a_serving_process_is_alive_and_ready_without_a_key(visitor: httpx.AsyncClient, path: str) -> None:
    answered = await visitor.get(path)
    assert (answered.status_code, answered.json()["status"], answered.json()["reasons"]) == (200, "ok", [])
    if "ready" in path:
        assert "EMAIL_HOST is not set" in answered.json()["warnings"][0]


async def test_a_missing_migration_is_not_ready(visitor: httpx.AsyncClient) -> None:
    await db.fetch("DELETE FROM migration WHERE app_name = 'api'")
    answered = await visitor.get("/health/ready")
    assert answered.status_code == 503
    assert answered.json()["reasons"] == ["1 migration(s) are missing: run `hireloop migrate`."]
    assert (await visitor.get("/health/live")).status_code == 200


async def test_without_a_worker_nothing_is_being_told(visitor: httpx.AsyncClient) -> None:
    assert await reasons(visitor) == ["No worker has been seen lately: start `hireloop work`."]


async def test_with_a_worker_and_nothing_wrong_it_is_ok(visitor: httpx.AsyncClient) -> None:
    await live_worker()
    assert await reasons(visitor) == []


async def test_a_worker_that_writes_other_links_is_a_warning(visitor: httpx.AsyncClient) -> None:
    await live_worker(base_url="https://old.example")
    answered = await visitor.get("/health/delivery")
    assert answered.status_code == 200
    assert answered.json()["warnings"] == [
        (
            "A worker writes links to https://old.example, this process to https://hire.example: "
            "set the same BASE_URL everywhere."
        )
    ]


async def test_a_worker_not_seen_for_twenty_seconds_is_none(visitor: httpx.AsyncClient) -> None:
    await live_worker()
    await db.fetch("UPDATE worker SET seen_at = now() - interval '21 seconds'")
    assert await reasons(visitor) == ["No worker has been seen lately: start `hireloop work`."]


async def test_a_held_channel_is_named_with_its_reason(visitor: httpx.AsyncClient, settings: Settings) -> None:
    await live_worker()
    (channel,) = routing.channels(settings)
    await channel_health.hold(channel, "auth_refused")
    (reason,) = await reasons(visitor)
    assert reason.startswith("The channel email is held since ")
    assert "refused the user name or the password" in reason
    await channel_health.open_again(channel)
    assert await reasons(visitor) == []


async def test_a_channel_held_by_somebody_elses_settings_is_not_ours(
    visitor: httpx.AsyncClient, settings: Settings
) -> None:
    await live_worker()
    (channel,) = routing.channels(settings.model_copy(update={"email_host": "elsewhere.example"}))
    await channel_health.hold(channel, "auth_refused")
    assert await reasons(visitor) == []


async def test_what_waits_too_long_is_said(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    await live_worker()
    assert await reasons(api) == []
    await db.fetch("UPDATE delivery SET due_at = $1", soon(-2))
    (reason,) = await reasons(api)
    assert reason.startswith("The oldest due delivery has waited for 12")


async def test_a_delivery_that_no_live_worker_can_take_is_counted(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    await live_worker(kinds=("cancelled",))
    (reason,) = await reasons(api)
    assert reason.startswith("1 delivery(ies) fit no live worker")


async def test_several_troubles_are_all_said(visitor: httpx.AsyncClient, settings: Settings) -> None:
    (channel,) = routing.channels(settings)
    await channel_health.hold(channel, "no_mail_host")
    assert len(await reasons(visitor)) == 2
