"""Bring the database up to date, check that it is what this code needs, and keep every process on its secret."""

import hashlib
import io
import time
from collections.abc import Sequence
from contextlib import redirect_stdout

from hireloop import db, signing
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.migrate import digests, privileges, schema
from hireloop.scheduling.tables import Installation
from hireloop.settings import Settings
from hireloop.signing import Purpose
from hireloop.statements import Statement
from hireloop.wording.plain_text import counted

_LOCK = 0x48697265  # any number, the same in every version
_TRIES = 20  # bookings go on meanwhile, and a deadlock with one of them may end either
# The second process waits for the first one's transaction.
_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(:lock)")
# What has run, in its order, by Piccolo's own table.
_DONE = Statement("SELECT name FROM migration ORDER BY ran_on")
# The table of this name that the search path finds, whether it is Piccolo's, and whether our role may read it.
_HISTORY = Statement("""
    SELECT format('%I.%I', nspname, relname) AS name, has_table_privilege(pg_class.oid, 'SELECT') AS is_readable,
        2 = (SELECT count(*) FROM pg_catalog.pg_attribute
            WHERE attrelid = pg_class.oid AND attname IN ('name', 'ran_on') AND NOT attisdropped) AS is_piccolos
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = to_regclass('migration')
""")
# A schema with our tables that the search path does not find, and whether it names it: then its USAGE is lacking. One
# that it names comes first.
_ELSEWHERE = Statement("""
    SELECT nspname, named AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE') AS is_closed,
        current_user::text AS role
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace,
    LATERAL (
        SELECT nspname = ANY(
            SELECT replace(btrim(part, ' "'), '$user', current_user)
            FROM unnest(string_to_array(current_setting('search_path'), ',')) AS part
        ) AS named
    ) AS path
    WHERE relname = 'schedule_to_notify' AND relkind = 'v' AND NOT pg_catalog.pg_table_is_visible(pg_class.oid)
    ORDER BY named DESC, nspname LIMIT 1
""")


@db.transactional(retries=_TRIES)
async def migrate(settings: Settings, *, accept_secret: bool = False) -> Sequence[str]:
    """Run what has not run yet, all of it or nothing, and return the names of what ran.

    Safe when many processes start at once: the others wait for the first and then find nothing to do. Records
    the fingerprint of SECRET_KEY; with DATABASE_OWNER_URL, as whose role it must run, gives the role of DATABASE_URL
    just the privileges that a process needs. Raises SettingsError if the database knows another secret and
    `accept_secret` is false, and DatabaseNotReady for a database that is older than any release or of an unreleased
    commit, or whose schema or privileges are then not what this code needs.
    """
    await _ONE_AT_A_TIME.run(lock=_LOCK)
    if settings.database_owner_url is not None:
        await privileges.refuse_foreign_tables()
    before = set(await _done())
    _refuse_older_than_any_release(before)
    await _refuse(await privileges.lacking())
    await digests.refuse_unreleased()
    if not digests.modules().keys() <= before:
        await run_missing()
    await _refuse(await differences() or await privileges.lacking())
    await _agree_on_secret(settings, accept=accept_secret)
    if settings.database_owner_url is not None and settings.database_role:
        await privileges.grant(settings.database_role)
    return [name for name in await _done() if name not in before]


async def as_owner(settings: Settings, *, accept_secret: bool = False) -> Sequence[str]:
    """Connect as the owner of the tables and `migrate`, waiting for other processes' locks as long as it takes."""
    async with db.opened(settings.owner_url, pool_size=2, patient=True):
        return await migrate(settings, accept_secret=accept_secret)


async def run_missing() -> None:
    """Run what has not run yet and record its digests, in the caller's transaction, without any check."""
    # Both load Black, and the second every room's tables: only where a migration runs.
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

    from hireloop.piccolo_conf import APP_REGISTRY

    for app in APP_REGISTRY.app_configs.values():
        manager = ForwardsMigrationManager(app_name=app.app_name)
        with redirect_stdout(io.StringIO()):  # Piccolo prints its progress; `cli` prints ours
            await manager.create_migration_table()
            await manager.run_migrations(app)
    await digests.record(await _done())


async def check(settings: Settings) -> None:
    """Raise DatabaseNotReady if the database is not what this code needs, SettingsError if SECRET_KEY differs."""
    await refuse_unfit(await pending())
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
    return sorted(digests.modules().keys() - done)


async def refuse_unfit(missing: Sequence[str]) -> None:
    """Raise DatabaseNotReady unless this code can work with its database, of which migrations may be `missing`."""
    await _refuse(await privileges.lacking())
    await digests.refuse_unreleased()
    await _refuse(await _pending_sentence(missing) if missing else await differences())


async def differences() -> str:
    """Return how the schema differs from what this code needs, in a sentence; empty if it does not."""
    found = await schema.differences()
    return schema.sentence_of(found) if found else ""


class Readiness:
    """Whether this code can work with its database, for a process that is asked often.

    What has run is read each time, the catalogue at most once in `seconds` as long as nothing is wrong with it.
    """

    def __init__(self, *, seconds: float = 5.0) -> None:
        self._seconds = seconds
        self._fine_until = 0.0  # monotonic

    async def faults(self) -> list[str]:
        """Return why not, in sentences; raises one of `db.UNAVAILABLE` if the database does not say."""
        try:
            missing = await pending()
            asked = time.monotonic()
            if missing or asked >= self._fine_until:
                await refuse_unfit(missing)
                self._fine_until = asked + self._seconds
        except DatabaseNotReady as error:
            self._fine_until = 0.0
            return [str(error)]
        return []


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


def _refuse_older_than_any_release(done: set[str]) -> None:
    if done and not done & digests.modules().keys():
        raise DatabaseNotReady(_OLDER_THAN_ANY_RELEASE)


async def _refuse(sentence: str) -> None:
    if sentence:
        raise DatabaseNotReady(sentence)


async def _pending_sentence(missing: Sequence[str]) -> str:
    """Return the message that migrations have not run, and what to do."""
    behind = counted(len(missing), "pending migration", "pending migrations")
    elsewhere = await _ELSEWHERE.row() if len(missing) == len(digests.modules()) else None
    if elsewhere is None:
        return f"The database has {behind}. Run `hireloop migrate`."
    return (
        f"The database has {behind}, but its schema {elsewhere['nspname']}, which is not in the search_path, contains "
        "tables of HireLoop. Set the search_path of DATABASE_URL's role, or run `hireloop migrate` for a second "
        "installation."
    )


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


async def _done() -> list[str]:
    """Return what has run; raises DatabaseNotReady if this session's role may not know."""
    history = await _HISTORY.row()
    if history is None:  # as in a new database
        await _refuse_closed()
        return []
    if not history["is_piccolos"]:
        msg = (
            f"The search_path finds the table {history['name']} first, which belongs to another program. Set the "
            "search_path of DATABASE_URL's role, so that it finds the tables of HireLoop first."
        )
        raise DatabaseNotReady(msg)
    if not history["is_readable"]:
        await _refuse(await privileges.lacking())
    return [row["name"] for row in await _DONE.rows()]


async def _refuse_closed() -> None:
    found = await _ELSEWHERE.row()
    if found is not None and found["is_closed"]:
        name, role = schema.quoted(found["nspname"]), schema.quoted(found["role"])
        msg = (
            f"The database role {found['role']} lacks USAGE on the schema {found['nspname']}, which contains the "
            f"tables of HireLoop. Run `GRANT USAGE ON SCHEMA {name} TO {role}` as its owner."
        )
        raise DatabaseNotReady(msg)
