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


@contextmanager
def pgbouncer(database_url: str) -> Iterator[str]:
    """Run PgBouncer for the length of a block, and say the URL of the same database through it."""
    if shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("PgBouncer is not installed: `make servers` installs it")
    url = urlsplit(database_url)
    asked = parse_qs(url.query)
    folder = Path(tempfile.mkdtemp(prefix="hireloop-pgbouncer-"))
    folder.chmod(0o755)  # everybody may connect
    (folder / "users").write_text('"hireloop" ""\n"hireloop_app" ""\n')
    own = {"host": asked["host"][0], "port": asked["port"][0], "own_port": _PORT, "folder": folder}
    (folder / "pgbouncer.ini").write_text(_CONFIGURATION.format(**own))
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            ["pgbouncer", folder / "pgbouncer.ini"],
            env={"PATH": f"{os.environ['PATH']}:/usr/sbin"},
            stdout=output,
            stderr=output,
            **_not_as_root(folder),
        )
    try:
        wait_for((folder / f".s.PGSQL.{_PORT}").exists, f"PgBouncer listens: {folder / 'output'}")
        yield urlunsplit(url._replace(query=f"host={quote(str(folder))}&port={_PORT}"))
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def _not_as_root(folder: Path) -> dict[str, Any]:
    """Return as whom it is started, and give that user the folder: PgBouncer refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = ServerUser.of(folder / "nobody's yet")
    os.chown(folder, user.uid, user.gid)
    return {"user": user.uid, "group": user.gid, "extra_groups": []}
