"""`/api/notifications/channels/`: the configured channels, which are held and why, and the installed transports."""

import asyncio
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import READS
from hireloop.api.paging import DEFAULT_LIMIT, Limit
from hireloop.examples import RecordedAt, Time
from hireloop.notify.channels import held
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.providers import Route
from hireloop.notify.transport import Channel, InstalledTransport, installed_transports
from hireloop.web.context import AnyRequest, Context, context_of


class ChannelState(StrEnum):
    """Whether a channel is sending."""

    OPEN = "open"
    HELD = "held"


class FallbackResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's second provider, and why it is held, if it is."""

    state: Annotated[ChannelState, Meta(examples=["open"])]
    reason: str | None
    since: Time | None


class ChannelResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, the kinds of messages that it sends, and why it is held, if it is."""

    name: Annotated[str, Meta(examples=["email"])]
    title: Annotated[str, Meta(description="What people call the channel.", examples=["Slack #hiring"])]
    transport: Annotated[str, Meta(examples=["email"])]
    state: Annotated[ChannelState, Meta(examples=["held"])]
    reason: Annotated[str | None, Meta(examples=["sign_in_refused"])]
    since: RecordedAt | None
    fallback: FallbackResponse | None
    required: Annotated[bool, Meta(examples=[True])]
    kinds: Annotated[list[str], Meta(examples=[["cancelled", "invitation", "reminder", "rescheduled"]])]


class ChannelsResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A page of channels, the cursor of the next page, and the installed transports."""

    items: list[ChannelResponse]
    next: str | None
    transports: list[InstalledTransport]


@get("/channels/", opt=READS)
async def list_channels(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: Annotated[str | None, QueryParameter(name="after", description="The `next` of the previous page.")] = None,
) -> ChannelsResponse:
    """List the configured channels, which of them are held and why, and the installed transports."""
    context = context_of(request)
    names = [channel.name for channel in context.channels]
    if after is not None and after not in names:
        raise errors.BadInput("after", "must be the `next` of a page")
    rest = context.channels[names.index(after) + 1 if after is not None else 0 :]
    rows = {(row.channel, row.route): row for row in await held.held(context.channels)}
    transports = await asyncio.to_thread(installed_transports)  # it imports them, once per process
    return ChannelsResponse(
        items=[
            _response(context, one, rows.get((one.name, Route.PRIMARY)), rows.get((one.name, Route.FALLBACK)))
            for one in rest[:limit]
        ],
        next=rest[limit - 1].name if len(rest) > limit else None,
        transports=transports,
    )


def _response(
    context: Context, channel: Channel, primary: HeldProvider | None, fallback: HeldProvider | None
) -> ChannelResponse:
    return ChannelResponse(
        name=channel.name,
        title=channel.title,
        transport=channel.transport_name,
        state=_state(primary),
        reason=primary.reason if primary else None,
        since=context.local(primary.since) if primary else None,
        fallback=_fallback(context, fallback) if channel.fallback_url else None,
        required=channel.required,
        kinds=sorted(channel.kinds),
    )


def _fallback(context: Context, row: HeldProvider | None) -> FallbackResponse:
    return FallbackResponse(
        state=_state(row), reason=row.reason if row else None, since=context.local(row.since) if row else None
    )


def _state(row: HeldProvider | None) -> ChannelState:
    return ChannelState.HELD if row else ChannelState.OPEN


router = Router("/notifications", route_handlers=[list_channels], tags=["notifications"])
