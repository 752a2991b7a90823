"""The clients: wrk, as it takes the least of the two processors that it shares with what it measures."""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench import crowd
from bench.parts import installed

_SCRIPT = Path(__file__).with_name("book.lua")


class Load(msgspec.Struct, frozen=True):
    """What one run of wrk came to; times in microseconds."""

    completed: int
    microseconds: int
    refused: int
    broken: int
    p50: int
    p99: int

    @property
    def a_second(self) -> float:
        """Answered bookings a second."""
        return self.completed / self.microseconds * 1e6

    @property
    def p99_milliseconds(self) -> float:
        """The time within which 99 of 100 answers came."""
        return self.p99 / 1000


def book(url: str, authorization: str, numbers: Iterable[int], *, clients: int, seconds: float) -> Load:
    """Book these interviews, as many as there is time for, each once; ends the benchmark where one is refused."""
    people = (crowd.person(n) for n in numbers)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pairs:
        pairs.writelines(f"{one.slot} {one.interview}\n" for one in people)
        pairs.flush()
        command = [installed("wrk", "wrk"), "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "30s"]
        command += ["-s", str(_SCRIPT), url, "--", authorization, pairs.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    load = msgspec.json.decode(done.stdout.splitlines()[-1], type=Load)
    if load.refused or load.broken:
        raise SystemExit(f"{load.refused} bookings were refused and {load.broken} requests broke:\n{done.stdout}")
    return load
