"""PgBouncer in transaction mode, between HireLoop and a test's database."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import pytest

from hireloop.local.server_user import ServerUser
from servers.chat import wait_for

_PORT = 6432  # which only is in the name of its socket
_CONFIGURATION = """\
[databases]
* = host={host} port={port}

[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
"""


class Pooler:
    """A PgBouncer in front of a database, at the same URL each time that it is started."""

    def __init__(self, database_url: str, folder: Path) -> None:
        url = urlsplit(database_url)
        asked = parse_qs(url.query)
        own = {"host": asked["host"][0], "port": asked["port"][0], "own_port": _PORT, "folder": folder}
        folder.chmod(0o755)  # everybody may connect
        (folder / "users").write_text('"hireloop" ""\n"hireloop_app" ""\n')
        (folder / "pgbouncer.ini").write_text(_CONFIGURATION.format(**own))
        self.url = urlunsplit(url._replace(query=f"host={quote(str(folder))}&port={_PORT}"))
        self._folder, self._socket = folder, folder / f".s.PGSQL.{_PORT}"
        self._as_whom = _not_as_root(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        output = self._folder / "output"
        with output.open("ab") as opened:
            self._process = subprocess.Popen(
                ["pgbouncer", self._folder / "pgbouncer.ini"],
                env={"PATH": f"{os.environ['PATH']}:/usr/sbin"},
                stdout=opened,
                stderr=opened,
                **self._as_whom,
            )
        wait_for(self._socket.exists, f"PgBouncer listens: {output}")

    def stop(self) -> None:
        """End it if it runs, and with it the connections of everybody."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._socket.unlink(missing_ok=True)


@contextmanager
def pgbouncer(database_url: str) -> Iterator[Pooler]:
    """Run PgBouncer for the length of a block, in front of this database."""
    if shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("PgBouncer is not installed: `make servers` installs it")
    folder = Path(tempfile.mkdtemp(prefix="hireloop-pgbouncer-"))
    pooler = Pooler(database_url, folder)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()
        shutil.rmtree(folder)


def _not_as_root(folder: Path) -> dict[str, Any]:
    """Return as whom it is started, and give that user the folder: PgBouncer refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = ServerUser.of(folder / "nobody's yet")
    os.chown(folder, user.uid, user.gid)
    return {"user": user.uid, "group": user.gid, "extra_groups": []}
