"""Figures: gathered over rounds, said as medians with their range, beside what the machine is."""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

_FLUSHES = 200
_BEGAN = time.monotonic()


class Figure(msgspec.Struct, frozen=True):
    """One quantity over all rounds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Return the figure of the rounds' values."""
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.median):>8}  ({_short(self.least)} to {_short(self.most)})"


class Rounds:
    """The values of every round, by what was measured; the order of the first round stays."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> float:
        """Note one value, and return it."""
        self.values[name].append(value)
        return value

    def ratio(self, name: str, above: str, below: str) -> None:
        """Note one figure against another of the same round, the latest."""
        self.add(name, self.values[above][-1] / self.values[below][-1])

    def figures(self) -> dict[str, Figure]:
        """Return each figure over the rounds."""
        return {name: Figure.of(values) for name, values in self.values.items()}


def progress(text: str) -> None:
    """Say on standard error what is being done, as this takes minutes."""
    print(f"{time.monotonic() - _BEGAN:6.1f} s  {text}", file=sys.stderr, flush=True)


def table(title: str, figures: Mapping[str, Figure]) -> str:
    """Return the figures as lines of text: name, median, range."""
    width = max(map(len, figures), default=0)
    return "\n".join([title, *(f"  {name:<{width}}  {figure}" for name, figure in figures.items())])


def machine(folder: Path) -> dict[str, object]:
    """Return what the figures hang on: processors, memory, versions, the disk's flush, what else is running."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processors": os.cpu_count(),
        "model": model,
        "memory_gigabytes": round(memory / 2**20),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "flush_milliseconds": round(_flush_milliseconds(folder), 2),
        "load_average_before": round(os.getloadavg()[0], 1),
    }


def write(kind: str, results: Mapping[str, object], out: Path | None) -> Path:
    """Write the results as JSON and return where: `out`, or a file of its own in the temporary directory."""
    if out is None:
        descriptor, name = tempfile.mkstemp(prefix=f"hireloop-bench-{kind}-", suffix=".json")
        os.close(descriptor)
        out = Path(name)
    out.write_text(json.dumps(msgspec.to_builtins(results, enc_hook=str), indent=2) + "\n", encoding="utf-8")
    return out


def _flush_milliseconds(folder: Path) -> float:
    """Return how long the disk takes to write a page for good, as PostgreSQL asks for at a commit."""
    path = folder / "flush"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        began = time.monotonic()
        for _ in range(_FLUSHES):
            os.pwrite(descriptor, b"\0" * 8192, 0)
            os.fdatasync(descriptor)
        return (time.monotonic() - began) / _FLUSHES * 1000
    finally:
        os.close(descriptor)
        path.unlink()


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
