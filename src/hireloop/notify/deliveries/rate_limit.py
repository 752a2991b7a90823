"""The rate limit of a channel: how many attempts all workers together may begin, and when. Pure.

It is the generic cell rate algorithm (ITU-T I.371, Annex A) in whole microseconds. The row in `channel_rate` holds
the moment up to which tries are paid for; each try moves it on by one interval, and it may run ahead of the clock by
less than a burst. `leases.take` reads and moves it in its own statement, under the row's lock.
"""

from typing import Self

import msgspec

_MINUTE = 60_000_000  # microseconds
_BURST_SECONDS = 1


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """At most `burst` tries at once, and then one every `interval` microseconds."""

    burst: int
    interval: int

    @classmethod
    def of(cls, rate_per_minute: int) -> Self:
        """Return the pace that never exceeds this rate in any 60 s, and comes within a burst of it.

        A burst is a second's worth of tries, so that few are leased together where the rate is high; the interval is
        that much longer, since a minute may begin with a burst that was saved up before.
        """
        burst = max(1, rate_per_minute * _BURST_SECONDS // 60)
        return cls(burst=burst, interval=-(-_MINUTE // (rate_per_minute - burst + 1)))

    @property
    def seconds(self) -> float:
        """How long after a try the next one may begin, at the latest."""
        return self.interval / 1_000_000
