from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from hireloop import db, errors, session_keys
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.api.http import stored_responses
from hireloop.api.http.stored_responses import ClaimResult, KeyedRequest, hash_of
from hireloop.web.buffered_responses import BufferedResponse
from sample_settings import SECRET

SESSION = UUID("01990000-0000-7000-8000-000000000001")
OTHER = UUID("01990000-0000-7000-8000-000000000002")
KEY = session_keys.mint(SECRET, SESSION, 3)
OTHER_KEY = session_keys.mint(SECRET, OTHER, 1)
OLD_KEY = session_keys.mint("the old secret, which was long enough", SESSION, 3)
FORGED = session_keys.mint("somebody else's secret, long enough too", SESSION, 3)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"id":1}',
        f'{{"session_key":"{KEY}","portal_url":"https://hire.example/?session_key={KEY}"}}'.encode(),
        f'{{"items":[{{"session_key":"{KEY}"}},{{"session_key":"{OTHER_KEY}"}}]}}'.encode(),
        f'{{"booking_notes":"AAAA{KEY}BBBB"}}'.encode(),  # pasted by a client
        f'{{"booking_notes":"{FORGED[:60]}{KEY}"}}'.encode(),  # begins inside of what looks like a key
        f'{{"booking_notes":"{KEY}{KEY}"}}'.encode(),
        f'{{"booking_notes":"{FORGED} नमस्ते \\" \\\\ {FORGED}"}}'.encode(),
        # What a placeholder would look like, had it a spelling that a client could write.
        f'{{"booking_notes":"\\",[\\"{SESSION}\\",3],\\"","b":["{SESSION}",3]}}'.encode(),
    ],
)
def test_a_body_is_stored_without_session_keys_and_comes_back_whole(body: bytes) -> None:
    stored = stored_responses.without_secrets(body, [SECRET])
    for key in (KEY, OTHER_KEY):
        assert key not in stored
        assert key.rpartition(".")[2] not in stored
    assert stored_responses.with_secrets(stored, SECRET) == body


def test_what_only_looks_like_a_session_key_stays_as_it_is() -> None:
    assert FORGED in stored_responses.without_secrets(f'{{"booking_notes":"{FORGED}"}}'.encode(), [SECRET])


def test_an_older_secrets_key_is_taken_out_and_minted_with_the_new_secret() -> None:
    body = f'{{"session_key":"{OLD_KEY}"}}'.encode()
    stored = stored_responses.without_secrets(body, [SECRET, "the old secret, which was long enough"])
    assert stored_responses.with_secrets(stored, SECRET) == f'{{"session_key":"{KEY}"}}'.encode()


def test_an_api_key_becomes_null_and_a_name_that_looks_like_one_stays() -> None:
    name = r"\"key\":\"hl_abc\""
    body = f'{{"name":"{name}","key":"hl_{"a" * 65}","keys":[{{"key":"hl_{"b" * 65}"}}]}}'.encode()
    stored = stored_responses.without_secrets(body, [SECRET])
    wanted = f'{{"name":"{name}","key":null,"keys":[{{"key":null}}]}}'.encode()
    assert stored_responses.with_secrets(stored, SECRET) == wanted


def test_parts_of_a_request_do_not_run_into_each_other() -> None:
    assert hash_of(b"ab", b"c") != hash_of(b"a", b"bc") != hash_of(b"abc")


async def keyed(**changes: object) -> KeyedRequest:
    holder, _ = await api_keys.create("tests", Role.RECRUITER)
    values = {"api_key": holder.id, "path": "/api/jobs", "idempotency_key": "k", "request_hash": hash_of(b"1")}
    return KeyedRequest(**{**values, **changes})  # type: ignore[arg-type] # each field has its own type


async def answered(ours: KeyedRequest, at: datetime) -> None:
    async with db.DB.transaction():
        assert await stored_responses.claim(ours, now=at) is ClaimResult.FIRST
        answer = BufferedResponse(201, ((b"location", b"/there"), (b"set-cookie", b"no")), b'{"id":1}')
        await stored_responses.keep(ours, answer, [SECRET])


@pytest.mark.usefixtures("database")
async def test_an_answer_is_found_for_24_hours_and_counts_as_none_after() -> None:
    ours = await keyed()
    await answered(ours, NOON)
    assert await stored_responses.claim(ours, now=NOON + timedelta(hours=23, minutes=59)) is ClaimResult.AGAIN
    found = await stored_responses.find(ours, SECRET, now=NOON + timedelta(hours=23, minutes=59))
    assert found is not None
    assert (found.status, found.body) == (201, b'{"id":1}')
    assert dict(found.headers) == {b"location": b"/there", b"content-length": b"8", b"idempotency-replayed": b"true"}
    another = KeyedRequest(ours.api_key, ours.path, ours.idempotency_key, hash_of(b"2"))
    with pytest.raises(errors.IdempotencyKeyReused):
        await stored_responses.find(another, SECRET, now=NOON)
    assert await stored_responses.find(ours, SECRET, now=NOON + timedelta(hours=24)) is None
    await answered(another, NOON + timedelta(hours=24))
    assert await stored_responses.find(another, SECRET, now=NOON + timedelta(hours=24)) is not None


@pytest.mark.usefixtures("database")
async def test_a_claim_is_one_transactions_until_its_end_and_only_for_this_key_path_and_name() -> None:
    ours = await keyed()
    connection = await db.DB.get_new_connection()
    try:
        held = connection.transaction()
        await held.start()
        await connection.execute("SELECT pg_advisory_xact_lock($1)", ours.lock)
        assert await stored_responses.claim(ours) is ClaimResult.BUSY
        for change in ({"path": "/api/slots"}, {"idempotency_key": "l"}, {"api_key": (await keyed()).api_key}):
            values = {name: getattr(ours, name) for name in ours.__struct_fields__}
            assert await stored_responses.claim(KeyedRequest(**{**values, **change})) is ClaimResult.FIRST
        await held.rollback()
        assert await stored_responses.claim(ours) is ClaimResult.FIRST
    finally:
        await connection.close()


@pytest.mark.usefixtures("database")
async def test_old_answers_are_forgotten_in_batches_and_young_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_responses, "_TOGETHER", 2)
    ours = await keyed()
    for number in range(5):
        await answered(KeyedRequest(ours.api_key, ours.path, str(uuid4()), hash_of(b"%d" % number)), NOON)
    await answered(ours, NOON + timedelta(hours=1))
    assert await stored_responses.forget_old(now=NOON + timedelta(hours=24)) == 5
    assert await stored_responses.find(ours, SECRET, now=NOON) is not None
    assert await stored_responses.forget_old(now=NOON + timedelta(hours=24)) == 0
