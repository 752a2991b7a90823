"""Every metric; the `record_…` functions of `spans` add to them, beside the span that tells of the single case.

`docs/reference/telemetry.md` lists them.
"""

import time
from collections.abc import Callable, Iterable

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

_meter = metrics.get_meter("hireloop")
BOOKINGS = _meter.create_counter("hireloop.bookings", description="Requested bookings, by outcome")
CHANGES = _meter.create_counter("hireloop.changes", description="Requested changes to bookings, by span and outcome")
ATTEMPTS = _meter.create_counter("hireloop.delivery.attempts", description="Attempts, by channel, outcome and reason")
ATTEMPT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.attempt.duration", unit="s", description="Duration of one attempt, from lease to reply"
)
WAIT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.wait", unit="s", description="Time from the booking to the server's acceptance"
)
BOUNCES = _meter.create_counter("hireloop.delivery.bounces", description="Bounce reports, by outcome and reason")
UNACCOUNTED = _meter.create_gauge("hireloop.ledger.unaccounted", description="0, or something is lost")
DELIVERIES = _meter.create_gauge("hireloop.deliveries", description="Deliveries, by state")


class LedgerAge:
    """How long ago this process last read the ledger, by a clock that only runs forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read_at: float | None = None

    def begin(self) -> None:
        """Count from now, unless it counts already: this process is about to read the ledger."""
        if self._read_at is None:
            self._read_at = self._clock()

    def note_read(self) -> None:
        """Note that the ledger has just been read."""
        self._read_at = self._clock()

    @property
    def seconds(self) -> float | None:
        """Return the age; None in a process that does not read the ledger."""
        return None if self._read_at is None else self._clock() - self._read_at

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Return the age as a metric."""
        return [] if self.seconds is None else [Observation(self.seconds)]


LEDGER_AGE = LedgerAge()
_meter.create_observable_gauge(
    "hireloop.ledger.age",
    callbacks=[LEDGER_AGE.observe],
    unit="s",
    description="Time since this process last read the ledger",
)
