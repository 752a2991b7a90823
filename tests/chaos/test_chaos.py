"""A short run of `make chaos`, as a program: with everything as it is, nothing is violated."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.long
@pytest.mark.timeout(1200)
async def test_under_kills_and_pauses_no_booking_is_lost_and_none_is_there_twice() -> None:
    command = [sys.executable, "-m", "chaos", "--seconds", "20", "--rate", "5", "--seed", "20261129"]
    ran = await asyncio.to_thread(
        subprocess.run,
        command,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "nothing is lost, and nothing is there twice" in ran.stdout
