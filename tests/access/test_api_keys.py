import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import rows
from hireloop import db, errors
from hireloop.access import api_keys
from hireloop.access.api_keys import KeyRing
from hireloop.access.tables import Role
from hireloop.scheduling import audit
from hireloop.scheduling.audit import COMMAND_LINE, Action, AuditFilter
from hireloop.secret_patterns import WHOLE_API_KEY
from waiting import until

pytestmark = pytest.mark.usefixtures("database")


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


async def test_a_key_of_no_row_reads_the_database_and_is_refused() -> None:
    with pytest.raises(errors.NotSignedIn):
        await KeyRing().holder_of(f"hl_{'A' * 65}")


@given(st.text(max_size=80) | st.text("hl_ABC-", min_size=68, max_size=68) | st.just("hl_" + "é" * 65))
def test_any_text_names_a_key_or_none_and_raises_nothing(text: str) -> None:
    assert api_keys._ident(text) is None or len(text) == 68  # noqa: SLF001 (pure; the rest needs a database)
