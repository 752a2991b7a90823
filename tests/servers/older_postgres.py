"""The oldest PostgreSQL that this machine has installed beside the embedded one, such as Debian's 15, for a test."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from hireloop.local.postgres.programs import MAJOR
from hireloop.local.server_user import ServerUser


def find_older_programs() -> Path | None:
    """Return the directory of the oldest supported PostgreSQL's programs; None if there is only the embedded one."""
    found = sorted(Path("/usr/lib/postgresql").glob("1[5-9]/bin/postgres"))
    others = [postgres.parent for postgres in found if postgres.parts[-3] != MAJOR]
    return others[0] if others else None


@contextmanager
def older_postgres(programs: Path, *, more: str = "", files: Mapping[str, bytes] | None = None) -> Iterator[str]:
    """Run a server for the length of a block, and say the URL of its superuser's database.

    `more` are options of its; `files` of these names are in the directory of its data, for itself alone.
    """
    folder = Path(tempfile.mkdtemp(prefix="hireloop-older-"))
    folder.chmod(0o755)
    user = ServerUser.of(folder / "postgres")
    user.make_private_dir(folder / "postgres")
    user.make_private_dir(folder / "socket")
    try:
        _must_run(user, programs / "initdb", "-D", folder / "postgres", "-U", "postgres", "-A", "trust", "--no-sync")
        for name, content in (files or {}).items():
            file = folder / "postgres" / name
            file.write_bytes(content)
            file.chmod(0o600)
            os.chown(file, user.uid, user.gid)
        options = f"-c listen_addresses= -c fsync=off -c unix_socket_directories={folder / 'socket'} {more}"
        _must_run(
            user, programs / "pg_ctl", "start", "-w", "-D", folder / "postgres", "-o", options,
            "-l", folder / "socket" / "log",
        )  # fmt: skip
        yield f"postgresql://postgres@/postgres?host={quote(str(folder / 'socket'))}&port=5432"
        _must_run(user, programs / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", folder / "postgres")
    finally:
        shutil.rmtree(folder)


def _must_run(user: ServerUser, *command: str | Path) -> None:
    done = user.run(command)
    assert done.returncode == 0, done.stderr
