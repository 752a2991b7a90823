"""The secret of one machine's own installation: made once, readable by its owner only."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from hireloop.errors import SettingsError
from hireloop.local.data_dir import make_data_dir

_NAME = "secret"


def has_secret(data_dir: Path) -> bool:
    """Return whether `data_dir` holds a secret already; one in a directory that is closed to us is none of ours."""
    try:
        return (data_dir / _NAME).exists()
    except OSError:
        return False


def read_or_make_secret(data_dir: Path) -> str:
    """Return the secret in `data_dir`, made at the first call with mode 0600."""
    make_data_dir(data_dir)
    file = data_dir / _NAME
    if not has_secret(data_dir) and os.access(data_dir, os.X_OK):
        _make(file)
    try:
        return file.read_text().strip()
    except OSError as error:
        msg = f"{file} cannot be read ({error.strerror}). Run this command as the user who owns it, or as root."
        raise SettingsError(msg) from None


def _make(file: Path) -> None:
    """Put a secret in place whole or not at all, on the disk; the first process to do so wins."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".secret-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as new:
            new.write(f"{secrets.token_urlsafe(48)}\n")
            new.flush()
            os.fsync(new.fileno())
            if os.geteuid() == 0:  # root visiting somebody's directory leaves nothing there that is closed to its owner
                owner = file.parent.stat()
                os.fchown(new.fileno(), owner.st_uid, owner.st_gid)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
