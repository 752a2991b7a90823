"""What `hireloop up` writes down of itself while it runs, so that other commands find its installation."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hireloop.errors import SettingsError
from hireloop.local.locks import open_own

_LOCK = "up.lock"
_RECORD = "up.json"
_LOOK_SECONDS = 0.3


class InstallationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An installation that runs: where, and with which settings beside those of its own environment."""

    url: str
    pid: int
    database: str  # `mark_of` its DATABASE_URL
    settings: dict[str, str]  # what `up` added, by the names of the variables; no secret is among them


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Be the only `up` of this data directory until the block ends.

    Raises SettingsError, which says where the other one listens, if one runs; the kernel frees a dead one's lock.
    """
    lock = open_own(data_dir / _LOCK)
    try:
        if not _is_free(lock):
            raise SettingsError(_taken(data_dir))
        try:
            yield
        finally:
            (data_dir / _RECORD).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _is_free(lock: int) -> bool:
    """Take the lock, and say whether that went well; somebody who only looks has it for a moment (`running`)."""
    until = time.monotonic() + _LOOK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        else:
            return True


def write(data_dir: Path, record: InstallationRecord) -> None:
    """Write the record, whole or not at all, for the data directory's owner alone."""
    draft = data_dir / f"{_RECORD}.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(record))
    draft.replace(data_dir / _RECORD)


def running(data_dir: Path) -> InstallationRecord | None:
    """Return the record of the `up` that runs on this data directory; None if none does that we may see."""
    try:
        lock = os.open(data_dir / _LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(data_dir)
    else:
        return None
    finally:
        os.close(lock)


def mark_of(database_url: str) -> str:
    """Return a text by which two addresses of a database are known to be the same, and which reveals neither."""
    return hashlib.sha256(database_url.encode()).hexdigest()[:16]


def _read(data_dir: Path) -> InstallationRecord | None:
    try:
        return msgspec.json.decode((data_dir / _RECORD).read_bytes(), type=InstallationRecord)
    except (OSError, msgspec.DecodeError):
        return None  # it is only starting


def _taken(data_dir: Path) -> str:
    other = _read(data_dir)
    where = f"at {other.url} (process {other.pid})" if other else "(it is starting)"
    return (
        f"HireLoop is already running on {data_dir} {where}. Use it, stop it (Ctrl-C where it runs), "
        "or set HIRELOOP_DATA_DIR to another directory to run a second one."
    )


def settings_of(record: InstallationRecord, already_set: set[str]) -> dict[str, str]:
    """Return what `up` added, by lower-case names, but for what the environment sets already.

    Mail settings go together: if the environment names a mail server, the development mailbox is not used.
    """
    own_mail = {"email_host", "email_url", "email_backend"} & already_set
    return {
        name.lower(): value
        for name, value in record.settings.items()
        if name.lower() not in already_set and not (own_mail and name in {"EMAIL_HOST", "EMAIL_PORT"})
    }
