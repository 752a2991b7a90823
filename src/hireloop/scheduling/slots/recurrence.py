"""When a recurrence of RFC 5545 says that something begins: rule, time zone and start in, occurrences out. Pure.

The rule is expanded on the wall clock, and each wall time is then placed in the zone. Where a zone's clocks go forward
a wall time may not exist: such an occurrence has no moment, and COUNT does not count it (3.3.10). Where they go back
one may come twice: the first of the two is taken (3.3.5). docs/decisions/0029 and 0066 say why.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from dateutil import rrule

from hireloop import errors
from hireloop.wording.phrases import FilledPhrase, grouped, phrase

MOST = 1_000  # occurrences of one recurrence, those that do not exist left aside
LONGEST = timedelta(days=3_653)  # ten years: from the start to the last occurrence
FIRST_YEAR, LAST_YEAR = 2, 9987  # of a start: its last occurrence, too, is a date in every zone
_CALENDAR_REPEATS = 400  # years, weekdays and the numbers of weeks included
_CLOCKS_DIFFER_BY = timedelta(days=2)  # more than any two clocks do, the zones that jumped over a day included
_ENDS_FIRST = phrase("must not be before starts_at_local")
_NO_START = phrase("is required, unless rule has a DTSTART line")
_TWO_STARTS = phrase("must be %(stated)s as in the DTSTART line of rule: leave out one of the two")
_NO_YEAR = phrase("must be in a year from %(first)s to %(last)s")
_TOO_FAR = phrase("must be at most ten years later than starts_at_local")
_TOO_MANY = phrase("gives more than %(most)s times: end it earlier, and send the rest as another rule")


class Omission(StrEnum):
    """Why an occurrence of a rule did not become a slot."""

    NONEXISTENT_TIME = "nonexistent-time"  # the clocks go forward over it
    EXCLUDED = "excluded"  # the request left it out, by a date or by an EXDATE
    PAST = "past"  # it began so long ago that it can no longer be booked
    ALREADY_EXISTS = "already-exists"  # this very slot is there
    INTERVIEWER_BUSY = "interviewer-busy"  # another slot of theirs overlaps it


class IgnoredReason(StrEnum):
    """Why a value of an EXDATE or RDATE line changed nothing."""

    NO_SUCH_TIME = "no-such-time"  # an EXDATE that leaves out none of the times
    BEFORE_START = "before-start"  # an RDATE earlier than the start
    AFTER_UNTIL = "after-until"  # an RDATE later than the end that the request names


class Occurrence(msgspec.Struct, frozen=True):
    """One time that a rule names: on the wall clock, as a moment (UTC), and whether the clocks show it twice.

    The moment is None for a wall time that does not exist.
    """

    wall: datetime
    starts_at: datetime | None
    repeated: bool = False


class RecurrenceRule(msgspec.Struct, frozen=True):
    """A recurrence rule that was read and makes sense: dateutil's options, and where it ends."""

    options: dict[str, object]
    count: int | None = None
    until: date | datetime | None = None  # the last date, the last wall time, or aware: the last moment


class ListedTime(msgspec.Struct, frozen=True):
    """One value of an EXDATE or RDATE line: how it is written, and the day, wall time or (aware) moment that it is."""

    line: str
    text: str
    value: date | datetime


class IgnoredTime(msgspec.Struct, frozen=True):
    """A value of a line that changed nothing, and why."""

    listed: ListedTime
    because: IgnoredReason


class Recurrence(msgspec.Struct, frozen=True):
    """A rule with what may stand on lines beside it: DTSTART, RDATE and EXDATE."""

    rule: RecurrenceRule
    starts_at_local: datetime | None = None
    added: Sequence[ListedTime] = ()
    excluded: Sequence[ListedTime] = ()


class Expansion(msgspec.Struct, frozen=True):
    """What a recurrence names in the order of the wall clock, what EXDATE leaves out, and what changed nothing."""

    named: list[Occurrence]
    excluded: list[Occurrence]
    ignored: list[IgnoredTime]


def place(wall: datetime, zone: ZoneInfo) -> Occurrence:
    """Return what a wall time is in a zone: one moment, the first of two, or none."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    moment = first.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        return Occurrence(wall, None)
    return Occurrence(wall, moment, repeated=first.utcoffset() != second.utcoffset())


def expand(
    recurrence: Recurrence, *, zone: ZoneInfo, starts_at_local: datetime | None = None, until: date | None = None
) -> Expansion:
    """Return all that a recurrence names from its start on, a wall time, which is among it if it fits the rule.

    The start is `starts_at_local`, its DTSTART, or both if they agree. `until` is the last date on the wall clock.
    Raises BadInput if there is no start or no end, and on `rule` for no times, more than `MOST`, or times that reach
    further than `LONGEST`.
    """
    start = _start(recurrence, starts_at_local)
    if until is not None and until < start.date():
        raise errors.BadInput("until", FilledPhrase(_ENDS_FIRST))
    found = {_identity(one): one for one in _of_rule(recurrence.rule, zone, start, until)}
    added, ignored = _added(recurrence.added, zone, start, until)
    for one in added:
        found.setdefault(_identity(one), one)
    if not found:
        raise _bad(
            FilledPhrase(phrase("gives no times between starts_at_local and its end: check its dates and its end"))
        )
    _check_number(found.values())
    excluded = {
        one.value if _is_day(one.value) else _identity(_placed(one.value, zone)): one for one in recurrence.excluded
    }
    named: list[Occurrence] = []
    left_out: list[Occurrence] = []
    for one in sorted(found.values(), key=lambda one: one.wall):
        hit = {one.wall.date(), _identity(one)} & excluded.keys()
        (left_out if hit else named).append(one)
    hits = {name for one in left_out for name in (one.wall.date(), _identity(one))}
    ignored += [IgnoredTime(one, IgnoredReason.NO_SUCH_TIME) for name, one in excluded.items() if name not in hits]
    return Expansion(named, left_out, ignored)


def _start(recurrence: Recurrence, given: datetime | None) -> datetime:
    """Return where a recurrence begins on the wall clock; raises BadInput."""
    stated = recurrence.starts_at_local
    start = given or stated
    if start is None:
        raise errors.BadInput("starts_at_local", FilledPhrase(_NO_START))
    if stated is not None and stated != start:
        raise errors.BadInput("starts_at_local", FilledPhrase(_TWO_STARTS, stated=stated.isoformat()))
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise errors.BadInput("starts_at_local", FilledPhrase(_NO_YEAR, first=FIRST_YEAR, last=LAST_YEAR))
    return start


def _of_rule(rule: RecurrenceRule, zone: ZoneInfo, start: datetime, until: date | None) -> list[Occurrence]:
    """Return what the rule alone names, those included that do not exist, which COUNT does not count."""
    ends = [end for end in (rule.until, until) if end is not None]
    is_over = [_end(end, zone) for end in ends]
    found: list[Occurrence] = []
    counted = 0
    for wall in _walls(rule, start, _stop(rule, zone, start, ends)):
        occurrence = place(wall, zone)
        if any(over(occurrence) for over in is_over):
            continue  # not the end: of two, one whose time does not exist may be later than the next
        found.append(occurrence)
        counted += occurrence.starts_at is not None
        if counted == rule.count:
            return found
        if counted > MOST:
            _check_number(found)
    if rule.count is not None and found and all(_wall_of(end, zone) > start + LONGEST for end in ends):
        if not counted:
            raise _bad(
                FilledPhrase(phrase("gives only times that do not exist, because the clocks go forward over them"))
            )
        raise _bad(phrase("extends more than ten years beyond starts_at_local: use a smaller COUNT"))
    return found


def _stop(rule: RecurrenceRule, zone: ZoneInfo, start: datetime, ends: Sequence[date | datetime]) -> datetime:
    """Return a wall time up to which a rule is expanded: a little behind its earliest end; raises BadInput."""
    furthest = start + LONGEST
    if not ends and rule.count is None:
        raise _bad(
            FilledPhrase(phrase("must have an end: COUNT=… or UNTIL=… in the rule, or a last date in the field until"))
        )
    last = min((_wall_of(end, zone) for end in ends), default=furthest)
    if last > furthest and rule.count is None:
        if rule.until is None:
            raise errors.BadInput("until", FilledPhrase(_TOO_FAR))
        raise _bad(phrase("extends more than ten years beyond starts_at_local: use an earlier UNTIL"))
    return max(start, min(furthest, min(furthest, last) + _CLOCKS_DIFFER_BY))


def _walls(rule: RecurrenceRule, start: datetime, stop: datetime) -> Iterator[datetime]:
    """Yield wall times in their order from `start` to `stop`.

    A rule that nothing fits, such as 30 February, keeps dateutil busy up to the year 9999: seconds. It is expanded as
    late in the calendar as it can be, where little is left, and brought back.
    """
    later = (LAST_YEAR - start.year) // _CALENDAR_REPEATS * _CALENDAR_REPEATS
    options = dict(rule.options)
    start, stop = (wall.replace(year=wall.year + later) for wall in (start, stop))
    begin = start
    if "byweekno" in options and not {"byweekday", "bymonthday", "byyearday"} & set(options):
        options["byweekday"] = start.weekday()  # what a rule leaves open is the start's; dateutil takes all seven days
    if rule.options["freq"] == rrule.WEEKLY and "bysetpos" in options:
        # Positions are counted in whole weeks, also in the first one; dateutil begins that one at the start.
        options.setdefault("byweekday", start.weekday())
        first_day = options.get("wkst", rrule.MO)
        begin -= timedelta(days=(start.weekday() - first_day.weekday) % 7)  # type: ignore[attr-defined] # it is a day
    for wall in rrule.rrule(dtstart=begin, until=stop, **options):  # type: ignore[arg-type] # `read` has made them
        if wall >= start:
            yield wall.replace(year=wall.year - later)


def _added(
    listed: Sequence[ListedTime], zone: ZoneInfo, start: datetime, until: date | None
) -> tuple[list[Occurrence], list[IgnoredTime]]:
    """Return the times of RDATE lines between start and end, and the others; raises BadInput for one too far away."""
    added: list[Occurrence] = []
    ignored: list[IgnoredTime] = []
    for one in listed:
        occurrence = _placed(one.value, zone)
        if occurrence.wall < start:
            ignored.append(IgnoredTime(one, IgnoredReason.BEFORE_START))
        elif until is not None and occurrence.wall.date() > until:
            ignored.append(IgnoredTime(one, IgnoredReason.AFTER_UNTIL))
        elif occurrence.wall - start > LONGEST:
            raise _bad(phrase("has an RDATE more than ten years after starts_at_local: remove it"))
        else:
            added.append(occurrence)
    return added, ignored


def _placed(value: date | datetime, zone: ZoneInfo) -> Occurrence:
    """Return the occurrence at a listed wall time or moment."""
    wall = _wall_of(value, zone)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return Occurrence(wall, value.astimezone(UTC))
    return place(wall, zone)


def _identity(one: Occurrence) -> datetime:
    """Return what two mentions of the same time have in common: the moment, or the wall time that does not exist."""
    return one.starts_at or one.wall


def _is_day(value: date | datetime) -> bool:
    return not isinstance(value, datetime)


def _check_number(found: Collection[Occurrence]) -> None:
    """Raise BadInput for too many times; those that do not exist are no slots, and are not counted."""
    if sum(one.starts_at is not None for one in found) > MOST:
        raise _bad(_TOO_MANY, most=grouped(MOST))


def _wall_of(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """Return a listed time, or the end of a day, on the wall clock of a zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, datetime.max.time())
    return moment.astimezone(zone).replace(tzinfo=None, fold=0) if moment.tzinfo else moment


def _end(until: date | datetime, zone: ZoneInfo) -> Callable[[Occurrence], bool]:
    """Return what says whether an occurrence comes after this end, which belongs to the rule itself."""
    if isinstance(until, datetime) and until.tzinfo is not None:
        # A time that does not exist is compared by the offset before the gap, as RFC 5545, 3.3.5 reads one.
        return lambda one: (one.starts_at or one.wall.replace(tzinfo=zone).astimezone(UTC)) > until
    last = _wall_of(until, zone)
    return lambda one: one.wall > last


def _bad(sentence: str, **values: object) -> errors.BadInput:
    return errors.BadInput("rule", FilledPhrase(sentence, **values))
