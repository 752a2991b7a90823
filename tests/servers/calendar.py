"""Radicale: a real CalDAV server in its own process, on loopback, with a folder of its own."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from processes import free_port

_READY_SECONDS = 30.0


class CalendarServer:
    """Refuses with 400 what is no well-formed calendar of one event with its UID (RFC 4791, 5.3.2.1)."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/asha/interviews"
        self._log = (folder / "radicale.log").open("wb")
        self._process = subprocess.Popen(
            [
                *[sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"],
                *["--storage-filesystem-folder", str(folder / "collections"), "--auth-type", "none"],
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._client = httpx.Client(auth=("asha", "any"), timeout=30)

    def __enter__(self) -> Self:
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                self._client.request("MKCALENDAR", f"{self.url}/").raise_for_status()
            except httpx.TransportError:
                assert self._process.poll() is None, Path(self._log.name).read_text("utf-8")
                assert time.monotonic() < until
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(10)
        self._log.close()

    def put(self, name: str, calendar: bytes) -> int:
        """Store a calendar under a name and return the server's status: 201 new, 204 replaced, 400 malformed."""
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return self._client.put(f"{self.url}/{name}.ics", content=calendar, headers=headers).status_code

    def get(self, name: str) -> bytes:
        """Return a calendar as the server wrote it out again."""
        return self._client.get(f"{self.url}/{name}.ics").raise_for_status().content
