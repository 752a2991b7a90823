import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from unittest.mock import AsyncMock

import httpx
import msgspec
import pytest
from litestar import Litestar
from pydantic import SecretStr

from api.factories import post_booking
from factories import soon
from hireloop import app, db
from hireloop.notify.channels import configured, health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import alert_records
from hireloop.notify.diagnosis.pulse import MailPulse
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transport import Evidence, Held, Phase, Retry, Sent
from hireloop.notify.worker import heartbeat
from hireloop.notify.worker.heartbeat import WorkerStatus
from hireloop.settings import Settings
from notify.factories import LIMIT, alerted, attempt, invite
from sample_settings import settings_for
from servers.databases import as_owner
from servers.smtp import Hang, ScriptedSmtpServer, Step


@pytest.fixture
def mail_server() -> Iterator[ScriptedSmtpServer]:
    with ScriptedSmtpServer() as server:
        yield server


@pytest.fixture
def settings(database_url: str, mail_server: ScriptedSmtpServer) -> Settings:
    return settings_for(database_url, email_host="localhost", email_port=mail_server.port)


async def reasons(user: httpx.AsyncClient) -> list[str]:
    """Return why deliveries are not being taken care of, none where they are."""
    answered = await user.get("/health/delivery")
    body = answered.json()
    assert answered.headers["cache-control"] == "no-store"
    assert (answered.status_code, body["status"]) == ((503, "failing") if body["reasons"] else (200, "ok"))
    found: list[str] = body["reasons"]
    return found


async def live_worker(*, kinds: tuple[str, ...] = ("invitation",), base_url: str = "https://hire.example") -> None:
    await heartbeat.record(db.new_id(), "w:1", channels=["email"], kinds=kinds, base_url=base_url)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/live/", "/health/ready/"])
async def test_a_serving_process_is_alive_and_ready_without_a_key(user: httpx.AsyncClient, path: str) -> None:
    answered = await user.get(path)
    assert (answered.status_code, answered.json()["status"], answered.json()["reasons"]) == (200, "ok", [])


async def test_a_missing_migration_is_not_ready(user: httpx.AsyncClient, database_url: str) -> None:
    await as_owner(database_url, "DELETE FROM migration WHERE app_name = 'api' AND name LIKE '%T12:%'")
    answered = await user.get("/health/ready")
    assert answered.status_code == 503
    assert answered.json()["reasons"] == ["The database has 1 pending migration. Run `hireloop migrate`."]
    assert (await user.get("/health/live")).status_code == 200


async def test_spans_that_could_not_be_exported_are_a_warning(user: httpx.AsyncClient, application: Litestar) -> None:
    context = application.state["context"]
    application.state["context"] = msgspec.structs.replace(context, spans_dropped=lambda: 2)
    await heartbeat.record(
        db.new_id(), "w:1", channels=["email"], kinds=["invitation"], base_url="", status=WorkerStatus(spans_dropped=1)
    )
    assert await reasons(user) == []
    warnings = (await user.get("/health/delivery")).json()["warnings"]
    assert warnings[-1] == "3 spans could not be exported. Check the collector."


async def test_without_a_worker_nothing_is_being_told(user: httpx.AsyncClient) -> None:
    assert await reasons(user) == ["No worker has reported recently. Start `hireloop work`."]


async def test_with_a_worker_and_nothing_wrong_it_is_ok(user: httpx.AsyncClient) -> None:
    await live_worker()
    assert await reasons(user) == []


async def test_a_worker_that_writes_other_links_is_a_warning(user: httpx.AsyncClient) -> None:
    await live_worker(base_url="https://old.example")
    answered = await user.get("/health/delivery")
    assert answered.status_code == 200
    assert answered.json()["warnings"] == [
        (
            "A worker writes links to https://old.example, but this process to https://hire.example. "
            "Set the same BASE_URL everywhere."
        )
    ]


async def test_a_worker_not_seen_for_twenty_seconds_is_none(user: httpx.AsyncClient) -> None:
    await live_worker()
    await db.fetch("UPDATE worker SET seen_at = now() - interval '21 seconds'")
    assert await reasons(user) == ["No worker has reported recently. Start `hireloop work`."]


async def test_what_fails_in_a_worker_and_a_ledger_that_nobody_reads_are_named(user: httpx.AsyncClient) -> None:
    status = WorkerStatus(failing=("The sweep alerts fails (UndefinedColumnError 42703).",), ledger_age=200.0)
    await heartbeat.record(db.new_id(), "w:1", channels=["email"], kinds=["invitation"], base_url="", status=status)
    fails, ledger = await reasons(user)
    assert fails == "The sweep alerts fails (UndefinedColumnError 42703)."
    assert ledger.startswith("No worker has read the ledger for 20")


async def test_a_refused_statement_is_not_called_an_unavailable_database(
    user: httpx.AsyncClient, database_url: str
) -> None:
    await as_owner(database_url, "REVOKE SELECT ON migration, worker FROM hireloop_app")
    answered = await user.get("/health/delivery")
    assert answered.status_code == 503
    assert answered.json()["reasons"][0] == (
        "The database refuses a statement of this process (InsufficientPrivilegeError 42501). "
        "Run `hireloop doctor`, and grant the role in DATABASE_URL the privileges that it names."
    )


async def test_a_held_channel_is_named_with_its_reason(user: httpx.AsyncClient, settings: Settings) -> None:
    await live_worker()
    (channel,) = configured.channels(settings)
    await health.hold(channel, "auth_refused")
    (reason,) = await reasons(user)
    assert reason.startswith("The channel email has been held since ")
    assert "refused the user name or the password" in reason
    await health.open_again(channel)
    assert await reasons(user) == []


async def test_one_fault_is_said_once_where_the_mail_servers_own_check_says_why(settings: Settings) -> None:
    script: dict[str, Step] = {"AUTH": "535 5.7.8 No"}
    with ScriptedSmtpServer(script) as server:
        url = f"mailto://u:a-canary@localhost:{server.port}?from=jobs@hire.example"
        values = {"email_port": server.port, "email_host_user": "u", "email_host_password": "p"}
        both = settings_for(str(settings.database_url), email_host="localhost", email_fallback_url=url, **values)
        async with visiting(both) as client:
            (channel,) = configured.channels(both)
            await health.hold(channel, "auth_refused")
            await health.hold(providers.provider(channel, Route.FALLBACK), "auth_refused")
            async with asyncio.timeout(30):
                said = await reasons(client)
                while any("held" in reason for reason in said):  # not both mail servers have answered yet
                    said = await reasons(client)
    assert [reason.partition(".")[0] for reason in said] == ["localhost refused the user name or the password"] * 2


def with_fallback(settings: Settings) -> Settings:
    url = f"mailto://localhost:{settings.email_port}?from=jobs@hire.example"
    return settings.model_copy(update={"email_fallback_url": SecretStr(url)})


async def warnings(user: httpx.AsyncClient) -> list[str]:
    found: list[str] = (await user.get("/health/delivery")).json()["warnings"]
    return found


async def test_a_held_fallback_is_a_warning_until_the_primary_is_held_too(settings: Settings) -> None:
    both = with_fallback(settings)
    async with visiting(both) as client:
        (channel,) = configured.channels(both)
        await health.hold(providers.provider(channel, Route.FALLBACK), "auth_refused")
        assert await reasons(client) == []
        [warning] = await warnings(client)
        await health.hold(channel, "sending_limit")
        [primary, fallback] = await reasons(client)
        assert await warnings(client) == []
    assert warning == fallback
    assert warning.startswith("The fallback of the channel email has been held since ")
    assert primary.startswith("The channel email has been held since ")


async def test_a_held_fallback_is_a_reason_while_the_primary_refuses_us(settings: Settings) -> None:
    both = with_fallback(settings)
    async with visiting(both) as client:
        (channel,) = configured.channels(both)
        await invite()
        await attempt(LIMIT, channel)
        await health.hold(providers.provider(channel, Route.FALLBACK), "auth_refused")
        [fallback, primary] = await reasons(client)
    assert fallback.startswith("The fallback of the channel email has been held since ")
    assert primary.startswith("The last attempt to send mail failed. ")


async def test_a_fallback_that_refused_us_lately_is_a_warning(settings: Settings) -> None:
    both = with_fallback(settings)
    async with visiting(both) as client:
        (channel,) = configured.channels(both)
        await invite()
        await attempt(LIMIT, channel, route=Route.FALLBACK)
        assert await reasons(client) == []
        assert await warnings(client) == [
            f"The last attempt to send mail through the fallback failed. {sentence_of('sending_limit')}"
        ]


async def test_a_channel_held_by_somebody_elses_settings_is_not_ours(
    user: httpx.AsyncClient, settings: Settings
) -> None:
    await live_worker()
    (channel,) = configured.channels(settings.model_copy(update={"email_host": "elsewhere.example"}))
    await health.hold(channel, "auth_refused")
    assert await reasons(user) == []


async def test_what_waits_too_long_is_said(api: httpx.AsyncClient) -> None:
    await post_booking(api)
    await live_worker()
    assert await reasons(api) == []
    await db.fetch("UPDATE delivery SET due_at = $1", soon(-2))
    (reason,) = await reasons(api)
    assert reason.startswith("The oldest due delivery has been waiting for 12")


async def test_a_delivery_that_no_live_worker_can_take_is_counted(api: httpx.AsyncClient) -> None:
    await post_booking(api)
    await live_worker(kinds=("cancelled",))
    (reason,) = await reasons(api)
    assert reason.startswith("1 delivery cannot be sent by any running worker")


async def test_several_failures_are_all_reported(user: httpx.AsyncClient, settings: Settings) -> None:
    (channel,) = configured.channels(settings)
    await health.hold(channel, "no_mail_host")
    assert len(await reasons(user)) == 2


# --- Mail ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def visiting(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Visit an application with these settings; a worker is alive."""
    application = app.build(settings)
    async with application.lifespan():
        await live_worker()
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type] # Litestar's ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
            yield client


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email_host": ""}, "EMAIL_HOST is not set, so no mail can be sent. Set EMAIL_HOST or EMAIL_URL."),
        ({"email_backend": "console"}, "EMAIL_BACKEND is console, so no mail leaves this machine. Set it to smtp."),
        (
            {"email_host_user": "me"},
            "Only one of EMAIL_HOST_USER and EMAIL_HOST_PASSWORD is set. Set both or neither.",
        ),
    ],
)
async def test_mail_settings_that_cannot_send_are_a_reason_and_do_not_lock_candidates_out(
    settings: Settings, values: dict[str, object], reason: str
) -> None:
    async with visiting(settings_for(str(settings.database_url), **{"email_host": "localhost", **values})) as client:
        assert await reasons(client) == [reason]
        ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["reasons"]) == (200, [])
    assert reason in ready.json()["warnings"]


async def test_a_wrong_mail_password_is_a_reason_without_the_servers_words_and_does_not_lock_candidates_out(
    settings: Settings,
) -> None:
    script: dict[str, Step] = {"AUTH": "535 5.7.8 me@hire.example has another password than a canary"}
    with ScriptedSmtpServer(script) as server:
        values = {"email_port": server.port, "email_host_user": "me@hire.example", "email_host_password": "a canary"}
        async with visiting(settings_for(str(settings.database_url), email_host="localhost", **values)) as client:
            [reason] = await reasons(client)
            ready = await client.get("/health/ready")
    assert reason.startswith("localhost refused the user name or the password. Correct EMAIL_HOST_USER")
    assert "canary" not in reason
    assert "@" not in reason
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "reasons": [], "warnings": [IN_CLEAR]})


IN_CLEAR = (
    "EMAIL_HOST_PASSWORD is sent unencrypted, which is allowed only because the server is on this machine. "
    "Set EMAIL_USE_TLS or EMAIL_USE_SSL."
)


async def test_the_mail_server_is_asked_once_however_often_one_looks(
    user: httpx.AsyncClient, mail_server: ScriptedSmtpServer
) -> None:
    for _ in range(5):
        await reasons(user)
    assert mail_server.connection_count == 1
    assert mail_server.received == []


async def test_readiness_asks_no_mail_server(user: httpx.AsyncClient, mail_server: ScriptedSmtpServer) -> None:
    assert (await user.get("/health/ready")).status_code == 200
    assert mail_server.connection_count == 0


async def test_a_base_url_on_localhost_is_a_warning(settings: Settings) -> None:
    async with visiting(settings.model_copy(update={"base_url": "http://localhost:8000"})) as client:
        answered = await client.get("/health/delivery")
    assert "BASE_URL points to localhost" in answered.json()["warnings"][0]


async def test_an_alert_that_nobody_has_heard_of_for_two_minutes_fails_until_somebody_knows(
    user: httpx.AsyncClient,
) -> None:
    await live_worker(kinds=("invitation", "alert"))
    await alerted(minutes_ago=1.9)
    assert await reasons(user) == []
    alert = await alerted(minutes_ago=2.1, email="ravi@example.com")
    (said,) = await reasons(user)
    booking = await db.fetch_value("SELECT schedule FROM alert WHERE id = $1", alert)
    assert f"the invitation message of the booking {booking}, which has failed (recipient_unknown)," in said
    assert "@" not in said
    await alert_records.acknowledge(alert, by="Rita", note=AsyncMock())
    assert await reasons(user) == []


async def test_of_many_unheard_alerts_three_are_named_and_the_others_counted(user: httpx.AsyncClient) -> None:
    await live_worker(kinds=("invitation", "alert"))
    for minute in range(5):
        await alerted(minutes_ago=3 + minute, email=f"asha{minute}@example.com")
    said = await reasons(user)
    assert (len(said), said[-1]) == (
        4,
        "2 other alerts have not reached anyone either. Run `hireloop alerts list --state unheard`.",
    )


# --- A finding that is kept, and what workers saw since ----------------------------------------------------------


def signed_in(database_url: str, port: int) -> Settings:
    values = {"email_host_user": "me@hire.example", "email_host_password": "a canary"}
    return settings_for(database_url, email_host="localhost", email_port=port, email_timeout=5, **values)


BAD_PASSWORD = Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535))
NOBODY = Retry(reason="connection_refused", evidence=Evidence(phase=Phase.CONNECT))
TAKEN = Sent(evidence=Evidence(phase=Phase.REPLY, code=250))


async def test_a_wrong_password_that_becomes_a_dead_host_is_seen_at_once(settings: Settings) -> None:
    script: dict[str, Step] = {"AUTH": "535 5.7.8 No"}
    server = ScriptedSmtpServer(script)
    ours = signed_in(str(settings.database_url), server.port)
    (channel,) = configured.channels(ours)
    async with visiting(ours) as client:
        await invite()
        with server:
            await attempt(BAD_PASSWORD, channel)
            for _ in range(2):
                [reason] = await reasons(client)
                assert reason.startswith("localhost refused the user name or the password")
        await attempt(NOBODY, channel)
        [reason] = await reasons(client)
    assert reason.startswith(f"Nothing is listening at localhost port {server.port}")


async def test_a_wrong_password_that_is_corrected_at_the_server_is_seen_at_once_and_a_later_hold_too(
    settings: Settings,
) -> None:
    with ScriptedSmtpServer({"AUTH": ["535 5.7.8 No"]}) as server:
        ours = signed_in(str(settings.database_url), server.port)
        (channel,) = configured.channels(ours)
        async with visiting(ours) as client:
            await invite()
            await attempt(BAD_PASSWORD, channel)
            [reason] = await reasons(client)
            assert reason.startswith("localhost refused the user name or the password")
            await attempt(TAKEN, channel)
            assert await reasons(client) == []
            await health.hold(channel, "certificate_invalid")  # which a finding that all was well does not hide
            [reason] = await reasons(client)
    assert reason.startswith("The channel email has been held since ")
    assert "certificate" in reason


async def test_an_account_that_is_refused_after_data_is_named_although_the_server_accepts_our_sender(
    settings: Settings, user: httpx.AsyncClient
) -> None:
    await live_worker()
    (channel,) = configured.channels(settings)
    await invite()
    assert await reasons(user) == []  # the check has found that the server accepts our sender
    await attempt(LIMIT, channel)
    for _ in range(2):
        assert await reasons(user) == [f"The last attempt to send mail failed. {sentence_of('sending_limit')}"]
    await attempt(TAKEN, channel)
    assert await reasons(user) == []


async def test_a_check_made_after_a_refusal_of_our_account_does_not_hide_it(settings: Settings) -> None:
    (channel,) = configured.channels(settings)
    async with visiting(settings) as client:
        await invite()
        await attempt(LIMIT, channel)
        assert await reasons(client) == [f"The last attempt to send mail failed. {sentence_of('sending_limit')}"]


async def test_while_the_check_takes_long_the_newest_attempt_is_what_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedSmtpServer({"AUTH": ["535 5.7.8 No"], "banner": ["220 ready", Hang(60)]}) as server:
        ours = signed_in(str(settings.database_url), server.port)
        (channel,) = configured.channels(ours)
        async with visiting(ours) as client:
            await invite()
            await attempt(BAD_PASSWORD, channel)
            [before] = await reasons(client)
            await attempt(Retry(reason="timed_out", evidence=Evidence(phase=Phase.CONNECT)), channel)
            monkeypatch.setattr(MailPulse.findings, "__kwdefaults__", {"patience": 0.05})
            [held] = await reasons(client)
            await health.open_again(channel)
            await attempt(Retry(reason="timed_out", evidence=Evidence(phase=Phase.CONNECT)), channel)
            [open_again] = await reasons(client)
    assert before.startswith("localhost refused the user name or the password")
    assert held.startswith("The channel email has been held since ")
    assert held.endswith("The server did not answer in time.")
    assert open_again == "The last attempt to send mail failed. The server did not answer in time."
