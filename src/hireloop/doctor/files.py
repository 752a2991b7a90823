"""Check that files with secrets, and the data directory, are open to nobody else on this machine."""

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hireloop.notify.diagnosis.findings import Finding, failure, ok, warning

CHECK = "files"
_KEPT = ("secret", "mailbox")  # of the data directory: what is in the mailbox opens a candidate's session


class _Exposure(NamedTuple):
    sentence: str
    fix: str
    is_bad: bool  # somebody else can change it


def check(dotenv: Path, secret_files: Iterable[Path], data_dir: Path | None) -> Finding:
    """Return the one finding about `.env`, the files of secrets, and the data directory, as far as they exist."""
    found = [fault for file in (dotenv.absolute(), *secret_files) for fault in _faults(file, with_parent=True)]
    for path in (data_dir, *(data_dir / name for name in _KEPT)) if data_dir is not None else ():
        found += _faults(path)
    if not found:
        return ok(CHECK, "No other user of this machine can read or change the secrets.")
    fixes = [*dict.fromkeys(fault.fix for fault in found)]
    fix = fixes[0] if len(fixes) == 1 else " ".join(f"({n}) {one}" for n, one in enumerate(fixes, 1))
    kind = failure if any(fault.is_bad for fault in found) else warning
    return kind(CHECK, " ".join(fault.sentence for fault in found), fix)


def _faults(path: Path, *, with_parent: bool = False) -> Iterator[_Exposure]:
    try:
        status = path.stat()
        if os.statvfs(path).f_flag & os.ST_RDONLY:  # as a container is given its files: nobody changes them there
            return
    except OSError:  # it is not there, or closed to us
        return
    yield from _open(path, status)
    if os.geteuid() not in {0, status.st_uid} and status.st_uid != 0:
        sentence = f"{path} belongs to another user ({status.st_uid}), who can change it."
        yield _Exposure(sentence, f"Run `chown {os.geteuid()} {shlex.quote(str(path))}` as root.", is_bad=False)
    if with_parent:
        yield from _replaceable(path)


def _open(path: Path, status: os.stat_result) -> Iterator[_Exposure]:
    """Yield what is wrong with a mode.

    A group may read what belongs to root or to another user: that is how a service is often given its file.
    """
    mode = stat.S_IMODE(status.st_mode)
    reading = stat.S_IROTH | (stat.S_IRGRP if status.st_uid == os.geteuid() else 0)
    excess = mode & (stat.S_IWGRP | stat.S_IWOTH | reading)
    if not excess:
        return
    whom = "every user of this machine" if excess & stat.S_IRWXO else "its group"
    changes = bool(excess & (stat.S_IWGRP | stat.S_IWOTH))
    sentence = f"{path} (mode {mode:04o}) can be {'changed' if changes else 'read'} by {whom}."
    kept = mode & ~(excess | (0 if stat.S_ISDIR(status.st_mode) else stat.S_IXGRP | stat.S_IXOTH))
    yield _Exposure(sentence, f"Run `chmod {kept:o} {shlex.quote(str(path))}`.", is_bad=changes)


def _replaceable(file: Path) -> Iterator[_Exposure]:
    """Yield whether another user can put a file of their own in the place of this one."""
    mode = file.parent.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX:
        kept = stat.S_IMODE(mode) & ~(stat.S_IWGRP | stat.S_IWOTH)
        sentence = f"Other users can replace {file}, because they can write to its directory."
        yield _Exposure(sentence, f"Run `chmod {kept:o} {shlex.quote(str(file.parent))}`.", is_bad=True)
