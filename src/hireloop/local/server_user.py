"""Who runs PostgreSQL: ourselves, or, since PostgreSQL refuses root, a system user in root's place."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from hireloop.errors import SettingsError

_NAME = "hireloop"
_OTHER_NAMES = ("hireloop-postgres", "postgres")  # where the first is a person's, or cannot be made
_FIRST_OF_PEOPLE = 1000
# PostgreSQL's programs read PGDATA, PGPORT and the like: they get an environment without any of it.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}


class ServerUser(NamedTuple):
    """The system user that the server's processes belong to."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, cluster: Path) -> Self:
        """Return the user for this cluster: its owner, or that of its directory, so that root finds any user's server.

        Where nobody but root owns either, a system user of our own, made where it is missing.

        Raises SettingsError if we may not act for that user, or root finds no user and can make none.
        """
        me = os.geteuid()
        owned = cluster if cluster.exists() else cluster.parent
        owner = owned.stat().st_uid if owned.exists() else None
        if me != 0:
            if cluster.exists() and owner != me:
                msg = (
                    f"HIRELOOP_DATA_DIR: {cluster} belongs to the user {name_of(owner or 0)}. "
                    "Run HireLoop as that user or as root, or choose another directory."
                )
                raise SettingsError(msg)
            return cls(name_of(me), me, os.getegid())
        if owner:
            return cls(name_of(owner), owner, owned.stat().st_gid)
        return cls._system_user()

    @classmethod
    def _system_user(cls) -> Self:
        """Return our own user; PostgreSQL's only if there can be none, since others' data may be that one's."""
        name = _NAME
        for known in (_NAME, _OTHER_NAMES[0]):
            found = _find(known)
            if found is not None and 0 < found.pw_uid < _FIRST_OF_PEOPLE:
                return cls(found.pw_name, found.pw_uid, found.pw_gid)
            if found is not None:  # a person's
                name = _OTHER_NAMES[0]
        problem = _create_user(name)
        found = _find(name if not problem else _OTHER_NAMES[1])
        if found is None:
            msg = (
                f"PostgreSQL refuses to run as root, and `useradd {name}` failed ({problem}). "
                "Run HireLoop as a normal user, or set DATABASE_URL."
            )
            raise SettingsError(msg)
        return cls(found.pw_name, found.pw_uid, found.pw_gid)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        text: str | None = None,
        cwd: Path = Path("/"),
        pass_fds: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user to its end and return its exit code and output.

        `text` is its standard input; `pass_fds` stay open in it. It does not run in our own directory, which
        may be closed to this user. Raises OSError if the user may not run it.
        """
        switch = os.geteuid() == 0
        return subprocess.run(  # noqa: S603 (our own programs; no shell)
            list(command),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd=cwd,
            env=_ENVIRONMENT,
            pass_fds=pass_fds,
            start_new_session=True,  # a Ctrl-C in our terminal is not meant for it
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=[] if switch else None,
        )

    def barred_at(self, directory: Path) -> Path | None:
        """Return the first step on the way to `directory` that this user may not enter, None if the way is free."""
        if os.geteuid() != 0 or self._may_enter(directory):
            return None
        return next(step for step in (*reversed(directory.parents), directory) if not self._may_enter(step))

    def _may_enter(self, directory: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", directory]).returncode == 0

    def may_write_to(self, directory: Path) -> bool:
        """Return whether this user may make files in a directory that exists."""
        return self.run(["/bin/sh", "-c", 'test -w "$1" && test -x "$1"', "sh", directory]).returncode == 0

    def must_enter(self, directory: Path) -> None:
        """Check that this user can pass through `directory`; a SettingsError names what bars the way."""
        barred = self.barred_at(directory)
        if barred is not None:
            msg = (
                f"HIRELOOP_DATA_DIR: PostgreSQL runs as the user {self.name}, who has no access to {barred}. "
                "Set HIRELOOP_DATA_DIR to a directory that every user can reach, such as /var/lib/hireloop."
            )
            raise SettingsError(msg)

    def make_private_dir(self, path: Path) -> None:
        """Create or check a directory that this user alone (and root) may enter.

        Raises SettingsError if something else is there: a link, another's directory, an open mode.
        """
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            self.own(path)
        found = path.lstat()
        if not path.is_dir() or path.is_symlink() or found.st_uid != self.uid or found.st_mode & 0o077:
            msg = f"HIRELOOP_DATA_DIR: {path} is not a private directory of the user {self.name}. Remove it."
            raise SettingsError(msg)

    def own(self, path: Path) -> None:
        """Give `path` to this user, if root made it."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def name_of(uid: int) -> str:
    """Return the name of the user with this number, or the number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create_user(name: str) -> str:
    """Make a system user; return what went wrong, empty if there is one now."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", name]
    try:
        done = subprocess.run(command, env=_ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603 (a fixed command)
    except OSError as error:
        return error.strerror or "it cannot be run"
    # Another process may have made it since we looked.
    if done.returncode == 0 or _find(name) is not None:
        return ""
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}"
