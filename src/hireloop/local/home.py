"""Where commands find their installation: the one that `hireloop up` runs, the environment's, or this machine's own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import msgspec

from hireloop.local import record
from hireloop.local.data_dir import SYSTEMS, default_data_dir, has_database, others_with_a_database
from hireloop.local.place import place_of
from hireloop.local.secret import has_secret, read_or_make_secret
from hireloop.settings import Settings


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The installation that a command works on, and which one it is, in words."""

    settings: Settings
    which: str
    data_dir: Path
    is_up: bool = False  # `hireloop up` runs it, on this machine alone


def find() -> Found:
    """Find the installation; starts nothing. Raises SettingsError for a bad setting."""
    settings = Settings.read()
    own = settings.database_url
    for data_dir in _candidates(settings):
        running = record.running(data_dir)
        if running is not None and (own is None or record.mark_of(own) == running.database):
            added = record.settings_of(running, settings.model_fields_set)
            which = f"The installation started by `hireloop up` at {running.url} (data in {data_dir})."
            whole = _with_secret(Settings.read(**added), data_dir, added)
            return Found(settings=whole, which=which, data_dir=data_dir, is_up=True)
    if own is not None:
        data_dir = next(filter(has_secret, _candidates(settings)), SYSTEMS)
        which = "The installation that DATABASE_URL points to."
    else:
        data_dir = place_of(settings).data_dir
        which = f"This machine's own installation, which is not running (data in {data_dir})."
    return Found(settings=_with_secret(settings, data_dir, {}), which=which, data_dir=data_dir)


def _candidates(settings: Settings) -> list[Path]:
    """Return the directories where `up` could have been started, by these settings."""
    if settings.hireloop_data_dir is not None:
        return [settings.hireloop_data_dir.expanduser().absolute()]
    return [default_data_dir(), *([SYSTEMS] if os.geteuid() == 0 else [])]


@contextmanager
def at_home(found: Found | None = None) -> Iterator[Settings]:
    """Hold the installation's settings, with this machine's own database, started if need be, where none is set.

    At the end the database is left to whoever else uses it, or stopped. Raises SettingsError for a bad setting.
    """
    settings = found.settings if found else Settings.read()
    if settings.database_url is not None and settings.secret_key is not None:  # nothing to look for
        yield settings
        return
    found = found or find()
    settings = found.settings
    if settings.database_url is not None:
        yield settings
        return
    if sentence := new_beside_another(found.data_dir):
        click.echo(f"hireloop: warning: {sentence}", err=True)
    if settings.secret_key is None:
        settings = Settings.read(secret_key=read_or_make_secret(found.data_dir))
    # The embedded server comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(found.data_dir)
    try:
        yield Settings.read(database_url=server.start(), secret_key=settings.secret_key)
    finally:
        server.leave()


def new_beside_another(data_dir: Path) -> str:
    """Return a sentence where a new database is about to be made though there is one elsewhere; else an empty one."""
    with suppress(OSError):  # closed to us: what comes next says so
        if has_database(data_dir):
            return ""
    others = [str(other) for other in others_with_a_database(data_dir)]
    if not others:
        return ""
    return (
        f"The database in {data_dir} is new and empty. Another one exists in {' and in '.join(others)}; "
        f"to use it, set HIRELOOP_DATA_DIR={others[0]}."
    )


def _with_secret(settings: Settings, data_dir: Path, added: dict[str, str]) -> Settings:
    """Fill in this machine's own secret, where it has one and the environment names none."""
    if settings.secret_key is not None or not has_secret(data_dir):
        return settings
    return Settings.read(**added, secret_key=read_or_make_secret(data_dir))
