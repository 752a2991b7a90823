"""Who is told of what is at risk, has failed, or is held: once each, and never so often that nobody reads it."""

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

import factories
from factories import make_interview, outbox_of, rows, unaccounted
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.channels.providers import LeaseRequest, LeaseScope, Route
from hireloop.notify.deliveries import alerts, deliveries, leases
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.scheduling.bookings.booking import BookingResult
from notify.factories import ALERTING_CHAT, ALERTING_MAIL, settlement
from sample_channels import MAIL

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
CHAT = ALERTING_CHAT
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
BY_CHAT, BY_MAIL = outbox_of(MAIL, CHAT), outbox_of(ALERTING_MAIL)


async def book(*, hours: float = 24, recruiter: str | None = None, now: datetime = NOW) -> BookingResult:
    """Book an interview that starts so many hours from `now`."""
    interview = await make_interview(full_name="Meera Iyer")
    await db.fetch("UPDATE job SET recruiter_email = $1", recruiter)
    return await factories.book(interview, starts_at=now + timedelta(hours=hours), outbox=outbox_of(MAIL), now=now)


async def put(outbox: Outbox = BY_CHAT, *, alert_email: str = "", minutes: float = 0) -> list[dict[str, Any]]:
    """Sweep so many minutes after NOW and return the payloads of the alerts that this put."""
    before, accounts = {row["id"] for row in await rows("delivery")}, await unaccounted()
    await alerts.put_due(outbox, alert_email=alert_email, now=NOW + timedelta(minutes=minutes))
    new = [row for row in await rows("delivery") if row["id"] not in before]
    assert {row["kind"] for row in new} <= {"alert"}
    assert not any(row["required"] for row in new)
    assert await unaccounted() == accounts
    return [json.loads(row["payload"]) | row for row in new]


async def end(state: str = "rejected", reason: str = "recipient_unknown") -> None:
    await db.fetch(
        "UPDATE delivery SET state = $1, last_reason = $2, sent_at = now(), bounced_at = now() WHERE state = 'pending'",
        state,
        reason,
    )


async def failed(count: int, *, recruiters: Sequence[str | None] = (None,), at: datetime = NOW) -> list[UUID]:
    """Write so many rejected invitations of one kind, straight into the table; the recruiters take turns."""
    idents = [uuid4() for _ in range(count)]
    for number, ident in enumerate(idents):
        await db.fetch(
            """
            INSERT INTO delivery (id, schedule, revision, kind, channel, recipient, required, payload, payload_version,
                state, first_due_at, due_at, deadline_at, message_id, last_reason, created_at)
            VALUES ($1, gen_random_uuid(), 1, 'invitation', 'email', 'a@example.com', true,
                jsonb_build_object('recruiter_email', $2::text), 1, 'rejected', $3, $3, $3, '<1@x>', 'mailbox_full',
                $3)
            """,
            ident,
            recruiters[number % len(recruiters)],
            at + timedelta(hours=1, seconds=number),
        )
    return idents


# --- What is told of ---------------------------------------------------------------------------------------------


async def test_what_is_at_risk_is_told_once_with_who_why_and_the_trace() -> None:
    booked = await book()
    ident = booked.deliveries[0].id
    await db.fetch("UPDATE delivery SET last_reason = 'timed_out', attempt_count = 3, traceparent = $1", TRACEPARENT)
    assert await put(minutes=14.9) == []
    (alert,) = await put(minutes=15)
    assert await put(minutes=15.1) == await put(minutes=600) == []
    told = {name: alert[name] for name in ("cause", "subject", "reason", "about", "candidate_name", "job_title")}
    assert told == {
        "cause": "at_risk",
        "subject": str(ident),
        "reason": "timed_out",
        "about": "invitation",
        "candidate_name": "Meera Iyer",
        "job_title": "Backend Engineer",
    }
    assert (alert["channel"], alert["recipient"], alert["schedule"]) == ("chat", "chat", booked.booking.id)
    assert alert["deadline_at"] == NOW + timedelta(days=1, minutes=15)
    assert alert["trace_id"] == TRACEPARENT.split("-")[1]
    assert "session" not in json.dumps(json.loads(alert["payload"]))


@pytest.mark.parametrize("hours", [24, 1.1, 0.5])
@pytest.mark.parametrize("reason", [None, "timed_out"])
@pytest.mark.parametrize("is_held", [False, True])
async def test_an_alert_and_the_booking_say_at_risk_from_the_same_moment(
    *, hours: float, reason: str | None, is_held: bool
) -> None:
    booked = (await book(hours=hours)).booking
    await db.fetch("UPDATE delivery SET last_reason = $1", reason)
    if is_held:
        await health.hold(MAIL, "auth_refused", now=NOW)
    for minutes in (0, 0.4, 0.5, 5.9, 6, 14.9, 15, 20):
        at = NOW + timedelta(minutes=minutes)
        found = await deliveries.of_schedules([booked.id], [MAIL, CHAT], now=at)
        is_at_risk = deliveries.invitation_state(found, revision=1, now=at) is InvitationState.AT_RISK
        told = [alert for alert in await put(minutes=minutes) if alert["cause"] == "at_risk"]
        assert bool(told) is is_at_risk, minutes
        await db.fetch("DELETE FROM delivery WHERE kind = 'alert'")
        await db.fetch("UPDATE delivery SET at_risk_alerted_at = NULL, alert = NULL")
        await db.fetch("DELETE FROM alert")


async def test_a_policy_block_is_told_at_once() -> None:
    await book(hours=48)
    await db.fetch("UPDATE delivery SET last_reason = 'policy_block'")
    (alert,) = await put(minutes=0.1)
    assert (alert["cause"], alert["reason"]) == ("at_risk", "policy_block")
    assert await put(minutes=30) == []


@pytest.mark.parametrize("state", ["rejected", "bounced", "exhausted"])
async def test_a_failure_is_told_at_once_also_after_it_was_at_risk(state: str) -> None:
    await book()
    assert len(await put(minutes=16)) == 1
    await end(state)
    (alert,) = await put(minutes=16.1)
    assert (alert["cause"], alert["reason"], alert["others"]) == ("failed", "recipient_unknown", 0)
    assert await put(minutes=30) == []


@pytest.mark.parametrize("state", ["sent", "superseded"])
async def test_what_needs_nobody_is_not_told(state: str) -> None:
    await book()
    await end(state)
    assert await put(minutes=600) == []


@pytest.mark.parametrize("reason", ["came_back", "complaint"])
async def test_something_that_came_back_is_told_once_and_a_bounce_after_it_too(reason: str) -> None:
    await book()
    await end("sent", reason)
    (told,) = await put()
    assert (told["cause"], told["reason"]) == ("failed", reason)
    assert await put(minutes=1) == []
    await db.fetch("UPDATE delivery SET state = 'bounced', failure_alerted_at = NULL WHERE required")
    await db.fetch("UPDATE delivery SET last_reason = 'bounced' WHERE required")
    (told,) = await put(minutes=2)
    assert told["reason"] == "bounced"


async def test_a_complaint_after_something_else_that_came_back_is_told_too() -> None:
    await book()
    await end("sent", "came_back")
    assert [told["reason"] for told in await put()] == ["came_back"]
    await db.fetch("UPDATE delivery SET last_reason = 'complaint', failure_alerted_at = NULL WHERE required")
    assert [told["reason"] for told in await put(minutes=1)] == ["complaint"]
    assert await put(minutes=2) == []


@pytest.mark.parametrize("state", ["sent", "exhausted"])
async def test_what_came_back_while_it_was_at_risk_is_told_again_once_it_has_ended(state: str) -> None:
    await book()
    await db.fetch("UPDATE delivery SET last_reason = 'came_back'")
    assert [told["cause"] for told in await put(minutes=16)] == ["at_risk"]
    await end(state, "came_back")
    assert [told["cause"] for told in await put(minutes=17)] == ["failed"]


@pytest.mark.parametrize("came", ["came_back", "complaint"])
async def test_a_policy_block_is_told_at_once_also_after_something_came_back(came: str) -> None:
    await book(hours=48)
    (lease,) = await leases.take("email", limit=1, worker="w", kinds=["invitation"], now=NOW)
    await db.fetch("UPDATE delivery SET last_reason = $1", came)
    assert await put() == []
    blocked = Evidence(phase=Phase.RECIPIENT, code=550)
    retry = settlement(lease, AttemptOutcome.RETRY, DeliveryState.PENDING, reason="policy_block", evidence=blocked)
    await leases.settle([retry], now=NOW)
    (alert,) = await put(minutes=0.1)
    assert (alert["cause"], alert["reason"]) == ("at_risk", came)
    assert await put(minutes=0.2) == []


async def test_what_was_sent_again_and_fails_again_is_told_again() -> None:
    await book()
    await end()
    assert len(await put()) == 1
    await replayed()
    assert len(await put(minutes=1)) == 1


async def test_what_is_replayed_and_ends_without_another_try_is_told_again_with_all_that_failed_beside_it() -> None:
    many = 12
    for _ in range(many):
        await book()
    await end()
    assert sum(1 + alert["others"] for alert in await put()) == many
    await replayed()
    assert sum(1 + alert["others"] for alert in await put(minutes=2)) == many


async def replayed() -> None:
    """Do what a replay does to what an alert looks at; then it fails again."""
    await db.fetch(
        """
        UPDATE delivery SET failure_alerted_at = NULL, first_due_at = first_due_at + interval '1 second'
        WHERE kind = 'invitation'
        """
    )


async def test_no_alert_is_about_an_alert_or_a_chat_copy() -> None:
    await book()
    await db.fetch("UPDATE delivery SET required = false, kind = 'recruiter_copy'")
    assert await put(minutes=600) == []
    await db.fetch("UPDATE delivery SET required = true, kind = 'invitation'")
    assert len(await put(minutes=600)) == 1
    await end()
    (alert,) = await put(minutes=601)
    assert alert["about"] == "invitation"
    assert await put(minutes=9000) == []


async def test_a_payload_that_cannot_be_read_is_told_of_without_names() -> None:
    booked = await book()
    await db.fetch("UPDATE delivery SET payload = '{}'")
    await end()
    (alert,) = await put()
    assert (alert["candidate_name"], alert["starts_at"], alert["schedule"]) == ("", None, booked.booking.id)


# --- Held channels -----------------------------------------------------------------------------------------------


async def test_a_channel_that_becomes_held_is_told_of_once_each_time() -> None:
    await health.hold(MAIL, "auth_refused", now=NOW)
    (alert,) = await put()
    assert (alert["cause"], alert["subject"], alert["reason"]) == (
        "held",
        "email:2031-03-03T09:00:00+00:00",
        "auth_refused",
    )
    await health.hold(MAIL, "certificate_invalid", now=NOW)
    assert await put(minutes=60) == []
    await health.open_again(MAIL, now=NOW + timedelta(hours=2))
    assert await put(minutes=120) == []
    await health.hold(MAIL, "auth_refused", now=NOW + timedelta(hours=3))
    assert len(await put(minutes=180)) == 1


async def test_a_channel_that_flaps_is_told_of_at_most_every_ten_minutes() -> None:
    told = []
    for minute in range(25):
        at = NOW + timedelta(minutes=minute)
        await health.hold(MAIL, "auth_refused", now=at)
        told += [minute] * len(await put(minutes=minute))
        await health.open_again(MAIL, now=at + timedelta(seconds=30))
    assert told == [0, 10, 20]


async def test_a_hold_of_other_settings_concerns_nobody_here() -> None:
    await health.hold(msgspec.structs.replace(MAIL, fingerprint="old"), "auth_refused", now=NOW)
    assert await put() == []


async def test_a_fallback_provider_that_is_held_is_told_of_by_its_name() -> None:
    mail = msgspec.structs.replace(MAIL, fallback_url="mailtos://other.example", fallback_fingerprint="g")
    await health.hold(msgspec.structs.replace(mail, fingerprint="g"), "auth_refused", now=NOW)
    (alert,) = await put(outbox_of(mail, CHAT))
    assert json.loads(alert["payload"])["channel"] == "email (fallback)"
    assert await put(outbox_of(mail, CHAT), minutes=60) == []


async def test_an_alert_over_mail_may_take_the_fallback_provider() -> None:
    await book()
    await end()
    (alert,) = await put(BY_MAIL, alert_email="ops@hire.example")
    by_fallback = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.REQUIRED)
    (lease,) = await leases.take(
        "email", limit=5, worker="w", kinds=["alert", "invitation"], request=by_fallback, now=NOW
    )
    assert (lease.id, lease.route, lease.required) == (alert["id"], "fallback", False)


async def test_a_held_channel_does_not_carry_its_own_alert_where_another_can() -> None:
    other = msgspec.structs.replace(CHAT, name="matrix", fingerprint="m")
    both = outbox_of(MAIL, CHAT, other)
    await health.hold(CHAT, "server_refused", now=NOW)
    assert [alert["channel"] for alert in await put(both)] == ["matrix"]
    await health.hold(ALERTING_MAIL, "auth_refused", now=NOW)
    assert [alert["channel"] for alert in await put(BY_MAIL, alert_email="ops@hire.example")] == ["email"]


# --- Who is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alert_email", "recruiter", "recipient"),
    [
        ("ops@hire.example", "rita@hire.example", "rita@hire.example"),
        ("ops@hire.example", None, "ops@hire.example"),
        ("", "rita@hire.example", "rita@hire.example"),
    ],
)
async def test_over_mail_the_jobs_recruiter_is_told_first_or_else_the_receiver_of_alerts(
    alert_email: str, recruiter: str | None, recipient: str
) -> None:
    await book(recruiter=recruiter)
    await end()
    (alert,) = await put(BY_MAIL, alert_email=alert_email)
    assert alert["recipient"] == recipient


async def test_where_nobody_is_to_be_told_the_log_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    await book()
    await end()
    await health.hold(ALERTING_MAIL, "auth_refused", now=NOW)
    assert await put(BY_MAIL) == await put(BY_MAIL, minutes=1) == []
    assert capsys.readouterr().out.count("alert.reaches_nobody") == 2


async def test_every_chat_that_carries_alerts_is_told_before_any_mail_is_sent() -> None:
    await book(recruiter="rita@hire.example")
    await end()
    other = msgspec.structs.replace(CHAT, name="matrix", fingerprint="m")
    all_three = outbox_of(ALERTING_MAIL, CHAT, other)
    told = await put(all_three, alert_email="ops@hire.example")
    assert sorted(alert["channel"] for alert in told) == ["chat", "matrix"]


def test_an_installation_that_tells_nobody_is_warned_and_so_is_its_booking() -> None:
    def warned(outbox: Outbox, alert_email: str = "", recruiter: str | None = None) -> tuple[bool, bool]:
        said = alerts.warning_of_booking(outbox, alert_email=alert_email, recruiter_email=recruiter)
        return bool(alerts.warnings(outbox, alert_email=alert_email)), said is not None

    assert warned(BY_MAIL) == warned(outbox_of(MAIL)) == (True, True)
    assert warned(BY_MAIL, recruiter="rita@hire.example") == (True, False)
    assert warned(BY_MAIL, "ops@hire.example") == warned(BY_CHAT) == (False, False)


# --- How many at once --------------------------------------------------------------------------------------------


async def test_five_are_told_one_by_one() -> None:
    idents = await failed(5)
    assert [alert["subject"] for alert in await put()] == [str(ident) for ident in idents]


async def test_of_five_hundred_at_once_four_are_told_alone_and_one_alert_stands_for_the_others() -> None:
    await failed(500)
    told = await put()
    assert [alert["others"] for alert in told] == [0, 0, 0, 0, 495]
    assert await db.fetch_value("SELECT count(*) FROM delivery WHERE failure_alerted_at IS NULL AND required") == 0
    assert await put(minutes=2) == []


async def test_what_is_at_risk_and_what_has_failed_are_gathered_apart() -> None:
    await failed(20)
    for _ in range(2):
        await book(hours=2)
    told = await put(minutes=30)
    assert [(alert["cause"], alert["others"]) for alert in told[-2:]] == [("failed", 15), ("at_risk", 1)]


async def test_what_failed_for_different_reasons_is_gathered_apart() -> None:
    for ident in (await failed(30))[:15]:
        await db.fetch("UPDATE delivery SET last_reason = 'recipient_unknown' WHERE id = $1", ident)
    told = await put()
    assert [(alert["reason"], alert["others"]) for alert in told[-2:]] == [
        ("recipient_unknown", 10),
        ("mailbox_full", 14),
    ]


@pytest.mark.parametrize("alert_email", ["", "ops@hire.example"])
async def test_each_recruiter_is_told_of_their_own_and_a_chat_of_all_together(alert_email: str) -> None:
    await failed(30, recruiters=["rita@hire.example", "ravi@hire.example"])
    told = await put(BY_MAIL, alert_email=alert_email)
    assert [(alert["recipient"][:4], alert["others"]) for alert in told[-2:]] == [("rita", 12), ("ravi", 12)]


async def test_a_chat_is_told_of_the_jobs_of_all_recruiters_together() -> None:
    await failed(30, recruiters=["rita@hire.example", "ravi@hire.example"])
    assert len(await put(outbox_of(ALERTING_MAIL, CHAT))) == alerts.A_MINUTE


@pytest.mark.parametrize("seed", range(3))
async def test_no_minute_brings_more_than_five_alerts_and_nothing_waits_longer_than_one(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (a test that can be run again)
    put_at: list[float] = []
    arrived: dict[str, float] = {}
    for step in range(60):
        second = step * 10.0
        if step < 50 and chance.random() < 0.6:
            new = await failed(chance.choice([1, 1, 2, 9]))
            arrived |= {str(ident): second for ident in new}
        told = await put(minutes=second / 60)
        put_at += [second] * len(told)
        late = await db.fetch("SELECT id FROM delivery WHERE required AND failure_alerted_at IS NULL")
        assert all(second - arrived[str(row["id"])] <= 60 for row in late)
    assert all(sum(at - 60 < other <= at for other in put_at) <= alerts.A_MINUTE for at in put_at)
    others: int = await db.fetch_value("SELECT sum((payload->>'others')::int) FROM delivery WHERE kind = 'alert'")
    assert len(put_at) + others == len(arrived)


# --- Crashes and races -------------------------------------------------------------------------------------------


async def test_a_sweep_that_breaks_off_has_told_nobody_and_the_next_one_does() -> None:
    await book()
    await end()
    await health.hold(MAIL, "auth_refused", now=NOW)
    nameless = msgspec.structs.replace(CHAT, name="")  # no delivery can be written to it
    with pytest.raises(asyncpg.CheckViolationError):
        await put(outbox_of(MAIL, nameless))
    assert sorted(alert["cause"] for alert in await put()) == ["failed", "held"]


async def test_of_several_sweeps_at_once_one_tells() -> None:
    await failed(30)
    counts = await asyncio.gather(*(alerts.put_due(BY_CHAT, alert_email="", now=NOW) for _ in range(4)))
    assert sum(counts) == alerts.A_MINUTE
    assert await db.fetch_value("SELECT count(*) FROM delivery WHERE kind = 'alert'") == alerts.A_MINUTE


async def test_a_delivery_that_is_being_settled_is_left_to_the_next_sweep(database_url: str) -> None:
    await book()
    await end()
    settling = await db.Connection.connect(database_url)
    transaction = settling.raw.transaction()
    await transaction.start()
    await settling.raw.fetch("SELECT id FROM delivery FOR UPDATE")
    assert await put() == []
    await transaction.rollback()
    await settling.close()
    assert len(await put()) == 1
