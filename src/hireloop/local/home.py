"""Where commands find their installation: the one that `hireloop up` runs, the environment's, or this machine's own."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from hireloop.local import record
from hireloop.local.data_dir import SYSTEMS, default_data_dir, has_database, others_with_a_database
from hireloop.local.place import place_of
from hireloop.local.secret import has_secret, read_or_make_secret
from hireloop.local.server_user import name_of
from hireloop.settings import Settings


class FoundInstallation(msgspec.Struct, frozen=True, kw_only=True):
    """The installation that a command works on, and which one it is, in words."""

    settings: Settings
    which: str
    data_dir: Path  # where a single machine's own data is, or would be
    is_up: bool = False  # `hireloop up` runs it, on this machine alone
    is_there: bool = True  # it has a database, or an address of one


def find() -> FoundInstallation:
    """Find the installation; starts nothing and creates no database. Raises SettingsError for an invalid setting."""
    settings = Settings.read()
    own = settings.database_url
    candidates = _candidates(settings)
    for data_dir in candidates:
        running = record.running(data_dir)
        if running is not None and (own is None or record.mark_of(own) == running.database):
            added = record.settings_of(running, settings.model_fields_set)
            which = f"The installation started by `hireloop up` at {running.url} (data in {data_dir})."
            whole = _with_secret(Settings.read(**added), data_dir, added)
            return FoundInstallation(settings=whole, which=which, data_dir=data_dir, is_up=True)
    if own is not None:
        data_dir = next(filter(has_secret, candidates), candidates[0])
        return FoundInstallation(
            settings=_with_secret(settings, data_dir, {}),
            which="The installation that DATABASE_URL points to.",
            data_dir=data_dir,
        )
    if not any(map(has_database, candidates)):
        which = (
            f"The settings of this environment: DATABASE_URL is not set, and there is no database in {candidates[0]}."
            f"{_closed(others_with_a_database(candidates[0]))}"
        )
        return FoundInstallation(settings=settings, which=which, data_dir=candidates[0], is_there=False)
    data_dir = place_of(settings).data_dir
    which = f"This machine's own installation, which is not running (data in {data_dir})."
    return FoundInstallation(settings=_with_secret(settings, data_dir, {}), which=which, data_dir=data_dir)


def _candidates(settings: Settings) -> list[Path]:
    """Return the directories in which `up` could have been started, by these settings."""
    if settings.hireloop_data_dir is not None:
        return [settings.hireloop_data_dir.expanduser().resolve()]
    return [default_data_dir().resolve(), *([SYSTEMS] if os.geteuid() == 0 else [])]


@contextmanager
def at_home(found: FoundInstallation | None = None) -> Iterator[Settings]:
    """Hold the installation's settings; if no database is set, with this machine's own, started if necessary.

    At the end the database is left to its other users, or stopped. Raises SettingsError for an invalid setting.
    """
    settings = found.settings if found else Settings.read()
    if settings.database_url is None or settings.secret_key is None:
        settings = (found or find()).settings
    if settings.database_url is not None:
        yield settings
        return
    data_dir = place_of(settings).data_dir
    if sentence := new_beside_another(data_dir):
        click.echo(f"hireloop: warning: {sentence}", err=True)
    if settings.secret_key is None:
        settings = Settings.read(secret_key=read_or_make_secret(data_dir))
    # The embedded server comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.postgres.server import EmbeddedPostgres

    server = EmbeddedPostgres(data_dir)
    try:
        owner_url = server.start()
        yield Settings.read(
            database_url=server.application_url, database_owner_url=owner_url, secret_key=settings.secret_key
        )
    finally:
        server.leave()


def new_beside_another(data_dir: Path) -> str:
    """Return a sentence if a new database is about to be made though there is one elsewhere; else an empty one."""
    if has_database(data_dir):
        return ""
    found = list(others_with_a_database(data_dir))
    open_to_us = [str(other) for other in found if _is_open(other)]
    closed = _closed(found)
    if not open_to_us:
        return f"The database in {data_dir} is new and empty.{closed}" if closed else ""
    return (
        f"The database in {data_dir} is new and empty. Another one exists in {' and in '.join(open_to_us)}. "
        f"To use it, set HIRELOOP_DATA_DIR={open_to_us[0]}.{closed}"
    )


def _closed(others: Iterable[Path]) -> str:
    """Return a sentence, after a blank, for each of these that we may not enter."""
    return "".join(
        f" There is one in {one} that belongs to the user {name_of(one.stat().st_uid)}. "
        "To use it, run this command as that user or as root."
        for one in others
        if not _is_open(one)
    )


def _is_open(directory: Path) -> bool:
    return os.access(directory, os.R_OK | os.X_OK)


def _with_secret(settings: Settings, data_dir: Path, added: dict[str, str]) -> Settings:
    """Fill in this machine's own secret, if it has one and the environment names none."""
    if settings.secret_key is not None or not has_secret(data_dir):
        return settings
    return Settings.read(**added, secret_key=read_or_make_secret(data_dir))
