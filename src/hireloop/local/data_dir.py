"""The data directory: where one machine keeps its database, its secret and its development mail."""

import os
from pathlib import Path

import platformdirs

from hireloop.errors import SettingsError


def default_data_dir() -> Path:
    """Return the directory for whoever set no HIRELOOP_DATA_DIR: the system's for root, else the user's."""
    if os.geteuid() == 0:
        return Path("/var/lib/hireloop")
    return platformdirs.user_data_path("hireloop", appauthor=False)


def make_data_dir(data_dir: Path) -> None:
    """Create the directory where it is missing; call it before anything is written there.

    Root's can be passed through but not listed by others, since PostgreSQL, which refuses root, keeps its
    files below it; each thing inside has its own, narrower mode. A directory that already holds something is
    left as it is. Raises SettingsError where it cannot be made.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0 and data_dir.stat().st_uid == 0 and not any(data_dir.iterdir()):
            data_dir.chmod(data_dir.stat().st_mode | 0o011)
    except OSError as error:
        msg = (
            f"HIRELOOP_DATA_DIR: {data_dir} cannot be used ({error.strerror}): "
            "choose a directory that this user can write to."
        )
        raise SettingsError(msg) from None
