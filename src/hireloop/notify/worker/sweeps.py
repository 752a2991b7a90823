"""The sweeps of a worker: what it looks for again and again beside the deliveries, and which of it fails.

A sweep that the database refuses stops by itself and nothing else with it; it is tried again once a minute, so that a
corrected privilege or schema needs no restart.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable

import msgspec

from hireloop import db
from hireloop.telemetry import events
from hireloop.telemetry.logs import log

# Seconds between the end of one run and the next, and what runs: it opens its own transactions.
Chore = tuple[float, Callable[[], Awaitable[object]]]

STOPPED_SECONDS = 60.0
PATIENCE_SECONDS = 120.0  # for what may go away by itself


class _Failure(msgspec.Struct, frozen=True):
    """Why a sweep fails, and since when."""

    error: BaseException
    since: float  # monotonic

    @property
    def is_over_patience(self) -> bool:
        """Whether it is worth telling people: at once, unless it may go away by itself."""
        return not db.is_transient(self.error) or time.monotonic() - self.since >= PATIENCE_SECONDS


class Sweeps:
    """The sweeps of one worker, and the failures of those that do not succeed."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failure] = {}

    @property
    def failing(self) -> list[str]:
        """Return what does not succeed, in sentences that name the sweep, the error and what to do."""
        return [
            f"The sweep {name} fails ({db.described(failure.error)}). {db.fix_of(failure.error)}"
            for name, failure in sorted(self._failures.items())
            if failure.is_over_patience
        ]

    async def keep(self, name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        """Run `work` for ever, with a pause of so many seconds; raises what is no failure of the database.

        A number that it returns says how much it has changed.
        """
        while True:
            try:
                changed = await work()
            except db.UNAVAILABLE as error:
                self._failed(name, error)
            else:
                self._succeeded(name, changed)
            await asyncio.sleep(max(seconds, STOPPED_SECONDS) if self._is_stopped(name) else seconds)

    def _is_stopped(self, name: str) -> bool:
        failure = self._failures.get(name)
        return failure is not None and not db.is_transient(failure.error)

    def _failed(self, name: str, error: BaseException) -> None:
        before = self._failures.get(name)
        since = before.since if before is not None else time.monotonic()
        self._failures[name] = _Failure(error, since)
        events.record_sweep(name, "failed" if db.is_transient(error) else "stopped")
        if db.is_transient(error):
            log.warning("worker.database_failed", doing=name, error=db.described(error))
        else:
            log.error("worker.sweep_stopped", sweep=name, error=db.described(error), fix=db.fix_of(error))

    def _succeeded(self, name: str, changed: object) -> None:
        events.record_sweep(name, "ran")
        if isinstance(changed, int) and changed > 0:  # a line each time would say nothing, thousands of times an hour
            log.info("worker.sweep_ran", sweep=name, changed=changed)
        failure = self._failures.pop(name, None)
        if failure is not None and not db.is_transient(failure.error):
            log.info("worker.sweep_resumed", sweep=name)


def name_of(work: Callable[[], Awaitable[object]]) -> str:
    """Return what a sweep is called in logs and in health: the name of the module that it is from, such as `alerts`."""
    verb = work
    while isinstance(verb, functools.partial):
        verb = verb.func
    return str(getattr(verb, "__module__", "")).rpartition(".")[2]
