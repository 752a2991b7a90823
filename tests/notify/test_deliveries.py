"""What is read of deliveries: lists, one with its tries, and where an invitation stands."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from hireloop import db, errors
from hireloop.notify import channel_health, deliveries
from hireloop.notify.deliveries import DeliveryView, Filter, InvitationState
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling import schedules
from hireloop.scheduling.schedules import Booked
from samples import EMAIL, OUTBOX, WINDOWS, make_interview, make_slot

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


async def _book() -> Booked:
    return await schedules.book(
        await make_interview(), await make_slot(), booking_notes="", outbox=OUTBOX, windows=WINDOWS
    )


# --- Where an invitation stands: pure --------------------------------------------------------------------------


def _view(state: DeliveryState = DeliveryState.PENDING, **fields: object) -> DeliveryView:
    view = DeliveryView(
        id=uuid4(),
        schedule=uuid4(),
        revision=1,
        kind="invitation",
        channel="email",
        recipient="asha@example.com",
        required=True,
        state=state,
        attempt_count=0,
        tries=0,
        first_due_at=NOW,
        due_at=NOW,
        at_risk_at=NOW + timedelta(minutes=15),
        deadline_at=NOW + timedelta(hours=1),
        last_reason=None,
        last_reply=None,
        sent_at=None,
        bounced_at=None,
        message_id="<1@hire.example>",
        traceparent="",
        created_at=NOW,
        held_reason=None,
        now=NOW,
    )
    return msgspec.structs.replace(view, **fields)


def _stands(*views: DeliveryView, revision: int = 1, minutes: float = 0) -> InvitationState:
    return deliveries.invitation_state(views, revision=revision, now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (DeliveryState.PENDING, "pending"),
        (DeliveryState.SENT, "sent"),
        (DeliveryState.BOUNCED, "failed"),
        (DeliveryState.REJECTED, "failed"),
        (DeliveryState.EXHAUSTED, "failed"),
        (DeliveryState.SUPERSEDED, "none"),
    ],
)
def test_an_invitation_stands_where_its_delivery_stands(state: DeliveryState, stands: str) -> None:
    assert _stands(_view(state)) == stands


def test_an_unsent_invitation_is_at_risk_from_its_time_on_and_a_sent_one_never() -> None:
    assert _stands(_view(), minutes=14.9) == "pending"
    assert _stands(_view(), minutes=15) == "at_risk"
    assert _stands(_view(DeliveryState.SENT), minutes=15) == "sent"
    assert _stands(_view(at_risk_at=None), minutes=15) == "pending"


def test_at_short_notice_an_invitation_is_at_risk_after_a_failed_try_or_after_30_s_without_one() -> None:
    at_once = _view(at_risk_at=NOW)
    assert _stands(at_once, minutes=0.4) == "pending"
    assert _stands(at_once, minutes=0.5) == "at_risk"
    assert _stands(msgspec.structs.replace(at_once, last_reason="timed_out"), minutes=0.1) == "at_risk"


def test_chat_copies_other_kinds_and_other_revisions_do_not_count() -> None:
    sent = _view(DeliveryState.SENT)
    others = [
        _view(DeliveryState.REJECTED, required=False, channel="chat"),
        _view(DeliveryState.REJECTED, kind="reminder"),
        _view(DeliveryState.REJECTED, revision=2),
    ]
    assert _stands(sent, *others) == "sent"
    assert _stands(sent, revision=2) == "none"
    assert _stands(_view(DeliveryState.SENT, kind="rescheduled", revision=2), revision=2) == "sent"
    assert _stands() == "none"


def test_of_several_required_channels_the_gravest_is_told() -> None:
    assert _stands(_view(DeliveryState.SENT), _view(DeliveryState.REJECTED, channel="sms")) == "failed"
    assert _stands(_view(DeliveryState.SENT), _view(channel="sms")) == "pending"


# --- From the database -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_one_delivery_comes_with_its_tries_in_order() -> None:
    ident = (await _book()).deliveries[0].id
    for number in (3, 1, 2):
        await db.fetch(
            "INSERT INTO attempt (delivery, number, worker, outcome, finished_at, phase, code, reply) "
            "VALUES ($1, $2, 'w', 'retry', now(), 'recipient', 451, 'Later')",
            ident,
            number,
        )
    found, attempts = await deliveries.find(ident, [EMAIL])
    assert (found.id, found.state, found.channel) == (ident, "pending", "email")
    assert [(a.number, a.outcome, a.phase, a.code, a.reply) for a in attempts] == [
        (number, "retry", "recipient", 451, "Later") for number in (1, 2, 3)
    ]
    with pytest.raises(errors.NotFound):
        await deliveries.find(uuid4(), [EMAIL])


@pytest.mark.usefixtures("database")
async def test_what_waits_behind_a_held_channel_says_why_unless_it_has_a_reason_of_its_own() -> None:
    ident = (await _book()).deliveries[0].id
    await channel_health.hold(EMAIL, "auth_refused")
    found, _ = await deliveries.find(ident, [EMAIL])
    assert (found.last_reason, found.held_reason) == ("auth_refused", "auth_refused")
    await db.fetch("UPDATE delivery SET last_reason = 'timed_out'")
    assert (await deliveries.find(ident, [EMAIL]))[0].last_reason == "timed_out"
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now(), last_reason = NULL")
    assert (await deliveries.find(ident, [EMAIL]))[0].held_reason is None


@pytest.mark.usefixtures("database")
async def test_a_hold_of_other_settings_is_not_this_channels_reason() -> None:
    ident = (await _book()).deliveries[0].id
    await channel_health.hold(msgspec.structs.replace(EMAIL, fingerprint="old"), "auth_refused")
    assert (await deliveries.find(ident, [EMAIL]))[0].last_reason is None


@pytest.mark.usefixtures("database")
async def test_a_list_is_narrowed_by_each_filter_and_continues_where_the_last_page_ended() -> None:
    idents = [(await _book()).deliveries[0].id for _ in range(5)]
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown' WHERE id = $1", idents[0])

    async def listed(wanted: Filter, **page: object) -> list[int]:
        rows = await deliveries.page(wanted, [EMAIL], **({"limit": 10, "after": None} | page))  # type: ignore[arg-type] # as given
        return [idents.index(row.id) for row in rows]

    assert await listed(Filter()) == [4, 3, 2, 1, 0]  # newest first
    assert await listed(Filter(), limit=2) == [4, 3]
    assert await listed(Filter(), limit=2, after=idents[3]) == [2, 1]
    assert await listed(Filter(state="rejected")) == [0]
    assert await listed(Filter(reason="recipient_unknown")) == [0]
    assert await listed(Filter(channel="chat")) == []
    assert await listed(Filter(kind="invitation"), limit=1) == [4]
    assert await listed(Filter(since=datetime.now(UTC) + timedelta(minutes=1))) == []


@pytest.mark.usefixtures("database")
async def test_the_deliveries_of_some_bookings_come_oldest_first_and_nobody_elses() -> None:
    first, second, _ = [await _book() for _ in range(3)]
    found = await deliveries.of_schedules([second.booking.id, first.booking.id], [EMAIL])
    assert [row.id for row in found] == [first.deliveries[0].id, second.deliveries[0].id]
    assert await deliveries.of_schedules([], [EMAIL]) == []
