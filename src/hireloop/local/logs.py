"""Log files: private to their owner, and kept short while others write to them."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

LONGEST_LOG = 10_000_000  # bytes; as much again is kept of what was before


@contextmanager
def open_log(file: Path, flags: int = os.O_APPEND) -> Iterator[int]:
    """Open a log for writing until the block ends, or create it so that only its owner can read it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def shorten_log(log: Path) -> None:
    """Move what a log holds to `<name>.log.1` if it is longer than `LONGEST_LOG`; ignores a file that is not ours.

    The writers have the file open, so it is emptied in place: every writer appends, PostgreSQL too. A line that is
    written between the copy and that is lost; that is a few microseconds every few megabytes.
    """
    with suppress(OSError):
        descriptor = os.open(log, os.O_RDWR | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb+") as source:
            found = os.fstat(descriptor)
            if found.st_size <= LONGEST_LOG or not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                return
            with suppress(OSError):  # a full disk: emptying the log is what helps
                _set_aside(source, log.with_suffix(".log.1"))
            os.ftruncate(descriptor, 0)


def _set_aside(source: BinaryIO, to: Path) -> None:
    with open_log(to, os.O_TRUNC) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as target:
        shutil.copyfileobj(source, target)
