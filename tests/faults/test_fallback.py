"""A second mail provider steps in for the first one, with real servers and a real worker."""

from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import icalendar
import pytest

from faults.factories import book
from faults.scene import (
    all_is_accounted_for,
    attempts_of,
    mail_through,
    make_due,
    message_ids,
    until_attempt_ends,
    until_state,
)
from hireloop import db
from hireloop.notify.deliveries import retry
from processes import WorkerProcess, free_port
from servers.smtp import ScriptedSmtpServer
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

# What a server says when it refuses us and not the recipient: the step, the reply, the reason.
REFUSALS_OF_US = [
    pytest.param("RCPT", "530 5.7.0 Authentication required", "auth_required", id="sign-in, at RCPT"),
    pytest.param("RCPT", "550 5.1.8 Sender address does not resolve", "sender_refused", id="sender, at RCPT"),
    pytest.param("RCPT", "550 relay not permitted", "relay_refused", id="relay, at RCPT"),
    pytest.param("RCPT", "550 5.4.5 Daily user sending limit exceeded", "sending_limit", id="limit, at RCPT"),
    pytest.param(
        "end",
        "550-5.4.5 Daily user sending limit exceeded. For more information go to\r\n550 5.4.5 https://mail.example/limits",
        "sending_limit",
        id="limit, after DATA",
    ),
    pytest.param("end", "554 5.2.252 SendAsDenied; hr@hire.example", "sender_refused", id="sender, after DATA"),
]
NO_SUCH_USER = "550 5.1.1 No such user here"


def _beside(database_url: str, first: int, second: ScriptedSmtpServer, **settings: str) -> dict[str, str]:
    return mail_through(database_url, first, EMAIL_FALLBACK_URL=f"mailto://127.0.0.1:{second.port}", **settings)


async def _routes(delivery: UUID) -> list[tuple[str, str | None, str | None]]:
    return [(a.route, a.outcome and a.outcome.value, a.reason) for a in await attempts_of(delivery)]


async def _held() -> list[tuple[str, str]]:
    return [tuple(row) for row in await db.fetch("SELECT state, reason FROM channel_health")]


async def test_while_the_first_server_refuses_us_the_second_sends_at_once(database_url: str) -> None:
    with ScriptedSmtpServer({"banner": "554 5.7.1 Not you"}) as first, ScriptedSmtpServer() as second:
        with WorkerProcess(_beside(database_url, first.port, second)) as worker:
            deliveries = [await book() for _ in range(3)]
            sent = [await until_state(delivery, "sent") for delivery in deliveries]
            assert worker.stop() == 0
        assert message_ids(second.received) == {one.message_id: 1 for one in sent}
        for delivery in deliveries:
            *held, last = await attempts_of(delivery)
            assert {(a.route, a.outcome and a.outcome.value) for a in held} <= {("primary", "held")}
            assert (last.route, last.outcome, last.reply) == ("fallback", "sent", "2.0.0 Ok: queued as 4242")
        assert await _held() == [("held", "server_refused")]
        await all_is_accounted_for(second.received)


@pytest.mark.parametrize(("step", "reply", "reason"), REFUSALS_OF_US)
async def test_a_delivery_for_which_the_first_server_refuses_us_goes_by_the_second_at_once_and_a_second_domain_holds(
    database_url: str, step: str, reply: str, reason: str
) -> None:
    with ScriptedSmtpServer({step: reply}) as first, ScriptedSmtpServer() as second:
        settings = _beside(database_url, first.port, second, ALERT_EMAIL="ops@hire.example")
        with WorkerProcess(settings):
            one, colleague = [await book(email=f"{name}@one.example") for name in ("asha", "ben")]
            for delivery in (one, colleague):
                await until_state(delivery, "sent")
                assert await _routes(delivery) == [("primary", "retry", reason), ("fallback", "sent", None)]
                await _was_due_at_once(delivery)
            assert await _held() == []  # one domain alone
            await until_state(await book(email="carla@two.example"), "sent")

            async def alert_is_sent() -> bool:
                return bool(await db.fetch("SELECT FROM delivery WHERE kind = 'alert' AND state = 'sent'"))

            await until(alert_is_sent, "the alert about the held channel has got past it")
        assert await _held() == [("held", reason)]
        assert any("ops@hire.example" in mail.recipient for mail in second.received)
        await all_is_accounted_for(second.received)


async def _was_due_at_once(delivery: UUID) -> None:
    (row,) = await db.fetch(
        "SELECT due_at - finished_at FROM delivery JOIN attempt ON delivery = id WHERE id = $1 AND number = 1", delivery
    )
    assert row[0] < timedelta(seconds=retry.FIRST_PAUSE_SECONDS / 2)  # the shortest pause


async def test_the_calendar_names_the_second_providers_own_sender(database_url: str) -> None:
    with ScriptedSmtpServer({"banner": "554 5.7.1 Not you"}) as first, ScriptedSmtpServer() as second:
        url = f"mailto://127.0.0.1:{second.port}?from=mailer@second.example"
        with WorkerProcess(mail_through(database_url, first.port, EMAIL_FALLBACK_URL=url)):
            await until_state(await book(), "sent")
        (received,) = second.received
        mail = message_from_bytes(received.content, policy=policy.default)
        (attached,) = mail.iter_attachments()
        (event,) = icalendar.Calendar.from_ical(attached.get_content()).events
        organizer = event["ORGANIZER"]
        assert str(mail["From"]) == "mailer@second.example"
        assert organizer.params["SENT-BY"] == "mailto:mailer@second.example"
        assert organizer != "mailto:mailer@second.example"


async def test_a_success_in_between_clears_the_suspicion(database_url: str) -> None:
    refused = "530 5.7.0 Authentication required"
    with ScriptedSmtpServer({"RCPT": [refused, "250 2.1.5 Ok", refused]}) as first, ScriptedSmtpServer() as second:
        with WorkerProcess(_beside(database_url, first.port, second)):
            for name in ("one", "two", "three"):
                await until_state(await book(email=f"asha@{name}.example"), "sent")
        assert (len(first.received), len(second.received)) == (1, 2)
        assert await _held() == []


async def test_mistyped_addresses_at_several_domains_end_as_rejected_and_hold_nothing(database_url: str) -> None:
    with ScriptedSmtpServer({"RCPT": NO_SUCH_USER}) as first, ScriptedSmtpServer() as second:
        with WorkerProcess(_beside(database_url, first.port, second)):
            for name in ("one", "two", "three"):
                delivery = await book(email=f"tyop@{name}.example")
                await until_state(delivery, "rejected")
                assert await _routes(delivery) == [("primary", "rejected", "recipient_unknown")]
        assert second.received == []
        assert await _held() == []


async def test_a_first_server_that_is_down_is_left_after_two_connects(database_url: str) -> None:
    with ScriptedSmtpServer() as second:
        with WorkerProcess(_beside(database_url, free_port(), second)):
            delivery = await book()
            await until_attempt_ends(delivery, 1)
            await make_due(delivery)
            await until_state(delivery, "sent")
        unreached = ("primary", "retry", "connection_refused")
        assert await _routes(delivery) == [unreached, unreached, ("fallback", "sent", None)]
        assert await _held() == []
        await all_is_accounted_for(second.received)


@pytest.mark.parametrize(
    ("by_second", "state", "end"),
    [
        ("250 2.0.0 Ok", "sent", ("fallback", "sent", None)),
        ("554 Transaction failed", "rejected", ("fallback", "rejected", "message_refused")),
    ],
)
async def test_a_message_refused_without_a_word_about_the_mailbox_is_offered_to_the_second_server_once(
    database_url: str, by_second: str, state: str, end: tuple[str, str, str | None]
) -> None:
    with (
        ScriptedSmtpServer({"end": "554 Transaction failed"}) as first,
        ScriptedSmtpServer({"end": by_second}) as second,
        WorkerProcess(_beside(database_url, first.port, second)),
    ):
        delivery = await book()
        await until_state(delivery, state)
        assert await _routes(delivery) == [("primary", "retry", "message_refused"), end]
        assert await _held() == []


@pytest.mark.parametrize(
    ("of_second", "state", "end"),
    [
        (["SMTPUTF8"], "sent", ("fallback", "sent", None)),
        ([], "rejected", ("fallback", "rejected", "recipient_needs_smtputf8")),
    ],
)
async def test_a_recipient_whose_script_the_first_server_does_not_support_is_offered_to_the_second_once(
    database_url: str, of_second: list[str], state: str, end: tuple[str, str, str | None]
) -> None:
    with (
        ScriptedSmtpServer(extensions=[]) as first,
        ScriptedSmtpServer(extensions=of_second) as second,
        WorkerProcess(_beside(database_url, first.port, second)),
    ):
        delivery = await book(email="आशा@example.com")
        await until_state(delivery, state)
        assert await _routes(delivery) == [("primary", "retry", "recipient_needs_smtputf8"), end]
        await _was_due_at_once(delivery)
        assert await _held() == []


async def test_what_the_first_server_cannot_send_waits_for_a_second_one_that_is_held(database_url: str) -> None:
    with (
        ScriptedSmtpServer(extensions=[]) as first,
        ScriptedSmtpServer({"MAIL": "530 5.7.0 Authentication required"}, extensions=["SMTPUTF8"]) as second,
        WorkerProcess(_beside(database_url, first.port, second)),
    ):
        delivery = await book(email="आशा@example.com")
        lacking = ("primary", "retry", "recipient_needs_smtputf8")
        held = ("fallback", "held", "auth_required")
        await until_attempt_ends(delivery, 3)
        began, probed, *since = (await _routes(delivery))[:3]
        # A slow machine may have probed the second server once more by then.
        assert (began, probed) == (lacking, held)
        assert since in ([lacking], [held])
        second.recover()
        await db.fetch("UPDATE channel_health SET next_probe_at = now()")
        await make_due(delivery)
        await until_state(delivery, "sent")
        assert (await _routes(delivery))[-1] == ("fallback", "sent", None)


async def test_what_the_second_server_refuses_waits_for_a_first_one_that_is_down(database_url: str) -> None:
    busy = ["421 4.3.2 Not now"] * 2
    with (
        ScriptedSmtpServer({"banner": busy}) as first,
        ScriptedSmtpServer({"end": "554 Transaction failed"}) as second,
        WorkerProcess(_beside(database_url, first.port, second)),
    ):
        delivery = await book()
        await until_attempt_ends(delivery, 1)
        await make_due(delivery)
        await until_attempt_ends(delivery, 3)
        await make_due(delivery)
        await until_state(delivery, "sent")
        unreached = ("primary", "retry", "server_busy")
        refused = ("fallback", "retry", "message_refused")
        assert await _routes(delivery) == [unreached, unreached, refused, ("primary", "sent", None)]


async def test_where_both_servers_refuse_us_a_delivery_waits_longer_and_longer(database_url: str) -> None:
    refuses = {"RCPT": "530 5.7.0 Authentication required"}
    with ScriptedSmtpServer(refuses) as first, ScriptedSmtpServer(refuses) as second:
        with WorkerProcess(_beside(database_url, first.port, second)):
            delivery = await book()
            await until_attempt_ends(delivery, 2)
            for number in (3, 4):
                await make_due(delivery)
                await until_attempt_ends(delivery, number)
        assert [route for route, *_ in await _routes(delivery)] == ["primary", "fallback", "primary", "fallback"]
        (row,) = await db.fetch(
            "SELECT tries, due_at - finished_at FROM delivery JOIN attempt ON delivery = id AND number = 4"
        )
        assert row[0] == 4
        assert row[1] >= timedelta(seconds=retry.FIRST_PAUSE_SECONDS * 2**3 / 2)


@pytest.mark.parametrize("reply", ["530 5.7.0 Authentication required", "503 5.5.1 Authenticate first"])
async def test_a_refusal_before_any_recipient_holds_at_once(database_url: str, reply: str) -> None:
    with ScriptedSmtpServer({"MAIL": reply}) as first, ScriptedSmtpServer() as second:
        with WorkerProcess(_beside(database_url, first.port, second)):
            await until_state(await book(), "sent")
        assert [state for state, _ in await _held()] == ["held"]
        assert len(second.received) == 1
