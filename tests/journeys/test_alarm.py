"""An alert goes on until somebody has heard of it, on real servers; if nobody does, the health says so."""

import re
from uuid import UUID

import httpx
import pytest

from console.signing import sign_in
from factories import book, outbox_of
from hireloop import db
from hireloop.access.tables import Role
from hireloop.local.mailbox.mailbox import Mailbox
from notify.factories import ALERTING_MAIL
from processes import WorkerProcess, environment
from servers.http import Reply, ScriptedHttpServer
from servers.smtp import ScriptedSmtpServer
from test_cli import hireloop
from waiting import until

DEAD = "rejected@simulated.test"


async def invited(email: str, *, recruiter: str) -> UUID:
    """Book an interview for a job of this recruiter, and return the booking's id."""
    booked = await book(email=email, outbox=outbox_of(ALERTING_MAIL))
    await db.fetch(
        "UPDATE delivery SET payload = payload || jsonb_build_object('recruiter_email', $1::text)", recruiter
    )
    return booked.booking.id


async def ends() -> list[tuple[str, str]]:
    """Return the recipients of alerts, in order, and what became of each."""
    found = await db.fetch("SELECT recipient, state, last_reason FROM delivery WHERE kind = 'alert' ORDER BY id")
    return [(row["recipient"], row["state"] if row["state"] != "pending" else row["last_reason"]) for row in found]


@pytest.mark.usefixtures("database")
async def test_a_recruiter_whose_address_is_dead_is_followed_by_the_receiver_of_alerts(
    database_url: str, mailbox: Mailbox
) -> None:
    await invited(DEAD, recruiter=DEAD)
    host, port = mailbox.start()
    mail = {"EMAIL_HOST": host, "EMAIL_PORT": str(port), "ALERT_EMAIL": "ops@hire.example"}
    with WorkerProcess(environment(database_url, **mail)) as worker:
        (mailed,) = mailbox.wait_for(1, timeout=60)
        await until(heard_by, "the alert is heard")
        assert worker.stop() == 0
    assert mailed.recipients == ("ops@hire.example",)
    assert "Correct the candidate's address" in str(mailed.email.get_body(("plain",)).get_content())  # type: ignore[union-attr] # a text
    assert await ends() == [(DEAD, "rejected"), ("ops@hire.example", "sent")]


async def heard_by() -> str | None:
    recipient: str | None = await db.fetch_value(
        "SELECT recipient FROM alert JOIN delivery ON delivery.id = alert.heard_by"
    )
    return recipient


async def test_if_chat_and_mail_refuse_the_alert_as_well_health_doctor_and_console_say_so_until_somebody_knows(
    database_url: str, user: httpx.AsyncClient
) -> None:
    async def unheard() -> list[str]:
        reasons: list[str] = (await user.get("/health/delivery")).json()["reasons"]
        return [reason for reason in reasons if "has not reached anyone" in reason]

    async def banner() -> bool:
        return "Alerts that have not reached anyone" in (await user.get("/console/")).text

    user.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(user, Role.RECRUITER)
    booking = await invited("asha@example.com", recruiter="rita@hire.example")
    refusing = {"RCPT": "550 5.1.1 No such user here"}
    with ScriptedSmtpServer(refusing) as smtp, ScriptedHttpServer(Reply(404, b"no such hook")) as chat:
        env = environment(
            database_url,
            EMAIL_HOST="localhost",
            EMAIL_PORT=str(smtp.port),
            CHAT_URLS=f"json://127.0.0.1:{chat.port}/canary",
            ALERT_EMAIL="ops@hire.example",
            BASE_URL="https://hire.example",
        )
        with WorkerProcess(env) as worker:
            await until(chat_was_asked, "the chat is asked")
            await db.fetch("UPDATE delivery SET first_due_at = first_due_at - interval '1 minute' WHERE kind = 'alert'")
            await until(all_mails_were_refused, "all mails are refused")
            await db.fetch(
                "UPDATE alert SET unheard_since = unheard_since - interval '2 minutes' WHERE unheard_since IS NOT NULL"
            )
            ours = [reason for reason in await unheard() if str(booking) in reason]
            assert len(ours) == 1
            assert "recipient_unknown" in ours[0]
            assert (await user.get("/health/delivery")).status_code == 503
            assert await banner()
            ran = hireloop("doctor", env=env)
            assert ran.returncode == 1
            assert re.search(r"alerts +The alert about", ran.stdout), ran.stdout
            assert hireloop("alerts", "acknowledge", "--all", env=env).returncode == 0
            assert await unheard() == []
            assert not await banner()
            ran = hireloop("doctor", env=env)
            assert not re.search(r"alerts +The alert about", ran.stdout)
            assert worker.stop() == 0


async def chat_was_asked() -> bool:
    return bool(
        await db.fetch_value(
            """
            SELECT count(*) FROM delivery JOIN alert ON alert.id = delivery.alert
            WHERE kind = 'alert' AND delivery.channel LIKE 'json%' AND attempt_count > 0 AND alert.cause = 'failed'
            """
        )
    )


async def all_mails_were_refused() -> bool:
    refused = await db.fetch(
        """
        SELECT DISTINCT recipient FROM delivery JOIN alert ON alert.id = delivery.alert
        WHERE kind = 'alert' AND state = 'rejected' AND alert.cause = 'failed'
        """
    )
    return {"rita@hire.example", "ops@hire.example"} <= {row["recipient"] for row in refused}
