"""What a report does to the delivery that it is about, and that nobody else's is touched."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from factories import rows, unaccounted
from hireloop import db
from hireloop.errors import NotAReport, ReportOfNothing
from hireloop.notify.bounces import bounces, returned
from hireloop.notify.bounces.bounces import RecordedReport, ReportResult
from hireloop.notify.bounces.reading.causes import reason_of
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.reading.reports import read
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.deliveries import replay
from hireloop.notify.erasure import forget
from hireloop.notify.reasons import Reason
from notify.bounces.sample_reports import EXPECTED, FAILED, report, sample
from notify.factories import invite, leased, mailed, settle
from notify.records import state_of
from sample_channels import EMAIL
from sample_settings import SECRET

PATH = ReturnPath("bounces@hire.example", [SECRET])
OF_ANOTHER = UUID("01990000-0000-7000-8000-0000000000a1")

stored = pytest.mark.usefixtures("database")


def signed(delivery: UUID, name: str = "postfix_failed", *, message_id: str = "") -> DeliveryReport:
    """Return a report to the delivery's own address, about a mail to somebody else as far as it says."""
    address = PATH.address(delivery)
    assert address is not None
    message_id = message_id or f"<{delivery}@hire.example>"
    return read(report(name, to=address, recipient="alias@elsewhere.example", message_id=message_id))


async def record(said: DeliveryReport) -> RecordedReport:
    return await bounces.record(said, PATH)


# --- What becomes of the delivery -------------------------------------------------------------------------------------


@stored
@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        (
            "postfix_failed",
            "recipient_unknown",
            "mx.example.com: 550 5.1.1 <alias@elsewhere.example>: Recipient address",
        ),
        ("postfix_no_such_domain", "recipient_unknown", "Host or domain name not found. Name service error for name="),
        ("exim_failed", "mailbox_full", "mx.example.com: 552 5.2.2 Mailbox over quota"),
        ("exim_old_failed", "recipient_unknown", "alias@elsewhere.example SMTP error from remote mail server after"),
        ("exchange_failed", "mailbox_full", "EX02.corp.example: 554 5.2.2 mailbox full; STOREDRV"),
        ("office365_failed", "recipient_unknown", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient alias@"),
        ("gmail_failed", "recipient_unknown", "gmail-smtp-in.l.google.com.: 550-5.1.1 The email account that you"),
    ],
)
async def test_a_sent_mail_that_comes_back_has_bounced_with_the_servers_words(
    name: str, reason: str, words: str
) -> None:
    delivery = await mailed()
    recorded = await record(signed(delivery, name))
    assert recorded == RecordedReport(delivery=delivery, state="bounced", result=ReportResult.BOUNCED, reason=reason)  # type: ignore[arg-type] # its text
    (row,) = await rows("delivery")
    assert (row["state"], row["last_reason"]) == ("bounced", reason)
    assert row["last_reply"].startswith(words)
    assert row["sent_at"] <= row["bounced_at"]
    assert row["failure_alerted_at"] is None
    assert await unaccounted() == 0


@stored
async def test_the_same_report_again_changes_nothing() -> None:
    delivery = await mailed()
    await record(signed(delivery))
    before = await rows("delivery")
    again = await record(signed(delivery))
    assert (again.result, await rows("delivery")) == (ReportResult.AGAIN, before)
    again = await record(signed(delivery, "exim_failed"))
    assert (again.result, again.state, again.reason) == (ReportResult.AGAIN, "bounced", "recipient_unknown")
    assert [row | {"returned_count": 2} for row in before] == await rows("delivery")


@stored
async def test_of_many_reports_at_once_one_is_written() -> None:
    delivery = await mailed()
    result = [one.result for one in await asyncio.gather(*(record(signed(delivery)) for _ in range(8)))]
    assert sorted(result) == [*[ReportResult.AGAIN] * 7, ReportResult.BOUNCED]


@stored
@pytest.mark.parametrize("name", ["postfix_delayed", "gmail_delayed"])
async def test_a_delay_is_told_and_the_mail_stays_sent(name: str) -> None:
    delivery = await mailed()
    recorded = await record(signed(delivery, name))
    assert (recorded.result, await state_of(delivery)) == (ReportResult.DELAYED, ("sent", "delayed"))
    (row,) = await rows("delivery")
    assert "connect" in row["last_reply"]
    assert row["bounced_at"] is None
    assert (await record(signed(delivery))).result is ReportResult.BOUNCED


@stored
async def test_a_delay_after_the_bounce_is_old_news() -> None:
    delivery = await mailed()
    await record(signed(delivery))
    assert (await record(signed(delivery, "postfix_delayed"))).result is ReportResult.IGNORED
    assert await state_of(delivery) == ("bounced", "recipient_unknown")


@stored
async def test_good_news_changes_nothing() -> None:
    delivery = await mailed()
    before = await rows("delivery")
    assert (await record(signed(delivery, "postfix_relayed"))).result is ReportResult.IGNORED
    assert await rows("delivery") == [row | {"returned_count": 1} for row in before]


@stored
async def test_a_report_that_is_quicker_than_the_worker_is_not_overwritten() -> None:
    delivery = await invite(email="asha@example.com")
    lease = await leased()
    assert (await record(signed(delivery))).result is ReportResult.BOUNCED
    await settle(lease)
    assert await state_of(delivery) == ("bounced", "recipient_unknown")
    (attempt,) = await rows("attempt")
    assert attempt["outcome"] == "sent"


@stored
async def test_a_mail_whose_answer_got_lost_is_not_sent_again_once_it_has_come_back() -> None:
    delivery = await mailed("maybe")
    assert (await record(signed(delivery))).result is ReportResult.BOUNCED
    assert await state_of(delivery) == ("bounced", "recipient_unknown")
    (row,) = await rows("delivery")
    assert row["sent_at"] is not None


@stored
async def test_while_tries_go_on_a_passing_failure_says_nothing() -> None:
    delivery = await mailed("maybe")
    soft = msgspec.structs.replace(signed(delivery), status="4.4.7", code=None, diagnostic="timed out")
    assert (await record(soft)).result is ReportResult.IGNORED
    assert (await state_of(delivery))[0] == "pending"


@stored
async def test_a_passing_failure_of_a_sent_mail_is_final() -> None:
    delivery = await mailed()
    soft = msgspec.structs.replace(signed(delivery), status="4.4.7", code=None, diagnostic="timed out")
    assert (await record(soft)).result is ReportResult.BOUNCED
    assert await state_of(delivery) == ("bounced", "bounced")


@stored
@pytest.mark.parametrize("end", [None, "deferred"])
async def test_a_mail_that_nobody_has_taken_cannot_come_back(end: str | None) -> None:
    delivery = await mailed(end) if end else await invite(email="asha@example.com")
    assert (await record(signed(delivery))).result is ReportResult.IGNORED
    assert (await state_of(delivery))[0] == "pending"


@stored
@pytest.mark.parametrize("state", ["superseded", "rejected", "exhausted"])
async def test_what_has_ended_otherwise_keeps_its_state_and_is_told_once_what_came_back(state: str) -> None:
    delivery = await mailed()
    await db.fetch("UPDATE delivery SET state = $1", state)
    assert (await record(signed(delivery))).result is ReportResult.BOUNCED
    assert await state_of(delivery) == (state, "recipient_unknown")
    assert (await record(signed(delivery, "exim_failed"))).result is ReportResult.AGAIN
    assert await state_of(delivery) == (state, "recipient_unknown")


@stored
async def test_a_late_copy_of_the_report_does_not_end_what_was_sent_again_since() -> None:
    delivery = await mailed()
    old = f"<{delivery}@hire.example>"
    await record(signed(delivery, message_id=old))
    assert await replay.one(delivery, [EMAIL])
    await settle(await leased())
    assert (await record(signed(delivery, "exim_failed", message_id=old))).result is ReportResult.IGNORED
    assert (await state_of(delivery))[0] == "sent"
    (row,) = await rows("delivery")
    assert row["message_id"] != old
    assert (await record(signed(delivery, message_id=row["message_id"]))).result is ReportResult.BOUNCED


@stored
async def test_a_quoted_link_and_a_nul_do_not_reach_the_row() -> None:
    delivery = await mailed()
    link = "https://hire.example/?session_key=AZAAAAAAcACAAAAAAAAAoQ.1.c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU"
    said = msgspec.structs.replace(signed(delivery), diagnostic=f"554 Blocked {link} \x00{'ä' * 2000}")
    await record(said)
    (row,) = await rows("delivery")
    assert "c2VjcmV0" not in row["last_reply"]
    assert "\x00" not in row["last_reply"]
    assert len(row["last_reply"].encode()) <= 1024


# --- Whose word counts ------------------------------------------------------------------------------------------------


@stored
@pytest.mark.parametrize("name", FAILED)
async def test_without_a_tag_the_message_id_counts_together_with_the_address(name: str) -> None:
    delivery = await mailed(email="Asha@Example.com")
    message_id = f"<{delivery}@hire.example>"
    with pytest.raises(ReportOfNothing):
        await record(read(report(name, recipient="mallory@example.com", message_id=message_id)))
    assert (await state_of(delivery))[0] == "sent"
    recorded = await record(read(report(name, recipient="asha@example.com", message_id=message_id)))
    assert (recorded.delivery, recorded.result) == (delivery, ReportResult.BOUNCED)


@stored
@pytest.mark.parametrize(
    ("domain", "written"), [("büro.example", "xn--bro-hoa.example"), ("faß.example", "xn--fa-hia.example")]
)
async def test_an_address_outside_ascii_is_known_as_the_mail_wrote_it(domain: str, written: str) -> None:
    delivery = await mailed(email=f"asha@{domain}")
    said = read(report(recipient=f"asha@{written}", message_id=f"<{delivery}@hire.example>"))
    assert (await record(said)).result is ReportResult.BOUNCED


@stored
async def test_a_tag_of_another_installation_counts_for_nothing() -> None:
    delivery = await mailed()
    forged = ReturnPath("bounces@hire.example", ["a secret of somebody else, as long as it takes"]).address(delivery)
    assert forged is not None
    with pytest.raises(ReportOfNothing):
        await record(read(report(to=forged, recipient="x@y.example")))
    assert (await state_of(delivery))[0] == "sent"


@stored
async def test_a_genuine_tag_of_a_delivery_that_is_gone_counts_for_nothing() -> None:
    with pytest.raises(ReportOfNothing):
        await record(signed(OF_ANOTHER))


@stored
async def test_a_signed_in_reporter_needs_the_message_id_alone() -> None:
    delivery = await mailed()
    said = DeliveryReport(action=MailAction.FAILED, message_ids=(f"<{delivery}@hire.example>",))
    with pytest.raises(ReportOfNothing):
        await bounces.record(said, PATH)
    to_another = msgspec.structs.replace(said, recipients=frozenset({"mallory@example.com"}))
    with pytest.raises(ReportOfNothing):
        await bounces.record(to_another, PATH, vouched=True)
    assert (await bounces.record(said, PATH, vouched=True)).result is ReportResult.BOUNCED
    assert await state_of(delivery) == ("bounced", "bounced")


# --- What comes back besides ------------------------------------------------------------------------------------------


async def take(
    delivery: UUID, name: str, *, recipient: str = "asha@example.com", message_id: str = ""
) -> RecordedReport:
    """Record a mail of `samples/` that comes to the delivery's own address."""
    mail = sample(
        name,
        to=PATH.address(delivery) or "",
        recipient=recipient,
        message_id=message_id or f"<{delivery}@hire.example>",
    )
    return await bounces.record(read(mail), PATH, mail=mail)


@stored
async def test_something_unreadable_is_kept_and_told_and_the_same_mail_again_changes_nothing() -> None:
    delivery = await mailed()
    recorded = await take(delivery, "daemon_says_little")
    assert (recorded.result, recorded.reason, recorded.state) == (ReportResult.RETURNED, "came_back", "sent")
    (row,) = await rows("delivery")
    assert row["last_reply"].startswith("Notice: The postmaster of this system")
    (kept,) = await rows("returned_mail")
    assert (kept["delivery"], kept["kind"]) == (delivery, "unreadable")
    assert b"Reference: 4711" in kept["mail"]
    assert (await take(delivery, "daemon_says_little")).result is ReportResult.AGAIN
    assert (await rows("delivery"), await rows("returned_mail")) == ([row], [kept])


@stored
async def test_of_more_than_twenty_mails_the_rest_is_only_counted() -> None:
    delivery = await mailed()
    mail = sample("daemon_says_little", to=PATH.address(delivery) or "")
    for number in range(23):
        one = mail.replace(b"4711@mx", b"%d@mx" % number)
        await bounces.record(read(one), PATH, mail=one)
    assert len(await rows("returned_mail")) == returned.MOST_KEPT == 20
    (row,) = await rows("delivery")
    assert row["returned_count"] == 23
    again = mail.replace(b"4711@mx", b"22@mx")
    assert (await bounces.record(read(again), PATH, mail=again)).result is ReportResult.AGAIN
    assert await rows("delivery") == [row]
    assert (await take(delivery, "qmail_unknown")).result is ReportResult.BOUNCED


@stored
@pytest.mark.parametrize(
    "name", ["auto_exchange", "mdn_displayed", "calendar_accepted", "person_replies", "arf_not_spam"]
)
async def test_an_answer_is_recorded_and_nothing_more(name: str) -> None:
    delivery = await mailed()
    (before,) = await rows("delivery")
    assert (await take(delivery, name)).result is ReportResult.RECORDED
    assert await rows("delivery") == [before | {"returned_count": 1}]
    (kept,) = await rows("returned_mail")
    assert (kept["kind"], kept["mail"] is not None) == (EXPECTED[name]["kind"], name == "person_replies")


@stored
async def test_a_complaint_is_told_and_no_state_changes() -> None:
    delivery = await mailed()
    assert (await take(delivery, "arf_abuse")).result is ReportResult.COMPLAINT
    assert await state_of(delivery) == ("sent", "complaint")
    assert (await take(delivery, "daemon_says_little")).result is ReportResult.RETURNED
    assert await state_of(delivery) == ("sent", "complaint")


@stored
async def test_a_report_about_another_mail_that_somebody_forwards_is_no_bounce() -> None:
    delivery = await mailed()
    foreign = await take(
        delivery, "dsn_nested", recipient="someone@elsewhere.example", message_id="<x@elsewhere.example>"
    )
    assert (foreign.result, foreign.state, foreign.reason) == (ReportResult.RETURNED, "sent", "came_back")
    (kept,) = await rows("returned_mail")
    assert (kept["kind"], b"Final-Recipient" in kept["mail"]) == ("foreign", True)


@stored
@pytest.mark.parametrize(
    ("recipient", "message_id"), [("alias@elsewhere.example", ""), ("asha@example.com", "<x@elsewhere.example>")]
)
async def test_a_tag_counts_with_either_the_recipient_or_the_message_id(recipient: str, message_id: str) -> None:
    delivery = await mailed()
    recorded = await take(delivery, "qmail_unknown", recipient=recipient, message_id=message_id)
    assert (recorded.result, recorded.reason) == (ReportResult.BOUNCED, "recipient_unknown")


@stored
async def test_a_bounce_after_something_unreadable_is_told_once_more() -> None:
    delivery = await mailed()
    await take(delivery, "daemon_says_little")
    await db.fetch("UPDATE delivery SET failure_alerted_at = now()")
    assert (await take(delivery, "sendmail_warning")).result is ReportResult.IGNORED
    assert (await take(delivery, "sendmail_text")).result is ReportResult.BOUNCED
    (row,) = await rows("delivery")
    assert (row["state"], row["failure_alerted_at"]) == ("bounced", None)


@stored
async def test_what_comes_back_before_the_worker_has_settled_is_not_overwritten() -> None:
    delivery = await invite(email="asha@example.com")
    lease = await leased()
    await take(delivery, "daemon_says_little")
    await settle(lease)
    assert await state_of(delivery) == ("sent", "came_back")


@stored
@pytest.mark.parametrize(("name", "reason"), [("daemon_says_little", "came_back"), ("arf_abuse", "complaint")])
async def test_what_came_back_of_a_pending_delivery_is_not_overwritten_by_a_try_that_is_put_off(
    name: str, reason: str
) -> None:
    delivery = await mailed("maybe")
    await db.fetch("UPDATE delivery SET due_at = now()")
    await take(delivery, name)
    words = (await rows("delivery"))[0]["last_reply"]
    await settle(await leased(), "deferred")
    (row,) = await rows("delivery")
    assert (row["state"], row["last_reason"], row["last_reply"]) == ("pending", reason, words)
    await db.fetch("UPDATE delivery SET due_at = now()")
    await settle(await leased())
    assert await state_of(delivery) == ("sent", reason)


@stored
async def test_a_refusal_counts_more_than_what_came_back_before() -> None:
    delivery = await mailed("maybe")
    await db.fetch("UPDATE delivery SET due_at = now()")
    await take(delivery, "daemon_says_little")
    await settle(await leased(), "rejected")
    (row,) = await rows("delivery")
    assert (row["state"], row["last_reply"]) == ("rejected", "the server's words")


@stored
@pytest.mark.parametrize(
    ("theirs", "ours", "result", "state"),
    [
        ("failed 5.1.1", "delayed 4.4.1", ReportResult.DELAYED, ("sent", "delayed")),
        ("failed 5.1.1", "relayed 2.0.0", ReportResult.IGNORED, ("sent", None)),
        ("failed 5.1.1", "failed 5.2.2", ReportResult.BOUNCED, ("bounced", "mailbox_full")),
        ("delivered 2.0.0", "failed 5.2.2", ReportResult.BOUNCED, ("bounced", "mailbox_full")),
    ],
)
async def test_of_several_recipients_ours_decides(
    theirs: str, ours: str, result: ReportResult, state: tuple[str, str | None]
) -> None:
    delivery = await mailed(email="Asha@Example.com")
    groups = {"first@example.org": theirs, "asha@example.com": ours, "last@example.org": theirs}
    mail = (
        f"From: MAILER-DAEMON@mx.example\nTo: {PATH.address(delivery)}\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"
        + "".join(
            f"\nFinal-Recipient: rfc822; {name}\nAction: {said.split()[0]}\nStatus: {said.split()[1]}\n"
            for name, said in groups.items()
        )
    ).encode()
    assert (await bounces.record(read(mail), PATH, mail=mail)).result is result
    assert await state_of(delivery) == state


@stored
async def test_mail_without_a_tag_is_no_report_and_nothing_is_kept() -> None:
    await mailed()
    for name in ("daemon_says_little", "auto_rfc3834", "person_writes"):
        with pytest.raises(NotAReport):
            await bounces.record(read(sample(name)), PATH)
    assert await rows("returned_mail") == []


@stored
async def test_more_than_twenty_unreadable_mails_leave_the_words_as_they_are() -> None:
    delivery = await mailed()
    address = PATH.address(delivery)
    for number in range(22):
        mail = f"From: MAILER-DAEMON@mx.example\nTo: {address}\nSubject: Notice\n\nGood day {number}.".encode()
        await bounces.record(read(mail), PATH, mail=mail)
    (row,) = await rows("delivery")
    assert (row["returned_count"], row["last_reply"]) == (22, "Notice: Good day 19.")


@stored
async def test_a_complaint_after_something_unreadable_is_told_once_more() -> None:
    delivery = await mailed()
    await take(delivery, "daemon_says_little")
    await db.fetch("UPDATE delivery SET failure_alerted_at = now()")
    await take(delivery, "arf_abuse")
    (row,) = await rows("delivery")
    assert (row["last_reason"], row["failure_alerted_at"]) == ("complaint", None)


@stored
async def test_a_forwarded_report_about_another_address_is_no_bounce_even_if_it_names_no_mail() -> None:
    delivery = await mailed()
    mail = (
        f"From: Bob <bob@example.org>\nTo: {PATH.address(delivery)}\nSubject: Fwd: failure notice\n"
        "Content-Type: message/rfc822\n\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n"
        "<stranger@elsewhere.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    ).encode()
    assert (await bounces.record(read(mail), PATH, mail=mail)).result is ReportResult.RETURNED


@stored
async def test_of_an_erased_person_nothing_is_kept_before_or_after() -> None:
    delivery = await mailed()
    await take(delivery, "daemon_says_little")
    (row,) = await rows("delivery")
    await forget([row["schedule"]], now=row["created_at"])
    assert await rows("returned_mail") == []
    await take(delivery, "person_replies")
    (kept,) = await rows("returned_mail")
    assert (kept["words"], kept["mail"]) == ("", None)


# --- Why it came back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ("5.1.1", 550, Reason.RECIPIENT_UNKNOWN),
        ("5.1.2", None, Reason.RECIPIENT_UNKNOWN),
        ("5.1.10", 550, Reason.RECIPIENT_UNKNOWN),
        ("5.4.4", None, Reason.RECIPIENT_UNKNOWN),
        ("5.2.1", 550, Reason.MAILBOX_DISABLED),
        ("5.2.2", 552, Reason.MAILBOX_FULL),
        ("4.2.2", 452, Reason.MAILBOX_FULL),
        ("5.3.4", 552, Reason.MESSAGE_TOO_LARGE),
        ("5.7.1", 554, Reason.POLICY_BLOCK),
        ("5.1.8", 550, Reason.SENDER_REFUSED),
        ("5.0.0", 550, Reason.RECIPIENT_REFUSED),
        (None, 550, Reason.RECIPIENT_REFUSED),
        ("5.4.6", None, Reason.BOUNCED),
        ("4.4.7", None, Reason.BOUNCED),
        ("4.7.0", 421, Reason.POLICY_BLOCK),
        ("5.7.8", 535, Reason.AUTH_REQUIRED),
        (None, None, Reason.BOUNCED),
        ("2.0.0", 250, Reason.BOUNCED),
    ],
)
def test_the_status_says_why_in_the_words_of_a_try(status: str | None, code: int | None, reason: Reason) -> None:
    assert reason_of(DeliveryReport(action=MailAction.FAILED, status=status, code=code)) is reason
