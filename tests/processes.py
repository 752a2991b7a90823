"""Real `hireloop` processes for tests: started, watched, killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from socket import socket
from typing import Self

import httpx

from sample_settings import SECRET, as_application

_READY_SECONDS = 30.0


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """Return what a process needs, and nothing of the settings of the person who runs the tests.

    `database_url` is the owner's, as whom only `hireloop migrate` works.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    defaults = {
        "DATABASE_URL": as_application(database_url),
        "DATABASE_OWNER_URL": database_url,
        "SECRET_KEY": SECRET,
        "HIRELOOP_DATA_DIR": "/nonexistent/hireloop",  # not that of the person who runs the tests
        "DEFAULT_FROM_EMAIL": "HireLoop <interviews@hire.example>",
        "PYTHONUNBUFFERED": "1",
    }
    return {**kept, **defaults, **settings}


class Hireloop:
    """One `hireloop` process; its log is a file that stays readable after its end."""

    def __init__(self, *arguments: str, env: Mapping[str, str], under: Sequence[str] = ()) -> None:
        """Start it; `under` is a program that starts it, with its arguments."""
        descriptor, name = tempfile.mkstemp(prefix="hireloop-", suffix=".log")
        self.log = Path(name)
        self.process = subprocess.Popen(
            [*under, sys.executable, "-m", "hireloop", *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd=tempfile.gettempdir(),  # no `.env` of a checkout
        )
        os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
        self.log.unlink(missing_ok=True)

    def stop(self, seconds: float = 40) -> int:
        """Ask it to stop and return its exit code; kill it after `seconds`."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def kill(self) -> None:
        """Kill -9 it and every process that it has started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def pause(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def wait_for_log(self, text: str, seconds: float = _READY_SECONDS) -> None:
        """Wait until the log holds `text`; raises AssertionError with the log otherwise."""
        until = time.monotonic() + seconds
        while text not in self.log.read_text(errors="replace"):
            dead = self.process.poll() is not None
            if dead or time.monotonic() > until:
                message = f"{text!r} is not in the log:\n{self.log.read_text(errors='replace')}"
                raise AssertionError(message)
            time.sleep(0.02)


class Server(Hireloop):
    """`hireloop serve`, ready to answer."""

    def __init__(self, env: Mapping[str, str], *, workers: int = 1, under: Sequence[str] = ()) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("serve", "--port", str(self.port), "--workers", str(workers), env=env, under=under)
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = _READY_SECONDS) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=2).is_success:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(self.log.read_text(errors="replace"))
            time.sleep(0.05)


class WorkerProcess(Hireloop):
    """`hireloop work`, ready to send."""

    def __init__(self, env: Mapping[str, str], *, concurrency: int | None = None, under: Sequence[str] = ()) -> None:
        arguments = ["work"] if concurrency is None else ["work", "--concurrency", str(concurrency)]
        super().__init__(*arguments, env=env, under=under)
        self.wait_for_log("worker.started")
