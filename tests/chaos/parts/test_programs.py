"""A program under supervision is started again after each of its ends, and a paused one goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chaos.parts.programs import Program
from processes import environment
from waiting import until_true


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    """A program that says once that it began, ends when `end` is there, and otherwise lives on."""
    (tmp_path / "example.py").write_text(
        "import pathlib, time\nprint('began', flush=True)\n"
        "while not pathlib.Path('end').exists():\n    time.sleep(0.02)\npathlib.Path('end').unlink()\n"
    )
    started = Program("example", "example", env=environment(""), folder=tmp_path)
    started.start()
    yield started
    await started.stop()


async def has_begun(folder: Path, times: int) -> None:
    log = folder / "example.log"
    await until_true(lambda: log.exists() and log.read_text().count("began") == times, f"it has begun {times} times")


async def test_a_killed_program_is_started_again_and_meets_no_fault_until_it_is_there(
    program: Program, tmp_path: Path
) -> None:
    await has_begun(tmp_path, 1)
    assert program.is_running
    program.kill()
    assert not program.is_running
    await has_begun(tmp_path, 2)
    assert program.is_running
    assert program.own_ends == []


async def test_a_program_that_ends_by_itself_is_started_again_and_its_last_words_are_kept(
    program: Program, tmp_path: Path
) -> None:
    await has_begun(tmp_path, 1)
    (tmp_path / "end").touch()
    await has_begun(tmp_path, 2)
    (tmp_path / "end").touch()
    await has_begun(tmp_path, 3)
    assert program.own_ends == ["exit code 0: began"] * 2


async def test_a_paused_program_does_nothing_until_it_goes_on(program: Program, tmp_path: Path) -> None:
    await has_begun(tmp_path, 1)
    pause = asyncio.create_task(program.pause(60))
    await until_true(lambda: not program.is_running, "it is paused")
    (tmp_path / "end").touch()
    pause.cancel()  # as if its time were over
    await has_begun(tmp_path, 2)
    assert program.own_ends == ["exit code 0: began"]
