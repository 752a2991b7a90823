"""File locks for things that processes share; the kernel frees them when a process dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hireloop.errors import SettingsError


@contextmanager
def one_at_a_time(file: Path) -> Iterator[int]:
    """Wait until nobody else is inside, stay alone until the end; yields the descriptor that holds the lock."""
    lock = open_own(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


class InUseLock:
    """Says to other processes, by a shared lock on `file`, that something is in use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock: int | None = None

    def begin(self) -> None:
        """Use it; once is enough."""
        if self._lock is None:
            self._lock = open_own(self._file)
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def end(self) -> None:
        """Use it no longer."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_over(self) -> bool:
        """Whether nobody uses it any more, here or elsewhere."""
        probe = open_own(self._file)
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(probe)


def open_own(file: Path) -> int:
    """Open or create a file that only its directory's owner (and root) may touch; the caller closes it.

    Raises SettingsError if it cannot be written.
    """
    try:
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if os.geteuid() == 0:
            # Root visiting somebody's directory leaves nothing there that locks its owner out.
            owner = file.parent.stat()
            os.fchown(opened, owner.st_uid, owner.st_gid)
    except OSError as error:
        msg = f"HIRELOOP_DATA_DIR: {file} is not writable ({error.strerror})."
        raise SettingsError(msg) from None
    return opened
