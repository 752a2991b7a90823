"""When to try again. Pure: the plan of a delivery's next try, never past the moment when it would be useless."""

from collections.abc import Callable
from datetime import datetime, timedelta

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 900.0
_TRIES_STILL_TO_FIT = 4
_SHORTEST_PAUSE_SECONDS = 1.0


def next_due(
    *,
    tries: int,
    now: datetime,
    deadline_at: datetime,
    at_risk_at: datetime | None,
    after_seconds: float | None,
    jitter: Callable[[], float],
) -> datetime:
    """Return when a delivery that has failed `tries` times is due again.

    The pause doubles from 5 s to at most 15 min and is spread by `jitter` (0 to 1) over its upper half. Near the
    deadline it is compressed, so that four more tries fit. What the other side asked for (`after_seconds`) is the
    least. Never later than the next of the at-risk time and the deadline: at the first somebody must be told, at
    the second it ends.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2 ** min(max(tries - 1, 0), 20), LONGEST_PAUSE_SECONDS)
    left = (deadline_at - now).total_seconds()
    pause = max(min(pause, left / _TRIES_STILL_TO_FIT), _SHORTEST_PAUSE_SECONDS)
    pause *= 0.5 + jitter() / 2
    wish = min(after_seconds or 0.0, max(left, LONGEST_PAUSE_SECONDS))  # an absurd one is the deadline
    due = now + timedelta(seconds=max(pause, wish))
    ends = [moment for moment in (at_risk_at, deadline_at) if moment is not None and moment > now]
    return min([due, *ends])
