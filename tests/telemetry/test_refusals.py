"""How refusals are told: each is counted, and however many there are, few lines tell of them and none is left out."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from hireloop.telemetry import metrics
from hireloop.telemetry.refusals import Door, RefusalLog, WhyRefused
from waiting import until_true

KEY = UUID("01990000-0000-7000-8000-000000000000")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()

    def add(amount: int, attributes: dict[str, str]) -> None:
        found[attributes["door"], attributes["why"]] += amount

    monkeypatch.setattr(metrics.REFUSALS, "add", add)
    return found


def told(lines: list[Any]) -> int:
    """Return how many refusals these lines stand for."""
    return sum(line["suppressed"] or 1 for line in lines)


def test_the_first_of_a_minute_has_a_line_and_the_others_share_one(clock: Clock) -> None:
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        for second in range(59):
            clock.now = second
            refusals.record(Door.API, WhyRefused.BAD_KEY, KEY)
        refusals.write_due()
        assert [line["suppressed"] for line in lines] == [0]
        clock.now = 60
        refusals.write_due()
        refusals.write_due()
    assert lines == [
        {
            "event": "request.refused",
            "log_level": "warning",
            "door": "api",
            "why": "bad_key",
            "key_id": str(KEY),
            "suppressed": suppressed,
        }
        for suppressed in (0, 58)
    ]


def test_one_after_the_minute_begins_another_once_the_last_is_told(clock: Clock) -> None:
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        for clock.now in (0, 1, 61, 62, 63):
            refusals.record(Door.PORTAL, WhyRefused.FORGED_LINK)
        refusals.write_all()
    assert [line["suppressed"] for line in lines] == [0, 1, 0, 2]
    assert "key_id" not in lines[0]


def test_doors_causes_and_keys_do_not_hide_each_other(clock: Clock) -> None:
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        refusals.record(Door.API, WhyRefused.WRONG_ROLE, KEY)
        refusals.record(Door.CONSOLE, WhyRefused.WRONG_ROLE, KEY)
        refusals.record(Door.API, WhyRefused.BAD_KEY, KEY)
        refusals.record(Door.API, WhyRefused.BAD_KEY)
    assert [line["suppressed"] for line in lines] == [0, 0, 0, 0]


def test_however_many_keys_are_made_up_lines_and_memory_are_bounded_and_the_counts_exact(
    clock: Clock, counted: Counter[tuple[str, str]]
) -> None:
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        for number in range(30_000):
            clock.now = number / 250  # two minutes in all
            refusals.record(Door.API, WhyRefused.BAD_KEY, uuid4())
            assert len(refusals._windows) <= 9  # noqa: SLF001 (what is kept is what is asked)
        refusals.write_all()
    assert counted == {("api", "bad_key"): 30_000}
    assert told(lines) == 30_000
    assert len(lines) < 40
    assert len({line.get("key_id") for line in lines}) > 8


async def test_what_is_suppressed_is_written_when_the_process_stops(clock: Clock) -> None:
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        await refusals.start()
        await asyncio.sleep(0)
        for _ in range(5):
            refusals.record(Door.API, WhyRefused.TOO_LARGE)
        await refusals.stop()
    assert [line["suppressed"] for line in lines] == [0, 4]


async def test_what_is_suppressed_is_written_although_nothing_more_is_refused(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.telemetry.refusals._LOOK_AGAIN_SECONDS", 0.001)
    refusals = RefusalLog(clock)
    with capture_logs() as lines:
        await refusals.start()
        refusals.record(Door.API, WhyRefused.RATE_LIMIT, KEY)
        refusals.record(Door.API, WhyRefused.RATE_LIMIT, KEY)
        clock.now = 60
        await until_true(lambda: len(lines) == 2, "the second line")
        await refusals.stop()
    assert [line["suppressed"] for line in lines] == [0, 1]
