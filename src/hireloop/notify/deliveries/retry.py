"""When a delivery is tried again, from when on it is at risk, and when its time is up. Pure.

What is past its deadline `deadlines.expire` ends.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from hireloop.notify.transport import LONGEST_WAIT_SECONDS

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 900.0
_TRIES_STILL_TO_FIT = 4
_SHORTEST_PAUSE_SECONDS = 1.0
_AT_RISK_AFTER = timedelta(minutes=15)
_AT_RISK_BEFORE_START = timedelta(minutes=60)
_QUIET_WHEN_NEAR = timedelta(seconds=20)
_LAST_MINUTE = timedelta(minutes=1)
_SHORTEST_LIFE = timedelta(seconds=30)


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
    deadline it is compressed, so that four more tries fit. What the other side asked for (`after_seconds`, at
    most an hour) is the least. Never later than the next of the at-risk time and the deadline: at the first somebody
    must be told, at the second it ends.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2 ** min(max(tries - 1, 0), 20), LONGEST_PAUSE_SECONDS)
    left = (deadline_at - now).total_seconds()
    pause = max(min(pause, left / _TRIES_STILL_TO_FIT), _SHORTEST_PAUSE_SECONDS)
    pause *= 0.5 + jitter() / 2
    if after_seconds is not None and after_seconds > pause:  # NaN is not
        pause = min(after_seconds, LONGEST_WAIT_SECONDS)
    due = now + timedelta(seconds=pause)
    ends = [moment for moment in (at_risk_at, deadline_at) if moment is not None and moment > now]
    return min([due, *ends])


def at_risk_at(first_due_at: datetime, starts_at: datetime) -> datetime:
    """Return from when on an unsent delivery is at risk, once it has failed or had 30 s (`deliveries`).

    That is 15 min after it was first due or an hour before the start, whichever is first.
    """
    return max(first_due_at, min(first_due_at + _AT_RISK_AFTER, starts_at - _AT_RISK_BEFORE_START))


def quiet_until(now: datetime, starts_at: datetime, *, quiet: timedelta) -> datetime:
    """Return until when what is said of a move waits for another one, `starts_at` being the new start.

    That is `quiet` long, and not past an hour before the start.
    """
    return max(now, min(now + quiet, starts_at - _AT_RISK_BEFORE_START))


def seats_quiet_until(now: datetime, starts_at: datetime, *, quiet: timedelta) -> datetime:
    """Return until when what an interviewer hears of the seats of a slot waits for more.

    That is as long as of a move. In the last hour it is 20 s at most, and not past a minute before the start: a slot
    may fill up then, too, and nobody wants thirty emails just before they begin.
    """
    near = min(now + min(quiet, _QUIET_WHEN_NEAR), starts_at - _LAST_MINUTE)
    return max(quiet_until(now, starts_at, quiet=quiet), near)


def deadline_at(due_at: datetime, *, useless_at: datetime) -> datetime:
    """Return when a delivery's time is up: when its message is useless, and at least 30 s after it is due."""
    return max(useless_at, due_at + _SHORTEST_LIFE)
