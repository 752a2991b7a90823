"""Bookings as CSV (RFC 4180), for spreadsheets: nothing that a cell holds is taken for a formula. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hireloop.scheduling.bookings.lists.agenda import AgendaItem

# A spreadsheet takes a file for UTF-8 only with this mark at its beginning.
MARK = "\ufeff"
COLUMNS = (
    "booking",
    "starts_at",
    "ends_at",
    "booking_state",
    "interview_state",
    "candidate",
    "candidate_email",
    "job",
    "company",
    "round",
    "interviewer",
    "interviewer_email",
    "booked_at",
    "entered_at",
    "left_at",
    "another_time_requested_at",
)
# With what a formula begins (OWASP, CSV injection), the wide forms of the signs among them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (as said)


def head() -> str:
    """Return the mark and the line with the names of the columns."""
    return MARK + _lines([COLUMNS])


def lines(items: Iterable[AgendaItem], zone: ZoneInfo) -> str:
    """Return a line for each booking, its times in this zone and with their offset."""
    return _lines([_cells(one, zone) for one in items])


def _cells(item: AgendaItem, zone: ZoneInfo) -> Sequence[str]:
    booking, session = item.booking, item.booking.session
    return (
        str(booking.id),
        _time(booking.starts_at, zone),
        _time(booking.ends_at, zone),
        booking.state.value,
        item.interview_state.value,
        defused(item.candidate_name),
        defused(item.candidate_email),
        defused(item.job_title),
        defused(item.company),
        str(item.round),
        defused(item.interviewer_name),
        defused(item.interviewer_email or ""),
        _time(booking.booked_at, zone),
        _time(session.entered_at, zone),
        _time(session.left_at, zone),
        _time(session.late_requested_at, zone),
    )


def note(text: str) -> str:
    """Return a line with one sentence about the file, in its first cell."""
    return _lines([(text, *("" for _ in COLUMNS[1:]))])


def defused(text: str) -> str:
    """Return a text that a spreadsheet shows as it is: with a quote before whatever would begin a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def _lines(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    writer: Any = csv.writer(written, lineterminator="\r\n")
    writer.writerows(rows)
    return written.getvalue()
