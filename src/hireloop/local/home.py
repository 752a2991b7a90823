"""Where commands find their database and their secret when the environment names none: the data directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hireloop.local.data_dir import default_data_dir
from hireloop.local.secret import has_secret, read_or_make_secret
from hireloop.settings import Settings


@contextmanager
def at_home() -> Iterator[Settings]:
    """Read the settings and fill in this machine's own database, starting it if need be, and its own secret.

    At the end the database is left to whoever else uses it, or stopped. Raises SettingsError for a bad setting.
    """
    settings = Settings.read()
    data_dir = data_dir_of(settings)
    if settings.secret_key is None and (settings.database_url is None or has_secret(data_dir)):
        settings = Settings.read(secret_key=read_or_make_secret(data_dir))
    if settings.database_url is not None:
        yield settings
        return
    # The embedded server comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(data_dir)
    try:
        yield Settings.read(database_url=server.start(), secret_key=settings.secret_key)
    finally:
        server.leave()


def data_dir_of(settings: Settings) -> Path:
    """Return the data directory: HIRELOOP_DATA_DIR, or the system's place for this user."""
    return settings.hireloop_data_dir or default_data_dir()
