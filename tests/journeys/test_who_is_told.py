"""Reminders and alerts, put by a real worker and received over real SMTP."""

from datetime import timedelta

import pytest

from factories import book, make_slot, rows, soon, unaccounted
from hireloop.local.mailbox.mail_folder import ReceivedMail
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.notify import messages
from hireloop.notify.channels import configured
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.settings import Settings
from processes import WorkerProcess, environment


@pytest.mark.usefixtures("database")
async def test_a_candidate_is_reminded_and_a_failed_invitation_is_told_of(
    database_url: str, settings: Settings, mailbox: Mailbox
) -> None:
    outbox = Outbox.of(settings, configured.channels(settings))
    near = await make_slot(starts_at=soon(85), seats=2)
    for email in ("asha@example.com", "rejected@simulated.test"):
        at = soon() - timedelta(minutes=10)  # before the lead of the reminder, and not at risk yet
        await book(slot=near, outbox=outbox, now=at, email=email)
    host, port = mailbox.start()
    mail = {"EMAIL_HOST": host, "EMAIL_PORT": str(port), "ALERT_EMAIL": "ops@hire.example"}
    for reminders, mails_by_then in (("none", 2), ("90m", 3)):  # an invitation that comes after it needs no reminder
        with WorkerProcess(environment(database_url, **mail, REMINDERS=reminders)) as worker:
            mails = mailbox.wait_for(mails_by_then, timeout=30)
            assert worker.stop() == 0
    told = {(mail.recipients, str(mail.email["Subject"]).partition(":")[0]): mail for mail in mails}
    assert {recipients for recipients, _ in told} == {("asha@example.com",), ("ops@hire.example",)}
    (alert,) = [mail for (recipients, _), mail in told.items() if recipients == ("ops@hire.example",)]
    assert "recipient_unknown" in text_of(alert)
    assert "session_key" not in text_of(alert)
    invitation, reminder = sorted(
        (mail for (recipients, _), mail in told.items() if recipients == ("asha@example.com",)),
        key=lambda mail: "Interview scheduled" not in str(mail.email["Subject"]),
    )
    assert "session_key" in text_of(invitation)
    assert "session_key" in text_of(reminder)
    assert await unaccounted() == 0


@pytest.mark.usefixtures("database")
async def test_interviewers_are_told_by_themselves_and_a_dead_address_of_theirs_is_told_of(
    database_url: str, settings: Settings, mailbox: Mailbox
) -> None:
    outbox = Outbox.of(settings, configured.channels(settings))
    for interviewer in ("ivan@example.com", "rejected@simulated.test"):
        slot = await make_slot(starts_at=soon(300), interviewer_email=interviewer, interviewer_name="Ivan Petrov")
        await book(slot=slot, outbox=outbox, resume_text="Ten years of Python.")
    host, port = mailbox.start()
    mail = {"EMAIL_HOST": host, "EMAIL_PORT": str(port), "ALERT_EMAIL": "ops@hire.example"}
    with WorkerProcess(environment(database_url, **mail)) as worker:
        mails = mailbox.wait_for(4, timeout=30)
        assert worker.stop() == 0
    (to_ivan,) = [one for one in mails if one.recipients == ("ivan@example.com",)]
    (alert,) = [one for one in mails if one.recipients == ("ops@hire.example",)]
    said = text_of(to_ivan)
    assert str(to_ivan.email["Subject"]) == "Interview scheduled: Asha Rao, Backend Engineer at Example Labs"
    assert "/console/bookings/" in said
    assert "/resume/" in said
    assert str(alert.email["Subject"]).startswith("Not delivered to the interviewer: Asha Rao")
    assert "Correct the interviewer's address" in text_of(alert).replace("\n", " ")
    sessions = [str(row["id"]) for row in await rows("session")]
    theirs = [row["payload"] for row in await rows("delivery") if messages.party_of(row["kind"]) == "interviewer"]
    everything = "".join([*theirs, to_ivan.email.as_string(), *(str(part) for part in to_ivan.email.walk())])
    assert len(theirs) == 2
    assert not any(secret in everything for secret in ("session_key", "key_version", *sessions))
    told = [row for row in await rows("delivery") if row["recipient"] != "ivan@example.com"]
    states = {messages.party_of(row["kind"]): row["state"] for row in told}
    assert (states[messages.Party.CANDIDATE], states[messages.Party.INTERVIEWER]) == ("sent", "rejected")
    assert await unaccounted() == 0


def text_of(mail: ReceivedMail) -> str:
    body = mail.email.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text
