"""The outbox: what is put stands once, with the fact or not at all, and until something newer is to be said."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from factories import OUTBOX, WINDOWS, book, make_interview, make_slot, outbox_of, rows
from hireloop import db
from hireloop.notify.deliveries import deliveries, leases, outbox
from hireloop.notify.messages import Message
from hireloop.statements import Statement
from notify.factories import ACCEPTED, RECRUITERS, WITH_RECRUITERS, invite, settlement
from notify.records import view
from notify.sample_messages import invitation, recruiter_copy
from sample_channels import EMAIL

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
TOMORROW = NOW + timedelta(days=1)
_book = partial(invite, now=NOW)


# --- what a booking puts ---------------------------------------------------------------------------------------


async def test_an_invitation_is_useful_until_its_link_closes_and_at_risk_a_quarter_of_an_hour_after_it_was_due() -> (
    None
):
    found = await view(await _book())
    assert found.state == "pending"
    assert found.due_at == NOW
    assert found.deadline_at == NOW + timedelta(hours=24, seconds=WINDOWS.late_seconds)
    assert found.at_risk_at == NOW + timedelta(minutes=15)
    assert found.message_id == f"<{found.id}@hire.example>"


async def test_a_booking_at_short_notice_is_at_risk_only_once_it_failed_or_had_30_s() -> None:
    found = await view(await _book(starts_in=timedelta(minutes=5)))
    assert found.at_risk_at == NOW
    failed = msgspec.structs.replace(found, last_reason="connection_refused")
    later = NOW + timedelta(seconds=29)
    assert deliveries.invitation_state([found], revision=1, now=later) == "pending"
    assert deliveries.invitation_state([failed], revision=1, now=NOW) == "at_risk"
    assert deliveries.invitation_state([found], revision=1, now=later + timedelta(seconds=1)) == "at_risk"


async def test_a_booking_in_the_last_moment_leaves_its_invitation_30_s() -> None:
    found = await view(await _book(starts_in=timedelta(seconds=1 - WINDOWS.late_seconds)))
    assert found.deadline_at == NOW + timedelta(seconds=30)


async def test_every_channel_of_the_kind_gets_its_own_delivery_and_a_chat_copy_holds_no_address() -> None:
    chat = msgspec.structs.replace(RECRUITERS, kinds=frozenset({"invitation"}), url="slack://secret")
    other = msgspec.structs.replace(chat, name="failures", kinds=frozenset({"alert"}))
    await _book(outbox=outbox_of(EMAIL, chat, other))
    stored = {row["channel"]: row for row in await rows("delivery")}
    assert stored.keys() == {"email", "recruiters"}
    assert (stored["recruiters"]["recipient"], stored["recruiters"]["required"]) == ("recruiters", False)
    assert "@" in stored["email"]["recipient"]
    assert "secret" not in str(stored)


async def test_a_payload_holds_the_session_and_its_key_version_and_never_a_key_or_a_link() -> None:
    await _book()
    (row,) = await rows("delivery")
    payload = msgspec.json.decode(row["payload"])
    assert payload["key_version"] == 1
    assert payload["session_id"]
    assert "session_key" not in row["payload"]
    assert "http" not in row["payload"]


async def test_what_is_put_in_a_transaction_that_fails_is_not_there() -> None:
    interview, slot = await make_interview(), await make_slot()

    async def book_and_fail() -> None:
        async with db.DB.transaction():
            await book(interview, slot)
            assert len(await rows("delivery")) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await book_and_fail()
    assert await rows("delivery") == []
    assert await rows("schedule") == []


# --- put -------------------------------------------------------------------------------------------------------


async def test_every_message_of_a_put_goes_over_every_channel_of_its_kind() -> None:
    invited = invitation(starts_at=TOMORROW)
    put = await WITH_RECRUITERS.put([invited, recruiter_copy(invited)], now=NOW)
    assert [(one.kind, one.channel, one.recipient, one.required) for one in put] == [
        ("invitation", "email", "asha@example.com", True),
        ("recruiter_copy", "recruiters", "recruiters", False),
    ]
    stored = {row["id"]: row for row in await rows("delivery")}
    assert stored.keys() == {one.id for one in put}
    copy = stored[put[1].id]
    assert (copy["first_due_at"], copy["due_at"]) == (NOW + 5 * SECOND, NOW + 5 * SECOND)
    assert (copy["at_risk_at"], copy["deadline_at"]) == (None, NOW + timedelta(days=1))


async def test_what_already_exists_is_put_once_and_keeps_its_first_words_and_its_id() -> None:
    said = invitation(starts_at=TOMORROW)
    (first,) = await OUTBOX.put([said], now=NOW)
    again = msgspec.structs.replace(said, booking_notes="other words")
    another = invitation(starts_at=TOMORROW)
    assert [one.recipient for one in await OUTBOX.put([again, another], now=NOW + SECOND)] == ["asha@example.com"]
    stored = await rows("delivery")
    assert [row["schedule"] for row in stored] == [said.schedule_id, another.schedule_id]
    assert stored[0]["id"] == first.id
    assert "other words" not in stored[0]["payload"]
    assert await OUTBOX.put([said, another], now=NOW) == ()


async def test_a_put_of_nothing_and_one_that_no_channel_carries_write_nothing() -> None:
    assert await OUTBOX.put([], now=NOW) == ()
    assert await OUTBOX.put([recruiter_copy(invitation(starts_at=TOMORROW))], now=NOW) == ()
    assert await rows("delivery") == []


async def test_a_put_belongs_to_its_callers_transaction() -> None:
    async def put_and_fail() -> None:
        async with db.DB.transaction():
            assert len(await OUTBOX.put([invitation(starts_at=TOMORROW)], now=NOW)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await put_and_fail()
    assert await rows("delivery") == []


@pytest.mark.parametrize(("source", "written"), [("fact", 2), ("no_fact", 0)])
async def test_a_fragment_with_several_messages_writes_all_of_them_or_none_with_the_fact(
    source: str, written: int
) -> None:
    invited = invitation(starts_at=TOMORROW)
    told: list[Message] = [invited, recruiter_copy(invited)]
    drafts = WITH_RECRUITERS.drafts(told, now=NOW)
    facts = "fact AS (SELECT :said::text AS said), no_fact AS (SELECT 1 FROM fact WHERE said = 'nothing')"
    await Statement(f"WITH {facts} {outbox.put_fragment(source=source)}").run(said="something", **drafts.values)
    stored = await rows("delivery")
    assert [row["id"] for row in stored] == [one.id for one in drafts.deliveries][:written]
    assert [row["kind"] for row in stored] == ["invitation", "recruiter_copy"][:written]


# --- supersede -------------------------------------------------------------------------------------------------


async def test_a_newer_revision_ends_what_is_pending_of_older_ones_and_nothing_else() -> None:
    first = invitation(starts_at=TOMORROW)
    second = msgspec.structs.replace(first, revision=2)
    other = invitation(starts_at=TOMORROW)
    old, new, others = await OUTBOX.put([first, second, other], now=NOW)
    assert await outbox.supersede(first.schedule_id, before_revision=2) == 1
    assert [(await view(one.id)).state for one in (old, new, others)] == ["superseded", "pending", "pending"]
    assert await outbox.supersede(first.schedule_id, before_revision=2) == 0


async def test_what_was_sent_stays_sent() -> None:
    said = invitation(starts_at=TOMORROW)
    (put,) = await OUTBOX.put([said], now=NOW)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    assert await outbox.supersede(said.schedule_id, before_revision=2) == 0
    assert (await view(put.id)).state == "sent"


async def test_a_try_under_way_loses_its_lease_and_its_answer_is_written_down_all_the_same() -> None:
    said = invitation(starts_at=TOMORROW)
    (put,) = await OUTBOX.put([said], now=NOW)
    (lease,) = await leases.take("email", limit=1, worker="w", kinds=["invitation"], now=NOW)
    assert await outbox.supersede(said.schedule_id, before_revision=2) == 1
    assert await leases.renew([lease], now=NOW + SECOND) == set()
    accepted = settlement(lease, evidence=ACCEPTED)
    assert await leases.settle([accepted], now=NOW + 2 * SECOND) == set()
    found, (attempt,) = await deliveries.find(put.id, [EMAIL])
    assert (found.state, found.sent_at, attempt.outcome) == ("superseded", NOW + 2 * SECOND, "sent")


async def test_what_a_transaction_superseded_that_fails_is_pending_again() -> None:
    said = invitation(starts_at=TOMORROW)
    (put,) = await OUTBOX.put([said], now=NOW)

    async def supersede_and_fail() -> None:
        async with db.DB.transaction():
            await outbox.supersede(said.schedule_id, before_revision=2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supersede_and_fail()
    assert (await view(put.id)).state == "pending"
