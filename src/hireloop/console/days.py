"""The first page: a day's interviews in the order of their start, and on top, across all days, what needs attention."""

from datetime import UTC, datetime, timedelta

from litestar import Response

from hireloop import db
from hireloop.console import render
from hireloop.console.attention import entries
from hireloop.console.cards import cards_of
from hireloop.console.reader.clock import NO_DAY, clock_of, parse_day
from hireloop.notify.channels import held
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.lists.places import place_of
from hireloop.web.context import AnyRequest, context_of

_A_PAGE = 50
_ON_TOP = 5
_A_DAY = timedelta(days=1)


async def day(request: AnyRequest) -> Response[bytes]:
    """Show a day's interviews, today's unless asked for another; above them, the first of what needs attention."""
    context = context_of(request)
    clock = clock_of(request)
    today = clock.day_of(datetime.now(UTC))
    asked = parse_day(request.query_params.get("day"), today=today)
    shown, after = asked or today, place_of(request.query_params.get("after"))
    async with db.snapshot():
        rows = await agenda.of_day(*clock.bounds(shown), limit=_A_PAGE + 1, after=after)
        cards = await cards_of(request, rows[:_A_PAGE])
        urgent = await entries.worst(request, limit=_ON_TOP + 1)
        broken = await held.held(context.channels)
    return render.show(
        request,
        "day",
        here="day",
        status_code=200 if asked else 400,
        day=shown,
        today=today,
        day_before=shown - _A_DAY,
        day_after=shown + _A_DAY,
        wrong="" if asked else NO_DAY,
        cards=cards,
        after=cards[-1].place if len(rows) > _A_PAGE else None,
        goes_on=after is not None,
        urgent=urgent[:_ON_TOP],
        more_urgent=len(urgent) > _ON_TOP,
        broken=broken,
        common=context.warnings,
    )
