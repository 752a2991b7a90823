"""Failures: what is at risk or failed, the most urgent first, and what failed by cause."""

from datetime import timedelta
from uuid import UUID

import pytest

import factories
from factories import OUTBOX, TESTS, WINDOWS, make_slot, soon
from hireloop import db
from hireloop.notify.deliveries import deliveries, failures
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.deliveries.failures import FailureGroup
from hireloop.scheduling.bookings import moves
from sample_channels import EMAIL

pytestmark = pytest.mark.usefixtures("database")


async def book(*, in_hours: float) -> UUID:
    return (await factories.book(minutes=in_hours * 60)).booking.id


async def let_be(schedule: UUID, state: str, reason: str | None = "mailbox_full") -> None:
    await db.fetch(
        """
        UPDATE delivery SET state = $2, last_reason = $3, sent_at = now(), bounced_at = now()
        WHERE schedule = $1 AND required
        """,
        schedule,
        state,
        reason,
    )


async def listed(**more: object) -> list[UUID | None]:
    return [one.schedule for one in await failures.page([EMAIL], **{"limit": 50, "after": None, **more})]  # type: ignore[arg-type] # its own keywords


async def test_every_booking_whose_invitation_is_at_risk_or_failed_is_listed_and_no_other() -> None:
    ours = {in_hours: await book(in_hours=in_hours) for in_hours in (30, 20, 40, 50, 60)}
    await let_be(ours[30], "bounced")
    await let_be(ours[20], "exhausted")
    await let_be(ours[40], "sent", None)
    await let_be(ours[50], "pending")
    later = soon(20)  # 15 minutes after it was first due, a try in vain is a risk
    assert await listed() == [ours[20], ours[30]]
    assert await listed(now=later) == [ours[20], ours[30], ours[50], ours[60]]
    for schedule in ours.values():
        found = await deliveries.of_schedules([schedule], [EMAIL], now=later)
        state = deliveries.invitation_state(found, revision=1, now=later)
        assert (schedule in await listed(now=later)) == (state in {InvitationState.AT_RISK, InvitationState.FAILED})


async def test_a_page_goes_on_where_the_last_one_ended() -> None:
    ours = [await book(in_hours=20 + number) for number in range(3)]
    for schedule in ours:
        await let_be(schedule, "rejected")
    first = await failures.page([EMAIL], limit=2, after=None)
    second = await failures.page([EMAIL], limit=2, after=first[-1].id)
    assert [one.schedule for one in (*first, *second)] == ours
    newest = await failures.failed([EMAIL], reason=None, limit=2, after=None)
    oldest = await failures.failed([EMAIL], reason=None, limit=2, after=newest[-1].id)
    assert [one.schedule for one in (*newest, *oldest)] == ours[::-1]


async def test_what_was_replaced_or_is_over_for_a_day_needs_no_attention() -> None:
    moved, over = await book(in_hours=20), await book(in_hours=30)
    await let_be(moved, "rejected")
    await let_be(over, "rejected")
    await moves.move(moved, await make_slot(starts_at=soon(3000)), by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    assert await listed() == [over]
    assert await listed(now=soon(30 * 60) + timedelta(hours=23)) == [over, moved]
    assert over not in await listed(now=soon(30 * 60) + timedelta(hours=25))


async def test_every_failure_is_in_one_group_and_in_its_place_there() -> None:
    ours = {in_hours: await book(in_hours=in_hours) for in_hours in (20, 30, 40, 50)}
    await let_be(ours[20], "bounced")
    await let_be(ours[30], "pending")
    await let_be(ours[40], "pending")
    await let_be(ours[50], "sent", "came_back")
    await db.fetch(
        """
        WITH put AS (
            INSERT INTO alert
                (id, cause, occasion, schedule, revision, delivery, channel, payload, rank, put_at, unheard_since)
            SELECT gen_random_uuid(), 'at_risk', id::text, schedule, 1, id, channel, '{}', 1, now(), now()
            FROM delivery WHERE schedule = ANY($1) RETURNING id, delivery
        )
        UPDATE delivery SET alert = put.id FROM put WHERE delivery.id = put.delivery
        """,
        [ours[40], ours[50]],
    )
    later = soon(20)
    groups = {group: await listed(among=group, now=later) for group in FailureGroup}
    assert groups == {
        FailureGroup.CANDIDATE: [ours[20]],
        FailureGroup.INTERVIEWER: [],
        FailureGroup.UNHEARD: [ours[40], ours[50]],
        FailureGroup.AT_RISK: [ours[30]],
    }
    assert await listed(now=later) == [ours[20], ours[30], ours[40]]
    await db.fetch("UPDATE alert SET unheard_since = NULL, over_at = now()")
    assert await listed(among=FailureGroup.AT_RISK, now=later) == [ours[30], ours[40]]


async def test_failures_are_counted_and_found_by_their_reason() -> None:
    for number, reason in enumerate(("mailbox_full", "mailbox_full", "policy_block")):
        await let_be(await book(in_hours=20 + number), "rejected", reason)
    assert await failures.reasons(since=soon(-5)) == {"mailbox_full": 2, "policy_block": 1}
    assert await failures.reasons(since=soon(5)) == {}
    found = await failures.failed([EMAIL], reason="policy_block", limit=50, after=None)
    assert [one.last_reason for one in found] == ["policy_block"]
