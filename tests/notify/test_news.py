"""An interviewer who was not reached is told once, to those who can do something about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs
from structlog.testing import capture_logs

from factories import book, outbox_of
from hireloop import db
from hireloop.notify import news
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.erasure import forget
from hireloop.notify.news import FailedNotice
from notify.factories import INTERVIEWER, hold, notify_interviewer
from notify.news import missed, no_show
from sample_channels import MAIL, chat

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KIND = "interviewer_unreachable"
NOTICE = FailedNotice(
    delivery_id=db.new_id(),
    interviewer_email="ivo@acme.example",
    failure="recipient_unknown",
    reply="550 5.1.1 No mailbox for Asha Rao's interviewer",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    slot=db.new_id(),
    schedule_id=None,
    revision=0,
    starts_at=NOW,
    ends_at=NOW,
    recruiter_email=None,
)


async def deliveries() -> list[Any]:
    return await db.fetch(
        "SELECT schedule, channel, recipient, state, payload::text AS said FROM delivery WHERE kind = $1 ORDER BY id",
        KIND,
    )


@pytest.mark.usefixtures("database")
class TestInterviewerUnreachable:
    async def put(self, outbox: Outbox, notice: FailedNotice = NOTICE) -> Any:  # noqa: ANN401 (an id)
        booked = await book()
        about = structs.replace(notice, schedule_id=booked.booking.id, revision=1)
        for _ in range(2):
            await news.put_interviewer_unreachable(about, outbox, now=NOW)
        return booked.booking.id

    async def test_a_chat_hears_it_once_and_the_log_names_the_delivery_and_its_trace(self) -> None:
        with capture_logs() as lines:
            schedule = await self.put(outbox_of(MAIL, chat(KIND)))
        (told,) = await deliveries()
        assert (told["channel"], told["state"]) == ("chat", "pending")
        (line,) = [line for line in lines if line["event"] == "interviewer.unreachable"]
        assert line == {
            "event": "interviewer.unreachable",
            "slot": str(NOTICE.slot),
            "log_level": "warning",
            "schedule": str(schedule),
            "delivery": str(NOTICE.delivery_id),
            "reason": "recipient_unknown",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7",
        }

    async def test_without_a_chat_or_a_recruiter_the_receiver_of_alerts_gets_a_mail(self) -> None:
        mail = outbox_of(structs.replace(MAIL, kinds=MAIL.kinds | {KIND}))
        await self.put(structs.replace(mail, alert_email="ops@acme.example"))
        (told,) = await deliveries()
        assert (told["channel"], told["recipient"]) == ("email", "ops@acme.example")

    async def test_another_message_that_fails_is_told_too(self) -> None:
        outbox = outbox_of(MAIL, chat(KIND))
        schedule = await self.put(outbox)
        other = structs.replace(NOTICE, delivery_id=db.new_id())
        about = structs.replace(other, schedule_id=schedule, revision=1)
        await news.put_interviewer_unreachable(about, outbox, now=NOW)
        assert len(await deliveries()) == 2

    async def test_a_slot_with_several_bookings_is_told_once_too(self) -> None:
        for _ in range(2):
            await news.put_interviewer_unreachable(NOTICE, outbox_of(MAIL, chat(KIND)), now=NOW)
        assert [row["schedule"] for row in await deliveries()] == [None]

    async def test_nothing_of_an_erased_candidate_is_left_in_it(self) -> None:
        schedule = await self.put(outbox_of(MAIL, chat(KIND)))
        await forget([schedule], now=NOW)
        (told,) = await deliveries()
        assert told["state"] == "superseded"
        assert "Asha" not in told["said"]
        assert "asha@" not in told["said"]


@pytest.mark.usefixtures("database")
class TestPutDue:
    @pytest.mark.parametrize("state", ["rejected", "bounced", "exhausted"])
    async def test_recruiters_hear_once_of_an_interviewer_who_was_not_reached(self, state: str) -> None:
        booked = await book()
        await hold(booked.booking.slot)
        failed = await notify_interviewer(booked, state=state, reason="recipient_unknown")
        outbox = outbox_of(MAIL, chat(KIND))
        assert [await news.put_due(outbox) for _ in range(3)] == [1, 0, 0]
        (told,) = await deliveries()
        said = msgspec.json.decode(told["said"])
        assert (told["schedule"], said["delivery_id"]) == (booked.booking.id, str(failed))
        assert said["about_slot"] == str(booked.booking.slot)
        assert (said["interviewer_email"], said["failure"]) == (INTERVIEWER, "recipient_unknown")

    async def test_of_a_slot_that_fills_up_they_hear_once_until_its_interviewer_was_reached(self) -> None:
        booked = await book()
        await hold(booked.booking.slot)
        outbox = outbox_of(MAIL, chat(KIND))
        told = []
        for revision, state in enumerate(("rejected", "rejected", "exhausted", "sent", "bounced", "bounced"), start=1):
            await notify_interviewer(booked, state=state, revision=revision)
            told.append(await news.put_due(outbox))
        assert told == [1, 0, 0, 0, 1, 0]

    async def test_nothing_is_said_of_what_is_under_way_or_arrived_or_is_long_over(self) -> None:
        booked = await book()
        await hold(booked.booking.slot)
        for revision, state in enumerate(("pending", "sent", "superseded"), start=1):
            await notify_interviewer(booked, state=state, revision=revision)
        await notify_interviewer(booked, state="rejected", revision=4)
        late = booked.booking.ends_at + timedelta(days=1, minutes=1)
        assert await news.put_due(outbox_of(MAIL, chat(KIND)), now=late) == 0

    async def test_one_of_whom_nobody_can_be_told_stands_in_the_way_of_no_other(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(news, "_TOGETHER", 1)
        booked = await book()
        await hold(booked.booking.slot)
        await notify_interviewer(booked, state="rejected")
        told = await notify_interviewer(booked, state="rejected", revision=2, recruiter_email="rec@acme.example")
        outbox = outbox_of(structs.replace(MAIL, kinds=MAIL.kinds | {KIND}))
        assert [await news.put_due(outbox) for _ in range(2)] == [1, 0]
        (said,) = await deliveries()
        assert (said["recipient"], msgspec.json.decode(said["said"])["delivery_id"]) == ("rec@acme.example", str(told))

    async def test_where_nobody_is_to_hear_of_it_nothing_is_looked_for(self) -> None:
        booked = await book()
        await hold(booked.booking.slot)
        await notify_interviewer(booked, state="rejected")
        assert await news.put_due(outbox_of(MAIL)) == 0
        assert await deliveries() == []


BOOKING: dict[str, Any] = {
    "schedule_id": db.new_id(),
    "revision": 3,
    "candidate_name": "Asha Rao",
    "candidate_email": "asha@example.com",
    "job_title": "Backend Engineer",
    "company": "Acme",
    "recruiter_email": None,
    "starts_at": NOW,
    "ends_at": NOW,
}


def test_one_who_did_not_come_is_told_of_their_booking() -> None:
    alone = no_show(BOOKING, missed(BOOKING))
    assert news.gathered([alone]) == alone
    assert alone.occasion == ""


@pytest.mark.parametrize(("candidates", "named", "more"), [(2, 2, 0), (10, 10, 0), (11, 10, 1), (30, 10, 20)])
def test_several_are_told_of_no_booking_alone_and_ten_of_them_are_named(candidates: int, named: int, more: int) -> None:
    together = news.gathered([no_show(BOOKING, missed(BOOKING))] * candidates)
    assert (together.schedule_id, len(together.missed), together.more) == (None, named, more)
    assert together.occasion == f"{BOOKING['schedule_id']}:3"
