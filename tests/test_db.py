import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest
from piccolo.engine.postgres import PostgresTransaction

from factories import make_interview, make_slot, soon
from hireloop import db, errors
from servers.databases import end_all_others

Fails = Callable[[], Awaitable[None]]

# Checked at COMMIT, and so the failure comes where Piccolo does not expect one.
_DEFERRED = """
    CREATE TABLE late (id int PRIMARY KEY, other int REFERENCES late DEFERRABLE INITIALLY DEFERRED)
"""


async def _violates_at_commit() -> None:
    await db.fetch("INSERT INTO late VALUES (1, 2)")


async def _loses_its_backend() -> None:
    pid = await db.fetch_value("SELECT pg_backend_pid()")
    assert db.DB.pool is not None
    await db.DB.pool.fetchval("SELECT pg_terminate_backend($1)", pid)


async def _fail_two_commits(work: Fails) -> None:
    for _ in range(2):
        with pytest.raises(db.UNAVAILABLE):
            async with db.DB.transaction():
                await work()


@pytest.mark.parametrize("work", [_violates_at_commit, _loses_its_backend])
async def test_a_pool_of_two_survives_two_failed_commits(database_url: str, work: Fails) -> None:
    async with db.opened(database_url, pool_size=2):
        await db.fetch(_DEFERRED)
        await _fail_two_commits(work)
        assert db.DB.current_transaction.get() is None
        async with asyncio.timeout(5), db.DB.transaction():
            assert await db.fetch_value("SELECT 1") == 1


async def test_piccolos_own_transaction_exhausts_a_pool_of_two(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof that `db.Transaction` is needed: once this fails, Piccolo has fixed it and ours can go."""
    monkeypatch.setattr(
        db.Engine, "transaction", lambda self, allow_nested=True: PostgresTransaction(self, allow_nested=allow_nested)
    )
    async with db.opened(database_url, pool_size=2):
        await db.fetch(_DEFERRED)
        for _ in range(2):
            db.DB.current_transaction.set(None)  # or else the second would be a no-op inside the dead first
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with db.DB.transaction():
                    await _violates_at_commit()
        assert db.DB.current_transaction.get() is not None  # the task would go on talking to the dead one
        db.DB.current_transaction.set(None)
        assert db.DB.pool is not None
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await db.DB.pool.fetchval("SELECT 1")
        db.DB.pool.terminate()


@pytest.mark.usefixtures("database")
async def test_an_exception_rolls_back_and_gives_the_connection_back() -> None:
    for _ in range(25):  # more often than the pool has connections
        with pytest.raises(LookupError):  # noqa: PT012 (the block's end is what is tested)
            async with db.DB.transaction():
                await make_slot()
                raise LookupError
    assert await db.fetch_value("SELECT count(*) FROM slot") == 0


@pytest.mark.usefixtures("database")
async def test_a_transaction_inside_another_is_that_one() -> None:
    with pytest.raises(LookupError):  # noqa: PT012 (the block's end is what is tested)
        async with db.DB.transaction() as outer:
            async with db.DB.transaction() as inner:
                await make_slot()
                assert inner.connection is outer.connection
            assert await db.fetch_value("SELECT count(*) FROM slot") == 1
            raise LookupError
    assert await db.fetch_value("SELECT count(*) FROM slot") == 0


@pytest.mark.usefixtures("database")
async def test_what_a_transaction_wrote_is_seen_by_others_once_it_is_committed() -> None:
    assert db.DB.pool is not None
    async with db.DB.transaction():
        slot = await make_slot()
        assert await db.DB.pool.fetchval("SELECT count(*) FROM slot") == 0
    assert await db.DB.pool.fetchval("SELECT id FROM slot") == slot


async def test_without_a_pool_the_sentence_says_so() -> None:
    with pytest.raises(errors.DatabaseNotReady, match="pool is not open"):
        await db.fetch("SELECT 1")


@pytest.mark.usefixtures("database")
async def test_times_come_back_in_utc() -> None:
    assert await db.fetch_value("SHOW TIME ZONE") == "UTC"


@pytest.mark.usefixtures("database")
async def test_a_process_that_froze_does_not_hold_its_locks_for_ever() -> None:
    assert await db.fetch_value("SHOW idle_in_transaction_session_timeout") == "1min"


@pytest.mark.usefixtures("database")
async def test_a_real_deadlock_is_tried_again_and_both_win() -> None:
    slots = [await make_slot(), await make_slot()]
    ready = [asyncio.Event(), asyncio.Event()]
    tries = [0, 0]

    @db.transactional
    async def take_both(me: int) -> None:
        tries[me] += 1
        await db.fetch("UPDATE slot SET seats = seats + 1 WHERE id = $1", slots[me])
        ready[me].set()
        await ready[1 - me].wait()
        await db.fetch("UPDATE slot SET seats = seats + 1 WHERE id = $1", slots[1 - me])

    await asyncio.gather(take_both(0), take_both(1))
    assert sum(tries) == 3  # one of them was the deadlock's victim once
    assert await db.fetch_value("SELECT array_agg(seats) FROM slot") == [3, 3]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("error", db.WORTH_ANOTHER_TRY)
@pytest.mark.parametrize(
    ("decorated", "times"),
    [
        (db.transactional, 1 + 3),
        (db.transactional(one_statement=True), 1 + 3),
        (db.transactional(retries=1), 1 + 1),
        (db.transactional(retries=0), 1),
    ],
)
async def test_what_is_worth_another_try_is_retried_three_times_or_as_often_as_is_said_and_then_raised(
    decorated: Callable[[Fails], Fails], times: int, error: type[Exception]
) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        await make_slot()
        raise error

    with pytest.raises(error):
        await decorated(work)()
    assert tries == times


@pytest.mark.usefixtures("database")
async def test_a_transaction_is_all_or_nothing_and_hands_over_what_it_takes_and_returns() -> None:
    @db.transactional
    async def make(seats: int, *, breaks: bool) -> int:
        """Make two slots."""
        for _ in range(2):
            await make_slot(seats=seats)
        if breaks:
            raise LookupError
        return seats

    with pytest.raises(LookupError):
        await make(1, breaks=True)
    assert await db.fetch_value("SELECT count(*) FROM slot") == 0
    assert await make(2, breaks=False) == 2
    assert await db.fetch_value("SELECT count(*) FROM slot") == 2
    assert (make.__name__, make.__doc__) == ("make", "Make two slots.")


@pytest.mark.usefixtures("database")
async def test_a_transaction_inside_another_one_undoes_what_is_its_own_alone() -> None:
    tries = 0

    @db.transactional
    async def inner() -> None:
        nonlocal tries
        tries += 1
        await make_slot(seats=2)
        if tries == 1:
            raise asyncpg.DeadlockDetectedError

    @db.transactional
    async def outer(*, breaks: bool) -> None:
        await make_slot(seats=1)
        await inner()
        if breaks:
            raise LookupError

    await outer(breaks=False)
    assert tries == 2
    assert await db.fetch_value("SELECT array_agg(seats ORDER BY seats) FROM slot") == [1, 2]
    with pytest.raises(LookupError):
        await outer(breaks=True)
    assert await db.fetch_value("SELECT count(*) FROM slot") == 2


@pytest.mark.usefixtures("database")
async def test_one_statement_alone_opens_no_transaction_and_inside_another_one_undoes_itself() -> None:
    @db.transactional(one_statement=True)
    async def refused() -> None:
        assert (db.DB.current_transaction.get() is not None) is is_inside
        await make_slot(seats=0)

    is_inside = False
    with pytest.raises(asyncpg.CheckViolationError):
        await refused()
    async with db.DB.transaction():
        is_inside = True
        with pytest.raises(asyncpg.CheckViolationError):
            await refused()
        await make_slot()
    assert await db.fetch_value("SELECT count(*) FROM slot") == 1


@pytest.mark.usefixtures("database")
async def test_a_serialization_failure_is_tried_again() -> None:
    slot = await make_slot()
    tries = 0

    @db.transactional
    async def work() -> None:
        nonlocal tries
        tries += 1
        await db.fetch("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        seats = await db.fetch_value("SELECT seats FROM slot WHERE id = $1", slot)
        if tries == 1:
            assert db.DB.pool is not None
            await db.DB.pool.execute("UPDATE slot SET seats = seats + 1")
        await db.fetch("UPDATE slot SET seats = $2 WHERE id = $1", slot, seats + 1)

    await work()
    assert tries == 2
    assert await db.fetch_value("SELECT seats FROM slot") == 3


@pytest.mark.usefixtures("database")
async def test_a_violated_constraint_is_the_error_that_it_means() -> None:
    ask = db.transactional(one_statement=True)(db.fetch)
    slot = await make_slot(interviewer_email="i@example.com")
    interview = await make_interview()
    with pytest.raises(errors.SlotFull) as full:
        await ask("UPDATE slot SET taken = 2 WHERE id = $1", slot)
    assert full.value.__suppress_context__  # the violation quotes the row
    with pytest.raises(errors.InterviewerBusy):
        await make_slot(interviewer_email="I@example.com")
    far = """
        INSERT INTO schedule (id, interview, slot, candidate, job, starts_at, ends_at, booked_at, reminded_at)
        SELECT $1, id, $2, candidate, job, $3::timestamptz, $3::timestamptz + interval '1 hour', now(), now()
        FROM interview WHERE id = $4
    """
    await db.fetch(far, db.new_id(), slot, soon(), interview)
    with pytest.raises(errors.InterviewAlreadyScheduled):
        await ask(far, db.new_id(), slot, soon(600), interview)
    other = await db.fetch_value(
        "INSERT INTO interview (id, candidate, job, created_at)"
        " SELECT $1, candidate, job, created_at FROM interview RETURNING id",
        db.new_id(),
    )
    with pytest.raises(errors.CandidateBusy):
        await ask(far, db.new_id(), slot, soon(), other)


@pytest.mark.usefixtures("database")
async def test_a_constraint_without_a_meaning_for_users_stays_what_it_is() -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await db.transactional(make_slot)(seats=0)


@pytest.mark.usefixtures("database")
async def test_every_constraint_with_a_meaning_exists() -> None:
    rows = await db.fetch("SELECT conname AS name FROM pg_constraint UNION SELECT relname FROM pg_class")
    assert {row["name"] for row in rows} >= set(db._MEANINGS)  # noqa: SLF001 (the table that is tested)


async def test_an_unreachable_database_is_an_error_and_no_pool() -> None:
    with pytest.raises(OSError, match="Connect call failed"):
        await db.DB.open("postgresql://nobody@127.0.0.1:1/nothing")
    await db.DB.close()
    assert db.DB.pool is None


@pytest.mark.timeout(20)
async def test_closing_waits_at_most_five_seconds_for_a_busy_connection(database_url: str) -> None:
    async with db.opened(database_url, pool_size=2):
        assert db.DB.pool is not None
        busy = asyncio.create_task(db.DB.pool.execute("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
    assert 4 < time.monotonic() - began < 8
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await busy


def test_new_ids_are_version_7_and_sort_by_the_time_they_were_made() -> None:
    ids = [db.new_id() for _ in range(10_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert all(type(one) is UUID and one.version == 7 and one.variant == "specified in RFC 4122" for one in ids)
    made_at = int.from_bytes(db.new_id().bytes[:6], "big") / 1000
    assert abs(made_at - time.time()) < 1


async def test_a_pool_of_two_survives_connections_that_ended_while_idle(database_url: str) -> None:
    async with db.opened(database_url, pool_size=2):
        assert db.DB.pool is not None
        pool = db.DB.pool
        await asyncio.gather(*(pool.fetch("SELECT pg_sleep(0.05)") for _ in range(2)))
        await end_all_others(database_url)
        for _ in range(2):
            with contextlib.suppress(*db.UNAVAILABLE):
                async with db.DB.transaction():
                    await db.fetch("SELECT 1")
        async with asyncio.timeout(5), db.DB.transaction():
            assert await db.fetch_value("SELECT 1") == 1


async def test_a_snapshot_sees_the_rows_and_the_clock_of_one_moment_and_writes_nothing(database_url: str) -> None:
    async with db.opened(database_url, pool_size=2):
        assert db.DB.pool is not None
        await db.fetch("CREATE TABLE thing (id int)")
        async with db.snapshot():
            before = await db.fetch_row("SELECT count(*), now() FROM thing")
            await db.DB.pool.execute("INSERT INTO thing VALUES (1)")  # somebody else's, committed at once
            assert await db.fetch_row("SELECT count(*), now() FROM thing") == before
        assert await db.fetch_value("SELECT count(*) FROM thing") == 1
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with db.snapshot():
                await db.fetch("INSERT INTO thing VALUES (2)")
