"""Whether anybody has heard of an alert, who gets it next, and when it is over."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

import factories
from factories import make_interview, outbox_of, rows
from hireloop import db
from hireloop.notify import erasure
from hireloop.notify.channels import health
from hireloop.notify.deliveries import alert_records, alerts, replay, skips
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.telemetry import metrics
from notify.factories import ALERTING_CHAT, ALERTING_MAIL

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
RITA, RAVI, OPS = "rita@hire.example", "ravi@hire.example", "ops@hire.example"
EVERY_WAY = outbox_of(ALERTING_MAIL, ALERTING_CHAT)
BY_MAIL = outbox_of(ALERTING_MAIL)


async def failed(recruiter: str | None = RITA, *, hours: float = 24) -> UUID:
    """Book an interview whose invitation was rejected, and return the booking's id."""
    booked = await factories.book(
        await make_interview(full_name="Meera Iyer"), starts_at=NOW + timedelta(hours=hours), outbox=BY_MAIL, now=NOW
    )
    await db.fetch(
        """
        UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown',
            payload = payload || jsonb_build_object('recruiter_email', $2::text)
        WHERE id = $1
        """,
        booked.deliveries[0].id,
        recruiter,
    )
    return booked.booking.id


async def sweep(seconds: float = 0, *, over: Outbox = EVERY_WAY, alert_email: str = OPS) -> list[str]:
    """Sweep so many seconds after NOW, and return the recipients that this gave alerts to."""
    before = {row["id"] for row in await rows("delivery")}
    await alerts.put_due(over, alert_email=alert_email, now=NOW + timedelta(seconds=seconds))
    return [row["recipient"] for row in await rows("delivery") if row["id"] not in before]


async def settle(recipient: str, state: str, *, seconds: float = 0) -> None:
    """End every alert to a recipient in this state."""
    await db.fetch(
        """
        UPDATE delivery SET state = $2, sent_at = CASE WHEN $2 IN ('sent', 'bounced') THEN $3::timestamptz END,
            bounced_at = CASE WHEN $2 = 'bounced' THEN $3::timestamptz END
        WHERE kind = 'alert' AND recipient = $1
        """,
        recipient,
        state,
        NOW + timedelta(seconds=seconds),
    )


async def the_alert() -> dict[str, Any]:
    (row,) = await rows("alert")
    return row


async def unheard() -> list[str]:
    return sorted(str(row["recruiter"]) for row in await rows("alert") if row["unheard_since"] is not None)


# --- From carrier to carrier -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["rejected", "exhausted", "bounced"])
async def test_an_alert_that_ends_badly_goes_on_to_the_next_carriers_at_once(end: str) -> None:
    await failed()
    assert await sweep() == ["chat"]
    for seconds, recipient, following in ((2, "chat", [RITA]), (4, RITA, [OPS]), (6, OPS, [])):
        assert await sweep(seconds - 1) == []
        await settle(recipient, end)
        assert await sweep(seconds) == following
    alert = await the_alert()
    assert (alert["rank"], alert["unheard_since"] is None, alert["heard_at"]) == (3, False, None)


async def test_what_no_carrier_has_taken_within_a_minute_goes_on_while_the_first_goes_on_trying() -> None:
    await failed()
    told = [await sweep(seconds) for seconds in (0, 59, 60, 119, 120, 600)]
    assert told == [["chat"], [], [RITA], [], [OPS], []]
    await settle("chat", "sent", seconds=700)
    assert await sweep(702) == []
    alert = await the_alert()
    assert (alert["unheard_since"], alert["heard_at"]) == (None, NOW + timedelta(seconds=700))


@pytest.mark.parametrize("taken_by", ["chat", RITA, OPS])
async def test_an_alert_that_any_carrier_takes_is_heard_and_goes_no_further(taken_by: str) -> None:
    await failed()
    for seconds, recipient in ((0, "chat"), (10, RITA), (20, OPS)):
        assert await sweep(seconds) == [recipient]
        await settle(recipient, "sent" if recipient == taken_by else "rejected", seconds=seconds)
        if recipient == taken_by:
            break
    assert [await sweep(seconds) for seconds in (30, 100, 1000)] == [[], [], []]
    alert = await the_alert()
    (taker,) = [row for row in await rows("delivery") if row["id"] == alert["heard_by"]]
    assert (taker["recipient"], alert["unheard_since"]) == (taken_by, None)


async def test_an_alert_whose_mail_comes_back_is_unheard_again_from_then_on_and_goes_on() -> None:
    await failed()
    await sweep(over=BY_MAIL)
    await settle(RITA, "sent")
    await sweep(2, over=BY_MAIL)
    assert await unheard() == []
    await settle(RITA, "bounced", seconds=3000)
    assert await sweep(3000, over=BY_MAIL) == [OPS]
    alert = await the_alert()
    assert (alert["unheard_since"], alert["heard_by"]) == (NOW + timedelta(seconds=3000), None)


async def test_one_dead_recruiter_address_is_the_alert_of_that_job_alone() -> None:
    await failed(RITA)
    await failed(RAVI)
    assert sorted(await sweep(over=BY_MAIL, alert_email="")) == [RAVI, RITA]
    await settle(RITA, "sent")
    await settle(RAVI, "rejected")
    assert await sweep(2, over=BY_MAIL, alert_email="") == []
    assert await unheard() == [RAVI]


async def test_what_a_chat_was_told_of_together_goes_on_to_each_recruiter_apart() -> None:
    for recruiter in (RITA, RITA, RITA, RITA, RITA, RAVI, RAVI, None):
        await failed(recruiter)
    assert await sweep() == ["chat"] * 5
    await settle("chat", "rejected")
    told = await sweep(2)
    assert sorted(told) == [OPS, RAVI, *[RITA] * 5]
    covered = await db.fetch("SELECT alert FROM delivery WHERE kind <> 'alert'")
    assert len({row["alert"] for row in covered}) == len(await rows("alert")) == 7
    assert {row["unheard_since"] for row in await rows("alert")} == {NOW}
    await settle(RAVI, "rejected")
    assert await sweep(4) == [OPS]


async def at_risk(recruiters: Sequence[str]) -> None:
    """Tell the chat of so many invitations at risk, the last ones together; they are those of these recruiters."""
    for recruiter in recruiters:
        await failed(recruiter)
    await db.fetch("UPDATE delivery SET state = 'pending', last_reason = 'timed_out'")
    assert await sweep(1000) == ["chat"] * 5


async def test_a_recruiter_is_not_told_of_what_was_delivered_before_the_chat_failed() -> None:
    await at_risk((*[RITA] * 5, RAVI, RAVI, RITA))
    await db.fetch(
        """
        UPDATE delivery SET state = 'sent', last_reason = NULL, sent_at = $1
        WHERE kind <> 'alert' AND payload->>'recruiter_email' = $2
        """,
        NOW,
        RAVI,
    )
    await settle("chat", "rejected")
    assert set(await sweep(1002)) == {RITA}
    assert {row["cause"] for row in await rows("alert")} == {"at_risk"}
    sent = [row for row in await rows("delivery") if row["state"] == "sent"]
    assert {row["failure_alerted_at"] for row in sent} == {None}  # one that comes back is still to be reported


async def test_a_recruiter_is_not_told_of_what_was_replayed_before_the_chat_failed() -> None:
    bookings = [await failed(recruiter) for recruiter in (*[RITA] * 5, RAVI)]
    assert await sweep() == ["chat"] * 5
    await replayed(bookings[-1])
    await settle("chat", "rejected")
    assert set(await sweep(2)) == {RITA}
    assert {row["cause"] for row in await rows("alert")} == {"failed"}
    (again,) = [row for row in await rows("delivery") if row["schedule"] == bookings[-1] and row["kind"] != "alert"]
    assert again["at_risk_alerted_at"] is None  # should it be at risk, it is still to be reported


async def test_a_recruiter_is_not_told_of_what_needs_nobody_any_more_a_day_after_its_deadline() -> None:
    for recruiter, hours in ((RITA, 1), (RITA, 1), (RITA, 1), (RITA, 1), (RAVI, 2), (RITA, 100), (RAVI, 100)):
        await failed(recruiter, hours=hours)
    assert await sweep() == ["chat"] * 5
    await settle("chat", "rejected")
    assert sorted(await sweep(27 * 3600)) == [RAVI, RITA]
    told = await db.fetch("SELECT recruiter, (payload->>'others')::int AS others FROM alert WHERE recruiter <> ''")
    assert {row["recruiter"]: row["others"] for row in told} == {RAVI: 0, RITA: 0}


async def test_each_recruiter_is_told_also_when_the_first_of_many_is_for_another_alert() -> None:
    await at_risk((*[RITA] * 5, RAVI, RAVI))
    await db.fetch(
        """
        UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown'
        WHERE id = (SELECT delivery FROM alert WHERE (payload->>'others')::int > 0)
        """
    )
    await db.fetch("UPDATE alert SET put_at = put_at - interval '2 minutes'")  # so that there is room for another
    assert await sweep(1002, alert_email="") == ["chat"]
    await settle("chat", "rejected")
    assert sorted(await sweep(1004, alert_email="")) == [RAVI, *[RITA] * 5]
    assert await sweep(1006, alert_email="") == []
    unfinished = [row for row in await rows("alert") if row["over_at"] is None]
    assert {row["recruiter"] for row in unfinished} == {RITA, RAVI}


async def test_an_alert_that_another_version_wrote_goes_on_without_names() -> None:
    await failed()
    await sweep()
    await settle("chat", "rejected")
    await db.fetch("""UPDATE alert SET payload = payload || '{"cause": "of another version"}'""")
    assert [await sweep(seconds) for seconds in (2, 62)] == [[RITA], [OPS]]


async def test_an_alert_about_many_outlives_a_move_of_the_first() -> None:
    for _ in range(8):
        await failed()
    await sweep()
    first: UUID = await db.fetch_value("SELECT schedule FROM alert WHERE (payload->>'others')::int > 0")
    await moved(first)
    await sweep(2)
    (told,) = [row for row in await rows("delivery") if row["kind"] == "alert" and row["schedule"] == first]
    assert told["state"] == "pending"


async def test_what_an_unheard_alert_reports_beside_somebody_who_is_erased_is_reported_again() -> None:
    for _ in range(8):
        await failed()
    await sweep()
    gathered = await db.fetch_row("SELECT id, schedule FROM alert WHERE (payload->>'others')::int > 0")
    assert gathered is not None
    await erasure.forget([gathered["schedule"]], now=NOW)
    assert sorted(await sweep(61)) == [*["chat"] * 3, *[RITA] * 4]
    assert await db.fetch_value("SELECT over_at FROM alert WHERE id = $1", gathered["id"]) is not None


async def test_what_a_heard_alert_reports_beside_somebody_who_is_erased_is_not_reported_again() -> None:
    for _ in range(8):
        await failed()
    await sweep()
    await settle("chat", "sent")
    await sweep(2)
    first: UUID = await db.fetch_value("SELECT schedule FROM alert WHERE (payload->>'others')::int > 0")
    await erasure.forget([first], now=NOW)
    assert "chat" not in await sweep(61)


async def test_an_alert_mail_of_which_something_came_back_is_not_heard() -> None:
    await failed()
    await sweep(over=BY_MAIL)
    await settle(RITA, "sent")
    await sweep(2, over=BY_MAIL)
    await db.fetch("UPDATE delivery SET last_reason = 'came_back' WHERE kind = 'alert'")
    assert await sweep(4, over=BY_MAIL) == [OPS]


async def test_somebody_who_can_be_told_only_later_is_told_later() -> None:
    await failed(None)
    assert await sweep(over=BY_MAIL, alert_email="") == []
    assert await sweep(600, over=BY_MAIL, alert_email=OPS) == [OPS]


async def test_a_held_channel_carries_the_alert_about_itself_after_all_others() -> None:
    await health.hold(ALERTING_CHAT, "endpoint_missing", now=NOW)
    assert await sweep() == [OPS]
    await settle(OPS, "rejected")
    assert await sweep(2) == ["chat"]


async def test_of_several_sweeps_at_once_one_goes_on() -> None:
    await failed()
    await sweep()
    await settle("chat", "rejected")
    at = NOW + timedelta(seconds=5)
    await asyncio.gather(*(alerts.put_due(EVERY_WAY, alert_email=OPS, now=at) for _ in range(4)))
    told = [row["recipient"] for row in await rows("delivery") if row["kind"] == "alert"]
    assert sorted(told) == ["chat", RITA]


async def test_alert_deliveries_of_earlier_versions_are_left_alone() -> None:
    await failed()
    await sweep()
    await db.fetch("UPDATE delivery SET alert = NULL")
    await db.fetch("DELETE FROM alert")
    await settle("chat", "rejected")
    assert await sweep(60) == []


# --- Over --------------------------------------------------------------------------------------------------------


async def delivered(_booking: UUID) -> None:
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = $1 WHERE kind = 'invitation'", NOW)


async def replayed(booking: UUID) -> None:
    (ident,) = [one["id"] for one in await rows("delivery") if one["schedule"] == booking and one["kind"] != "alert"]
    (result,) = await replay.batch(
        replay.ReplayFilter(ids=(ident,)), EVERY_WAY.channels, limit=9, now=NOW + timedelta(seconds=1)
    )
    assert result.skip is None


async def moved(booking: UUID) -> None:
    slot = await factories.make_slot(starts_at=NOW + timedelta(hours=30))
    await moves.move(booking, slot, by=factories.TESTS, outbox=BY_MAIL, windows=factories.WINDOWS, reason="", now=NOW)


async def cancelled(booking: UUID) -> None:
    await cancellations.cancel(booking, by=factories.TESTS, reason="", outbox=BY_MAIL, now=NOW)


async def erased(booking: UUID) -> None:
    await erasure.forget([booking], now=NOW)


@pytest.mark.parametrize("end", [delivered, replayed, moved, cancelled, erased])
async def test_an_alert_is_over_when_nothing_that_it_reports_needs_anybody(end: Any) -> None:  # noqa: ANN401 (verbs)
    booking = await failed()
    await sweep()
    await end(booking)
    await sweep(200)
    alert = await the_alert()
    assert (alert["over_at"], alert["unheard_since"]) == (NOW + timedelta(seconds=200), None)
    (told,) = [row for row in await rows("delivery") if row["kind"] == "alert"]
    assert told["state"] == "superseded"


async def test_an_alert_is_over_a_day_after_the_deadline_and_not_before() -> None:
    await failed(hours=2)
    deadline: datetime = await db.fetch_value("SELECT deadline_at FROM delivery WHERE kind = 'invitation'")
    for hours, is_over in ((0, False), (23.9, False), (24, True)):
        await sweep((deadline + timedelta(hours=hours) - NOW).total_seconds())
        assert ((await the_alert())["over_at"] is not None) is is_over


async def test_what_was_replayed_and_fails_again_has_an_alert_of_its_own() -> None:
    booking = await failed()
    assert await sweep() == ["chat"]
    await replayed(booking)
    assert await sweep(1) == []
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'mailbox_full' WHERE kind = 'invitation'")
    assert await sweep(2) == ["chat"]
    over = {row["reason"]: row["over_at"] is not None for row in await rows("alert")}
    assert over == {"recipient_unknown": True, "mailbox_full": False}


async def test_an_alert_at_risk_is_not_over_while_the_delivery_is_still_tried() -> None:
    await failed()
    await db.fetch("UPDATE delivery SET state = 'pending', last_reason = 'timed_out'")
    assert await sweep(1000) == ["chat"]
    await sweep(1002)
    assert (await the_alert())["over_at"] is None


async def test_an_alert_about_many_is_over_with_the_last_of_them() -> None:
    for _ in range(8):
        await failed()
    await sweep()
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = $1 WHERE kind = 'invitation'", NOW)
    await db.fetch(
        """
        UPDATE delivery SET state = 'rejected' WHERE id = (
            SELECT id FROM delivery WHERE kind = 'invitation' ORDER BY deadline_at DESC, id DESC LIMIT 1)
        """
    )
    await sweep(2)
    (left,) = [row for row in await rows("alert") if row["over_at"] is None]
    assert msgspec.json.decode(left["payload"])["others"] == 3


async def test_what_was_at_risk_and_has_failed_is_for_the_alert_about_the_failure() -> None:
    await failed()
    await db.fetch("UPDATE delivery SET state = 'pending', last_reason = 'timed_out'")
    assert await sweep(1000) == ["chat"]
    await db.fetch("UPDATE delivery SET state = 'exhausted' WHERE kind = 'invitation'")
    assert await sweep(1002) == ["chat"]
    await sweep(1004)
    over = {row["cause"]: row["over_at"] is not None for row in await rows("alert")}
    assert over == {"at_risk": True, "failed": False}


async def test_an_alert_about_a_channel_is_over_when_it_opens() -> None:
    await health.hold(ALERTING_CHAT, "endpoint_missing", now=NOW)
    await sweep()
    await sweep(500)
    assert (await the_alert())["over_at"] is None
    await health.open_again(ALERTING_CHAT, now=NOW + timedelta(seconds=600))
    await sweep(602)
    assert (await the_alert())["over_at"] == NOW + timedelta(seconds=602)


async def test_an_alert_about_a_configuration_that_nobody_uses_any_more_is_over() -> None:
    await health.hold(ALERTING_CHAT, "endpoint_missing", now=NOW)
    await sweep()
    corrected = outbox_of(ALERTING_MAIL, msgspec.structs.replace(ALERTING_CHAT, fingerprint="corrected"))
    await sweep(100, over=corrected)
    assert (await the_alert())["over_at"] is None  # another worker may still have it
    await sweep(400, over=corrected)
    assert (await the_alert())["over_at"] is not None


# --- What is said ------------------------------------------------------------------------------------------------


async def test_each_end_of_an_alert_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> list[str]:
        return re.findall(r"alert\.\w+", capsys.readouterr().out)

    await failed()
    await sweep()
    assert said() == ["alert.put"]
    for seconds in (119, 121, 130, 200):
        await sweep(seconds)
    assert said() == ["alert.unheard"]
    await settle("chat", "sent", seconds=201)
    for seconds in (202, 203):
        await sweep(seconds)
    assert said() == ["alert.heard"]
    await settle("chat", "bounced", seconds=300)
    for seconds in (301, 303):
        await sweep(seconds)
    assert said() == ["alert.unheard"]
    await delivered(UUID(int=0))
    for seconds in (400, 402):
        await sweep(seconds)
    assert said() == ["alert.over"]


async def test_an_alert_that_becomes_one_for_each_recruiter_says_and_counts_the_new_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(metrics.ALERTS, "add", lambda _, attributes: counted.append(attributes["event"]))
    with capture_logs() as lines:
        await at_risk((*[RITA] * 5, RAVI, RAVI))
        await settle("chat", "rejected")
        await sweep(1002)
    said = [line["alert"] for line in lines if line["event"] == "alert.put"]
    assert sorted(said) == sorted(str(row["id"]) for row in await rows("alert"))
    assert counted == ["put"] * len(said) == ["put"] * 6


async def test_a_line_about_an_alert_has_the_ids_of_the_delivery_that_it_is_about() -> None:
    await failed()
    await db.fetch("UPDATE delivery SET traceparent = '00-' || repeat('a', 32) || '-' || repeat('b', 16) || '-01'")
    with capture_logs() as lines:
        await sweep()
        await sweep(121)
        await settle("chat", "sent", seconds=122)
        await sweep(123)
        await alert_records.acknowledge((await the_alert())["id"], by="operator", note=AsyncMock())
        await delivered(UUID(int=0))
        await sweep(125)
    of_alerts = [line for line in lines if line["event"].startswith("alert.")]
    events = [line["event"].removeprefix("alert.") for line in of_alerts]
    assert events == ["put", "unheard", "heard", "acknowledged", "over"]
    assert {(line["trace_id"], line["span_id"]) for line in of_alerts} == {("a" * 32, "b" * 16)}


async def test_an_erased_person_is_in_no_alert() -> None:
    booking = await failed()
    await sweep()
    assert "Meera" in (await the_alert())["payload"]
    await erasure.forget([booking], now=NOW)
    assert "Meera" not in str([await rows("alert"), await rows("delivery")])


# --- Replays of alerts -------------------------------------------------------------------------------------------


async def skipped() -> list[skips.Skip | None]:
    """Replay every alert that has ended, and return why each was left as it is."""
    only = replay.ReplayFilter(kind="alert")
    return [result.skip for result in await replay.batch(only, EVERY_WAY.channels, limit=9, now=NOW)]


async def test_an_alert_that_is_over_is_not_sent_again() -> None:
    booking = await failed()
    await sweep()
    await settle("chat", "rejected")
    await delivered(booking)
    await sweep(1)
    assert await skipped() == [skips.Skip.ALERT_OVER]


async def test_an_alert_that_somebody_has_acknowledged_is_not_sent_again() -> None:
    await failed()
    await sweep()
    await settle("chat", "rejected")
    await alert_records.acknowledge((await the_alert())["id"], by="Rita", note=AsyncMock(), now=NOW)
    assert await skipped() == [skips.Skip.ALERT_OVER]


async def test_an_alert_that_nobody_has_heard_of_may_be_sent_again_and_is_heard_then() -> None:
    await failed()
    await sweep()
    await settle("chat", "rejected")
    assert await skipped() == [None]
    await settle("chat", "sent", seconds=5)
    await sweep(6)
    assert await unheard() == []


async def test_an_alert_that_is_sent_again_has_its_minute_again_before_it_goes_on() -> None:
    await failed()
    await sweep()
    await settle("chat", "sent")
    await sweep(2)
    again = NOW + timedelta(minutes=10)
    await replay.batch(replay.ReplayFilter(kind="alert", state="sent"), EVERY_WAY.channels, limit=9, now=again)
    with capture_logs() as lines:
        assert await sweep(602) == []
    assert [line["why"] for line in lines if line["event"] == "alert.unheard"] == [
        "its email bounced, or it is being sent again"
    ]
    assert await sweep(661) == [RITA]
