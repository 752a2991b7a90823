"""The bookings of a search as a file, and in the audit who took it. A press, not a link: reading changes nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from litestar import Response
from litestar.response import Stream

from hireloop import db
from hireloop.access.roles import actor_of
from hireloop.console.finding import search as search_page
from hireloop.console.finding import spreadsheet
from hireloop.console.gate import pressed, user_of
from hireloop.console.reader.clock import Clock, clock_of
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, NewAuditEntry
from hireloop.scheduling.bookings import search
from hireloop.scheduling.bookings.search import BookingSearch
from hireloop.web.context import AnyRequest

MOST_ROWS = 10_000
_AT_ONCE = 500


async def download(request: AnyRequest) -> Response[bytes] | Stream:
    """Send the bookings that fit as CSV, the latest start first, at most 10,000; the audit says who took them.

    The audit says by what they were filtered, but not which words were looked for: they may name a person.
    """
    asked = search_page.asked_of(request, await pressed(request))
    if asked.wrong:
        return await search_page.shown(request, asked)
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
        _written(asked.search, clock),
        status_code=200,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _written(only: BookingSearch, clock: Clock) -> AsyncIterator[bytes]:
    """Yield the file page by page; no transaction is open while the browser takes one."""
    yield spreadsheet.head().encode()
    after = None
    for _ in range(MOST_ROWS // _AT_ONCE):
        async with db.snapshot():
            items = await search.page(only, limit=_AT_ONCE, after=after)
        if items:
            yield spreadsheet.lines(items, clock.zone).encode()
        if len(items) < _AT_ONCE:
            return
        after = items[-1].booking.id
