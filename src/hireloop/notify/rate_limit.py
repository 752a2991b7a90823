"""A rate limit: how many tries or requests may begin now, and when the next one may. Pure; what is SQL is its text.

It is the generic cell rate algorithm (ITU-T I.371, Annex A) in whole microseconds. A row holds the moment up to which
all is paid for: `channel_rate` one a channel, `request_rate` one an API key, `press_rate` one a session. Each try moves
it on by one interval, and it may run ahead of the clock by less than a burst. The owner of the row reads and moves it
in one statement, under the row's lock: `sql_of_free` and `sql_of_paid` are the expressions.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Self

import msgspec

_MINUTE = 60_000_000  # microseconds
_BURST_SECONDS = 1
_MICROSECOND = timedelta(microseconds=1)


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `burst` at once, and then one every `interval` microseconds."""

    burst: int
    interval: int

    @classmethod
    def of(cls, rate_per_minute: int) -> Self:
        """Return the limit that never exceeds this rate in any 60 s, and comes within a burst of it.

        A burst is a second's worth of tries, so that few are leased together if the rate is high; the interval is
        that much longer, since a minute may begin with a burst that was saved up before.
        """
        burst = max(1, rate_per_minute * _BURST_SECONDS // 60)
        return cls(burst=burst, interval=-(-_MINUTE // (rate_per_minute - burst + 1)))

    @classmethod
    def of_whole_minutes(cls, rate_per_minute: int) -> Self:
        """Return the limit that lets a minute's worth through at once: it protects from loops, and hinders nobody."""
        return cls(burst=rate_per_minute, interval=max(1, _MINUTE // rate_per_minute))

    @property
    def seconds(self) -> float:
        """How long after a try the next one may begin, at the latest."""
        return self.interval / 1_000_000

    def wait(self, ahead: int) -> int:
        """Return in how many microseconds one more may begin, where what is paid for runs so many ahead; 0: now."""
        return max(0, ahead - (self.burst - 1) * self.interval)


def wait_seconds(ahead: timedelta | None, limit: RateLimit) -> int:
    """Return after how many seconds one more may begin that `pay_fragment` has not paid for."""
    # None: somebody else's first payment is too new to be seen.
    wait = limit.interval if ahead is None else limit.wait(ahead // _MICROSECOND)
    return whole_seconds(timedelta(microseconds=wait))


def whole_seconds(wait: timedelta) -> int:
    """Return a wait as `Retry-After` has it: rounded up, and at least a second."""
    return max(1, -(-wait // timedelta(seconds=1)))


def pay_fragment(table: str, keys: Mapping[str, str], *, now: str, burst: str, interval: str) -> str:
    """Return the statement that pays for one more of what the key columns name, where that is possible now.

    Its row has `is_paid`, and how far what is paid for runs `ahead` if it is not; without a row it is not either.
    """
    names, values = ", ".join(keys), ", ".join(keys.values())
    free = sql_of_free("rate.paid_until", now, burst=burst, interval=interval)
    where = " AND ".join(f"{name} = {value}" for name, value in keys.items())
    return f"""
        WITH paid AS (
            INSERT INTO {table} AS rate ({names}, paid_until)
            VALUES ({values}, {sql_of_paid(now, now, interval=interval)})
            ON CONFLICT ({names}) DO UPDATE SET paid_until = {sql_of_paid("rate.paid_until", now, interval=interval)}
            WHERE {free} > 0
            RETURNING 1
        )
        SELECT false AS is_paid, paid_until - {now} AS ahead FROM {table}
        WHERE {where} AND NOT EXISTS (SELECT FROM paid)
        UNION ALL SELECT true, NULL FROM paid
    """  # noqa: S608 (our own words)


def sql_of_free(paid_until: str, now: str, *, burst: str, interval: str) -> str:
    """Return the expression for how many more may begin now: none if it is below 1."""
    ahead = f"1000000 * extract(epoch FROM greatest({paid_until}, {now}) - {now})"
    return f"({burst}::bigint - ceil({ahead} / {interval}::bigint)::bigint)"


def sql_of_paid(paid_until: str, now: str, *, interval: str, count: str = "1") -> str:
    """Return the expression for up to when all is paid for, once so many more have begun."""
    return f"(greatest({paid_until}, {now}) + {count} * {interval}::bigint * interval '1 microsecond')"
