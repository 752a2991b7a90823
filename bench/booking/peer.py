"""The usual way as a running server: gunicorn in front of Django, on a second database of the same server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from bench import crowd
from bench.parts import Database, Process, free_port

WORKERS, THREADS = 2, 8
_APP = "usual_way"
_MAKE = (
    crowd.made(f"{_APP}_candidate", "candidate", **crowd.CANDIDATE),
    crowd.made(f"{_APP}_interview", "interview", candidate_id=crowd.CANDIDATES_ID, job_id="1", session_key="''"),
    crowd.made(f"{_APP}_slot", "slot", **crowd.SLOT, seats="1"),
)


class UsualWay(NamedTuple):
    """The server, its people, and what it takes to book there."""

    url: str
    authorization: str
    database: Database

    def more(self, numbers: range) -> range:
        """Make these interviews here too."""
        for statement in _MAKE:
            self.database.fetch(statement, numbers.start, numbers.stop - 1)
        self.database.settle_down()
        return numbers


@contextmanager
def usual_way(database: Database, mail_port: int, *, tuned: bool) -> Iterator[UsualWay]:
    """Run the usual way for the length of a block."""
    name = f"{_APP}_tuned" if tuned else _APP
    url = database.beside(name)
    env = {
        "DJANGO_SETTINGS_MODULE": "bench.booking.usual_way.settings",
        "USUAL_WAY_DATABASE": name,
        "USUAL_WAY_SOCKET": parse_qs(urlsplit(url).query)["host"][0],
        "USUAL_WAY_MAIL_PORT": str(mail_port),
        "PATH": os.environ.get("PATH", os.defpath),
        **({"USUAL_WAY_TUNED": "1"} if tuned else {}),
    }
    prepared = subprocess.run(
        [sys.executable, "-m", "bench.booking.usual_way.prepare"], env=env, capture_output=True, text=True, check=False
    )
    if prepared.returncode:
        raise SystemExit(f"The usual way could not be prepared:\n{prepared.stderr}")
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "bench.booking.usual_way.wsgi:application", "-b", f"127.0.0.1:{port}"]
    command += [
        "-w",
        str(WORKERS),
        "-k",
        "gthread",
        "--threads",
        str(THREADS),
        "--keep-alive",
        "60",
        "--no-control-socket",
    ]
    with Process(command, env=env) as process:
        process.wait_for_port(port)
        yield UsualWay(f"http://127.0.0.1:{port}", f"Token {prepared.stdout.strip()}", Database(url, database.folder))
