"""What runs beside the sending: a failure of the database stops one sweep and is named."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from hireloop import db
from hireloop.notify.deliveries import alerts, ledger
from hireloop.notify.worker import sweeps
from hireloop.notify.worker.sweeps import Sweeps, name_of
from hireloop.scheduling.bookings import reminders
from hireloop.telemetry import metrics
from waiting import until_true

REFUSED = asyncpg.InsufficientPrivilegeError("permission denied for asha@example.com")
AWAY = ConnectionRefusedError()
OF_REFUSED = (
    "The sweep alerts fails (InsufficientPrivilegeError 42501). "
    "Run `hireloop doctor`, and grant the role in DATABASE_URL the privileges that it names."
)


class Scripted:
    """A sweep that fails as its script says, and otherwise succeeds."""

    def __init__(self, *script: BaseException | None, then: BaseException | None = None) -> None:
        self._script, self._then = list(script), then
        self.ran = 0

    async def __call__(self) -> None:
        self.ran += 1
        error = self._script.pop(0) if self._script else self._then
        if error is not None:
            raise error


@asynccontextmanager
async def kept(several: Sweeps, name: str, work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    task = asyncio.create_task(several.keep(name, 0.001, work))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_refused_sweep_is_named_at_once_and_left_alone_for_a_minute() -> None:
    several, refused, other = Sweeps(), Scripted(then=REFUSED), Scripted()
    async with kept(several, "alerts", refused), kept(several, "reminders", other):
        await until_true(lambda: other.ran >= 20, "the other one goes on")
        assert several.failing == [OF_REFUSED]
        assert refused.ran == 1


async def test_a_refused_sweep_goes_on_once_it_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "STOPPED_SECONDS", 0.001)
    several, work = Sweeps(), Scripted(REFUSED, REFUSED)
    async with kept(several, "alerts", work):
        await until_true(lambda: work.ran >= 4, "it is tried again")
    assert several.failing == []


async def test_what_may_go_away_by_itself_keeps_its_interval_and_is_named_after_two_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several, work = Sweeps(), Scripted(then=AWAY)
    async with kept(several, "alerts", work):
        await until_true(lambda: work.ran >= 5, "it is tried again")
        assert several.failing == []
        monkeypatch.setattr(sweeps, "PATIENCE_SECONDS", 0.0)
        assert several.failing == [
            f"The sweep alerts fails (ConnectionRefusedError). {db.fix_of(AWAY)}",
        ]


async def test_a_success_ends_a_failure() -> None:
    several, work = Sweeps(), Scripted(AWAY, AWAY, None)
    async with kept(several, "alerts", work):
        await until_true(lambda: work.ran >= 4, "it is tried again")
    assert several.failing == []


async def test_what_is_no_failure_of_the_database_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await Sweeps().keep("alerts", 0.001, Scripted(ZeroDivisionError()))


def test_a_sweep_is_called_by_the_module_that_it_is_from() -> None:
    assert name_of(ledger.measure) == "ledger"
    assert name_of(partial(alerts.put_due, alert_email="")) == "alerts"
    assert name_of(partial(partial(reminders.put_due), ())) == "reminders"


async def test_a_sweep_that_changed_something_says_how_much() -> None:
    async def work() -> int:
        return numbers.pop(0) if numbers else 0

    several, numbers = Sweeps(), [0, 3]
    with capture_logs() as lines:
        async with kept(several, "reminders", work):
            await until_true(lambda: not numbers and len(lines) > 0, "it has run twice")
    assert lines == [{"event": "worker.sweep_ran", "log_level": "info", "sweep": "reminders", "changed": 3}]


async def test_each_run_of_a_sweep_is_counted_by_its_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Any] = []
    monkeypatch.setattr(metrics.SWEEPS, "add", lambda _, attributes: counted.append(attributes["outcome"]))
    work = Scripted(None, AWAY, REFUSED)
    async with kept(Sweeps(), "alerts", work):
        await until_true(lambda: work.ran >= 3 and len(counted) >= 3, "it has run three times")
    assert counted == ["ran", "failed", "stopped"]
