"""The form of the search: what was typed, and which bookings that asks for. Pure."""

from collections.abc import Mapping
from datetime import date

import msgspec

from hireloop.console.reader.clock import NO_DAY, Clock, parse_day
from hireloop.scheduling.bookings.lists.search import LONGEST_QUERY, BookingSearch, ListedState
from hireloop.web.bookings.headline import LABELS, HeadlineCode
from hireloop.web.forms import uuid_of
from hireloop.wording.phrases import phrase

FIELDS = ("q", "job", "interviewer", "state", "from", "to")
STATES: Mapping[ListedState, str] = {
    ListedState.PENDING: phrase("Not confirmed yet"),
    ListedState.CONFIRMED: LABELS[HeadlineCode.CONFIRMED].words,
    ListedState.IN_PROGRESS: LABELS[HeadlineCode.STARTED].words,
    ListedState.COMPLETED: LABELS[HeadlineCode.FINISHED].words,
    ListedState.NO_SHOW: LABELS[HeadlineCode.NO_SHOW].words,
    ListedState.LATE_REQUEST: LABELS[HeadlineCode.ANOTHER_TIME_REQUESTED].words,
    ListedState.CANCELLED: LABELS[HeadlineCode.CANCELLED].words,
}
_BACKWARDS = phrase("The last day is before the first one.")
_NO_JOB = phrase("This job does not exist. Choose another one.")
_NO_STATE = phrase("This state does not exist. Choose another one.")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a form asks for: the fields that are filled in, as they were typed, and what all but the words mean."""

    typed: dict[str, str]
    search: BookingSearch
    days: dict[str, date]  # `from` and `to`, as far as they are days
    wrong: dict[str, str]  # why a field cannot be used, by its name

    def value(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.typed.get(name, "")


def read(given: Mapping[str, str], clock: Clock, *, today: date) -> Asked:
    """Return what these fields ask for; days are those of this clock, the last one included."""
    typed = {name: text for name in FIELDS if (text := given.get(name, "").replace("\x00", "").strip()[:LONGEST_QUERY])}
    wrong: dict[str, str] = {}
    days: dict[str, date] = {}
    for name in ("from", "to"):
        if name in typed:
            day = parse_day(typed[name], today=today)
            if day is None:
                wrong[name] = NO_DAY
            else:
                days[name] = day
    if len(days) == len(("from", "to")) and days["to"] < days["from"]:
        wrong["to"] = _BACKWARDS
    job, state = uuid_of(typed.get("job")), typed.get("state")
    if "job" in typed and job is None:
        wrong["job"] = _NO_JOB
    if state is not None and state not in set(ListedState):
        wrong["state"] = _NO_STATE
    search = BookingSearch(
        job=job,
        interviewer=typed.get("interviewer"),
        state=ListedState(state) if state is not None and "state" not in wrong else None,
        starts_from=clock.bounds(days["from"])[0] if "from" in days else None,
        starts_before=clock.bounds(days["to"])[1] if "to" in days else None,
    )
    return Asked(typed=typed, search=search, days=days, wrong=wrong)
