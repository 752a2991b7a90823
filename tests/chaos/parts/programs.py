"""Programs that are started again whenever they end, however that was, until they are told to stop."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PAUSE_SECONDS = 0.5
_STOP_SECONDS = 40.0
_MOST_LETTERS = 400  # of the last line of a life


class Program:
    """One Python program under supervision; its log holds all of its lives."""

    def __init__(self, name: str, module: str, *arguments: str, env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._command: Sequence[str] = (sys.executable, "-m", module, *arguments)
        self._env, self._log = dict(env), folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._killed: set[int] = set()
        self.is_paused = False
        self.own_ends: list[str] = []  # of lives that nobody ended: the exit code, and what it said last

    def start(self) -> None:
        """Start it, and again after each of its ends."""
        self._supervisor = asyncio.create_task(self._supervise())

    @property
    def is_running(self) -> bool:
        """Whether it lives, was not told to die, and is not paused."""
        process = self._process
        return process is not None and process.pid not in self._killed and process.poll() is None and not self.is_paused

    def kill(self) -> None:
        """Kill -9 it and every process that it has started, paused ones too."""
        if self._process is not None and self._process.poll() is None:
            self._killed.add(self._process.pid)
            self.is_paused = False
            os.killpg(self._process.pid, signal.SIGKILL)

    async def pause(self, seconds: float) -> None:
        """Stop it for so long (SIGSTOP), and let it go on (SIGCONT) if it is still there."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self.is_paused = True
        os.killpg(process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            if process is self._process:
                self.is_paused = False
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)

    async def stop(self) -> int:
        """Ask it to stop for good and return its exit code; kill it after 40 s."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return await asyncio.to_thread(self._process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return await asyncio.to_thread(self._process.wait)

    def _last_line(self, began: int) -> str:
        """Return what it said last in a life whose log begins at this byte."""
        lines = [line for line in self._log.read_bytes()[began:].decode(errors="replace").splitlines() if line.strip()]
        return lines[-1][:_MOST_LETTERS] if lines else "nothing was said"

    async def _supervise(self) -> None:
        while True:
            with self._log.open("ab") as log:
                began = log.tell()
                self._process = subprocess.Popen(  # noqa: ASYNC220 (it returns at once)
                    self._command,
                    env=self._env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    cwd=self._log.parent,  # no `.env` of a checkout
                )
            while self._process.poll() is None:  # noqa: ASYNC110 (a process has no event)
                await asyncio.sleep(0.1)
            if self._process.pid not in self._killed:
                self.own_ends.append(f"exit code {self._process.returncode}: {self._last_line(began)}")
            await asyncio.sleep(_PAUSE_SECONDS)
