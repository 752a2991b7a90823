"""What is read of deliveries: lists, one with its tries, and where an invitation stands."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import book, rows
from hireloop import db, errors
from hireloop.notify.channels import health
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import DeliveryFilter, DeliveryView, InvitationState
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling.bookings.bookings import BookingFilter, page
from sample_channels import EMAIL

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


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
        returned_count=0,
        created_at=NOW,
        held_reason=None,
        next_probe_at=None,
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


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (None, "What it says has changed since, or somebody has dealt with it."),
        (0, "The recipient had not heard of the interview, so there was nothing to say."),
        (3, "The message of revision 3 says the same."),
    ],
)
def test_what_is_superseded_says_why_in_a_sentence(told: int | None, why: str) -> None:
    view = _view(DeliveryState.SUPERSEDED)
    assert msgspec.structs.replace(view, told_revision=told).why_superseded == why
    assert _view(DeliveryState.SENT).why_superseded == ""


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


# --- The same rule in the database, for lists --------------------------------------------------------------------

_BOOKINGS, _REVISION = 12, 2
_BEFORE_AND_AFTER = [timedelta(minutes=minutes) for minutes in (-60, -1, 0, 1, 60)]
# Mostly what counts: pending, required, inviting, and of the current revision.
_STORED = st.fixed_dictionaries(
    {
        "state": st.sampled_from([*DeliveryState, *[DeliveryState.PENDING] * 5]),
        "revision": st.sampled_from([_REVISION] * 4 + [_REVISION - 1, _REVISION + 1]),
        "kind": st.sampled_from(["invitation", "rescheduled"] * 3 + ["reminder", "recruiter_copy", "cancelled"]),
        "required": st.sampled_from([True] * 4 + [False]),
        "last_reason": st.sampled_from([None, "timed_out"]),
        "at_risk_at": st.sampled_from([None, *(NOW + after for after in _BEFORE_AND_AFTER)]),
        "first_due_at": st.sampled_from([NOW + after for after in (*_BEFORE_AND_AFTER, timedelta(seconds=-30))]),
    }
)


_IN_ORDER = ("revision", "kind", "required", "state", "last_reason", "first_due_at")


async def _store(histories: list[tuple[UUID, dict[str, Any]]]) -> None:
    """Put deliveries of these bookings straight into the table, each on a channel of its own."""
    await db.fetch(
        """
        INSERT INTO delivery (id, schedule, revision, kind, channel, recipient, required, starts_at, payload,
            payload_version, state, last_reason, first_due_at, due_at, at_risk_at, deadline_at, sent_at, bounced_at,
            message_id, created_at)
        SELECT id, schedule, revision, kind, id::text, 'somebody', required,
            (SELECT starts_at FROM schedule sc WHERE sc.id = stored.schedule), '{}', 1, state, last_reason,
            first_due_at, first_due_at, at_risk_at, $9, $9, $9, '<1@hire.example>', $9
        FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bool[], $6::text[], $7::text[],
            $8::timestamptz[], $10::timestamptz[]) AS stored(id, schedule, revision, kind, required, state, last_reason,
            first_due_at, at_risk_at)
        """,
        [uuid4() for _ in histories],
        [schedule for schedule, _ in histories],
        *([history[name] for _, history in histories] for name in _IN_ORDER),
        NOW,
        [history["at_risk_at"] for _, history in histories],
    )


@settings(
    max_examples=settings().max_examples * 2 // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bookings=st.lists(st.lists(_STORED, max_size=3), min_size=_BOOKINGS, max_size=_BOOKINGS))
def test_lists_are_filtered_by_the_very_state_that_a_booking_shows(
    database_url: str, bookings: list[list[dict[str, Any]]]
) -> None:
    asyncio.run(_the_rules_agree(database_url, bookings))


async def _the_rules_agree(url: str, bookings: list[list[dict[str, Any]]]) -> None:
    async with db.opened(url, pool_size=1):
        # The same bookings for every example: their deliveries are all that differs.
        ids = [row["id"] for row in await rows("schedule")] or [(await book()).booking.id for _ in bookings]
        await db.fetch("DELETE FROM delivery")
        await db.fetch("UPDATE schedule SET revision = $1", _REVISION)
        await _store([(ident, one) for ident, histories in zip(ids, bookings, strict=True) for one in histories])
        found = await deliveries.of_schedules(ids, [EMAIL], now=NOW)
        shown = {
            ident: deliveries.invitation_state(
                [delivery for delivery in found if delivery.schedule == ident], revision=_REVISION, now=NOW
            )
            for ident in ids
        }
        for state in InvitationState:
            listed = await page(BookingFilter(invitation_state=state), limit=100, after=None, now=NOW)
            assert {row.id for row in listed} == {ident for ident, stands in shown.items() if stands is state}


# --- From the database -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_one_delivery_comes_with_its_tries_in_order() -> None:
    ident = (await book()).deliveries[0].id
    for number in (3, 1, 2):
        await db.fetch(
            "INSERT INTO attempt (delivery, number, worker, outcome, started_at, finished_at, phase, code, reply) "
            "VALUES ($1, $2, 'w', 'retry', now(), now(), 'recipient', 451, 'Later')",
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
    ident = (await book()).deliveries[0].id
    await health.hold(EMAIL, "auth_refused")
    found, _ = await deliveries.find(ident, [EMAIL])
    assert (found.reason, found.last_reason, found.held_reason) == ("auth_refused", None, "auth_refused")
    await db.fetch("UPDATE delivery SET last_reason = 'timed_out'")
    assert (await deliveries.find(ident, [EMAIL]))[0].reason == "timed_out"
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now(), last_reason = NULL")
    assert (await deliveries.find(ident, [EMAIL]))[0].reason is None


@pytest.mark.usefixtures("database")
async def test_the_next_try_behind_a_held_channel_is_the_next_probe_and_of_what_has_ended_there_is_none() -> None:
    ident = (await book()).deliveries[0].id
    found, _ = await deliveries.find(ident, [EMAIL])
    assert found.next_attempt_at == found.due_at
    later = datetime.now(UTC) + timedelta(minutes=5)
    await health.hold(EMAIL, "auth_refused", now=later)
    found, _ = await deliveries.find(ident, [EMAIL])
    assert found.next_attempt_at == found.next_probe_at == later + timedelta(seconds=1)
    await db.fetch("UPDATE delivery SET due_at = $1", later + timedelta(hours=1))
    found, _ = await deliveries.find(ident, [EMAIL])
    assert found.next_attempt_at == found.due_at
    await db.fetch("UPDATE delivery SET state = 'rejected'")
    assert (await deliveries.find(ident, [EMAIL]))[0].next_attempt_at is None


@pytest.mark.usefixtures("database")
async def test_a_hold_of_other_settings_is_not_this_channels_reason() -> None:
    ident = (await book()).deliveries[0].id
    await health.hold(msgspec.structs.replace(EMAIL, fingerprint="old"), "auth_refused")
    assert (await deliveries.find(ident, [EMAIL]))[0].reason is None


@pytest.mark.usefixtures("database")
async def test_a_list_is_filtered_by_each_filter_and_continues_where_the_last_page_ended() -> None:
    idents = [(await book()).deliveries[0].id for _ in range(5)]
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown' WHERE id = $1", idents[0])

    async def listed(wanted: DeliveryFilter, **page: object) -> list[int]:
        rows = await deliveries.page(wanted, [EMAIL], **({"limit": 10, "after": None} | page))  # type: ignore[arg-type] # as given
        return [idents.index(row.id) for row in rows]

    assert await listed(DeliveryFilter()) == [4, 3, 2, 1, 0]  # newest first
    assert await listed(DeliveryFilter(), limit=2) == [4, 3]
    assert await listed(DeliveryFilter(), limit=2, after=idents[3]) == [2, 1]
    assert await listed(DeliveryFilter(state="rejected")) == [0]
    assert await listed(DeliveryFilter(reason="recipient_unknown")) == [0]
    assert await listed(DeliveryFilter(channel="chat")) == []
    assert await listed(DeliveryFilter(kind="invitation"), limit=1) == [4]
    assert await listed(DeliveryFilter(since=datetime.now(UTC) + timedelta(minutes=1))) == []


@pytest.mark.usefixtures("database")
async def test_the_deliveries_of_some_bookings_come_oldest_first_and_nobody_elses() -> None:
    first, second, _ = [await book() for _ in range(3)]
    found = await deliveries.of_schedules([second.booking.id, first.booking.id], [EMAIL])
    assert [row.id for row in found] == [first.deliveries[0].id, second.deliveries[0].id]
    assert await deliveries.of_schedules([], [EMAIL]) == []


async def _store_all_sorts() -> None:
    """Put 120 deliveries straight into the table, of every state and more, about nothing; email is held."""
    for number in range(120):
        state = list(DeliveryState)[number % 6]
        ident = db.new_id()
        await db.fetch(
            """
            INSERT INTO delivery (id, revision, kind, channel, recipient, required, payload, payload_version, state,
                last_reason, first_due_at, due_at, deadline_at, sent_at, bounced_at, message_id, created_at)
            VALUES ($1, 1, $2, $3, $8, true, '{}', 1, $4, $5, now(), now(), $6, $6, $6, '<1@hire.example>',
                now() - make_interval(mins => $7))
            """,
            ident,
            ("invitation", "reminder", "alert", "recruiter_copy")[number // 6 % 4],
            ("email", "chat-a", "webhook-b")[number // 24 % 3],
            state.value,
            None if state is DeliveryState.SENT else (None, "timeout", "auth_refused")[number // 2 % 3],
            NOW,
            120 - number,
            str(ident),
        )
    await health.hold(EMAIL, "auth_refused")


@pytest.mark.usefixtures("database")
async def test_every_combination_of_filters_lists_what_fits_and_nothing_else_newest_first() -> None:
    await _store_all_sorts()
    everything = await deliveries.page(DeliveryFilter(), [EMAIL], limit=200, after=None)
    assert [row.id for row in everything] == sorted((row.id for row in everything), reverse=True)
    choices: dict[str, list[Any]] = {
        "state": [None, *DeliveryState],
        "channel": [None, "email", "webhook-b", "webhook-none"],
        "reason": [None, "timeout", "auth_refused"],
        "kind": [None, "invitation", "rescheduled"],
        "since": [None, everything[50].created_at],
    }
    for chosen in itertools.product(*choices.values()):
        wanted = dict(zip(choices, chosen, strict=True))
        fitting = [
            row.id
            for row in everything
            if all(wanted[name] in {None, getattr(row, name)} for name in ("state", "channel", "reason", "kind"))
            and (wanted["since"] is None or row.created_at >= wanted["since"])
        ]
        first = await deliveries.page(DeliveryFilter(**wanted), [EMAIL], limit=7, after=None)
        rest = await deliveries.page(DeliveryFilter(**wanted), [EMAIL], limit=200, after=first[-1].id) if first else []
        assert [row.id for row in first + rest] == fitting, wanted


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [
        ("asha@example.com", "a…@example.com"),
        ("a@example.com", "a…@example.com"),
        ("ä@exämple.de", "ä…@exämple.de"),
        ("slack-1a2b3c4d", "slack-1a2b3c4d"),
    ],
)
def test_only_the_first_letter_of_a_recipient_is_shown(recipient: str, shown: str) -> None:
    assert deliveries.mask(recipient) == shown
