"""The data directory: where one machine keeps its database, its secret and its development mail."""

import errno
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from hireloop.errors import SettingsError

SYSTEMS = Path("/var/lib/hireloop")
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_IN_A_CHECKOUT = ".hireloop"


def checkout() -> Path | None:
    """Return the checkout that this package is run from, None if it was installed as a package."""
    top = Path(__file__).resolve().parents[3]
    try:
        project = tomllib.loads((top / "pyproject.toml").read_text())["project"]
    except (OSError, ValueError, KeyError):
        return None
    return top if project.get("name") == "hireloop" else None


def default_data_dir() -> Path:
    """Return the directory for a user who set no HIRELOOP_DATA_DIR: `.hireloop` in the checkout, else the user's own.

    Root has none of its own: see `hireloop.local.place`, which also knows where root's processes run.
    """
    top = checkout()
    if top is not None:
        found = top / _IN_A_CHECKOUT
        if os.geteuid() == 0 or _is_ours(found):
            return found
    return SYSTEMS if os.geteuid() == 0 else _users()


def others_with_a_database(data_dir: Path) -> Iterator[Path]:
    """Yield each other directory where a database of this machine's own may be: an earlier version's, another user's.

    One in this checkout that is closed to us is named too; one elsewhere is not ours to name.
    """
    top = checkout()
    for other in (*([top / _IN_A_CHECKOUT] if top else []), _users(), SYSTEMS):
        if other.absolute() == data_dir.expanduser().absolute():
            continue
        if has_database(other) or (other.parent == top and _is_closed(other)):
            yield other


def has_database(data_dir: Path) -> bool:
    """Return whether an embedded PostgreSQL keeps its cluster there, as far as we may see."""
    try:
        return (data_dir / "postgres").exists()
    except OSError:  # it is closed to us
        return False


def make_data_dir(data_dir: Path) -> None:
    """Create the directory where it is missing; call it before anything is written there.

    Root's can be passed through but not listed by others, since PostgreSQL, which refuses root, keeps its
    files below it; each thing inside has its own, narrower mode. A directory that already holds something is
    left as it is. Raises SettingsError if it cannot be made.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0 and data_dir.stat().st_uid == 0 and not any(data_dir.iterdir()):
            data_dir.chmod(data_dir.stat().st_mode | 0o011)
    except OSError as error:
        raise unusable(data_dir, error) from None


def unusable(data_dir: Path, error: OSError) -> SettingsError:
    """Return what to raise if the directory cannot be used; a full disk is called so."""
    how = "Free some space" if error.errno in NO_SPACE else "Choose a directory that this user can write to"
    return SettingsError(f"HIRELOOP_DATA_DIR: {data_dir} cannot be used ({error.strerror}). {how}.")


def _is_ours(found: Path) -> bool:
    """Return whether we may keep our data there: it belongs to us, or we may make it."""
    try:
        return found.stat().st_uid == os.geteuid()
    except FileNotFoundError:
        return os.access(found.parent, os.W_OK)
    except OSError:
        return False


def _is_closed(directory: Path) -> bool:
    return directory.is_dir() and not os.access(directory, os.X_OK)


def _users() -> Path:
    return platformdirs.user_data_path("hireloop", appauthor=False)
