"""Every metric; the `record_…` functions of `spans` add to them, beside the span that tells of the single case.

A metric is declared here and made from the process's own meter by `use`; until then it counts nothing.
`docs/reference/telemetry.md` lists them.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from hireloop.telemetry import current, redaction

Attributes = Mapping[str, str | int]

_LONGEST_VALUE = 128  # characters

# Seconds. A request takes milliseconds, a mail server may take minutes, and a message may wait for an hour.
_OF_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_OF_ATTEMPTS = (*_OF_REQUESTS, 30, 60, 300)
_OF_WAITS = (*_OF_ATTEMPTS, 900, 1_800, 3_600)


class _Metric:
    """A metric under its name; `make` makes its instrument from a meter."""

    def __init__(self, name: str, make: Callable[[Meter, str], Any]) -> None:
        self.name, self._make = name, make
        self._instrument: Any = None
        DECLARED.append(self)

    def use(self, meter: Meter) -> None:
        self._instrument = self._make(meter, self.name)


class Counter(_Metric):
    """Something that is counted."""

    def __init__(self, name: str, description: str, *, goes_down: bool = False) -> None:
        super().__init__(
            name,
            lambda meter, it: (meter.create_up_down_counter if goes_down else meter.create_counter)(
                it, description=description
            ),
        )

    def add(self, amount: int, attributes: Attributes | None = None) -> None:
        """Count so many; a text among the attributes is redacted and bounded."""
        if self._instrument is not None:
            self._instrument.add(amount, _cleaned(attributes), current.context())


class Histogram(_Metric):
    """Seconds, by how long something took."""

    def __init__(self, name: str, description: str, bounds: Sequence[float]) -> None:
        super().__init__(
            name,
            lambda meter, it: meter.create_histogram(
                it, unit="s", description=description, explicit_bucket_boundaries_advisory=bounds
            ),
        )

    def record(self, seconds: float, attributes: Attributes | None = None) -> None:
        """Record one duration; its exemplar is the current span of HireLoop."""
        if self._instrument is not None:
            self._instrument.record(seconds, _cleaned(attributes), current.context())


class Gauge(_Metric):
    """Something that is measured now and then."""

    def __init__(self, name: str, description: str, unit: str = "") -> None:
        super().__init__(name, lambda meter, it: meter.create_gauge(it, unit=unit, description=description))

    def set(self, amount: float, attributes: Attributes | None = None) -> None:
        """Say what was measured."""
        if self._instrument is not None:
            self._instrument.set(amount, _cleaned(attributes), current.context())


class TimeSince(_Metric):
    """How many seconds ago something was last done, by a clock that only runs forward."""

    def __init__(self, name: str, description: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            name,
            lambda meter, it: meter.create_observable_gauge(
                it, callbacks=[self.observe], unit="s", description=description
            ),
        )
        self._clock = clock
        self._done_at: float | None = None

    def begin(self) -> None:
        """Count from now, unless it counts already: it is about to be done for the first time."""
        if self._done_at is None:
            self._done_at = self._clock()

    def note_done(self) -> None:
        """Note that it has just been done."""
        self._done_at = self._clock()

    @property
    def seconds(self) -> float | None:
        """Return the age; None in a process that does not do it."""
        return None if self._done_at is None else self._clock() - self._done_at

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Return the age as a metric."""
        return [] if self.seconds is None else [Observation(self.seconds)]


class Observed(_Metric):
    """A number that is asked for each time that metrics are exported."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(
            name,
            lambda meter, it: meter.create_observable_up_down_counter(
                it, callbacks=[self.observe], description=description
            ),
        )
        self._read: Callable[[], Iterable[tuple[float, Attributes]]] = tuple

    def watch(self, read: Callable[[], Iterable[tuple[float, Attributes]]]) -> None:
        """Ask `read` from now on, in any thread: it returns numbers with their attributes."""
        self._read = read

    def observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        """Return the numbers as a metric."""
        return [Observation(number, _cleaned(attributes)) for number, attributes in self._read()]


def use(meter: Meter) -> None:
    """Make every metric from this process's meter, from now on."""
    for metric in DECLARED:
        metric.use(meter)


def _cleaned(attributes: Attributes | None) -> dict[str, str | int]:
    return {name: _text(value) if isinstance(value, str) else value for name, value in (attributes or {}).items()}


@lru_cache(1_024)
def _text(value: str) -> str:
    return redaction.printable(value, _LONGEST_VALUE)


DECLARED: list[_Metric] = []

REQUEST_SECONDS = Histogram("http.server.request.duration", "Duration of one request", _OF_REQUESTS)
ACTIVE_REQUESTS = Counter("http.server.active_requests", "Requests under way", goes_down=True)
REFUSALS = Counter("hireloop.requests.refused", "Refused requests, by door and cause")
BOOKINGS = Counter("hireloop.bookings", "Requested bookings, by outcome")
CHANGES = Counter("hireloop.changes", "Requested changes to bookings, by span and outcome")
ATTEMPTS = Counter("hireloop.delivery.attempts", "Attempts, by channel, outcome and reason")
ENDS = Counter("hireloop.delivery.ends", "Deliveries that have ended, by channel, state and reason")
REPLAYS = Counter("hireloop.delivery.replays", "Deliveries that are sent again, by channel and earlier state")
ATTEMPT_SECONDS = Histogram(
    "hireloop.delivery.attempt.duration", "Duration of one attempt, from lease to reply", _OF_ATTEMPTS
)
WAIT_SECONDS = Histogram("hireloop.delivery.wait", "Time from the booking to the server's acceptance", _OF_WAITS)
BOUNCES = Counter("hireloop.delivery.bounces", "Bounce reports, by outcome and reason")
UNACCOUNTED = Gauge("hireloop.ledger.unaccounted", "0, or something is lost")
DELIVERIES = Gauge("hireloop.deliveries", "Deliveries, by state")
LEDGER_AGE = TimeSince("hireloop.ledger.age", "Time since this process last read the ledger")
ALERTS = Counter("hireloop.alerts", "Alerts, by what has become of them and cause")
LIMITS = Counter("hireloop.limits", "What limits have refused, and that one is close, by limit and event")
UNHEARD = Gauge("hireloop.alerts.unheard", "Alerts that have not reached anyone")
DUE = Gauge("hireloop.deliveries.due", "Deliveries that are due")
OLDEST_DUE_AGE = Gauge("hireloop.deliveries.oldest_due_age", "How long the oldest due delivery has been due", "s")
LIVE_WORKERS = Gauge("hireloop.workers.live", "Workers that were seen lately")
HELD_CHANNELS = Gauge("hireloop.channels.held", "Channels and fallbacks that are held")
SOCKETS = Observed("hireloop.portal.sockets", "Open pages that follow their session over a WebSocket")
CONNECTIONS = Observed("db.client.connection.count", "Connections of the pool, by state")
MOST_CONNECTIONS = Observed("db.client.connection.max", "Connections that the pool may have")
CONNECTION_WAIT_SECONDS = Histogram(
    "db.client.connection.wait_time", "Time waited for a connection of the pool", _OF_REQUESTS
)
SWEEPS = Counter("hireloop.sweeps", "Runs of the workers' sweeps, by outcome")
SPANS_DROPPED = Counter("hireloop.telemetry.spans.dropped", "Spans that were not exported, by reason")
