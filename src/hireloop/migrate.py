"""Bring the database up to date, and keep every process on the secret that the database knows."""

import hashlib
import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from hireloop import db, signing
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.notify.rendering.plain_text import counted
from hireloop.scheduling.tables import Installation
from hireloop.settings import Settings
from hireloop.signing import Purpose
from hireloop.statements import Statement

_ID = re.compile(r'^ID = "(.+)"$', re.MULTILINE)
_LOCK = 0x48697265  # any number, the same in every version
# The second process waits for the first one's transaction.
_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(:lock)")
# Piccolo's own table of what has run; in a new database there is none.
_IS_THERE = Statement("SELECT to_regclass('migration') IS NOT NULL")
# What has run, in its order.
_DONE = Statement("SELECT name FROM migration ORDER BY ran_on")


async def migrate(settings: Settings, *, accept_secret: bool = False) -> Sequence[str]:
    """Run what has not run yet, all of it or nothing, and return the names of what ran.

    Safe when many processes start at once: the others wait for the first and then find nothing to do. Records
    the fingerprint of SECRET_KEY; raises SettingsError if the database knows another one and `accept_secret`
    is false, and DatabaseNotReady for a database that is older than any release.
    """
    async with db.DB.transaction():
        await _ONE_AT_A_TIME.run(lock=_LOCK)
        before = set(await _done())
        _refuse_older_than_any_release(before)
        if not _known() <= before:
            await _run()
        await _agree_on_secret(settings, accept=accept_secret)
        return [name for name in await _done() if name not in before]


async def check(settings: Settings) -> None:
    """Raise DatabaseNotReady if migrations are missing, SettingsError if SECRET_KEY is not the database's."""
    missing = await pending()
    if missing:
        behind = counted(len(missing), "pending migration", "pending migrations")
        msg = f"The database has {behind}. Run `hireloop migrate`."
        raise DatabaseNotReady(msg)
    known = await _known_fingerprint()
    if known is None:
        msg = "The fingerprint of SECRET_KEY is not in the database yet. Run `hireloop migrate`."
        raise DatabaseNotReady(msg)
    if not signing.is_one_of(known, [fingerprint(settings)]):
        raise SettingsError(_SKEW)


async def pending() -> list[str]:
    """Return the migrations that this code has and the database has not run; raises DatabaseNotReady as `migrate`."""
    done = set(await _done())
    _refuse_older_than_any_release(done)
    return sorted(_known() - done)


def _refuse_older_than_any_release(done: set[str]) -> None:
    if done and not done & _known():
        raise DatabaseNotReady(_OLDER_THAN_ANY_RELEASE)


def fingerprint(settings: Settings) -> str:
    """Return a text that tells two secrets apart and reveals neither."""
    return hashlib.sha256(signing.derive(settings.secrets[0], Purpose.SECRET_FINGERPRINT)).hexdigest()[:32]


_OLDER_THAN_ANY_RELEASE = (
    "This database was created by a version of HireLoop before 0.1.0 and cannot be upgraded: use an empty database. "
    "Under `hireloop up`, choose another HIRELOOP_DATA_DIR, or delete the old one if you do not need its data."
)
_SKEW = (
    "SECRET_KEY differs from the one that signed this database's links, so the links in mails would not work. "
    "Set the same SECRET_KEY everywhere, or change it with `hireloop migrate --accept-secret` and keep the old "
    "one in SECRET_KEY_FALLBACKS."
)


async def _run() -> None:
    # Both load Black, and the second every room's tables: only where a migration runs.
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

    from hireloop.piccolo_conf import APP_REGISTRY

    for app in APP_REGISTRY.app_configs.values():
        manager = ForwardsMigrationManager(app_name=app.app_name)
        with redirect_stdout(io.StringIO()):  # Piccolo prints its progress; `cli` prints ours
            await manager.create_migration_table()
            await manager.run_migrations(app)


async def _agree_on_secret(settings: Settings, *, accept: bool) -> None:
    ours = fingerprint(settings)
    known = await _known_fingerprint()
    if known is not None and not signing.is_one_of(known, [ours]) and not accept:
        raise SettingsError(_SKEW)
    row = Installation(id=1, secret_fingerprint=ours, base_url=settings.base_url)
    await Installation.insert(row).on_conflict(
        target=Installation.id, action="DO UPDATE", values=[Installation.secret_fingerprint, Installation.base_url]
    )


async def _known_fingerprint() -> str | None:
    row = await Installation.select(Installation.secret_fingerprint).first()
    return None if row is None else str(row["secret_fingerprint"])


def _known() -> set[str]:
    """Return the IDs of this code's migrations, from the files' text: to import one loads all that runs it."""
    files = Path(__file__).parent.glob("*/migrations/[a-z]*.py")
    return {found[1] for file in files for found in _ID.finditer(file.read_text("utf-8"))}


async def _done() -> list[str]:
    if not await _IS_THERE.value():
        return []
    return [row["name"] for row in await _DONE.rows()]
