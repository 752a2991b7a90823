"""The search: people and bookings by words, and bookings by job, interviewer, state and days, page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response

from hireloop import db
from hireloop.console import render
from hireloop.console.cards import Card, cards_of
from hireloop.console.finding import form
from hireloop.console.finding.form import Asked
from hireloop.console.reader.clock import clock_of
from hireloop.scheduling.bookings.lists import search
from hireloop.scheduling.bookings.lists.places import ListPlace, place_of
from hireloop.scheduling.bookings.lists.search import BookingSearch, FoundPerson, ListedInterviewer, ListedJobs
from hireloop.web.context import AnyRequest

PATH = "/console/search/"
A_PAGE = 50
MOST_MILLISECONDS = 3_000  # for each statement of a search
_PEOPLE = 10


class _SearchPage(msgspec.Struct, kw_only=True):
    """What a page shows; whatever was not found in time is missing."""

    jobs: ListedJobs = ListedJobs()
    interviewers: list[ListedInterviewer] = []
    people: list[FoundPerson] = []
    has_more_people: bool = False
    cards: list[Card] = []
    has_more: bool = False
    is_late: bool = False  # it took too long, and was given up


async def page(request: AnyRequest) -> Response[bytes]:
    """Show the form and, once something is asked for, the people and the bookings that fit."""
    return await shown(request, asked_of(request, request.query_params))


def asked_of(request: AnyRequest, given: Mapping[str, Any]) -> Asked:
    """Return what the fields of a query, or of a form, ask for."""
    clock = clock_of(request)
    return form.read(given, clock, today=clock.day_of(datetime.now(UTC)))


async def shown(request: AnyRequest, asked: Asked, *, is_late: bool = False) -> Response[bytes]:
    """Return the page of what is asked for; of nothing, if a field cannot be used.

    `is_late` says that more than the page was asked for, and took too long.
    """
    found, after = _SearchPage(is_late=is_late), place_of(request.query_params.get("after"))
    try:
        async with db.snapshot():
            await search.limit_time(MOST_MILLISECONDS)
            await _fill(request, found, asked, after)
    except search.TIMED_OUT:
        found.is_late = True
    return render.show(
        request,
        "finding/search",
        here="search",
        status_code=400 if asked.wrong else 200,
        asked=asked,
        states=form.STATES,
        found=found,
        after=found.cards[-1].place if found.has_more else None,
        goes_on=after is not None,
    )


async def with_words(asked: Asked) -> BookingSearch:
    """Return which bookings are asked for, with what the database knows of the words."""
    words = await search.placed(asked.value("q")) if asked.value("q") else None
    return msgspec.structs.replace(asked.search, words=words)


async def _fill(request: AnyRequest, found: _SearchPage, asked: Asked, after: ListPlace | None) -> None:
    """Find, one after the other, what the page shows: what is found first stays if the rest takes too long."""
    found.jobs = await search.jobs(chosen=asked.search.job)
    found.interviewers = await search.interviewers()
    if not asked.typed or asked.wrong:
        return
    wanted = await with_words(asked)
    if set(asked.typed) == {"q"} and after is None:
        people = await search.people([it.word for it in wanted.words or []], limit=_PEOPLE + 1)
        found.people, found.has_more_people = people[:_PEOPLE], len(people) > _PEOPLE
    rows = await search.page(wanted, limit=A_PAGE + 1, after=after)
    found.cards, found.has_more = await cards_of(request, rows[:A_PAGE]), len(rows) > A_PAGE
