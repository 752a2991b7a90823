"""A channel sender is one channel in one worker: its transports, its threads, and the leases under way."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.rate_limit import RateLimit
from hireloop.notify.transport import Channel, Transport

GATHER_SECONDS = 0.01


class ChannelSender:
    """Where a worker sends over one channel, `capacity` tries at once."""

    def __init__(self, channel: Channel, transport: Transport, fallback: Transport | None, capacity: int) -> None:
        self.channel, self.capacity = channel, capacity
        self.transports: dict[Route, Transport] = {Route.PRIMARY: transport}
        if fallback is not None:
            self.transports[Route.FALLBACK] = fallback
        self.rate_limit = RateLimit.of(channel.rate_per_minute) if channel.rate_per_minute else None
        self.threads = ThreadPoolExecutor(capacity, thread_name_prefix=channel.name)
        self.under_way: dict[UUID, Lease] = {}  # by token
        self._ours_until: dict[UUID, float] = {}  # monotonic, by token
        self._idle_until: dict[Route, float] = {}  # monotonic: before, there is nothing to probe this route with
        self._rate_limited_until = 0.0  # monotonic
        self._gathers_until = 0.0  # monotonic
        self.has_backlog = False  # the last lease took all that it asked for
        self.holds = 0  # how often a try of ours has held a provider of the channel

    @property
    def free(self) -> int:
        """How many more tries can begin now."""
        return self.capacity - len(self.under_way)

    @property
    def gathers(self) -> bool:
        """Whether to wait a moment for more tries to end, as there is a backlog and room for only a few of it.

        One lease statement for several costs the database and this process far less than one for each. Where the
        others take long, the moment passes and what is free is used.
        """
        if not self.has_backlog or 2 * self.free >= self.capacity:
            self._gathers_until = 0.0
            return False
        now = time.monotonic()
        if not self._gathers_until:
            self._gathers_until = now + GATHER_SECONDS
        return now < self._gathers_until

    @property
    def rate_limited_seconds(self) -> float:
        """For how long yet the rate limit leaves nothing to lease; 0 or less if it does not matter."""
        return self._rate_limited_until - time.monotonic()

    def took(self, leases: list[Lease], *, asked: float, ours_for: float) -> None:
        """Note leases that were asked for at the monotonic time `asked` and are ours for so many seconds from then.

        The limit counts from now, when the database has certainly counted: a look too early would find nothing.
        """
        for lease in leases:
            self.under_way[lease.token] = lease
            self._ours_until[lease.token] = asked + ours_for
        if leases and self.rate_limit is not None:
            self._rate_limited_until = time.monotonic() + self.rate_limit.seconds

    def renewed(self, lease: Lease, *, until: float) -> None:
        """Note until when a lease is ours; in the past if it is no longer ours."""
        if lease.token in self.under_way:
            self._ours_until[lease.token] = until

    def is_ours(self, lease: Lease) -> bool:
        """Whether the lease is still ours, as far as this worker knows."""
        return time.monotonic() < self._ours_until.get(lease.token, 0.0)

    def ended(self, token: UUID) -> None:
        """Forget a lease, if it is one of this sender's."""
        self.under_way.pop(token, None)
        self._ours_until.pop(token, None)

    def nothing_to_probe(self, route: Route, *, for_seconds: float) -> None:
        """Note that a probe of this route found nothing to lease, and is not worth another look for a while."""
        self._idle_until[route] = time.monotonic() + for_seconds

    def may_probe(self, route: Route) -> bool:
        """Whether there may be something to probe this route with."""
        return time.monotonic() >= self._idle_until.get(route, 0.0)
