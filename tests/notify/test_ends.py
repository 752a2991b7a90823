"""The end of a try or of a delivery is one line and one count, and as loud as somebody depends on it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

from factories import book, make_slot, outbox_of, rows, soon
from hireloop import db
from hireloop.notify import ends, erasure
from hireloop.notify.deliveries import deadlines, leases, outbox
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.ends import End, EndKind
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.notify.worker import attempts
from hireloop.telemetry import metrics
from notify.factories import ALERTING_CHAT, alerted, invite, leased, settlement
from scheduling.factories import move

DELIVERY = UUID("01890000-0000-7000-8000-000000000001")


def end_of(end: EndKind, **facts: Any) -> End:  # noqa: ANN401 (each field has its own type)
    known: dict[str, Any] = {"delivery": DELIVERY, "kind": "invitation", "channel": "email", "required": True}
    return End(end=end, **{**known, **facts})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str | int]]]:
    """What was counted: the metric and its attributes."""
    found: list[tuple[str, dict[str, str | int]]] = []
    for metric in (metrics.ATTEMPTS, metrics.ENDS):
        monkeypatch.setattr(metric, "add", lambda _, attributes, name=metric.name: found.append((name, attributes)))
    return found


@pytest.mark.parametrize(
    ("kind", "required", "optional"),
    [
        (EndKind.SENT, "info", "info"),
        (EndKind.RETRY, "warning", "info"),
        (EndKind.LOST, "warning", "info"),
        (EndKind.REJECTED, "error", "info"),
        (EndKind.BOUNCED, "error", "info"),
        (EndKind.EXHAUSTED, "error", "info"),
        (EndKind.HELD, "error", "error"),
        (EndKind.RELEASED, "info", "info"),
        (EndKind.SUPERSEDED, "info", "info"),
    ],
)
def test_a_line_is_as_loud_as_somebody_depends_on_it(kind: EndKind, required: str, optional: str) -> None:
    assert end_of(kind).level == required
    assert end_of(kind, required=False).level == optional
    assert end_of(kind, required=False, kind="alert").level == required


def test_a_line_says_what_is_known_and_nothing_else() -> None:
    said = end_of(EndKind.RETRY, attempt=2, route="fallback", phase="rcpt", code=450, reason="greylisted")
    with capture_logs() as lines:
        ends.say(said)
    assert lines == [
        {
            "event": "delivery.retry",
            "log_level": "warning",
            "delivery": str(DELIVERY),
            "kind": "invitation",
            "channel": "email",
            "required": True,
            "attempt": 2,
            "route": "fallback",
            "phase": "rcpt",
            "code": 450,
            "reason": "greylisted",
        }
    ]


def test_of_many_ends_a_hundred_have_a_line_and_one_counts_the_others(
    counted: list[tuple[str, dict[str, str | int]]],
) -> None:
    many = [end_of(EndKind.EXHAUSTED, reason="deadline_passed", required=nth != 110) for nth in range(120)]
    with capture_logs() as lines:
        ends.say_all(many)
    assert [line["event"] for line in lines] == ["delivery.exhausted"] * 100 + ["delivery.not_listed"]
    assert lines[-1] == {
        "event": "delivery.not_listed",
        "log_level": "error",
        "deliveries": 20,
        "ends": ["exhausted"],
    }
    assert counted == [
        ("hireloop.delivery.ends", {"channel": "email", "state": "exhausted", "reason": "deadline_passed"})
    ] * len(many)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (end_of(EndKind.SENT), [("attempts", "sent"), ("ends", "sent")]),
        (end_of(EndKind.SENT, ends_delivery=False), [("attempts", "sent")]),
        (end_of(EndKind.RETRY), [("attempts", "retry")]),
        (end_of(EndKind.HELD), [("attempts", "held")]),
        (end_of(EndKind.EXHAUSTED), [("ends", "exhausted")]),
        (end_of(EndKind.EXHAUSTED, attempt=5), [("attempts", "lost"), ("ends", "exhausted")]),
        (end_of(EndKind.SUPERSEDED), [("ends", "superseded")]),
    ],
)
def test_a_try_and_the_end_of_a_delivery_are_counted_once(
    counted: list[tuple[str, dict[str, str | int]]], end: End, expected: list[tuple[str, str]]
) -> None:
    ends.say(end)
    assert [
        (name.removeprefix("hireloop.delivery."), attributes.get("outcome") or attributes.get("state"))
        for name, attributes in counted
    ] == expected


def of_deliveries(lines: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (line["event"], line["log_level"], line.get("attempt"), line.get("reason"))
        for line in lines
        if line["event"].startswith("delivery.")
    ]


@pytest.mark.usefixtures("database")
async def test_a_try_that_was_lost_is_said_by_the_worker_that_takes_its_delivery() -> None:
    delivery = await invite()
    for _ in range(5):
        await leased()
        await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
    with capture_logs() as lines:
        assert await leases.take("email", limit=1, worker="w", kinds=["invitation"]) == []
    assert of_deliveries(lines) == [("delivery.exhausted", "error", 5, "crashes_worker")]
    assert lines[0]["delivery"] == str(delivery)


@pytest.mark.usefixtures("database")
async def test_a_lost_try_is_a_warning_and_its_delivery_is_leased_again() -> None:
    await invite()
    await leased()
    await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
    with capture_logs() as lines:
        assert (await leased()).number == 2
    assert of_deliveries(lines) == [("delivery.lost", "warning", 1, None)]


@pytest.mark.usefixtures("database")
async def test_each_delivery_past_its_deadline_is_an_error_with_its_reason() -> None:
    for email in ("asha@example.com", "ben@example.com"):
        await invite(email=email)
    await leased()
    with capture_logs() as lines:
        assert await deadlines.expire(now=soon(60 * 24 * 3)) == 2
    assert sorted(of_deliveries(lines), key=str) == [
        ("delivery.exhausted", "error", 1, "deadline_passed"),
        ("delivery.exhausted", "error", None, "deadline_passed"),
    ]


@pytest.mark.usefixtures("database")
async def test_what_is_sent_under_a_lease_that_had_run_out_is_said_as_late() -> None:
    delivery = await invite()
    taken = await leased()
    await db.fetch("UPDATE delivery SET lease_token = NULL, leased_until = NULL")
    evidence = Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 asha@example.com")
    with capture_logs() as lines:
        await leases.settle([settlement(taken, evidence=evidence, trace_id="a" * 32, span_id="b" * 16)])
    assert lines == [
        {
            "event": "delivery.sent",
            "log_level": "info",
            "delivery": str(delivery),
            "kind": "invitation",
            "channel": "email",
            "required": True,
            "route": "primary",
            "attempt": 1,
            "phase": "reply",
            "code": 250,
            "trace_id": "a" * 32,
            "span_id": "b" * 16,
            "late": True,
        }
    ]


@pytest.mark.usefixtures("database")
async def test_a_delivery_that_was_sent_by_a_lost_try_has_its_end_counted_once(
    counted: list[tuple[str, dict[str, str | int]]],
) -> None:
    await invite()
    late = await leased()
    await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
    theirs = await leased()
    await leases.settle([settlement(late)])
    await leases.settle([settlement(theirs, AttemptOutcome.RETRY, DeliveryState.PENDING, due_at=soon())])
    assert [row["state"] for row in await rows("delivery")] == ["sent"]
    assert [attributes["state"] for name, attributes in counted if name.endswith("ends")] == ["sent"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("outcome", "state", "counts"),
    [
        (AttemptOutcome.SENT, DeliveryState.SENT, ["attempts", "ends"]),
        (AttemptOutcome.REJECTED, DeliveryState.REJECTED, ["attempts", "ends"]),
        (AttemptOutcome.RETRY, DeliveryState.PENDING, ["attempts"]),
    ],
)
async def test_a_try_whose_settle_was_stored_and_not_answered_is_said_as_if_it_had_been(
    counted: list[tuple[str, dict[str, str | int]]], outcome: AttemptOutcome, state: DeliveryState, counts: list[str]
) -> None:
    await invite()
    taken = await leased()
    batch = [settlement(taken, outcome, state, trace_id="a" * 32, span_id="b" * 16)]
    await leases.settle(batch)  # the connection breaks, and the worker knows nothing of its success
    with capture_logs() as lines:
        ends.say_all(attempts.ends_of(batch, {taken.token: taken}, await leases.settle(batch)))
    assert [(line["event"], line.get("late")) for line in lines] == [(f"delivery.{outcome.value}", None)]
    assert [name.removeprefix("hireloop.delivery.") for name, _ in counted] == counts


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("broken", ["_settle", "_note_late", "_released_late"])
@pytest.mark.parametrize("sent_by", ["this try", "an earlier try", "a later try"])
async def test_the_end_of_what_a_late_try_has_sent_is_counted_once_whichever_reply_got_lost(
    counted: list[tuple[str, dict[str, str | int]]], monkeypatch: pytest.MonkeyPatch, broken: str, sent_by: str
) -> None:
    await invite()
    taken = [await leased()]
    await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
    taken.append(await leased())
    sent, later = [settlement(one, trace_id="a" * 32, span_id=str(one.number) * 16) for one in taken]
    put_off = msgspec.structs.replace(later, outcome=AttemptOutcome.RETRY, state=DeliveryState.PENDING, due_at=soon())
    batches = {"this try": [put_off, sent], "an earlier try": [sent, put_off], "a later try": [later, sent]}[sent_by]
    under_way = {one.token: one for one in taken}
    with capture_logs() as lines:
        for batch in batches:
            await _settled_and_said_in_spite_of_a_lost_reply([batch], under_way, monkeypatch, broken)
    assert len(lines) == 2
    assert [row["state"] for row in await rows("delivery")] == ["sent"]
    assert [attributes["state"] for name, attributes in counted if name.endswith("ends")] == ["sent"]


async def _settled_and_said_in_spite_of_a_lost_reply(
    batch: list[Settlement], under_way: dict[UUID, Lease], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Settle as a worker does, which settles again if a reply of one of the statements does not come."""
    real = getattr(leases, broken)

    async def unanswered(*args: object) -> None:
        await real(*args)
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(leases, broken, unanswered)
        with pytest.raises(ConnectionError):
            await leases.settle(batch)
    ends.say_all(attempts.ends_of(batch, under_way, await leases.settle(batch)))


@pytest.mark.usefixtures("database")
async def test_a_try_that_was_lost_is_not_said_again_when_its_worker_releases_it() -> None:
    await invite()
    first = await leased()
    await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
    with capture_logs() as lines:
        await leased()
        batch = [settlement(first, AttemptOutcome.RELEASED, DeliveryState.PENDING)]
        ours = await leases.settle(batch)
        ends.say_all(attempts.ends_of(batch, {first.token: first}, ours))
    assert of_deliveries(lines) == [("delivery.lost", "warning", 1, None)]


@pytest.mark.usefixtures("database")
async def test_a_try_that_is_released_after_its_delivery_was_superseded_is_said_once() -> None:
    await invite()
    taken = await leased()
    await db.fetch("UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL")
    with capture_logs() as lines:
        batch = [settlement(taken, AttemptOutcome.RELEASED, DeliveryState.PENDING, trace_id="a" * 32)]
        ours = await leases.settle(batch)
        ends.say_all(attempts.ends_of(batch, {taken.token: taken}, ours))
    assert of_deliveries(lines) == [("delivery.released", "info", 1, None)]
    assert (lines[0]["late"], lines[0]["trace_id"]) == (True, "a" * 32)


@pytest.mark.usefixtures("database")
async def test_what_a_change_supersedes_is_said_once_it_is_committed() -> None:
    booked = await book()
    with capture_logs() as lines:
        await move(booked.booking, await make_slot(starts_at=soon(600)))
    assert of_deliveries(lines) == [("delivery.superseded", "info", None, None)]

    @db.transactional
    async def undone() -> None:
        assert await outbox.supersede(booked.booking.id, before_revision=9) > 0
        raise LookupError

    with capture_logs() as lines, pytest.raises(LookupError):
        await undone()
    assert lines == []


@pytest.mark.usefixtures("database")
async def test_an_alert_that_is_over_supersedes_what_still_waits_of_it() -> None:
    alert = await alerted(over=outbox_of(ALERTING_CHAT))
    with capture_logs() as lines:
        await outbox.withdraw([alert])
    waiting = [row for row in await rows("delivery") if row["kind"] == "alert"]
    assert [line["delivery"] for line in lines] == [str(row["id"]) for row in waiting]
    assert of_deliveries(lines) == [("delivery.superseded", "info", None, None)]


@pytest.mark.usefixtures("database")
async def test_whatever_supersedes_a_delivery_its_line_has_the_ids_of_the_span_that_put_it() -> None:
    booked = [await book(email=f"{name}@example.com", minutes=nth * 600) for nth, name in enumerate(("asha", "ben"), 1)]
    alert = await alerted(email="cleo@example.com", over=outbox_of(ALERTING_CHAT))
    await db.fetch("UPDATE delivery SET traceparent = '00-' || repeat('a', 32) || '-' || repeat('b', 16) || '-01'")
    with capture_logs() as lines:
        await outbox.supersede(booked[0].booking.id, before_revision=9)
        await erasure.forget([booked[1].booking.id], now=soon())
        await outbox.withdraw([alert])
    assert [(line["event"], line["trace_id"], line["span_id"]) for line in lines] == [
        ("delivery.superseded", "a" * 32, "b" * 16)
    ] * 3


@pytest.mark.usefixtures("database")
async def test_an_open_try_of_a_delivery_that_has_ended_is_said_when_it_is_closed() -> None:
    await invite()
    taken = await leased()
    await db.fetch("UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL")
    with capture_logs() as lines:
        assert await deadlines.close_abandoned(now=soon(70)) == 1
    assert of_deliveries(lines) == [("delivery.lost", "warning", taken.number, None)]
