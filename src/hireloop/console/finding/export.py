"""The bookings of a search as a file, and in the audit who took it. A press, not a link: reading changes nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from litestar import Response
from litestar.response import Stream

from hireloop import db
from hireloop.access.roles import actor_of
from hireloop.console.finding import search as search_page
from hireloop.console.finding import spreadsheet
from hireloop.console.finding.form import Asked
from hireloop.console.gate import pressed, user_of
from hireloop.console.labels import Translator
from hireloop.console.reader.choices import said_to
from hireloop.console.reader.clock import Clock, clock_of
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, NewAuditEntry
from hireloop.scheduling.bookings.lists import agenda, search
from hireloop.web.context import AnyRequest
from hireloop.wording.phrases import phrase

MOST_ROWS = 10_000
_AT_ONCE = 500
_MORE = phrase("This file is not complete: more interviews match than a file can have. Choose fewer days.")
_CUT_SHORT = phrase("This file is not complete: the database took too long to answer. Download it again.")


async def download(request: AnyRequest) -> Response[bytes] | Stream:
    """Send the bookings that fit as CSV, latest start first, at most 10,000; the audit says who took them.

    The audit says by what they were filtered, but not which words were looked for: they may name a person.
    """
    asked = search_page.asked_of(request, await pressed(request))
    if asked.wrong:
        return await search_page.shown(request, asked)
    try:
        found = await _found(asked)
    except search.TIMED_OUT:
        return await search_page.shown(request, asked, is_late=True)
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
        _written(found, clock, said_to(request)),
        status_code=200,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _found(asked: Asked) -> list[UUID]:
    """Return which bookings the file is to have, and one more if there are more.

    All are found at once: a booking that is moved while the file is written is neither missing nor in it twice.
    """
    async with db.snapshot():
        await search.limit_time(search_page.MOST_MILLISECONDS)
        return await search.ids(await search_page.with_words(asked), limit=MOST_ROWS + 1)


async def _written(found: list[UUID], clock: Clock, said: Translator) -> AsyncIterator[bytes]:
    """Yield the file piece by piece; no transaction is open while the browser takes one.

    A file that does not have everything says so in its last line.
    """
    yield spreadsheet.head().encode()
    wanted = found[:MOST_ROWS]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        try:
            async with db.snapshot():
                await search.limit_time(search_page.MOST_MILLISECONDS)
                items = await agenda.of_schedules(some)
        except search.TIMED_OUT:
            yield spreadsheet.note(said(_CUT_SHORT)).encode()
            return
        yield spreadsheet.lines([items[one] for one in some if one in items], clock.zone).encode()
    if len(found) > MOST_ROWS:
        yield spreadsheet.note(said(_MORE)).encode()
