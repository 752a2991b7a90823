import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import rows
from hireloop import db, errors
from hireloop.access import api_keys
from hireloop.access.api_keys import KeyRing, KeyState
from hireloop.access.tables import Role
from hireloop.scheduling import audit
from hireloop.scheduling.audit import COMMAND_LINE, Action, AuditFilter
from hireloop.secret_patterns import WHOLE_API_KEY
from hireloop.signing import base64url
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def last_used() -> object:
    return (await rows("api_key"))[0]["last_used_at"]


async def test_a_key_is_stored_as_a_hash_alone() -> None:
    known, key = await api_keys.create("one", Role.VIEWER)
    (row,) = await rows("api_key")
    assert row["secret_hash"] == hashlib.sha256(key.encode()).digest()
    assert (row["id"], row["name"], row["role"]) == (known.id, "one", "viewer")
    assert WHOLE_API_KEY.fullmatch(key)
    assert key[-43:] not in str(row)


async def test_keys_are_random() -> None:
    keys = [(await api_keys.create("same", Role.ADMIN))[1] for _ in range(5)]
    assert len({key[-43:] for key in keys}) == 5


async def test_the_ring_says_who_holds_a_key() -> None:
    known, key = await api_keys.create("one", Role.RECRUITER)
    holder = await KeyRing().holder_of(key)
    assert (holder.id, holder.name, holder.role) == (known.id, "one", Role.RECRUITER)


async def test_a_key_revoked_elsewhere_is_refused_once_the_cache_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    assert api_keys.CACHED_SECONDS <= 5
    clock = SimpleNamespace(now=1_000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(api_keys, "time", clock)
    ring, (known, key) = KeyRing(), await api_keys.create("one", Role.ADMIN)
    await ring.holder_of(key)
    await api_keys.revoke(known.id)  # as another process would
    clock.now += api_keys.CACHED_SECONDS - 0.1
    await ring.holder_of(key)
    clock.now += 0.2
    with pytest.raises(errors.NotSignedIn):
        await ring.holder_of(key)


async def test_a_key_revoked_here_is_refused_at_once() -> None:
    ring, (known, key) = KeyRing(), await api_keys.create("one", Role.ADMIN)
    await ring.holder_of(key)
    await api_keys.revoke(known.id)
    ring.forget(known.id)
    with pytest.raises(errors.NotSignedIn):
        await ring.holder_of(key)


async def test_its_use_is_recorded_outside_the_request() -> None:
    ring, (_, key) = KeyRing(), await api_keys.create("one", Role.ADMIN)
    await ring.holder_of(key)
    assert await last_used() is None
    await ring.stop()
    recorded = await last_used()
    assert recorded is not None
    await KeyRing().stop()
    assert await last_used() == recorded


async def test_its_use_is_recorded_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "_NOTE_USE_EVERY_SECONDS", 0.02)
    ring, (_, key) = KeyRing(), await api_keys.create("one", Role.ADMIN)
    await ring.start()
    await ring.holder_of(key)
    await until(last_used, "its use is recorded")
    await ring.stop()


async def test_a_wrong_secret_does_not_record_a_use() -> None:
    ring, (_, key) = KeyRing(), await api_keys.create("one", Role.ADMIN)
    with pytest.raises(errors.NotSignedIn):
        await ring.holder_of(key[:-4] + "AAAA")
    await ring.stop()
    assert await last_used() is None


async def test_revoking_twice_is_revoking_once() -> None:
    known, _ = await api_keys.create("one", Role.ADMIN, by=COMMAND_LINE)
    first = await api_keys.revoke(known.id, by=COMMAND_LINE)
    assert first.revoked_at is not None
    assert await api_keys.revoke(known.id) == first
    assert await api_keys.find(known.id) == first
    with pytest.raises(errors.NotFound):
        await api_keys.revoke(db.new_id())
    entries = await audit.page(AuditFilter(), limit=9, after=None)
    assert [(one.action, one.subject, one.actor) for one in entries] == [
        (Action.KEY_REVOKED, known.id, "the command line"),
        (Action.KEY_CREATED, known.id, "the command line"),
    ]


async def test_a_key_works_until_it_expires_and_not_from_the_cache_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1_000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(api_keys, "time", clock)
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    known, key = await api_keys.create("one", Role.ADMIN, expires_at=expires_at)
    assert known.expires_at == expires_at
    ring = KeyRing()
    await ring.holder_of(key)
    # Two seconds before its end by the database's clock: these are the cache's, and not five.
    await db.fetch("UPDATE api_key SET expires_at = clock_timestamp() + interval '2 s'")
    clock.now += 10
    await ring.holder_of(key)
    await db.fetch("UPDATE api_key SET expires_at = clock_timestamp()")
    clock.now += 2
    with pytest.raises(errors.NotSignedIn) as refused:
        await ring.holder_of(key)
    assert (refused.value.why, refused.value.key) == ("expired_key", known.id)
    assert api_keys.state_of(await api_keys.find(known.id), datetime.now(UTC)) is KeyState.EXPIRED


async def test_a_key_expires_in_the_future_of_the_calendar() -> None:
    for expires_at in (NOW, NOW - timedelta(days=1), datetime(9999, 12, 31, 23, tzinfo=UTC)):
        with pytest.raises(errors.BadInput, match=r"^expires_at: "):
            await api_keys.create("one", Role.ADMIN, expires_at=expires_at, now=NOW)
    assert await rows("api_key") == []


async def test_keys_that_expire_within_two_weeks_are_warned_of() -> None:
    for name, days in (("soon", 14), ("sooner", 1), ("later", 15)):
        await api_keys.create(name, Role.ADMIN, expires_at=NOW + timedelta(days=days), now=NOW)
    revoked, _ = await api_keys.create("revoked", Role.ADMIN, expires_at=NOW + timedelta(days=2), now=NOW)
    await api_keys.revoke(revoked.id, now=NOW)
    await api_keys.create("for ever", Role.ADMIN, now=NOW)
    assert [one.name for one in await api_keys.about_to_expire(now=NOW)] == ["sooner", "soon"]
    assert [one.name for one in await api_keys.about_to_expire(now=NOW + timedelta(days=1))] == ["soon", "later"]
    found = await api_keys.page(limit=9, after=None)
    assert {one.name for one in found if api_keys.is_about_to_expire(one, NOW)} == {"sooner", "soon"}


async def refused_keys() -> dict[str, str]:
    """Return a key of each kind that is refused, and beside them keys that are accepted, which may be cached."""
    _, good = await api_keys.create("good", Role.ADMIN)
    _, other = await api_keys.create("other", Role.ADMIN)
    revoked, dead = await api_keys.create("revoked", Role.ADMIN)
    await api_keys.revoke(revoked.id)
    _, late = await api_keys.create("expired", Role.ADMIN, expires_at=NOW + timedelta(days=1), now=NOW)
    return {
        "good": good,
        "no such id": f"hl_{'A' * 65}",
        "another's secret": good[:25] + other[25:],
        "wrong secret": good[:-4] + "AAAA",
        "revoked": dead,
        "revoked, wrong secret": dead[:-4] + "AAAA",
        "expired": late,
        "expired, wrong secret": late[:-4] + "AAAA",
        "no form of a key": "hl_x",
        "long": "x" * 5_000,
    }


async def test_a_refusal_takes_the_same_work_whether_there_is_such_a_key_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Equal queries, comparisons and hashes, also for a key that is cached: so the time that they take says nothing."""
    work: list[str] = []
    checked, compare, sha256 = api_keys._CHECKED, hmac.compare_digest, hashlib.sha256  # noqa: SLF001 (counted here)

    async def row(**values: object) -> object:
        work.append("query")
        return await checked.row(**values)

    def compared(one: bytes, other: bytes) -> bool:
        work.append(f"comparison of {len(one)} and {len(other)} bytes")
        return compare(one, other)

    def hashed(data: bytes) -> object:
        work.append("hash")
        return sha256(data)

    keys = await refused_keys()
    good = keys.pop("good")
    monkeypatch.setattr(api_keys, "_CHECKED", SimpleNamespace(row=row))
    monkeypatch.setattr(api_keys, "hmac", SimpleNamespace(compare_digest=compared))
    monkeypatch.setattr(api_keys, "hashlib", SimpleNamespace(sha256=hashed))
    ring = KeyRing()
    done: dict[str, list[str]] = {}
    for turn in ("first", "again", "while the key is cached"):
        if turn == "while the key is cached":
            await ring.holder_of(good)
        for name, key in keys.items():
            work.clear()
            with pytest.raises(errors.NotSignedIn):
                await ring.holder_of(key)
            done[f"{name}, {turn}"] = [*work]
    assert len({tuple(one) for one in done.values()}) == 1, done
    assert next(iter(done.values())).count("query") == 1
    work.clear()
    await ring.holder_of(good)
    assert "query" not in work


async def test_what_is_refused_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ids are guessed: a key that was accepted stays cached, and nothing grows."""
    monkeypatch.setattr(api_keys, "_CACHED_AT_MOST", 4)
    keys = await refused_keys()
    ring, good = KeyRing(), keys.pop("good")
    await ring.holder_of(good)
    guesses = [f"hl_{base64url(db.new_id().bytes)}{'A' * 43}" for _ in range(50)]
    for key in (*keys.values(), *guesses):
        with pytest.raises(errors.NotSignedIn):
            await ring.holder_of(key)
    assert len(ring._known) == 1  # noqa: SLF001 (what it keeps)
    await db.fetch("UPDATE api_key SET secret_hash = sha256('another')")
    await ring.holder_of(good)  # from the cache


async def test_the_log_is_told_why_and_the_client_is_not() -> None:
    keys = await refused_keys()
    keys.pop("good")
    told = {"": "no_key", "revoked": "revoked_key", "expired": "expired_key"}
    sentences = set()
    for name, key in (*keys.items(), ("", "")):
        with pytest.raises(errors.NotSignedIn) as refused:
            await KeyRing().holder_of(key)
        assert refused.value.why == told.get(name, "bad_key")
        sentences.add(str(refused.value))
    assert len(sentences) == 1


@given(st.text(max_size=80) | st.text("hl_ABC-", min_size=68, max_size=68) | st.just("hl_" + "é" * 65))
def test_any_text_names_a_key_or_none_and_raises_nothing(text: str) -> None:
    assert api_keys._ident(text) is None or len(text) == 68  # noqa: SLF001 (pure; the rest needs a database)
