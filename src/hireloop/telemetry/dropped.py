"""How many spans this process could not export: its own health, and a worker's sign of life, say so for a while."""

import threading
import time

from hireloop.telemetry import metrics

_SAID_FOR_SECONDS = 600.0


class DroppedSpans:
    """Counts the spans that were dropped, and says so for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0
        self._last = float("-inf")  # monotonic

    def add(self, count: int, *, reason: str) -> None:
        """Count spans that are lost; `reason` is `queue_full`, `export_failed` or `not_flushed`."""
        with self._lock:
            self.count += count
            self._last = time.monotonic()
        metrics.SPANS_DROPPED.add(count, {"reason": reason})

    def lately(self, *, now: float | None = None) -> int:
        """Return how many were dropped, or 0 once none has been for 10 minutes; `now` is monotonic."""
        return 0 if (time.monotonic() if now is None else now) - self._last > _SAID_FOR_SECONDS else self.count
