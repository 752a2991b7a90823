"""Where this machine's own installation keeps its data, and as whom its processes run.

Whoever is not root: in their own directory, as themselves. Root: PostgreSQL refuses root, and the API, the worker and
the mailbox have no need of it, so all of them run as one system user, provided that this user can read the
interpreter, the virtual environment and HireLoop, and can reach the data directory. Where it cannot, the data is in
/var/lib/hireloop and only PostgreSQL runs as that user.
"""

import os
import sys
from pathlib import Path
from typing import NamedTuple

from hireloop.local.data_dir import SYSTEMS, default_data_dir, make_data_dir, unusable
from hireloop.local.server_user import ServerUser
from hireloop.settings import Settings

# What a process of ours needs to be able to read: ourselves, and packages from both kinds of directories.
_TRY = "import hireloop.local.data_dir, click, uvloop"
# What we keep in a data directory.
_OURS = ("postgres*", "socket", "secret", "mailbox", "*.log", "*.log.1", "up.lock", "up.json")


class Place(NamedTuple):
    """Where the data is, and who runs the processes."""

    data_dir: Path
    user: ServerUser | None = None  # whom root becomes; None: everybody stays who they are
    why_root: str = ""  # why root stays root, a sentence


def place_of(settings: Settings) -> Place:
    """Return the place of the installation that these settings mean; nothing is created but a system user for root."""
    wanted = settings.hireloop_data_dir
    wanted = wanted.expanduser().absolute() if wanted is not None else default_data_dir()
    if os.geteuid() != 0:
        return Place(wanted)
    user = _whose(wanted)
    bar = _what_bars(user, wanted)
    if not bar:
        return Place(wanted, user)
    why = f"The API, the worker and the mailbox run as root because the user {user.name} {bar}."
    return Place(wanted if settings.hireloop_data_dir is not None else SYSTEMS, None, why)


def become(place: Place) -> None:
    """Make the data directory and go on, for good, as the user whom the place names; what was root's there is theirs.

    Raises SettingsError where the directory cannot be used.
    """
    make_data_dir(place.data_dir)
    if place.user is None:
        return
    try:
        _hand_over(place.data_dir, place.user)
        os.setgroups([])
        os.setgid(place.user.gid)
        os.setuid(place.user.uid)
        os.chdir(place.data_dir)  # where we stood may be closed to them, and so may an `.env` there, which was read
    except OSError as error:
        raise unusable(place.data_dir, error) from None
    os.environ |= {"HOME": str(place.data_dir), "USER": place.user.name, "LOGNAME": place.user.name}


def _whose(data_dir: Path) -> ServerUser:
    """Return the user whose data it is; PostgreSQL's, where it is nobody's yet or root's."""
    cluster = data_dir / "postgres"
    theirs = data_dir.exists() and data_dir.stat().st_uid != 0 and not cluster.exists()
    return ServerUser.of(data_dir if theirs else cluster)


def _hand_over(data_dir: Path, user: ServerUser) -> None:
    """Give the user a directory that root made for HireLoop; one that holds something else stays as it is."""
    if data_dir.stat().st_uid != 0:
        return
    ours = [path for pattern in _OURS for path in data_dir.glob(pattern)]
    if len(ours) == len(list(data_dir.iterdir())):
        for path in (*ours, *(data_dir / "mailbox").rglob("*"), data_dir):
            if path.lstat().st_uid == 0:
                user.own(path)
        data_dir.chmod(0o700)


def _what_bars(user: ServerUser, data_dir: Path) -> str:
    """Return what keeps this user from running us on that data, as the end of a sentence; empty where nothing does."""
    # The directory itself is handed over; what is above it is not.
    barred = user.barred_at(next(step for step in data_dir.parents if step.is_dir()))
    if barred is not None:
        return f"has no access to {barred}"
    try:
        tried = user.run([sys.executable, "-P", "-c", _TRY])
    except OSError:
        program = Path(sys.executable)  # in a virtual environment, a link to another one
        barred = user.barred_at(program.parent) or user.barred_at(program.resolve().parent)
        return f"cannot run {sys.executable}" + (f" (it has no access to {barred})" if barred else "")
    return f"cannot read the packages in {sys.prefix}" if tried.returncode else ""
