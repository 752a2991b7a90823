"""A day and a time of day as somebody types them, on the clock of the console, as a moment. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from hireloop import time_zones
from hireloop.console.planning.forms import REQUIRED, FieldFault, FormError
from hireloop.console.reader.clock import NO_DAY, parse_day
from hireloop.wording.phrases import phrase

NO_TIME = phrase("Enter a time such as 09:30.")
SKIPPED = phrase("This time does not exist on that day, because the clocks go forward. Choose another time.")
TWICE = phrase("This time occurs twice on that day, because the clocks go back. Choose which one you mean.")
FIRST, SECOND = "first", "second"


def zone_in(sent: Mapping[str, str], otherwise: ZoneInfo) -> ZoneInfo:
    """Return the zone that was named beside the fields: times are meant in it, whatever was chosen meanwhile."""
    return time_zones.zone_of(sent.get("zone"), otherwise)


def day(sent: Mapping[str, str], name: str) -> date:
    """Return the day in a field; raises FormError."""
    text = sent.get(name, "")
    found = parse_day(text, today=date.min) if text else None
    if found is None:
        raise FormError(**{name: FieldFault(NO_DAY if text else REQUIRED)})
    return found


def wall(sent: Mapping[str, str]) -> datetime:
    """Return what a clock on the wall shows then, by the fields `day` and `starts`; raises FormError."""
    faults: dict[str, FieldFault] = {}
    days: list[date] = []
    try:
        days = [day(sent, "day")]
    except FormError as error:
        faults |= error.faults
    clock = _time(sent.get("starts", ""))
    if clock is None:
        faults["starts"] = FieldFault(NO_TIME if sent.get("starts") else REQUIRED)
    if faults or clock is None:
        raise FormError(**faults)
    return datetime.combine(days[0], clock)


def moment(sent: Mapping[str, str], zone: ZoneInfo) -> datetime:
    """Return the moment at which the clocks of a zone show `day` and `starts`; raises FormError.

    Where they show it twice, the field `which` says which of the two is meant.
    """
    shown = wall(sent).replace(tzinfo=zone)
    if shown.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != shown.replace(tzinfo=None):
        raise FormError(starts=FieldFault(SKIPPED))
    if is_twice(shown):
        which = sent.get("which", "")
        if which not in {FIRST, SECOND}:
            raise FormError(which=FieldFault(TWICE))
        shown = shown.replace(fold=int(which == SECOND))
    return shown.astimezone(UTC)  # so that what is added to it are minutes, and not what clocks on a wall show


def is_twice(shown: datetime) -> bool:
    """Return whether the clocks of its zone show this time twice, as they are put back over it."""
    first, second = (shown.replace(fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _time(text: str) -> time | None:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo else found.replace(second=0, microsecond=0)
