"""The channels: which are open, which are held, since when and why, and how to fix them."""

import msgspec
from litestar import Response

from hireloop import db
from hireloop.console import labels, render
from hireloop.notify.channels import held
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.providers import Route
from hireloop.notify.transport import Channel
from hireloop.web.context import AnyRequest, context_of


class ShownChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, what goes over it, and what holds it or its fallback."""

    channel: Channel
    kinds: list[str]
    held: HeldProvider | None
    fallback_held: HeldProvider | None


async def page(request: AnyRequest) -> Response[bytes]:
    """Show the channels of this installation."""
    context = context_of(request)
    async with db.snapshot():
        rows = {(row.channel, row.route): row for row in await held.held(context.channels)}
    shown = [
        ShownChannel(
            channel=channel,
            kinds=sorted(labels.kind(kind) for kind in channel.kinds),
            held=rows.get((channel.name, Route.PRIMARY)),
            fallback_held=rows.get((channel.name, Route.FALLBACK)),
        )
        for channel in context.channels
    ]
    return render.show(request, "channels", here="channels", channels=shown, common=context.warnings)
