"""What the database says of itself and of the installation: its answer, migrations, secret, clock and workers."""

import asyncio
import socket
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from hireloop import db, migrate
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.notify.channels import held as held_providers
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.deliveries import ledger
from hireloop.notify.diagnosis.findings import Finding, failure, of_sentence, ok, skipped, warning
from hireloop.notify.transport import Channel
from hireloop.notify.worker import heartbeat
from hireloop.settings import Settings
from hireloop.statements import Statement

OLDEST_VERSION = 15
SKEW_WARNS = timedelta(seconds=2)
SKEW_FAILS = timedelta(seconds=30)

_CONNECT_SECONDS = 10.0
SLOW_SECONDS = 0.05
# The server's version, as a number: 160004 is 16.4.
_VERSION = Statement("SELECT current_setting('server_version_num')::int")
# The smallest question, for how long an answer takes.
_SMALLEST = Statement("SELECT 1")
# What the database's clock says.
_CLOCK = Statement("SELECT clock_timestamp()")
_AFTER = ("migrations", "secret", "clock", "workers", "ledger")


class DatabaseFindings(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one visit to the database, by their check, and what others draw on."""

    findings: dict[str, Finding]
    held: list[HeldProvider] | None = None  # None: could not be asked
    base_urls: list[str] = []  # where the live workers' links lead


async def examine(settings: Settings, channels: Sequence[Channel]) -> DatabaseFindings:
    """Visit the database once; whatever goes wrong there is a finding."""
    findings = _no_secret(settings)
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await stack.enter_async_context(db.opened(settings.database_url or settings.listen_url, pool_size=1))
        except (DatabaseNotReady, TimeoutError) as error:
            cause, fix = _unreachable(error.__cause__ or error)
            return left_out(failure("database", cause, fix), findings)
        try:
            return await _inside(settings, channels, findings)
        except db.UNAVAILABLE as error:
            cause = f"The database failed ({db.described(error)})."
            return left_out(failure("database", cause, "Look into PostgreSQL's log."), findings)


async def _inside(settings: Settings, channels: Sequence[Channel], findings: dict[str, Finding]) -> DatabaseFindings:
    findings["database"] = await _version(settings)
    findings["clock"] = await _clock()
    if findings["database"].level == "failure":
        return DatabaseFindings(findings=_left_out("database", findings))
    try:
        missing = await migrate.pending()
    except DatabaseNotReady as error:
        findings["migrations"] = of_sentence("migrations", str(error))
        return DatabaseFindings(findings=_left_out("migrations", findings))
    if missing:
        findings["migrations"] = failure(
            "migrations", f"The database lacks {len(missing)} migration(s).", "Run `hireloop migrate`."
        )
        return DatabaseFindings(findings=_left_out("migrations", findings))
    findings["migrations"] = ok("migrations", "Every migration has run.")
    findings["secret"] = findings.get("secret") or await _secret(settings)
    state = await heartbeat.health()
    findings["workers"] = _workers(state)
    findings["ledger"] = _ledger(await ledger.read())
    held = await held_providers.held(channels) if channels else None
    return DatabaseFindings(findings=findings, held=held, base_urls=state.base_urls)


def left_out(fault: Finding, findings: dict[str, Finding] | None = None) -> DatabaseFindings:
    """Return what is known where the database cannot be asked."""
    return DatabaseFindings(findings={**_left_out("database", findings or {}), fault.check: fault})


def _left_out(because: str, findings: dict[str, Finding]) -> dict[str, Finding]:
    return {name: skipped(name, f"{because} failed") for name in _AFTER} | findings


def _unreachable(error: BaseException) -> tuple[str, str]:
    for kinds, cause, fix in _UNREACHABLE:
        if isinstance(error, kinds):
            return cause, fix
    return f"The database cannot be reached ({db.described(error)}).", "Correct DATABASE_URL, and see its log."


_UNREACHABLE: Sequence[tuple[tuple[type[BaseException], ...], str, str]] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "PostgreSQL refuses the user or the password.",
        "Correct the user and the password in DATABASE_URL.",
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        "The server has no database of that name.",
        "Create it, or correct the name in DATABASE_URL.",
    ),
    (
        (asyncpg.TooManyConnectionsError,),
        "PostgreSQL takes no more connections.",
        "Raise its max_connections, or lower DATABASE_POOL_SIZE.",
    ),
    (
        (socket.gaierror,),
        "There is no server of the name in DATABASE_URL.",
        "Correct its host, or mend this machine's DNS.",
    ),
    (
        (TimeoutError,),
        f"The database does not answer within {_CONNECT_SECONDS:g} s.",
        "Check the host in DATABASE_URL, and the firewall between.",
    ),
    (
        (ConnectionRefusedError, FileNotFoundError),
        "Nothing listens where DATABASE_URL leads.",
        "Start PostgreSQL, or correct the host and the port.",
    ),
)


async def _version(settings: Settings) -> Finding:
    number: int = await _VERSION.value()
    major, minor = divmod(number, 10_000)
    if major < OLDEST_VERSION:
        cause = f"PostgreSQL {major} is too old."
        return failure("database", cause, f"Bring the server to PostgreSQL {OLDEST_VERSION} or later.")
    if settings.database_direct_url is not None:
        try:
            await (await db.Connection.connect(settings.database_direct_url)).close()
        except db.UNAVAILABLE as error:
            cause = f"DATABASE_DIRECT_URL leads to no database ({db.described(error)})."
            return failure("database", cause, "Correct it, or leave it out where no pooler stands between.")
    return speed(f"PostgreSQL {major}.{minor}", min([await _answer_seconds() for _ in range(3)]))


async def _answer_seconds() -> float:
    """Return how long the smallest question takes."""
    began = time.monotonic()
    await _SMALLEST.run()
    return time.monotonic() - began


def speed(server: str, seconds: float) -> Finding:
    """Return the finding about how long the database takes for the smallest question, at its quickest."""
    if seconds > SLOW_SECONDS:
        cause = f"{server} takes {seconds * 1000:.0f} ms for the smallest question."
        return warning("database", cause, "Run HireLoop near its database.")
    return ok("database", f"{server} answers in {seconds * 1000:.1f} ms.")


async def _clock() -> Finding:
    before = datetime.now(UTC)
    theirs: datetime = await _CLOCK.value()
    return clock(before, theirs, datetime.now(UTC))


def clock(before: datetime, theirs: datetime, after: datetime) -> Finding:
    """Return the finding about the database's clock, which was read between two looks at this machine's."""
    skew = max(before - theirs, theirs - after, timedelta())
    if skew <= SKEW_WARNS:
        return ok("clock", "This machine's clock agrees with the database's.")
    found = failure if skew > SKEW_FAILS else warning
    cause = f"This machine's clock and the database's differ by {skew.total_seconds():.0f} s."
    return found("clock", cause, "Have NTP set both: links open and close by these clocks.")


def _no_secret(settings: Settings) -> dict[str, Finding]:
    try:
        _ = settings.secrets
    except SettingsError as error:
        return {"secret": of_sentence("secret", str(error))}
    return {}


async def _secret(settings: Settings) -> Finding:
    try:
        await migrate.check(settings)
    except (SettingsError, DatabaseNotReady) as error:
        return of_sentence("secret", str(error))
    return ok("secret", "SECRET_KEY is the one that this database knows.")


def _workers(state: heartbeat.Health) -> Finding:
    if not state.live_workers:
        return warning("workers", "No worker has been seen lately: nothing is sent.", "Start `hireloop work`.")
    if state.untakeable:
        cause = f"{state.untakeable} delivery(ies) fit no live worker."
        return warning("workers", cause, "Start workers of the newer version.")
    return ok("workers", f"{state.live_workers} at work.")


def _ledger(proof: ledger.Ledger) -> Finding:
    if proof.unaccounted:
        cause = f"{proof.unaccounted} booking(s) or delivery(ies) are not accounted for."
        return failure("ledger", cause, "See docs/how-to/recover-from-a-failure.md, under `The ledger is not 0`.")
    return ok("ledger", "Every booking has its deliveries.")
