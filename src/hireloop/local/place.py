"""Where this machine's own installation keeps its data, and as which user its processes run.

Not root: in their own directory, as themselves. Root: PostgreSQL refuses root, and the API, the worker and
the mailbox have no need of it, so all of them run as one system user, provided that this user can read the
interpreter, the virtual environment and HireLoop, and can write to the data directory. Where it cannot, the data is in
/var/lib/hireloop and only PostgreSQL runs as that user.
"""

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from hireloop.errors import SettingsError
from hireloop.local.data_dir import SYSTEMS, default_data_dir, make_data_dir, unusable
from hireloop.local.server_user import ServerUser
from hireloop.settings import Settings

# What a process of ours needs to be able to read: ourselves, and packages from both kinds of directories.
_TRY = "import hireloop.local.data_dir, click, uvloop"
# What we keep in a data directory, and what a file system keeps in its own.
_OURS = ("postgres*", "socket", "secret", ".secret-*", "mailbox", "*.log", "*.log.1", "up.lock", "up.json*")
_NOBODYS = frozenset({"lost+found"})
# What of root's environment goes along to another user: how a program runs and reaches the network. No key of root's.
_KEPT = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "SHELL", "TMPDIR"})
_KEPT_PREFIXES = ("LC_", "PYTHON", "HIRELOOP_", "PICCOLO_", "OTEL_", "SSL_CERT_", "GRANIAN_", "UVLOOP_")
_KEPT_SUFFIXES = ("_PROXY", "_CA_BUNDLE")


class DataLocation(NamedTuple):
    """Where the data is, and who runs the processes."""

    data_dir: Path
    user: ServerUser | None = None  # the user that root becomes; None: no change of user
    why_root: str = ""  # why root stays root, a sentence


def place_of(settings: Settings) -> DataLocation:
    """Return the place of the installation that these settings mean; nothing is created but a system user for root.

    Raises SettingsError if root would have to work as root among somebody else's files.
    """
    wanted = settings.hireloop_data_dir
    wanted = (wanted.expanduser() if wanted is not None else default_data_dir()).resolve()
    if os.geteuid() != 0:
        return DataLocation(wanted)
    if settings.database_url is not None and not (wanted.exists() and wanted.stat().st_uid):
        why = "DATABASE_URL is set, and access to that database may depend on the user."
        return _as_root(wanted, f"The API, the worker and the mailbox run as root: {why}")
    user = ServerUser.of(wanted / "postgres")
    bar = _what_bars(user, wanted)
    if not bar:
        return DataLocation(wanted, user)
    where = wanted if settings.hireloop_data_dir is not None else SYSTEMS
    return _as_root(where, f"The API, the worker and the mailbox run as root because the user {user.name} {bar}.")


def become(place: DataLocation) -> None:
    """Make the data directory and continue as the user that the place names, for good; what was root's there is theirs.

    Raises SettingsError if the directory cannot be used.
    """
    make_data_dir(place.data_dir)
    if place.user is None:
        return
    try:
        if _is_given(place.data_dir):
            _hand_over(place.data_dir, place.user)
        os.setgroups([])
        os.setgid(place.user.gid)
        os.setuid(place.user.uid)
        os.chdir(place.data_dir)  # the old one may be closed to them, and so may an `.env` there, which was read
    except OSError as error:
        raise unusable(place.data_dir, error) from None
    for name in list(os.environ):
        if not _goes_along(name.upper()):
            os.environ.pop(name)
    os.environ |= {"HOME": str(place.data_dir), "USER": place.user.name, "LOGNAME": place.user.name}


def _as_root(data_dir: Path, why: str) -> DataLocation:
    owner = data_dir.stat().st_uid if data_dir.exists() else 0
    if owner:
        msg = (
            f"HIRELOOP_DATA_DIR: {data_dir} belongs to another user, and root does not work in other users' "
            f"directories. {why}"
        )
        raise SettingsError(msg)
    return DataLocation(data_dir, None, why)


def _is_given(data_dir: Path) -> bool:
    """Return whether this directory is root's and HireLoop's alone, so that all of it can be handed over."""
    if data_dir.stat().st_uid != 0:
        return False
    ours = {path.name for pattern in _OURS for path in data_dir.glob(pattern)}
    return {path.name for path in data_dir.iterdir()} <= ours | _NOBODYS


def _hand_over(data_dir: Path, user: ServerUser) -> None:
    """Give the user what is root's in there; no link is followed, and a file with a second name stays root's."""
    known = [path for pattern in _OURS for path in data_dir.glob(pattern)]
    for path in (*known, *(data_dir / "mailbox").rglob("*"), data_dir):
        found = path.lstat()
        if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
            user.own(path)
    data_dir.chmod(0o700)


def _what_bars(user: ServerUser, data_dir: Path) -> str:
    """Return what keeps this user from running us on that data, as the end of a sentence; empty if nothing does."""
    barred = user.barred_at(next(step for step in data_dir.parents if step.is_dir()))
    if barred is not None:
        return f"has no access to {barred}"
    if data_dir.exists() and not _is_given(data_dir) and not user.may_write_to(data_dir):
        return f"cannot write to {data_dir}"
    try:
        tried = user.run([sys.executable, "-P", "-c", _TRY])
    except OSError:
        program = Path(sys.executable)  # in a virtual environment, a link to another one
        barred = user.barred_at(program.parent) or user.barred_at(program.resolve().parent)
        return f"cannot run {sys.executable}" + (f" (it has no access to {barred})" if barred else "")
    return f"cannot read the packages in {sys.prefix}" if tried.returncode else ""


def _goes_along(name: str) -> bool:
    ours = name in _KEPT or name.lower() in Settings.model_fields
    return ours or name.startswith(_KEPT_PREFIXES) or name.endswith(_KEPT_SUFFIXES)
