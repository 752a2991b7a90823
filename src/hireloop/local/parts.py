"""The processes that `hireloop up` starts: each with a log in the data directory, none of them outlives it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from hireloop.errors import SettingsError
from hireloop.local.logs import open_log, shorten_log

_LOGS = ("serve", "work", "postgres")
_STOP_SECONDS = 40.0
_READY_SECONDS = 60.0
_SAY_EVERY_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.1
_LOOK_AT_LOGS_SECONDS = 5.0

Processes = Mapping[str, "subprocess.Popen[bytes]"]


@contextmanager
def part(command: list[str], environment: Mapping[str, str], data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one `hireloop` command until the block ends; it starts in the data directory, where there is no `.env`.

    `--with-parent` makes it end with us, whatever ends us: its standard input is a pipe that only we hold.
    """
    with open_log(log_of(command[0], data_dir)) as log:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-P", "-m", "hireloop", "--with-parent", *command],
            env={**os.environ, **environment},
            cwd=data_dir,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the parts in order
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def log_of(name: str, data_dir: Path) -> Path:
    """Return the log of the part of this name."""
    return data_dir / f"{name}.log"


def wait_until_ready(port: int, processes: Processes, data_dir: Path, say: Callable[[str], None]) -> None:
    """Wait until the API takes requests; raises SettingsError, naming the log, if it never does."""
    began = said = time.monotonic()
    with httpx.Client(trust_env=False, timeout=2) as client:  # no proxy is between us and ourselves
        while time.monotonic() < began + _READY_SECONDS:
            check_alive(processes, data_dir)
            with suppress(httpx.TransportError):
                if client.get(f"http://127.0.0.1:{port}/health/ready").is_success:
                    return
            if time.monotonic() > said + _SAY_EVERY_SECONDS:
                said = time.monotonic()
                say(f"  … {said - began:.0f} s")
            time.sleep(_LOOK_AGAIN_SECONDS)
    msg = f"The API was not ready within {_READY_SECONDS:.0f} s. Check {log_of('serve', data_dir)}."
    raise SettingsError(msg)


def watch(processes: Processes, data_dir: Path) -> None:
    """Block until Ctrl-C, and keep the logs short; raises SettingsError if a part has ended by itself."""
    look_at_logs = 0.0
    while True:
        check_alive(processes, data_dir)
        if time.monotonic() > look_at_logs:
            for name in _LOGS:
                shorten_log(log_of(name, data_dir))
            look_at_logs = time.monotonic() + _LOOK_AT_LOGS_SECONDS
        time.sleep(_LOOK_AGAIN_SECONDS)


def check_alive(processes: Processes, data_dir: Path) -> None:
    """Raise SettingsError, naming its log, if a part has ended by itself."""
    for name, process in processes.items():
        if process.poll() is not None:
            msg = (
                f"`hireloop {name}` stopped unexpectedly (exit code {process.returncode}). "
                f"Check {log_of(name, data_dir)}."
            )
            raise SettingsError(msg)
