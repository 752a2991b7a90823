import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from hireloop.local.postgres.server import EmbeddedPostgres


class StartServer(Protocol):
    def __call__(self, data_dir: Path, options: dict[str, str] | None = None) -> EmbeddedPostgres: ...


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh directory; not pytest's own, which PostgreSQL's user could not reach when root runs the tests."""
    path = Path(tempfile.mkdtemp(prefix="hireloop-test-"))
    yield path
    EmbeddedPostgres(path).stop()
    shutil.rmtree(path)


@pytest.fixture
def embed() -> Iterator[StartServer]:
    """Make servers that are stopped when the test ends."""
    made: list[EmbeddedPostgres] = []

    def make(data_dir: Path, options: dict[str, str] | None = None) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(data_dir, options))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run lines of Python in a process of their own, with arguments; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(lines: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", lines, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
