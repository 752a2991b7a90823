"""`/api/notifications/channels/`: the configured channels, which are held and why, and the installed transports."""

import asyncio
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Router, get

from hireloop.api.auth import READS
from hireloop.api.door import Door, door_of
from hireloop.notify import channel_health
from hireloop.notify.channel_health import HeldChannel
from hireloop.notify.channels import Channel, InstalledTransport, installed_transports


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, what goes over it, and what holds it, if anything does."""

    name: str
    transport: str
    state: str
    reason: str | None
    since: datetime | None
    required: bool
    kinds: list[str]


class ChannelsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All channels on one page, and the transports that are installed beside this API."""

    items: list[ChannelAnswer]
    next: None = None
    transports: list[InstalledTransport]


@get("/channels/", opt=READS)
async def list_channels(request: Request[Any, Any, Any]) -> ChannelsAnswer:
    """List the configured channels and which of them are held and why, and the transports that are installed."""
    door = door_of(request)
    held = {row.channel: row for row in await channel_health.held(door.channels)}
    transports = await asyncio.to_thread(installed_transports)  # it imports them, once a process
    return ChannelsAnswer(
        items=[_answer(door, channel, held.get(channel.name)) for channel in door.channels],
        transports=transports,
    )


def _answer(door: Door, channel: Channel, held: HeldChannel | None) -> ChannelAnswer:
    return ChannelAnswer(
        name=channel.name,
        transport=channel.transport_name,
        state="held" if held else "open",
        reason=held.reason if held else None,
        since=door.local(held.since) if held else None,
        required=channel.required,
        kinds=sorted(channel.kinds),
    )


router = Router("/notifications", route_handlers=[list_channels], tags=["notifications"])
