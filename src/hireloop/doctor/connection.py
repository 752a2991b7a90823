"""Checks of how processes connect to the database: as which role, who can listen in, and what arrives."""

import asyncio
from contextlib import suppress

from hireloop import db
from hireloop.migrate import privileges
from hireloop.migrate.privileges import Excess
from hireloop.notify.diagnosis.findings import Finding, ok, warning
from hireloop.settings import Settings, urls
from hireloop.statements import Statement

_MOST_NAMED = 5
_HEARD_WITHIN_SECONDS = 3.0
_PROBE = "hireloop_doctor"
# Whether a notification arrives is tried out.
_NOTIFY = Statement(f"NOTIFY {_PROBE}")
_TAKE_BACK = (
    "Run `hireloop migrate` with DATABASE_OWNER_URL. As a superuser, revoke what is left from PUBLIC or from the role."
)
# Whether this session is encrypted, and whether it stays on one machine. Behind a pooler it is the pooler's.
_SESSION = Statement("""
    SELECT coalesce((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
        inet_server_addr() IS NULL OR inet_server_addr() <<= inet '127.0.0.0/8' OR inet_server_addr() = inet '::1'
            OR inet_server_addr() = inet_client_addr() AS is_local
""")


async def role() -> Finding:
    """Return the finding about the role of this session."""
    return role_of(await privileges.excess())


def role_of(found: Excess) -> Finding:
    """Return the finding about what a role may do beyond what a process needs."""
    apart = "Use a role that owns nothing. See docs/how-to/separate-database-roles.md."
    if found.is_superuser:
        return warning("role", f"The application connects to the database as {found.role}, a superuser.", apart)
    if found.owns:
        cause = f"The application connects to the database as {found.role}, which has the rights of its tables' owner."
        return warning("role", cause, apart)
    if found.privileges:
        named = "; ".join(found.privileges[:_MOST_NAMED])
        others = len(found.privileges) - _MOST_NAMED
        more = f"; and of {others} more" if others > 0 else ""
        cause = f"The database role {found.role} has privileges that no process needs ({named}{more})."
        return warning("role", cause, _TAKE_BACK)
    return ok("role", f"The database role {found.role} owns no table, and has only the privileges that it needs.")


async def tls(settings: Settings) -> Finding:
    """Return the finding about the encryption of this session."""
    row = await _SESSION.row()
    assert row is not None  # noqa: S101 (a SELECT without FROM has a row)
    mode = urls.option_of(settings.database_url or settings.listen_url, "sslmode")
    return tls_of(is_encrypted=row["is_encrypted"], is_local=row["is_local"], mode=mode)


def tls_of(*, is_encrypted: bool, is_local: bool, mode: str) -> Finding:
    """Return the finding about a session whose address asks for this `sslmode`."""
    if is_local:
        return ok("tls", "The database is on this machine.")
    if not is_encrypted:
        fix = "Enable TLS on the server, and add `sslmode=verify-full` and `sslrootcert` to DATABASE_URL."
        return warning("tls", "The connection to the database is not encrypted.", fix)
    if mode not in {"verify-full", "verify-ca"}:
        cause = "The connection to the database is encrypted, but the server's certificate is not checked."
        return warning("tls", cause, "Add `sslmode=verify-full` and `sslrootcert` to DATABASE_URL.")
    return ok("tls", "The connection to the database is encrypted, and the server's certificate is checked.")


async def hears(settings: Settings) -> bool:
    """Return whether a NOTIFY arrives at who LISTENs, as processes do it: each on a connection of its own."""
    heard = asyncio.Event()
    listening = await db.Connection.connect(settings.listen_url)
    try:
        await listening.raw.add_listener(_PROBE, lambda *_: heard.set())
        await _NOTIFY.run()
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_WITHIN_SECONDS):
                await heard.wait()
    finally:
        await listening.close()
    return heard.is_set()
