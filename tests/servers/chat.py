"""Real chat servers for tests, on loopback: a homeserver of Matrix, and an IRC server with somebody who reads."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

from processes import free_port

_START_SECONDS = 60.0
NGIRCD = Path("/usr/sbin/ngircd")


def wait_for(is_so: Callable[[], bool], what: str, seconds: float = _START_SECONDS) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"Still not so after {seconds} s: {what}")
        time.sleep(0.05)


class Synapse:
    """A Matrix homeserver with SQLite in a folder of its own, one user and one room."""

    user, password = "hireloop", "a password of the tests"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hireloop-synapse-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._token = self.room = ""

    def __enter__(self) -> Self:
        (self.folder / "log.yaml").write_text("{version: 1, disable_existing_loggers: false}\n")
        (self.folder / "homeserver.yaml").write_text(self._config())
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
            )
        try:
            wait_for(self._answers, "Synapse answers")
            self._make_user_and_room()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)  # nothing of it is to be kept
        self._process.wait(10)
        shutil.rmtree(self.folder)

    def messages(self) -> list[str]:
        """Return the texts in the room, newest first, as its client API gives them."""
        found = self._call("GET", f"/rooms/{self.room}/messages?dir=b&limit=50")
        return [event["content"]["body"] for event in found["chunk"] if event["type"] == "m.room.message"]

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self.folder / "log").read_text("utf-8", "replace"))
        try:
            return httpx.get(f"{self.url}/health", timeout=1).is_success
        except httpx.TransportError:
            return False

    def _make_user_and_room(self) -> None:
        made = self._call(
            "POST",
            "/register",
            {"username": self.user, "password": self.password, "auth": {"type": "m.login.dummy"}},
        )
        self._token = made["access_token"]
        self.room = self._call("POST", "/createRoom", {"room_alias_name": "recruiters"})["room_id"]

    def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        answered = httpx.request(method, f"{self.url}/_matrix/client/v3{path}", json=body, headers=headers, timeout=30)
        assert answered.is_success, answered.text
        return answered.json()

    def _config(self) -> str:
        return f"""
server_name: localhost
pid_file: {self.folder}/pid
listeners: [{{port: {self.port}, type: http, bind_addresses: [127.0.0.1], resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: {self.folder}/db}}}}
log_config: {self.folder}/log.yaml
media_store_path: {self.folder}/media
signing_key_path: {self.folder}/key
report_stats: false
trusted_key_servers: []
enable_registration: true
enable_registration_without_verification: true
macaroon_secret_key: tests
registration_shared_secret: tests
form_secret: tests
rc_login: {{address: {{per_second: 100, burst_count: 100}}, account: {{per_second: 100, burst_count: 100}}}}
"""


class IrcServer:
    """ngircd on loopback."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hireloop-irc-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        config = self.folder / "ngircd.conf"
        config.write_text(
            f"[Global]\nName = irc.hire.example\nListen = 127.0.0.1\nPorts = {self.port}\n"
            "[Limits]\nMaxConnectionsIP = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n"
        )
        self._process = subprocess.Popen(
            [NGIRCD, "--nodaemon", "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(self._listens, "ngircd listens", 10)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self.folder)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class IrcReader:
    """Somebody who sits in a channel and reads."""

    def __init__(self, port: int, channel: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\r\n")
        self._say("NICK reader")
        self._say("USER reader 0 * :reader")
        self._read_until(r" 001 ")
        self._say(f"JOIN {channel}")
        self._read_until(r" 366 ")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def read_message(self) -> str:
        """Return the text of the next message in the channel."""
        return self._read_until(r" PRIVMSG \S+ :(.*)")

    def _say(self, line: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())

    def _read_until(self, pattern: str) -> str:
        for line in self._lines:
            if line.startswith("PING"):
                self._say(f"PONG {line[5:].strip()}")
            found = re.search(pattern, line.rstrip("\r\n"))
            if found:
                return found[found.lastindex or 0]
        raise AssertionError(f"The IRC server said no {pattern!r}.")
