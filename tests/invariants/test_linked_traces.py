"""What happens to a booking later is in traces of its own, which link to the booking's."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from factories import OUTBOX, TESTS, make_slot, outbox_of, rows, soon
from hireloop import db
from hireloop.notify.deliveries import alerts, replay
from hireloop.scheduling import corrections, interviews, withdrawals
from hireloop.scheduling.bookings import cancellations, confirmations, reminders
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import links as session_links
from hireloop.scheduling.slots import interviewer_reminders
from hireloop.telemetry import spans as telemetry
from hireloop.telemetry.links import MOST
from notify.factories import ALERTING_MAIL
from sample_channels import EMAIL, MAIL
from scheduling import factories
from telemetry.exported_spans import exported_spans

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    with exported_spans(monkeypatch) as exporter:
        yield exporter


async def origin_of(booked: Booking) -> int:
    """Return the trace of the first message of a booking."""
    stored = await db.fetch_value("SELECT traceparent FROM delivery WHERE schedule = $1 ORDER BY id LIMIT 1", booked.id)
    return int(telemetry.trace_id_of(stored), 16)


def linked(span: ReadableSpan) -> list[int]:
    assert all(dict(link.attributes or {}) == {"hireloop.link": "booking"} for link in span.links)
    return [link.context.trace_id for link in span.links]


async def _move(one: Booking) -> Any:  # noqa: ANN401 (each returns its own)
    return await factories.move(one, await make_slot(starts_at=soon(600)))


async def _change(_: Booking) -> Any:  # noqa: ANN401 (as above)
    candidate = (await rows("candidate"))[0]["id"]
    return await corrections.change(candidate, CandidatePatch(email="new@example.com"), by=TESTS, outbox=OUTBOX)


async def _erase(_: Booking) -> Any:  # noqa: ANN401 (as above)
    return await erasure.erase((await rows("candidate"))[0]["id"], by=TESTS, outbox=OUTBOX)


CHANGES: dict[str, Callable[[Booking], Awaitable[Any]]] = {
    "schedule.reschedule": _move,
    "schedule.confirm": lambda one: confirmations.confirm(one.id, by=TESTS, outbox=OUTBOX),
    "schedule.cancel": lambda one: cancellations.cancel(one.id, by=TESTS, reason="", outbox=OUTBOX),
    "slot.release": lambda one: withdrawals.release(one.slot, by=TESTS, reason="", outbox=OUTBOX),
    "slot.withdraw": lambda one: withdrawals.withdraw(one.slot, cancel=True, by=TESTS, reason="", outbox=OUTBOX),
    "session.reissue": lambda one: session_links.reissue(one.session.id, by=TESTS, outbox=OUTBOX),
    "session.revoke": lambda one: session_links.revoke(one.session.id, by=TESTS),
    "interview.cancel": lambda one: interviews.cancel(one.interview, by=TESTS, reason="", outbox=OUTBOX),
    "candidate.change": _change,
    "candidate.erase": _erase,
}


def test_every_change_is_tried_here() -> None:
    assert CHANGES.keys() == telemetry.SPAN_CHANGES.keys()


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_links_to_its_booking_once(exported: InMemorySpanExporter, name: str) -> None:
    booked = await factories.book()
    await CHANGES[name](booked)
    (span,) = [one for one in exported.get_finished_spans() if one.name == name]
    assert linked(span) == [await origin_of(booked)]


async def test_after_a_move_it_is_still_the_first_trace_that_is_linked(exported: InMemorySpanExporter) -> None:
    booked = await factories.book()
    await _move(booked)
    await CHANGES["schedule.cancel"](booked)
    (span,) = [one for one in exported.get_finished_spans() if one.name == "schedule.cancel"]
    assert linked(span) == [await origin_of(booked)]


async def test_a_change_of_many_bookings_links_to_some(exported: InMemorySpanExporter) -> None:
    slot = await make_slot(starts_at=soon(600), seats=MOST + 2)
    for _ in range(MOST + 2):
        await factories.book(slot=slot)
    await withdrawals.release(slot, by=TESTS, reason="", outbox=OUTBOX)
    (span,) = [one for one in exported.get_finished_spans() if one.name == "slot.release"]
    assert len(set(linked(span))) == MOST


async def test_a_reminder_links_to_its_booking(exported: InMemorySpanExporter) -> None:
    booked = await factories.book(minutes=60 * 30)
    exported.clear()
    over = outbox_of(MAIL)
    assert await reminders.put_due(over, {"1h": timedelta(hours=1)}, now=booked.starts_at - timedelta(minutes=30))
    (put,) = exported.get_finished_spans()
    assert (put.name, put.parent, linked(put)) == ("delivery.put", None, [await origin_of(booked)])


async def test_a_reminder_of_an_interviewer_links_to_each_booking_in_the_slot(exported: InMemorySpanExporter) -> None:
    leads, over = {"1h": timedelta(hours=1)}, outbox_of(MAIL)
    slots: list[list[Booking]] = []
    for _ in range(2):
        slot = await make_slot(starts_at=soon(60 * 30), seats=3, interviewer_email=f"ivo{len(slots)}@example.com")
        slots.append([await factories.book(slot=slot) for _ in range(2)])
    exported.clear()
    near = slots[0][0].starts_at - timedelta(minutes=30)
    assert await interviewer_reminders.put_due(over, leads, now=near) == len(slots)
    found = sorted(sorted(linked(put)) for put in exported.get_finished_spans())
    assert found == sorted([sorted([await origin_of(one) for one in booked]) for booked in slots])


async def test_an_alert_and_each_next_carrier_of_it_link_to_the_booking(exported: InMemorySpanExporter) -> None:
    booked = await factories.book()
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown'")
    exported.clear()
    await alerts.put_due(outbox_of(EMAIL), alert_email="")
    await alerts.put_due(outbox_of(ALERTING_MAIL), alert_email="ops@example.com", now=soon(5))
    (put,) = exported.get_finished_spans()
    assert (put.name, linked(put)) == ("delivery.put", [await origin_of(booked)])


async def test_a_replay_links_to_the_bookings_of_what_it_replays(exported: InMemorySpanExporter) -> None:
    booked = await factories.book()
    await db.fetch("UPDATE delivery SET state = 'exhausted', last_reason = 'deadline_passed'")
    delivery = (await rows("delivery"))[0]["id"]
    exported.clear()
    assert await replay.one(delivery, [EMAIL])
    (span,) = exported.get_finished_spans()
    assert (span.name, linked(span)) == ("delivery.replay", [await origin_of(booked)])
    assert dict(span.attributes or {}) == {"hireloop.replayed": 1}


async def test_the_booking_itself_links_to_nothing(exported: InMemorySpanExporter) -> None:
    await factories.book()
    assert [list(span.links) for span in exported.get_finished_spans()] == [[]] * len(exported.get_finished_spans())
