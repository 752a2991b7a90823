"""Nobody came: they hear it once with what is known of it, of a slot together, and nothing of an erased person."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from factories import OUTBOX as QUIET
from factories import TESTS, WINDOWS, make_interview, make_slot, outbox_of, soon
from hireloop import db
from hireloop.notify import erasure as put
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings import confirmations, moves
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import late_requests, lifecycle, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from sample_channels import MAIL, chat
from scheduling.factories import book
from scheduling.records import assert_fits

pytestmark = pytest.mark.usefixtures("database")

CHAT = chat("no_show", "late_request")
HOOK = chat("no_show", name="webhook-1a2b3c4d", transport_name="webhook")
EVERYBODY = outbox_of(MAIL, CHAT, HOOK)
BY_MAIL = structs.replace(
    outbox_of(structs.replace(MAIL, kinds=MAIL.kinds | {"no_show"})), alert_email="ops@hire.example"
)


async def sweep(late: datetime, outbox: Outbox = EVERYBODY) -> int:
    recorded = await lifecycle.note_due(outbox=outbox, grace_seconds=600, now=late)
    assert await lifecycle.note_due(outbox=outbox, grace_seconds=600, now=late) == 0
    return recorded


async def told(channel: str) -> list[dict[str, Any]]:
    """Return what a channel is told of no-shows: the payload of each message, with the columns of its delivery."""
    rows = await db.fetch(
        "SELECT *, payload::text AS said FROM delivery WHERE kind = 'no_show' AND channel = $1 ORDER BY id", channel
    )
    return [json.loads(row["said"]) | {"row": dict(row)} for row in rows]


async def sent(state: str = "sent", reason: str | None = None, kind: str = "invitation") -> None:
    """Let the messages of a kind end like this."""
    await db.fetch(
        """
        UPDATE delivery SET state = $1, last_reason = $2, sent_at = CASE WHEN $1 IN ('sent', 'bounced') THEN now() END,
            bounced_at = CASE WHEN $1 = 'bounced' THEN now() END
        WHERE kind = $3
        """,
        state,
        reason,
        kind,
    )


async def checked(booking: Booking, camera: str, at: datetime) -> None:
    await sessions.record_device_check(booking.session.id, DeviceCheck(camera=camera, microphone="ok"), now=at)


async def moved(booking: Booking, by: Any) -> datetime:  # noqa: ANN401 (an actor)
    slot = await make_slot(starts_at=soon(60 * 24))
    await moves.move(booking.id, slot, by=by, reason="", outbox=EVERYBODY, windows=WINDOWS)
    return soon(60 * 26)


async def late_for(booking: Booking) -> datetime:
    return booking.session.closes_at + timedelta(minutes=3)


async def of_rejected(booking: Booking) -> datetime:
    await sent("rejected", "recipient_unknown")
    return await late_for(booking)


async def of_lost_reply(booking: Booking) -> datetime:
    await sent("exhausted", "connection_lost")
    await db.fetch(
        """
        INSERT INTO attempt (delivery, number, route, started_at, finished_at, outcome, maybe_accepted, worker)
        SELECT id, 1, 'primary', now(), now(), 'retry', true, 'tests' FROM delivery WHERE kind = 'invitation'
        """
    )
    return await late_for(booking)


async def of_returned(booking: Booking) -> datetime:
    await sent("sent", "came_back")
    return await late_for(booking)


async def of_silence(booking: Booking) -> datetime:
    await sent()
    return await late_for(booking)


async def of_confirmed(booking: Booking) -> datetime:
    await confirmations.confirm(booking.id, by=CANDIDATE, outbox=EVERYBODY)
    return await late_for(booking)


async def of_confirmed_for_them(booking: Booking) -> datetime:
    await sent()
    await confirmations.confirm(booking.id, by=TESTS, outbox=EVERYBODY)
    return await late_for(booking)


async def of_failed_check(booking: Booking) -> datetime:
    await checked(booking, "NotAllowedError", booking.starts_at)
    return await late_for(booking)


async def of_good_check(booking: Booking) -> datetime:
    await checked(booking, "ok", booking.starts_at)
    return await late_for(booking)


async def of_late(booking: Booking) -> datetime:
    await checked(booking, "ok", booking.starts_at)
    late = await late_for(booking)
    assert await late_requests.ask(booking.session.id, 1, outbox=EVERYBODY, alert_email="", now=late)
    return late


async def of_own_move(booking: Booking) -> datetime:
    return await moved(booking, CANDIDATE)


async def of_unknown_move(booking: Booking) -> datetime:
    await checked(booking, "ok", soon(-1))  # for the time before
    await sent()
    await db.fetch("UPDATE delivery SET attempt_count = 1 WHERE kind = 'invitation'")
    late = await moved(booking, TESTS)
    await sent("bounced", "mailbox_full", "rescheduled")
    return late


@pytest.mark.parametrize(
    ("story", "cause", "failure", "camera"),
    [
        (of_rejected, "not_delivered", "recipient_unknown", None),
        (of_lost_reply, "delivery_unknown", None, None),
        (of_returned, "delivery_unknown", "came_back", None),
        (of_silence, "no_sign", None, None),
        (of_confirmed, "confirmed", None, None),
        (of_confirmed_for_them, "no_sign", None, None),
        (of_failed_check, "device_check_failed", None, "NotAllowedError"),
        (of_good_check, "not_started", None, "ok"),
        (of_late, "too_late", None, None),
        (of_own_move, "chosen", None, None),
        (of_unknown_move, "new_time_not_delivered", "mailbox_full", None),
    ],
)
async def test_what_is_known_of_a_no_show_is_said(
    story: Callable[[Booking], Awaitable[datetime]], cause: str, failure: str | None, camera: str | None
) -> None:
    booking = await book()
    late = await story(booking)
    with capture_logs() as lines:
        assert await sweep(late) == 1
    for channel in (CHAT, HOOK):
        (said,) = await told(channel.name)
        (missed,) = said["missed"]
        assert (missed["cause"], missed["failure"], missed["camera"]) == (cause, failure, camera)
        assert (said["row"]["schedule"], said["row"]["state"], said["more"]) == (booking.id, "pending", 0)
    (line,) = [line for line in lines if line["event"] == "interview.no_show"]
    assert (line["cause"], line["schedule"]) == (cause, str(booking.id))


async def miss_slot(candidates: int, outbox: Outbox = EVERYBODY) -> tuple[UUID, list[Booking]]:
    """Let so many candidates not come to one slot."""
    slot = await make_slot(seats=30)
    booked = [await book(slot=slot, full_name=f"Asha Rao{'a' * nth}") for nth in range(candidates)]
    assert await sweep(booked[0].session.closes_at + timedelta(minutes=1), outbox) == candidates
    return slot, booked


async def test_a_slot_is_one_message_for_people_and_one_webhook_each() -> None:
    _, booked = await miss_slot(12)
    (said,) = await told(CHAT.name)
    assert (said["row"]["schedule"], len(said["missed"]), said["more"]) == (None, 10, 2)
    each = await told(HOOK.name)
    assert {one["row"]["schedule"] for one in each} == {booking.id for booking in booked}
    assert [(len(one["missed"]), one["more"]) for one in each] == [(1, 0)] * 12
    await assert_fits()


async def test_a_mailbox_gets_one_message_of_its_own_candidates() -> None:
    slot = await make_slot(seats=3)
    booked = [await book(slot=slot) for _ in range(3)]
    await db.fetch(
        """
        UPDATE job SET recruiter_email = 'rita@hire.example'
        WHERE id IN (SELECT job FROM interview WHERE id = ANY($1::uuid[]))
        """,
        [booked[0].interview],
    )
    shared = await db.fetch_value("SELECT count(*) FROM job") == 1
    assert await sweep(booked[0].session.closes_at + timedelta(minutes=1), BY_MAIL) == 3
    found = {one["row"]["recipient"]: len(one["missed"]) for one in await told("email")}
    assert found == ({"rita@hire.example": 3} if shared else {"rita@hire.example": 1, "ops@hire.example": 2})


async def test_a_slot_stays_together_in_a_sweep_of_several_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_TOGETHER", 4)
    starts_at = soon(60)
    for seats in (3, 3, 2):
        slot = await make_slot(starts_at=starts_at, seats=seats)
        for _ in range(seats):
            await book(slot=slot)
    assert await sweep(starts_at + timedelta(days=1)) == 8
    assert sorted(len(said["missed"]) for said in await told(CHAT.name)) == [2, 3, 3]


async def test_who_is_erased_is_on_no_list_and_the_others_are_still_told() -> None:
    _, booked = await miss_slot(12)
    gone = booked[:2]
    for booking in gone:
        (row,) = await db.fetch("SELECT candidate FROM schedule WHERE id = $1", booking.id)
        await erasure.erase(row["candidate"], by=TESTS, outbox=EVERYBODY)
    (said,) = await told(CHAT.name)
    assert said["row"]["state"] == "pending"
    assert not {one["schedule_id"] for one in said["missed"]} & {str(booking.id) for booking in gone}
    assert len(said["missed"]) + said["more"] == 12
    webhooks = {one["row"]["schedule"]: one for one in await told(HOOK.name)}
    for booking in booked:
        one = webhooks[booking.id]
        is_gone = booking in gone
        assert (one["row"]["state"], len(one["missed"])) == (("superseded", 0) if is_gone else ("pending", 1))


async def test_an_erased_candidate_is_found_among_many_lists_by_an_index() -> None:
    await miss_slot(2)
    await db.fetch(
        """
        INSERT INTO delivery (id, schedule, revision, kind, occasion, channel, recipient, required, payload,
            payload_version, state, first_due_at, due_at, deadline_at, message_id, traceparent, created_at, sent_at,
            attempt_count, tries)
        SELECT gen_random_uuid(), schedule, revision, kind, n::text, channel, recipient, required,
            jsonb_set(payload, '{missed,0,schedule_id}', to_jsonb(gen_random_uuid())), payload_version, 'sent',
            first_due_at, due_at, deadline_at, n::text, traceparent, created_at, created_at, 1, 1
        FROM delivery, generate_series(1, 20000) n WHERE kind = 'no_show' AND channel = 'chat'
        """
    )
    await db.fetch("ANALYZE delivery")
    plan = await db.fetch(
        f"EXPLAIN {put._FORGET_MISSED.numbered}",  # noqa: SLF001 (the statement itself)
        ["1"],
        ['[{"schedule_id": "1"}]'],
    )
    assert "candidates_named_in_no_shows" in "\n".join(row[0] for row in plan)


async def test_who_is_erased_before_the_sweep_is_recorded_and_not_told() -> None:
    booking = await book()
    (row,) = await db.fetch("SELECT candidate FROM schedule WHERE id = $1", booking.id)
    late = booking.session.closes_at + timedelta(minutes=1)
    await erasure.erase(row["candidate"], by=TESTS, outbox=EVERYBODY, now=late)
    assert await db.fetch_value("SELECT state FROM interview") == "no_show"
    assert await told(CHAT.name) == []


async def test_without_anybody_to_hear_it_a_no_show_is_recorded_all_the_same() -> None:
    await make_interview()
    await miss_slot(2, QUIET)
    assert await db.fetch_value("SELECT count(*) FROM interview WHERE state = 'no_show'") == 2
