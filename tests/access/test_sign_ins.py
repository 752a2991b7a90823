"""Sign-ins to the console, as rows: made, found, used, listed, ended, forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from factories import rows
from hireloop import db, errors
from hireloop.access import api_keys, sign_ins
from hireloop.access.tables import Role, SignInEnd
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Actor, AuditFilter

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIFE, IDLE = timedelta(hours=12), timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def somebody(name: str = "Rita", *, expires_at: datetime | None = None) -> Actor:
    known, _ = await api_keys.create(name, Role.RECRUITER, expires_at=expires_at, now=NOW)
    return Actor(name, known.id)


async def signed_in(by: Actor, *, at: datetime = NOW, replaces: UUID | None = None) -> UUID:
    return await sign_ins.create(by, open_until=at + LIFE, browser="Firefox on Linux", replaces=replaces, now=at)


async def why_ended(ident: UUID, *, at: datetime = NOW) -> str | None:
    found = await sign_ins.find(ident, idle=IDLE, now=at)
    assert found is not None
    return found.why_ended


async def lines() -> list[tuple[str, str, object]]:
    """Return the entries of the audit about sign-ins, the oldest first."""
    entries = await audit.page(AuditFilter(), limit=200, after=None)
    return [
        (entry.action.value, entry.actor, entry.details.get("reason"))
        for entry in reversed(entries)
        if entry.action.value.startswith("sign_in.")
    ]


async def test_a_sign_in_is_found_with_its_key() -> None:
    by = await somebody()
    found = await sign_ins.find(await signed_in(by), idle=IDLE, now=NOW)
    assert found is not None
    assert (found.key_id, found.name, found.role, found.why_ended) == (by.key, "Rita", Role.RECRUITER, None)
    (key,) = await rows("api_key")
    assert found.secret_hash == key["secret_hash"]
    assert await sign_ins.find(db.new_id(), idle=IDLE, now=NOW) is None
    assert await lines() == [("sign_in.created", "Rita", None)]


async def test_it_ends_without_a_request_for_an_hour_and_after_twelve_in_any_case() -> None:
    ident = await signed_in(await somebody())
    assert await why_ended(ident, at=NOW + IDLE - MINUTE) is None
    assert await why_ended(ident, at=NOW + IDLE) == "idle"
    at = NOW
    while at + IDLE / 2 < NOW + LIFE:
        at += IDLE / 2
        await sign_ins.note_use(ident, now=at)
        assert await why_ended(ident, at=at) is None
    assert await why_ended(ident, at=NOW + LIFE) == "expired"
    assert await lines() == [("sign_in.created", "Rita", None)]  # nobody did anything


async def test_a_use_is_to_be_recorded_once_a_minute_and_never_back_in_time() -> None:
    ident = await signed_in(await somebody())

    async def is_use_due(at: datetime) -> bool:
        found = await sign_ins.find(ident, idle=IDLE, now=at)
        return found is not None and found.is_use_due

    assert [await is_use_due(NOW + n * MINUTE / 2) for n in range(4)] == [False, False, True, True]
    await sign_ins.note_use(ident, now=NOW + MINUTE)
    await sign_ins.note_use(ident, now=NOW)
    (row,) = await rows("sign_in")
    assert row["last_used_at"] == NOW + MINUTE
    assert not await is_use_due(NOW + 1.5 * MINUTE)


async def test_an_ended_one_stays_ended_and_says_why_first() -> None:
    by = await somebody()
    ident = await signed_in(by)
    assert await sign_ins.end(ident, SignInEnd.SIGNED_OUT, by=by, now=NOW)
    assert not await sign_ins.end(ident, SignInEnd.ENDED_BY_ADMIN, by=by, now=NOW)
    await sign_ins.note_use(ident, now=NOW + MINUTE)
    (row,) = await rows("sign_in")
    assert row["last_used_at"] == NOW
    assert await why_ended(ident, at=NOW + LIFE) == "signed_out"
    assert await lines() == [("sign_in.created", "Rita", None), ("sign_in.ended", "Rita", "signed_out")]


async def test_a_revoked_key_ends_its_sign_ins_and_no_others() -> None:
    by, other = await somebody(), await somebody("Bo")
    ended, left = [await signed_in(by), await signed_in(by)], await signed_in(other)
    assert by.key is not None
    await api_keys.revoke(by.key, by=Actor("Ada"), now=NOW)
    assert [await why_ended(one) for one in ended] == ["key_revoked"] * 2
    assert await why_ended(left) is None
    assert (await lines())[3:] == [("sign_in.ended", "Ada", "key_revoked")] * 2
    with pytest.raises(errors.NotSignedIn):
        await signed_in(by)


async def test_a_key_that_is_being_revoked_opens_no_sign_in_beside_it() -> None:
    """Whichever comes first, no open sign-in is left behind."""
    for _ in range(4):
        by = await somebody()
        assert by.key is not None
        made = [signed_in(by) for _ in range(3)]
        await asyncio.gather(*made, api_keys.revoke(by.key, now=NOW), *(signed_in(by),), return_exceptions=True)
        assert not await sign_ins.open_ones(idle=IDLE, key=by.key, now=NOW)
        assert not [row for row in await rows("sign_in") if row["ended_at"] is None]


async def test_an_expired_key_has_no_open_sign_in() -> None:
    by = await somebody(expires_at=NOW + 2 * MINUTE)
    ident = await signed_in(by)
    assert await why_ended(ident, at=NOW + MINUTE) is None
    assert await why_ended(ident, at=NOW + 2 * MINUTE) == "key_expired"
    assert len(await sign_ins.open_ones(idle=IDLE, now=NOW + MINUTE)) == 1
    assert await sign_ins.open_ones(idle=IDLE, now=NOW + 2 * MINUTE) == []


async def test_signing_in_again_ends_what_the_browser_had() -> None:
    by, other = await somebody(), await somebody("Bo")
    first = await signed_in(by)
    second = await signed_in(other, replaces=first)
    assert [await why_ended(one) for one in (first, second)] == ["replaced", None]
    assert (await lines())[-1] == ("sign_in.ended", "Bo", "replaced")


async def test_of_more_than_fifty_the_oldest_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sign_ins.MOST_OF_A_KEY == 50
    monkeypatch.setattr(sign_ins, "MOST_OF_A_KEY", 3)
    by, other = await somebody(), await somebody("Bo")
    await signed_in(other)
    made = [await signed_in(by, at=NOW + n * MINUTE) for n in range(5)]
    ends = [await why_ended(one, at=NOW + 5 * MINUTE) for one in made]
    assert ends == ["too_many", "too_many", None, None, None]
    at_once = [signed_in(by, at=NOW + 6 * MINUTE) for _ in range(6)]
    await asyncio.gather(*at_once)
    assert len(await sign_ins.open_ones(idle=IDLE, key=by.key, now=NOW + 6 * MINUTE)) == 3
    assert len(await sign_ins.open_ones(idle=IDLE, key=other.key, now=NOW + 6 * MINUTE)) == 1


async def test_lists_hold_open_ones_by_key_and_the_last_use() -> None:
    zoe, ada = await somebody("Zoe"), await somebody("Ada")
    zoes, adas, again = await signed_in(zoe), await signed_in(ada), await signed_in(ada)
    over = await signed_in(ada)
    await sign_ins.end(over, SignInEnd.SIGNED_OUT, by=ada, now=NOW)
    await sign_ins.note_use(adas, now=NOW + MINUTE)
    at = NOW + 2 * MINUTE
    assert [one.id for one in await sign_ins.open_ones(idle=IDLE, now=at)] == [adas, again, zoes]
    assert [one.id for one in await sign_ins.open_ones(idle=IDLE, key=zoe.key, now=at)] == [zoes]
    assert [one.id for one in await sign_ins.open_ones(idle=IDLE, now=NOW + IDLE)] == [adas]
    assert await sign_ins.open_ones(idle=LIFE, now=NOW + LIFE) == []


async def test_one_or_all_but_one_of_a_key_are_ended() -> None:
    by, other = await somebody(), await somebody("Bo")
    first, second, third, left = [await signed_in(one) for one in (by, by, by, other)]
    assert by.key is not None
    reason = SignInEnd.ENDED_ELSEWHERE
    assert await sign_ins.end_those_of(by.key, reason, by=by, only=left, now=NOW) == 0  # another key's
    assert await sign_ins.end_those_of(by.key, reason, by=by, only=first, now=NOW) == 1
    assert await sign_ins.end_those_of(by.key, reason, by=by, but=third, now=NOW) == 1
    ends = [await why_ended(one) for one in (first, second, third, left)]
    assert ends == ["ended_elsewhere", "ended_elsewhere", None, None]


async def test_a_sign_in_is_forgotten_a_day_after_its_time() -> None:
    by = await somebody()
    await signed_in(by)
    await signed_in(by, at=NOW + MINUTE)
    over = NOW + LIFE + timedelta(days=1)
    assert await sign_ins.forget_old(now=over - MINUTE) == 0
    assert await sign_ins.forget_old(now=over) == 1
    assert len(await rows("sign_in")) == 1
    assert len(await lines()) == 2  # the audit keeps it
