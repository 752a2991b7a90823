"""The ledger: 0 as long as every booking has its delivery and none has been left lying past its deadline."""

import contextlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from factories import book
from hireloop import db
from hireloop.notify.deliveries import deadlines, ledger
from hireloop.notify.tables import DeliveryState
from notify.factories import leased, settle
from processes import WorkerProcess, environment
from scheduling import interviewers
from servers.databases import as_owner
from servers.http import Reply, ScriptedHttpServer
from waiting import until_true

pytestmark = pytest.mark.usefixtures("database")


async def _book() -> tuple[UUID, UUID]:
    """Book, and return the schedule's id and the delivery's."""
    booked = await book()
    return booked.booking.id, booked.deliveries[0].id


async def _again(delivery: UUID, *, kind: str, revision: int, required: bool = True) -> None:
    """Put another message of the same schedule."""
    columns = "schedule, channel, recipient, payload, payload_version, first_due_at, due_at, deadline_at, created_at"
    await db.fetch(
        f"""
        INSERT INTO delivery (id, message_id, kind, revision, required, {columns})
        SELECT gen_random_uuid(), 'another', $2, $3, $4, {columns} FROM delivery WHERE id = $1
        """,  # noqa: S608 (our own names)
        delivery,
        kind,
        revision,
        required,
    )


async def test_with_nothing_booked_nothing_is_unaccounted() -> None:
    proof = await ledger.read()
    assert (proof.counts, proof.unaccounted) == ({}, 0)


async def test_it_counts_the_deliveries_by_state() -> None:
    for _ in range(3):
        await _book()
    _, sent = await _book()
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now() WHERE id = $1", sent)
    proof = await ledger.read()
    assert (proof.counts, proof.unaccounted) == ({"pending": 3, "sent": 1}, 0)


async def test_a_deleted_delivery_is_seen() -> None:
    await _book()
    _, gone = await _book()
    await db.fetch("DELETE FROM delivery WHERE id = $1", gone)
    proof = await ledger.read()
    assert (proof.missing, proof.overdue, proof.unaccounted) == (1, 0, 1)


@pytest.mark.parametrize("state", ["rejected", "exhausted"])
async def test_what_failed_is_accounted_for(state: str) -> None:
    await _book()
    await db.fetch("UPDATE delivery SET state = $1", state)
    assert (await ledger.read()).unaccounted == 0


async def test_a_superseded_delivery_of_the_current_revision_tells_nobody() -> None:
    await _book()
    await db.fetch("UPDATE delivery SET state = 'superseded'")
    assert (await ledger.read()).missing == 1


async def test_a_chat_copy_is_not_enough() -> None:
    _, delivery = await _book()
    await db.fetch("UPDATE delivery SET required = false WHERE id = $1", delivery)
    assert (await ledger.read()).missing == 1


async def test_a_new_revision_calls_for_a_message_of_its_own() -> None:
    schedule, delivery = await _book()
    await db.fetch("UPDATE schedule SET revision = 2 WHERE id = $1", schedule)
    assert (await ledger.read()).missing == 1
    await _again(delivery, kind="rescheduled", revision=2)
    assert (await ledger.read()).missing == 0


@pytest.mark.parametrize(("end", "missing"), [("untried", 0), ("deferred", 0), ("maybe", 1), ("sent", 1), ("open", 1)])
async def test_a_cancelled_booking_calls_for_a_cancellation_only_if_somebody_may_have_heard_of_it(
    end: str, missing: int
) -> None:
    schedule, delivery = await _book()
    if end != "untried":
        taken = await leased()
        if end != "open":
            await settle(taken, end)
    await db.fetch("UPDATE schedule SET state = 'cancelled', revision = 2 WHERE id = $1", schedule)
    assert (await ledger.read()).missing == missing
    await _again(delivery, kind="cancelled", revision=2)
    assert (await ledger.read()).missing == 0


@pytest.mark.parametrize(("told_revision", "missing"), [(None, 1), (0, 0)])
async def test_a_cancellation_that_ended_since_nobody_had_heard_is_accounted_for(
    told_revision: int | None, missing: int
) -> None:
    schedule, delivery = await _book()
    await settle(await leased())
    await db.fetch("UPDATE schedule SET state = 'cancelled', revision = 2 WHERE id = $1", schedule)
    await _again(delivery, kind="cancelled", revision=2)
    await db.fetch("UPDATE delivery SET state = 'superseded', told_revision = $1 WHERE revision = 2", told_revision)
    assert (await ledger.read()).missing == missing


async def _told_before() -> None:
    """Let a booking be at revision 3, which says what revision 1 has said."""
    schedule, delivery = await _book()
    await settle(await leased())
    await db.fetch("UPDATE schedule SET revision = 3 WHERE id = $1", schedule)
    await _again(delivery, kind="rescheduled", revision=3)
    await db.fetch("UPDATE delivery SET state = 'superseded', sent_at = NULL, told_revision = 1 WHERE revision = 3")


async def test_a_revision_that_says_what_an_earlier_one_said_is_accounted_for() -> None:
    await _told_before()
    assert (await ledger.read()).missing == 0
    await db.fetch("UPDATE delivery SET told_revision = NULL")
    assert (await ledger.read()).missing == 1


@pytest.mark.parametrize("revision", [1, 3])
async def test_either_of_them_that_is_gone_is_seen(database_url: str, revision: int) -> None:
    await _told_before()
    await as_owner(database_url, f"DELETE FROM attempt; DELETE FROM delivery WHERE revision = {revision}")  # noqa: S608 (a number)
    assert (await ledger.read()).missing == 1


async def test_a_delivery_left_pending_for_a_minute_past_its_deadline_is_overdue() -> None:
    await _book()
    deadline = datetime.now(UTC)
    await db.fetch("UPDATE delivery SET deadline_at = $1", deadline)
    assert (await ledger.read(now=deadline + timedelta(seconds=60))).overdue == 0
    proof = await ledger.read(now=deadline + timedelta(seconds=61))
    assert (proof.missing, proof.overdue, proof.unaccounted) == (0, 1, 1)


async def test_a_try_that_is_under_way_past_the_deadline_is_not_overdue() -> None:
    await _book()
    await db.fetch(
        """
        UPDATE delivery SET deadline_at = now() - interval '2 minutes', lease_token = gen_random_uuid(),
            leased_until = now() + interval '20 seconds'
        """
    )
    assert (await ledger.read()).overdue == 0


async def test_a_try_that_hangs_long_past_the_deadline_is_overdue_whatever_its_lease() -> None:
    await _book()
    await db.fetch(
        """
        UPDATE delivery SET deadline_at = now() - interval '21 minutes', lease_token = gen_random_uuid(),
            leased_until = now() + interval '20 seconds'
        """
    )
    assert (await ledger.read()).overdue == 1


async def test_what_waits_on_a_channel_that_is_no_more_is_pending_until_its_deadline_and_then_exhausted() -> None:
    await _book()
    deadline = datetime.now(UTC)
    await db.fetch("UPDATE delivery SET channel = 'pigeons', deadline_at = $1", deadline)
    assert (await ledger.read(now=deadline)).counts == {"pending": 1}
    await deadlines.expire(now=deadline + timedelta(seconds=1))
    proof = await ledger.read(now=deadline + timedelta(hours=1))
    assert (proof.counts, proof.unaccounted) == ({"exhausted": 1}, 0)


async def test_a_worker_says_as_metrics_what_the_ledger_says(database_url: str) -> None:
    _, gone = await _book()
    await _book()
    await db.fetch("UPDATE delivery SET channel = 'pigeons'")  # so that the worker leaves them alone
    await db.fetch("DELETE FROM delivery WHERE id = $1", gone)
    with ScriptedHttpServer(Reply(200)) as collector:
        env = environment(database_url, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_METRIC_EXPORT_INTERVAL="200")
        with WorkerProcess(env):
            await until_true(
                lambda: "hireloop.ledger.unaccounted" in _gauges(collector), "the worker has said what the ledger says"
            )
        said = _gauges(collector)
    assert said["hireloop.ledger.unaccounted"] == {"": 1}
    assert said["hireloop.deliveries"] == {state.value: int(state == "pending") for state in DeliveryState}


def _gauges(collector: ScriptedHttpServer) -> dict[str, dict[str, int]]:
    """Return the values of our gauges by their attribute, as they came last."""
    bodies = [request.body for request in collector.received if b"hireloop.ledger" in request.body]
    if not bodies:
        return {}
    return {
        metric.name: {"".join(a.value.string_value for a in p.attributes): p.as_int for p in metric.gauge.data_points}
        for resource in ExportMetricsServiceRequest.FromString(bodies[-1]).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.HasField("gauge")
    }


# --- What interviewers are told --------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [False, True], ids=["as it is put", "once it is sent"])
async def test_each_notice_of_a_slots_revision_is_missed_when_it_is_gone(told: bool) -> None:  # noqa: FBT001 (a case)
    slot = await interviewers.make_slot()
    await interviewers.book(slot)
    if told:
        await interviewers.heard(0)
    assert await _missing_without_the_latest() == [1]
    await interviewers.book(slot, "Ben Rao", seconds=30)
    if told:
        await interviewers.heard(60)
    assert await _missing_without_the_latest() == [1]


async def test_who_held_a_slot_and_knows_it_must_be_told_that_they_do_no_more() -> None:
    slot = await interviewers.make_slot()
    await interviewers.book(slot)
    await interviewers.heard(0)
    await interviewers.change(slot, interviewer_email=interviewers.MEERA, seconds=10)
    assert await _missing_without_the_latest() == [1, 1]
    assert len(await interviewers.heard(10)) == 2
    assert await _missing_without_the_latest() == [1, 1]
    await interviewers.change(slot, interviewer_email=None, seconds=20)
    await interviewers.heard(20)
    assert await _missing_without_the_latest() == [1]


async def test_a_notice_that_ended_because_another_said_the_same_needs_that_one() -> None:
    slot = await interviewers.make_slot()
    await interviewers.book(slot)
    await interviewers.heard(0)
    await interviewers.cancel(await interviewers.book(slot, "Ben Rao", seconds=30), seconds=31)
    assert await interviewers.heard(60) == []
    assert await _missing_without_the_latest() == [1]
    await _delete(await db.fetch_value("SELECT id FROM delivery WHERE slot IS NOT NULL AND revision = 1"))
    assert (await ledger.read()).missing == 1


async def test_what_processes_of_version_0_1_0_do_to_a_slot_is_missed_by_nobody() -> None:
    slot = await interviewers.make_slot()
    await interviewers.cancel(await interviewers.book(slot))
    await interviewers.heard(0)
    # An empty slot changes hands, is booked and is moved away from: nobody is told, and the revision stays.
    await db.fetch("UPDATE slot SET interviewer_email = 'other@x.example', taken = taken + 1 WHERE id = $1", slot)
    assert (await ledger.read()).missing == 0


async def _missing_without_the_latest() -> list[int]:
    """Return how many are missing without each notice of the latest revision, which must be none with all of them."""
    assert (await ledger.read()).missing == 0
    latest = await db.fetch(
        """
        SELECT id FROM delivery WHERE slot IS NOT NULL
            AND revision = (SELECT max(revision) FROM delivery WHERE slot IS NOT NULL) ORDER BY recipient
        """
    )
    return [await _missing_without(row["id"]) for row in latest]


async def _missing_without(delivery: UUID) -> int:
    class Undone(Exception):
        pass

    missing = 0
    with contextlib.suppress(Undone):
        async with db.DB.transaction():
            await _delete(delivery)
            missing = (await ledger.read()).missing
            raise Undone
    return missing


async def _delete(delivery: UUID) -> None:
    await db.fetch("DELETE FROM attempt WHERE delivery = $1", delivery)
    await db.fetch("DELETE FROM delivery WHERE id = $1", delivery)
