"""How many spans this process could not export."""

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

    def warning(self, *, now: float | None = None) -> str:
        """Return a sentence if spans were dropped in the last 10 minutes, or else nothing; `now` is monotonic."""
        if (time.monotonic() if now is None else now) - self._last > _SAID_FOR_SECONDS:
            return ""
        what = "1 span" if self.count == 1 else f"{self.count} spans"
        return f"{what} of this process could not be exported. Check the collector."
