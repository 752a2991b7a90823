"""Checks of the database and of what it stores about the installation: migrations, secret, clock and workers."""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from hireloop import db, migrate
from hireloop.access import api_keys
from hireloop.access.api_keys import ApiKeyDetails
from hireloop.doctor import connection
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.notify.bounces import returned
from hireloop.notify.channels import held as held_providers
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import alert_records, ledger
from hireloop.notify.deliveries.alert_records import NO_LATE_ALERTS, LateAlerts
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.notify.diagnosis import latest
from hireloop.notify.diagnosis.findings import Finding, failure, of_sentence, ok, skipped, warning
from hireloop.notify.diagnosis.latest import Latest
from hireloop.notify.transport import Channel
from hireloop.notify.worker import heartbeat
from hireloop.scheduling.people import twins
from hireloop.scheduling.people.twins import NO_TWINS, Twins
from hireloop.settings import Settings
from hireloop.statements import Statement
from hireloop.wording.plain_text import counted

OLDEST_VERSION = 15
SKEW_WARNS = timedelta(seconds=2)
SKEW_FAILS = timedelta(seconds=30)

_CONNECT_SECONDS = 10.0
SLOW_SECONDS = 0.05
# The server's version, as a number: 160004 is 16.4; and whether it takes no changes.
_SERVER = Statement("""
    SELECT current_setting('server_version_num')::int AS version,
        pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool AS only_reads
""")
# What the database's clock says; also for how long a simple answer takes.
_CLOCK = Statement("SELECT clock_timestamp()")
_AFTER = ("migrations", "role", "tls", "secret", "clock", "workers", "ledger", "keys", "limits")


class DatabaseFindings(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one visit to the database, by check, and the values that other checks use."""

    findings: dict[str, Finding]
    held: list[HeldProvider] | None = None  # None: the database could not be read
    latest: Mapping[Route, Latest] = {}  # what workers saw last of each provider of mail
    base_urls: list[str] = []  # the BASE_URL of each live worker
    has_seen_a_bounce: bool | None = None  # None: the database could not be read
    unheard: LateAlerts = NO_LATE_ALERTS  # alerts that have been unheard for too long
    twins: Twins = NO_TWINS


async def examine(settings: Settings, channels: Sequence[Channel]) -> DatabaseFindings:
    """Visit the database once; anything that goes wrong there is a finding."""
    findings = _no_secret(settings)
    url = settings.database_url or settings.listen_url
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await stack.enter_async_context(db.opened(url, pool_size=1))
        except (DatabaseNotReady, TimeoutError) as error:
            why = error.__cause__ or error
            cause, fix = db.tls_fault(url, why) or _unreachable(why)
            return left_out(failure("database", cause, fix), findings)
        try:
            return await _inside(settings, channels, findings)
        except db.UNAVAILABLE as error:
            cause = f"The database failed ({db.described(error)})."
            return left_out(failure("database", cause, db.fix_of(error)), findings)


async def _inside(settings: Settings, channels: Sequence[Channel], findings: dict[str, Finding]) -> DatabaseFindings:
    findings["database"] = await _version(settings)
    findings["clock"] = await _clock()
    findings["tls"] = await connection.tls(settings)
    if findings["database"].level == "failure":
        return DatabaseFindings(findings=_left_out("database", findings))
    try:
        await migrate.refuse_unfit(await migrate.pending())
    except DatabaseNotReady as error:
        findings["migrations"] = of_sentence("migrations", str(error))
        return DatabaseFindings(findings=_left_out("migrations", findings))
    findings["migrations"] = ok(
        "migrations", "All migrations have run, and the schema and the role have what this version needs."
    )
    findings["role"] = await connection.role()
    findings["secret"] = findings.get("secret") or await _secret(settings)
    state = await heartbeat.health()
    findings["workers"] = _workers(state)
    findings["ledger"] = _ledger(await ledger.read())
    findings["keys"] = expiring(await api_keys.about_to_expire())
    findings["limits"] = await _limits(SendingLimits.of(settings))
    held = await held_providers.held(channels) if channels else None
    return DatabaseFindings(
        findings=findings,
        held=held,
        latest=await latest.latest(channels),
        base_urls=state.base_urls,
        has_seen_a_bounce=await returned.is_known_to_come(),
        unheard=await alert_records.late(),
        twins=await twins.read(),
    )


def left_out(fault: Finding, findings: dict[str, Finding] | None = None) -> DatabaseFindings:
    """Return what is known when the database cannot be read."""
    return DatabaseFindings(findings={**_left_out("database", findings or {}), fault.check: fault})


def _left_out(because: str, findings: dict[str, Finding]) -> dict[str, Finding]:
    return {name: skipped(name, f"{because} failed") for name in _AFTER} | findings


def _unreachable(error: BaseException) -> tuple[str, str]:
    for kinds, cause, fix in _UNREACHABLE:
        if isinstance(error, kinds):
            return cause, fix
    return (
        f"The database cannot be reached ({db.described(error)}).",
        "Correct DATABASE_URL, and check the PostgreSQL log.",
    )


_UNREACHABLE: Sequence[tuple[tuple[type[BaseException], ...], str, str]] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "PostgreSQL rejected the user name or the password.",
        "Correct the user name and the password in DATABASE_URL.",
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        "The server has no database with the name in DATABASE_URL.",
        "Create it, or correct the name in DATABASE_URL.",
    ),
    (
        (asyncpg.TooManyConnectionsError,),
        "PostgreSQL does not accept any more connections.",
        "Raise its max_connections, or lower DATABASE_POOL_SIZE.",
    ),
    (
        (socket.gaierror,),
        "The host name in DATABASE_URL cannot be resolved.",
        "Correct the host, or fix this machine's DNS.",
    ),
    (
        (TimeoutError,),
        f"The database did not respond within {_CONNECT_SECONDS:g} s.",
        "Check the host in DATABASE_URL and any firewall in between.",
    ),
    (
        (ConnectionRefusedError, FileNotFoundError),
        "Nothing is listening at the host and port in DATABASE_URL.",
        "Start PostgreSQL, or correct the host and port.",
    ),
)


async def _version(settings: Settings) -> Finding:
    [server] = await _SERVER.rows()
    major, minor = divmod(server["version"], 10_000)
    if major < OLDEST_VERSION:
        cause = f"PostgreSQL {major} is too old."
        return failure("database", cause, f"Upgrade the server to PostgreSQL {OLDEST_VERSION} or later.")
    if server["only_reads"]:
        cause = "The database is read-only, so nothing can be booked."
        return failure("database", cause, db.fix_of(asyncpg.ReadOnlySQLTransactionError()))
    if settings.database_direct_url is not None:
        try:
            await (await db.Connection.connect(settings.database_direct_url)).close()
        except db.UNAVAILABLE as error:
            cause = f"DATABASE_DIRECT_URL does not reach a database ({db.described(error)})."
            return failure("database", cause, "Correct it, or remove it if there is no pooler.")
    if not await connection.hears(settings):
        cause = (
            "Notifications of the database do not arrive, as behind a pooler in transaction mode: workers begin up to "
            "2 s later, and open pages of candidates show a change up to 5 s later."
        )
        fix = "Set DATABASE_DIRECT_URL to an address of the same database that bypasses the pooler."
        return warning("database", cause, fix)
    return speed(f"PostgreSQL {major}.{minor}", min([await _answer_seconds() for _ in range(3)]))


async def _answer_seconds() -> float:
    """Return how long one of the simplest queries takes."""
    began = time.monotonic()
    await _CLOCK.run()
    return time.monotonic() - began


def speed(server: str, seconds: float) -> Finding:
    """Return the finding about how long the database takes for the simplest query, at its fastest."""
    if seconds > SLOW_SECONDS:
        cause = f"{server} takes {seconds * 1000:.0f} ms to answer the simplest query."
        return warning("database", cause, "Run HireLoop closer to its database.")
    return ok("database", f"{server} answers in {seconds * 1000:.1f} ms.")


async def _clock() -> Finding:
    before = datetime.now(UTC)
    theirs: datetime = await _CLOCK.value()
    return clock(before, theirs, datetime.now(UTC))


def clock(before: datetime, theirs: datetime, after: datetime) -> Finding:
    """Return the finding about the database's clock, which was read between two looks at this machine's."""
    skew = max(before - theirs, theirs - after, timedelta())
    if skew <= SKEW_WARNS:
        return ok("clock", "This machine's clock matches the database's.")
    found = failure if skew > SKEW_FAILS else warning
    cause = f"This machine's clock and the database's differ by {skew.total_seconds():.0f} s."
    return found("clock", cause, "Synchronize both with NTP, since links open and close by these clocks.")


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
    return ok("secret", "SECRET_KEY matches this database.")


def _workers(state: heartbeat.Health) -> Finding:
    if not state.live_workers:
        return warning("workers", "No worker has reported recently, so no messages are sent.", "Start `hireloop work`.")
    for sentence in state.faults:
        return of_sentence("workers", sentence)
    if state.untakeable:
        deliveries = counted(state.untakeable, "delivery", "deliveries")
        cause = f"{deliveries} cannot be sent by any running worker."
        return warning("workers", cause, "Start workers of the latest version.")
    return ok("workers", f"Running workers: {state.live_workers}.")


async def _limits(limits: SendingLimits) -> Finding:
    """Return the finding about what API keys have sent: one that sends too much may have leaked."""
    for use in await limits.keys_running_out():
        return warning("limits", use.cause, use.fix)
    return ok("limits", "No API key is close to its limit of messages a day.")


def _ledger(proof: ledger.Ledger) -> Finding:
    if proof.unaccounted:
        missing = counted(proof.unaccounted, "booking or delivery is", "bookings or deliveries are")
        cause = f"{missing} unaccounted for."
        return failure("ledger", cause, "See docs/how-to/recover-from-a-failure.md, under `The ledger is not 0`.")
    return ok("ledger", "Every booking has all of its deliveries.")


def expiring(found: Sequence[ApiKeyDetails]) -> Finding:
    """Return the finding about keys that expire soon, the next one first."""
    if not found:
        return ok("keys", "No API key expires within 14 days.")
    first = found[0]
    others = f" {counted(len(found) - 1, 'other key expires', 'other keys expire')} soon." if found[1:] else ""
    cause = f"The API key {first.name} expires at {first.expires_at:%Y-%m-%d %H:%M} UTC.{others}"
    return warning("keys", cause, "See docs/how-to/replace-an-api-key.md.")
