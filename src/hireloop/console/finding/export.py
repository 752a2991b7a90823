"""The bookings of a search as a file, and in the audit who took it. A press, not a link: reading changes nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from litestar import Response
from litestar.response import Stream

from hireloop import db
from hireloop.access.roles import actor_of
from hireloop.console.finding import search as search_page
from hireloop.console.finding import spreadsheet
from hireloop.console.finding.form import Asked
from hireloop.console.gate import pressed, user_of
from hireloop.console.reader.clock import Clock, clock_of
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, NewAuditEntry
from hireloop.scheduling.bookings.lists import search
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.search import BookingSearch
from hireloop.web.context import AnyRequest

MOST_ROWS = 10_000
_AT_ONCE = 500


async def download(request: AnyRequest) -> Response[bytes] | Stream:
    """Send the bookings that fit as CSV, latest start first, at most 10,000; the audit says who took them.

    The audit says by what they were filtered, but not which words were looked for: they may name a person.
    """
    asked = search_page.asked_of(request, await pressed(request))
    if asked.wrong:
        return await search_page.shown(request, asked)
    try:
        wanted, first = await _begun(asked)
    except search.TIMED_OUT:
        return await search_page.shown(request, asked)  # which says so
    filters = {name: text for name, text in asked.typed.items() if name in {"job", "state", "from", "to"}}
    hidden = sorted(name for name in asked.typed if name not in filters)
    entry = NewAuditEntry(
        action=Action.BOOKINGS_EXPORTED,
        subject=user_of(request).holder.id,
        by=actor_of(request),
        details={**filters, **({"also_by": hidden} if hidden else {})},
    )
    await audit.record(entry, at=None)
    clock = clock_of(request)
    name = f"bookings-{clock.day_of(datetime.now(UTC))}.csv"
    return Stream(
        _written(first, wanted, clock),
        status_code=200,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _begun(asked: Asked) -> tuple[BookingSearch, list[AgendaItem]]:
    """Return which bookings are wanted, and the first of them."""
    async with db.snapshot():
        await search.limit_time(search_page.MOST_MILLISECONDS)
        wanted = await search_page.with_words(asked)
        return wanted, await search.page(wanted, limit=_AT_ONCE, after=None)


async def _written(items: list[AgendaItem], only: BookingSearch, clock: Clock) -> AsyncIterator[bytes]:
    """Yield the file page by page; no transaction is open while the browser takes one."""
    yield spreadsheet.head().encode()
    written = 0
    while items:
        yield spreadsheet.lines(items, clock.zone).encode()
        written += len(items)
        if len(items) < _AT_ONCE or written >= MOST_ROWS:
            return
        async with db.snapshot():
            items = await search.page(only, limit=_AT_ONCE, after=items[-1].booking.id)
