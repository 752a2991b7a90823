"""A week's interviews: seven days beside each other, or below each other where there is no room."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from babel.dates import format_interval, format_skeleton
from litestar import Response
from litestar.params import FromPath

from hireloop import db
from hireloop.console import render
from hireloop.console.cards import Card, cards_of
from hireloop.console.reader.clock import NO_DAY, clock_of, parse_day
from hireloop.scheduling.bookings.lists import agenda
from hireloop.web.context import AnyRequest

_A_DAY = 20  # interviews at most; the day's own page has the others
_DAYS = 7
_FIRST, _LAST = date(2, 1, 7), date(9998, 12, 20)  # with a week around it, still a date in any zone


class ShownDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a week."""

    day: date
    words: str  # such as `Tue, 1 Dec`
    cards: list[Card]
    has_more: bool


async def this_week(request: AnyRequest) -> Response[bytes]:
    """Lead to the week of today, or of the day that is asked for."""
    today = clock_of(request).day_of(datetime.now(UTC))
    day = parse_day(request.query_params.get("day"), today=today)
    if day is None or not _FIRST <= day <= _LAST:
        return await _shown(request, today, wrong=NO_DAY)
    return render.see_other(path_of(day))


async def page(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Show a week, such as `2026-W49`; of any other text the present week, and say so."""
    today = clock_of(request).day_of(datetime.now(UTC))
    monday = monday_of(name)
    return await _shown(request, monday or today, wrong="" if monday else NO_DAY)


def path_of(day: date) -> str:
    """Return where the week of a day is."""
    year, week, _ = day.isocalendar()
    return f"/console/week/{year:04}-W{week:02}/"


def monday_of(week: str) -> date | None:
    """Return the first day of an ISO week such as `2026-W49`; None for any other text."""
    try:
        monday = datetime.strptime(f"{week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 (a date has no zone)
    except ValueError:
        return None
    return monday if _FIRST <= monday <= _LAST and path_of(monday).endswith(f"/{week}/") else None


async def _shown(request: AnyRequest, day: date, *, wrong: str) -> Response[bytes]:
    clock = clock_of(request)
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=nth) for nth in range(_DAYS)]
    async with db.snapshot():
        rows = [await agenda.of_day(*clock.bounds(one), limit=_A_DAY + 1, after=None) for one in days]
        cards = {card.schedule.id: card for card in await cards_of(request, [it for them in rows for it in them])}
    return render.show(
        request,
        "finding/week",
        here="day",
        status_code=400 if wrong else 200,
        wrong=wrong,
        today=clock.day_of(datetime.now(UTC)),
        number=monday.isocalendar().week,
        span=format_interval(monday, days[-1], "yMMMMd", locale=clock.locale),
        days=[
            ShownDay(
                day=one,
                words=format_skeleton("MMMEd", one, locale=clock.locale),
                cards=[cards[it.booking.id] for it in them[:_A_DAY]],
                has_more=len(them) > _A_DAY,
            )
            for one, them in zip(days, rows, strict=True)
        ],
        before=path_of(monday - timedelta(days=_DAYS)),
        behind=path_of(monday + timedelta(days=_DAYS)),
    )
