"""The faults of a run: drawn beforehand from its seed, and done at their moments."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from enum import StrEnum
from typing import NamedTuple

from chaos.parts.installation import Installation
from hireloop.notify.deliveries.leases import LEASE_SECONDS

_QUIET_SECONDS = 2.0  # before the first fault
_BETWEEN_SECONDS = 3.5  # on average
_TOGETHER = 0.2  # how often the next fault comes at the same moment


class Kind(StrEnum):
    """What is done."""

    API = "kill -9 of an API"
    WORKER = "kill -9 of a worker"
    MAIL = "kill -9 of the mail server"
    POSTGRES = "kill -9 of PostgreSQL"
    PAUSE = "SIGSTOP of a worker past its lease"


_SHARES = {Kind.API: 4, Kind.WORKER: 4, Kind.MAIL: 3, Kind.POSTGRES: 2, Kind.PAUSE: 4}
# How long it lasts: PostgreSQL is away for so long; a paused worker comes back after its leases have run out.
_LASTS = {Kind.POSTGRES: (0.1, 2.0), Kind.PAUSE: (LEASE_SECONDS + 0.5, LEASE_SECONDS + 4.0)}


class Fault(NamedTuple):
    """One fault: when it comes, how long it lasts, and a number from 0 to 1 that draws whom it meets."""

    at: float
    kind: Kind
    lasts: float
    drawn: float


def plan(seed: int, seconds: float) -> list[Fault]:
    """Return the faults of so many seconds: first one of each kind in a random order, then whichever come."""
    chance = random.Random(f"{seed} faults")  # noqa: S311 (a mix, no secret)
    first = list(Kind)
    chance.shuffle(first)
    faults: list[Fault] = []
    at = min(_QUIET_SECONDS, seconds / 10)
    between = min(_BETWEEN_SECONDS, seconds / (2 * len(first)))
    while at < seconds:
        kind = first.pop() if first else chance.choices([*_SHARES], [*_SHARES.values()])[0]
        faults.append(Fault(at, kind, chance.uniform(*_LASTS.get(kind, (0.0, 0.0))), chance.random()))
        at += 0.0 if chance.random() < _TOGETHER else chance.uniform(0.0, 2 * between)
    return faults


class Chaos:
    """Does the faults of a plan to an installation."""

    def __init__(self, installation: Installation, say: Callable[[str], None]) -> None:
        self._installation, self._say = installation, say
        self._lasting: set[asyncio.Task[None]] = set()
        self.done: Counter[str] = Counter()  # by kind

    async def run(self, faults: Sequence[Fault]) -> None:
        """Do each fault at its moment; returns when the last one is over, and nothing is paused or away."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for fault in faults:
            await asyncio.sleep(began + fault.at - loop.time())
            whom = self._do(fault)
            if whom:
                self.done[fault.kind.value] += 1
            lasts = f" for {fault.lasts:.1f} s" if fault.lasts else ""
            self._say(f"{fault.at:6.1f} s  {fault.kind}: {whom or 'nobody, as none is there'}{lasts if whom else ''}")
        if self._lasting:
            await asyncio.gather(*self._lasting)

    def _do(self, fault: Fault) -> str:
        """Begin a fault and return whom it meets; empty if nobody is there to be met."""
        there = self._installation
        if fault.kind is Kind.POSTGRES:
            if not there.database.is_up:
                return ""
            there.database.kill()
            self._goes_on(self._database_away(fault.lasts))
            return "PostgreSQL"
        programs = {
            Kind.API: there.apis,
            Kind.WORKER: there.workers,
            Kind.MAIL: [there.mail_server],
            Kind.PAUSE: there.workers,
        }[fault.kind]
        running = [program for program in programs if program.is_running]
        # One worker at least is left to take over from those that are paused.
        if not running or (fault.kind is Kind.PAUSE and len(running) == 1):
            return ""
        met = running[int(fault.drawn * len(running))]
        if fault.kind is Kind.PAUSE:
            self._goes_on(met.pause(fault.lasts))
        else:
            met.kill()
        return met.name

    async def _database_away(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._installation.database.start()

    def _goes_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._lasting.add(task)
        task.add_done_callback(self._lasting.discard)
