"""Which sending of a replayed delivery a report is about, if it names the delivery alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest

from factories import rows, soon
from hireloop import db
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.bounces import RecordedReport, ReportResult
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.reading.reports import read
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.bounces.sendings import Sending, Sendings
from hireloop.notify.deliveries import replay
from notify.factories import leased, mailed, settle
from notify.records import state_of
from sample_channels import EMAIL
from sample_settings import SECRET

PATH = ReturnPath("bounces@hire.example", [SECRET])
FIRST = datetime(2026, 12, 1, 10, tzinfo=UTC)
AGAIN = FIRST + timedelta(days=2)
MINUTE = timedelta(minutes=1)

stored = pytest.mark.usefixtures("database")


def returned(to: str, *, dated: datetime | None, on: datetime = FIRST + timedelta(days=9)) -> bytes:
    """Return what qmail sends back: the header of the returned mail has no Message-ID, and `dated` if it has a date."""
    header = "From: HireLoop <interviews@hire.example>\nMIME-Version: 1.0\n"
    header += f"Date: {format_datetime(dated)}\n" if dated else ""
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: {to}\nDate: {format_datetime(on)}\n"
        "Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.com.\n\n<asha@example.com>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        f"{header}"
    ).encode()


async def replayed() -> UUID:
    """Return a delivery that was sent, and two days later sent again."""
    delivery = await mailed()
    await db.fetch(
        "UPDATE attempt SET started_at = started_at - interval '2 days', finished_at = finished_at - interval '2 days'"
    )
    assert await replay.one(delivery, [EMAIL])
    await settle(await leased())
    return delivery


async def take(delivery: UUID, **dates: datetime | None) -> RecordedReport:
    mail = returned(PATH.address(delivery) or "", **dates)  # type: ignore[arg-type] # a date alone is left out
    return await bounces.record(read(mail), PATH, mail=mail)


@stored
async def test_a_returned_mail_that_was_written_before_the_replay_leaves_the_new_sending_as_it_is() -> None:
    delivery = await replayed()
    recorded = await take(delivery, dated=soon(-2 * 24 * 60))
    assert (recorded.result, await state_of(delivery)) == (ReportResult.IGNORED, ("sent", None))
    (kept,) = await rows("returned_mail")
    assert "no mailbox here" in kept["words"]


@stored
async def test_a_returned_mail_that_was_written_after_the_replay_has_bounced() -> None:
    delivery = await replayed()
    recorded = await take(delivery, dated=soon(1))
    assert (recorded.result, await state_of(delivery)) == (ReportResult.BOUNCED, ("bounced", "recipient_unknown"))


@stored
async def test_without_the_date_of_the_returned_mail_something_came_back() -> None:
    delivery = await replayed()
    recorded = await take(delivery, dated=None, on=soon(60))
    assert (recorded.result, await state_of(delivery)) == (ReportResult.RETURNED, ("sent", "came_back"))
    (kept,) = await rows("returned_mail")
    assert (kept["kind"], b"Sorry, no mailbox here" in kept["mail"]) == ("failed", True)
    (row,) = await rows("delivery")
    assert "no mailbox here" in row["last_reply"]
    assert (await take(delivery, dated=None, on=soon(60))).result is ReportResult.AGAIN


@stored
async def test_a_report_that_was_written_before_the_replay_is_about_the_earlier_sending() -> None:
    delivery = await replayed()
    assert (await take(delivery, dated=None, on=soon(-24 * 60))).result is ReportResult.IGNORED
    assert await state_of(delivery) == ("sent", None)


@stored
async def test_a_delivery_that_was_sent_once_bounces_whatever_the_dates_say() -> None:
    delivery = await mailed()
    recorded = await take(delivery, dated=soon(-30 * 24 * 60), on=soon(-29 * 24 * 60))
    assert recorded.result is ReportResult.BOUNCED


@stored
async def test_a_first_sending_that_no_server_took_cannot_come_back() -> None:
    delivery = await mailed("rejected")
    assert await replay.one(delivery, [EMAIL])
    await settle(await leased())
    assert (await take(delivery, dated=None)).result is ReportResult.BOUNCED


@stored
async def test_what_comes_back_before_the_replay_is_sent_is_about_the_earlier_sending() -> None:
    delivery = await mailed()
    assert await replay.one(delivery, [EMAIL])
    assert (await take(delivery, dated=None)).result is ReportResult.IGNORED
    assert await state_of(delivery) == ("pending", None)


@pytest.mark.parametrize(
    ("dates", "sending"),
    [
        ({"mailed_at": FIRST}, Sending.EARLIER),
        ({"mailed_at": AGAIN}, Sending.CURRENT),
        ({"mailed_at": AGAIN - timedelta(days=9)}, Sending.EARLIER),
        ({"mailed_at": AGAIN + timedelta(days=9)}, Sending.CURRENT),
        ({"arrived_at": FIRST + 3 * MINUTE}, Sending.EARLIER),
        ({"arrived_at": AGAIN + 3 * MINUTE}, Sending.CURRENT),
        ({"arrived_at": AGAIN - 3 * MINUTE}, Sending.CURRENT),  # by a clock that is slow
        ({"reported_at": FIRST + timedelta(days=1)}, Sending.EARLIER),
        ({"reported_at": AGAIN - 3 * MINUTE}, None),
        ({"reported_at": AGAIN + timedelta(days=1)}, None),
        ({"mailed_at": FIRST, "arrived_at": AGAIN}, Sending.EARLIER),  # our own clock counts first
        ({}, None),
    ],
)
def test_the_dates_say_which_sending_it_was(dates: dict[str, datetime], sending: Sending | None) -> None:
    report = DeliveryReport(action=MailAction.FAILED, **dates)  # type: ignore[arg-type] # dates alone
    assert Sendings(earlier=FIRST, current=AGAIN).of(report) is sending


def test_sendings_that_followed_each_other_at_once_are_not_told_apart_by_another_clock() -> None:
    sendings = Sendings(earlier=FIRST, current=FIRST + 20 * MINUTE)
    assert sendings.of(DeliveryReport(arrived_at=FIRST + 20 * MINUTE)) is None
    assert sendings.of(DeliveryReport(mailed_at=FIRST + 20 * MINUTE)) is Sending.CURRENT
