"""What holds a channel or its fallback, in the words that `hireloop channels`, the doctor and `/health/` share."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from hireloop.notify.channels import health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transport import Channel


class HeldProvider(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's own provider, or its fallback, that is held: why, and since when."""

    channel: str  # its name
    title: str  # what people call it
    route: Route
    reason: str
    since: datetime

    @property
    def sentence(self) -> str:
        """What is held, since when, and the reason's own sentence."""
        what = "The channel" if self.route is Route.PRIMARY else "The fallback of the channel"
        return f"{what} {self.title} has been held since {self.since:%Y-%m-%d %H:%M:%S} UTC. {sentence_of(self.reason)}"


async def held(channels: Sequence[Channel]) -> list[HeldProvider]:
    """Return which providers of these channels, as configured here, are held, a channel's own before its fallback."""
    asked = [(one, route, providers.provider(one, route)) for one in channels for route in providers.routes_of(one)]
    rows = {(row.channel, row.fingerprint): row for row in await health.held([as_seen for *_, as_seen in asked])}
    return [
        HeldProvider(channel=channel.name, title=channel.title, route=route, reason=row.reason, since=row.since)
        for channel, route, as_seen in asked
        if (row := rows.get((as_seen.name, as_seen.fingerprint)))
    ]
