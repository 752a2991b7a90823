"""The database: one Piccolo engine with a pool, transactions that always give their connection back, and errors.

Piccolo's tables bind to `DB` when they are imported; its address is given later, by `DB.open`, once the settings
have been read. Queries outside a transaction take a pooled connection for one round trip.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, overload
from uuid import UUID

import asyncpg
import msgspec
from piccolo.columns import Text
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.query import Select
from piccolo.querystring import QueryString
from uuid_utils.compat import uuid7

from hireloop import errors
from hireloop.db import pools
from hireloop.db.failures import UNAVAILABLE as UNAVAILABLE
from hireloop.db.failures import FailureKind as FailureKind
from hireloop.db.failures import described as described
from hireloop.db.failures import fix_of as fix_of
from hireloop.db.failures import is_transient as is_transient
from hireloop.db.failures import kind_of as kind_of
from hireloop.db.failures import sqlstate_of as sqlstate_of
from hireloop.db.pools import Connection as Connection
from hireloop.db.tls_faults import tls_fault as tls_fault

if TYPE_CHECKING:
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager

os.environ.setdefault("PICCOLO_CONF", "hireloop.piccolo_conf")  # where Piccolo's migrations look for DB

P = ParamSpec("P")
T = TypeVar("T")

_RETRIES = 3
_STATEMENT_SECONDS = 60
_PAUSE_SECONDS = 0.01

# One table: what a constraint means to a user. The database is the judge; this only translates its decision.
_MEANINGS: dict[str, type[errors.Refused]] = {
    "slot_seats_are_not_exceeded": errors.SlotFull,
    "one_live_schedule_per_interview": errors.InterviewAlreadyScheduled,
    "candidate_has_one_interview_at_a_time": errors.CandidateBusy,
    "interviewer_has_one_slot_at_a_time": errors.InterviewerBusy,
    "one_candidate_per_address": errors.AddressTaken,
    "one_job_per_title_and_company": errors.JobTaken,
}


class ConcurrentChange(Exception):
    """Others changed what this transaction had read: it must begin anew, without the locks that it holds.

    `given_up` is the error to raise in its place after the last try; without one this error itself is raised.
    """

    def __init__(self, given_up: errors.Refused | None = None) -> None:
        self.given_up = given_up


# What `transactional` tries again: others were at the same rows, and nothing was done.
WORTH_ANOTHER_TRY = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, ConcurrentChange)


class Transaction(PostgresTransaction):
    """Piccolo's transaction, which also gives its connection back when BEGIN, COMMIT or ROLLBACK fails.

    Piccolo 1.38 releases the connection, and forgets the dead transaction, only after COMMIT succeeded: two
    failed commits (or begins, after a restart of the server) exhaust a pool of two, and after a failed commit
    the task goes on talking to the dead transaction.
    """

    def __init__(self, engine: PostgresEngine, *, allow_nested: bool = True) -> None:
        super().__init__(engine=engine, allow_nested=allow_nested)
        self.afterwards: list[Callable[[], None]] = []  # what to do once it is committed

    async def __aenter__(self) -> PostgresTransaction:
        """Take a connection and begin; inside another transaction, be that one."""
        if self._parent is not None:
            return self._parent
        with pools.waiting():
            self.connection = await self.get_connection()  # type: ignore[no-untyped-call] # Piccolo's
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call] # Piccolo's
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        """Commit, or roll back after an exception, and in any case give the connection back."""
        is_kept = error is None
        if self._parent is not None:
            return False
        try:
            if error is not None:
                if not self._rolled_back:
                    await self.rollback()  # type: ignore[no-untyped-call] # Piccolo's
            elif not (self._committed or self._rolled_back):
                await self.commit()  # type: ignore[no-untyped-call] # Piccolo's
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        if is_kept and not self._rolled_back:
            for do in self.afterwards:
                do()
        return False

    async def _give_back(self) -> None:
        if self.engine.pool is None:
            await self.connection.close()
            return
        try:
            await self.engine.pool.release(self.connection)
        except UNAVAILABLE:
            # The connection broke with the statement. The pool has already dropped it and will open another; the
            # statement's own error is on its way to the caller and says more than this one.
            return


class Engine(PostgresEngine):
    """A PostgresEngine that is made without an address and connects when it is opened."""

    def __init__(self) -> None:
        super().__init__(config={})

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect here, while modules are still being imported."""

    async def open(self, url: str, *, role: str = "cli", pool_size: int = 10, patient: bool = False) -> None:
        """Open the pool of a process of this role; a statement has 60 s, and all the time that it wants if `patient`.

        Raises OSError or asyncpg.PostgresError if the server does not answer.
        """
        self.config = {"dsn": url}
        await self.start_connection_pool(
            min_size=1,
            max_size=pool_size,
            connect=pools.connect,
            reset=_nothing_to_reset,
            init=_prepare,
            command_timeout=None if patient else _STATEMENT_SECONDS,
            server_settings=pools.server_settings(url, role),
        )
        pools.observe(lambda: self.pool)

    async def close(self) -> None:
        """Close the pool; idle connections at once, busy ones when they finish, at most 5 s later."""
        if self.pool is not None:
            pool, self.pool = self.pool, None
            try:
                async with asyncio.timeout(5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> list[asyncpg.Record]:
        async with self.pooled() as connection:
            return await connection.fetch(query, *(args or ()))  # type: ignore[no-any-return] # untyped

    @asynccontextmanager
    async def pooled(self) -> AsyncIterator[Any]:
        """Take a connection of the pool for a block; raises DatabaseNotReady if the pool is not open."""
        if self.pool is None:
            msg = "The database pool is not open."
            raise errors.DatabaseNotReady(msg)
        with pools.waiting():
            connection = await self.pool.acquire()
        try:
            yield connection
        finally:
            await self.pool.release(connection)

    def transaction(self, allow_nested: bool = True) -> Transaction:  # noqa: FBT001, FBT002 (Piccolo's signature)
        """Return a transaction to enter with `async with`; inside another one it is that one."""
        return Transaction(engine=self, allow_nested=allow_nested)


async def _nothing_to_reset(_connection: object) -> None:
    """Spare a round trip a release: no code here leaves session state on a pooled connection."""


async def _prepare(connection: asyncpg.Connection) -> None:
    # A process that froze in mid-transaction must not keep bookings locked for as long as its machine is up.
    await connection.execute(f"SET TIME ZONE 'UTC'; SET idle_in_transaction_session_timeout = '{_STATEMENT_SECONDS}s'")


DB = Engine()


class GeneratedText(Text):
    """A text that PostgreSQL generates from another column: an INSERT may only say DEFAULT."""

    @property
    def column_type(self) -> str:
        """The type in the database."""
        return "TEXT"

    def get_default_value(self) -> QueryString:
        """Return what an INSERT says for the column."""
        return QueryString("DEFAULT")


def sql_now(now: datetime | None, *, offset: timedelta = timedelta()) -> datetime | QueryString:
    """Return `now` with this offset as a value for Piccolo; None is the transaction's start by the database's clock."""
    return QueryString("now() + {}::interval", offset) if now is None else now + offset


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562): ids sort by the time they were made, also between processes."""
    return uuid7()


@asynccontextmanager
async def opened(url: str, *, role: str = "cli", pool_size: int = 10, patient: bool = False) -> AsyncIterator[Engine]:
    """Keep the pool open for the length of a block; raises DatabaseNotReady if the server does not answer.

    PostgreSQL shows its connections as `hireloop-` and the process's role.
    """
    try:
        await DB.open(url, role=role, pool_size=pool_size, patient=patient)
    except UNAVAILABLE as error:
        general = (
            f"The database cannot be reached ({described(error)}).",
            "Check DATABASE_URL and that PostgreSQL is running.",
        )
        msg = " ".join(tls_fault(url, error) or general)
        raise errors.DatabaseNotReady(msg) from error
    try:
        yield DB
    finally:
        await DB.close()


async def fetch(sql: str, *args: object) -> list[asyncpg.Record]:
    """Return the rows of one statement, run in the current transaction if there is one."""
    transaction = DB.current_transaction.get()
    if transaction is not None:
        return await transaction.connection.fetch(sql, *args)  # type: ignore[no-any-return] # Piccolo leaves it untyped
    async with DB.pooled() as connection:
        return await connection.fetch(sql, *args)  # type: ignore[no-any-return] # as above


async def fetch_row(sql: str, *args: object) -> asyncpg.Record | None:
    """Return the first row of one statement, or None."""
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def fetch_value(sql: str, *args: object) -> Any:  # noqa: ANN401 (a column has any type)
    """Return the first column of the first row, or None."""
    row = await fetch_row(sql, *args)
    return None if row is None else row[0]


async def one(query: Select[Any], kind: type[T], missing: errors.NotFound) -> T:
    """Return the first row of a query as a `kind`; raises `missing` if there is none."""
    row = await query.first()
    if row is None:
        raise missing
    return msgspec.convert(row, kind)


def migration(app: str, migration_id: str, description: str, statements: Sequence[str]) -> "MigrationManager":
    """Return a migration that runs these statements in order, in Piccolo's transaction."""
    # Imported here, as it takes a tenth of a second, which only `hireloop migrate` should pay.
    from piccolo.apps.migrations.auto.migration_manager import MigrationManager

    manager = MigrationManager(migration_id=migration_id, app_name=app, description=description)

    async def run() -> None:
        for statement in statements:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Let every statement of a block see the database, and its clock, as they were at one moment; it only reads.

    Each is planned for its own values: lists with few and with many matches want different indexes.
    """
    async with DB.transaction() as transaction:
        await transaction.connection.execute(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan"
        )
        yield


@overload
def transactional(work: Callable[P, Awaitable[T]], /) -> Callable[P, Coroutine[Any, Any, T]]: ...


@overload
def transactional(
    *, retries: int = _RETRIES, one_statement: bool = False
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]: ...


def transactional(
    work: Callable[P, Awaitable[T]] | None = None, /, *, retries: int = _RETRIES, one_statement: bool = False
) -> Any:  # the overloads say what
    """Make each call of `work` a transaction: all or nothing.

    After an error that is `WORTH_ANOTHER_TRY` all is done again, at most `retries` times. So nothing in it may leave
    the process. Inside another transaction, each try is a savepoint of it: going back to it gives up the locks taken
    since. Work of `one_statement` is a transaction by itself, and so none is opened: that would cost two more round
    trips.

    Violated constraints come out as the domain errors that they mean (`errors.Refused`).
    """

    def decorated(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(work)
        async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
            for pauses in range(1, retries + 1):
                try:
                    return await once(*args, **kwargs)
                except WORTH_ANOTHER_TRY:
                    await asyncio.sleep(_PAUSE_SECONDS * pauses)
            try:
                return await once(*args, **kwargs)
            except ConcurrentChange as change:
                raise change.given_up or change from None

        async def once(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                async with _bounds(one_statement=one_statement):
                    return await work(*args, **kwargs)
            except asyncpg.IntegrityConstraintViolationError as violation:
                meaning = meaning_of(violation)
                if meaning is None:
                    raise
                raise meaning from None  # the violation quotes the row's values

        return whole

    return decorated if work is None else decorated(work)


@asynccontextmanager
async def _bounds(*, one_statement: bool) -> AsyncIterator[None]:
    """Keep what a block's error undoes to the block: by a savepoint if a transaction is open."""
    outer = DB.current_transaction.get()
    if outer is not None:
        async with _savepoint(outer):
            yield
    elif one_statement:
        yield
    else:
        async with DB.transaction():
            yield


@asynccontextmanager
async def _savepoint(outer: PostgresTransaction) -> AsyncIterator[None]:
    afterwards = _afterwards(outer)
    before = len(afterwards)
    try:
        async with outer.connection.transaction():
            yield
    except BaseException:
        del afterwards[before:]
        raise


def after_commit(do: Callable[[], None]) -> None:
    """Call `do` once the current transaction is committed, and never if it is undone; at once if there is none."""
    transaction = DB.current_transaction.get()
    if transaction is None:
        do()
    else:
        _afterwards(transaction).append(do)


def _afterwards(transaction: PostgresTransaction) -> list[Callable[[], None]]:
    return transaction.afterwards if isinstance(transaction, Transaction) else []


def meaning_of(violation: asyncpg.PostgresError) -> errors.Refused | None:
    """Return the domain error that a violated constraint means, or None for one without a meaning to users."""
    meaning = _MEANINGS.get(str(getattr(violation, "constraint_name", "")))
    return meaning() if meaning else None
