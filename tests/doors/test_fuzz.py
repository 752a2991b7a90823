"""The document holds a real server to its word: schemathesis asks whatever the document allows, and what it does not.

No answer may be a 5xx, or one that the document does not foresee. A small size runs with the other tests; `make fuzz`
runs the full one, and prints what it did.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.audit import Actor
from processes import Server, environment

HERE = Path(__file__).parent
FULL_SIZE = bool(os.environ.get("HIRELOOP_FUZZ_FULL"))


class Size(NamedTuple):
    """How much is asked: of each operation by itself, walking over the links between them, and in all at least."""

    alone: tuple[str, ...]
    walked: tuple[str, ...]
    cases: int


SHORT = Size(("examples,fuzzing", "--max-examples", "3"), ("stateful", "--max-examples", "5"), 150)
LONG = Size(("examples,coverage,fuzzing", "--max-examples", "40"), ("stateful", "--max-examples", "100"), 3_500)
FULL = Size(("examples,coverage,fuzzing", "--max-examples", "350"), ("stateful", "--max-time", "300"), 20_000)


@pytest.mark.parametrize(
    "size",
    [pytest.param(FULL, marks=pytest.mark.timeout(7200))]
    if FULL_SIZE
    else [
        pytest.param(SHORT, marks=pytest.mark.timeout(300)),
        pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
async def test_no_answer_is_a_surprise(database_url: str, size: Size) -> None:
    async with db.opened(database_url, pool_size=1):
        known, key = await api_keys.create("fuzz", Role.ADMIN, by=Actor("tests"))
    with Server(environment(database_url)) as server:
        told = {
            "SCHEMATHESIS_HOOKS": "fuzz_hooks",
            "PYTHONPATH": str(HERE),
            "FUZZ_KEY": key,
            "FUZZ_KEY_ID": str(known.id),
        }
        alone = run(server.url, told, *size.alone)
        walked = run(server.url, told, *size.walked)
        log = server.log.read_text()[-5_000:]
    print(alone[1][-8_000:], walked[1][-8_000:])  # noqa: T201 (`make fuzz` shows it)
    for code, said in (alone, walked):
        assert code == 0, f"{said}\n{log}"
    assert (
        sum(int(found) for _, said in (alone, walked) for found in re.findall(r"(\d+) generated", said)) >= size.cases
    )


def run(url: str, told: dict[str, str], phases: str, *size: str) -> tuple[int, str]:
    """Let schemathesis ask the server, and return its exit code and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis",
                *("--config-file", HERE / "schemathesis.toml"),
                *("run", f"{url}/schema/openapi.json"),
                *("--include-path-regex", "^/api/"),  # a forged link is held back, and a failing check is a 503
                *("--phases", phases),
                *size,
                *("--workers", "2"),
                *(() if FULL_SIZE else ("--seed", "1")),
                "--no-color",
            ],
            cwd=folder,
            env={**os.environ, **told, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return ran.returncode, ran.stdout
