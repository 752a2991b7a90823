"""A recurrence as calendars write it (RFC 5545, 3.8.5): an RRULE, and DTSTART, RDATE and EXDATE lines beside it. Pure.

What calendars add and what does not matter is taken: folded lines, all kinds of line breaks, blanks, small letters, a
rule without its name, parameters and lines that begin with `X-`, and VTIMEZONE, of which only the zone's name counts.
Whatever else cannot be taken is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from hireloop import errors, time_zones
from hireloop.scheduling.slots import recurrence_rule
from hireloop.scheduling.slots.recurrence import ListedTime, Recurrence
from hireloop.wording.phrases import FilledPhrase, grouped, phrase

_LONGEST_TEXT = 20_000  # characters: more than a thousand exceptions
_TAKEN = ("DTSTART", "RRULE", "RDATE", "EXDATE")
_OTHER_LENGTH = phrase("cannot have %(line)s, as the field duration_minutes says how long each slot is")
_NOT_TAKEN = {  # and what to do instead
    "EXRULE": phrase(
        "cannot have %(line)s, which RFC 5545 no longer has: "
        "list the times in EXDATE, or their dates in the field exclude"
    ),
    "DTEND": _OTHER_LENGTH,
    "DURATION": _OTHER_LENGTH,
}
_OF_A_BLOCK = ("BEGIN", "END")
_OF_A_ZONE = ("TZID", "TZURL", "TZNAME", "TZOFFSETFROM", "TZOFFSETTO", "LAST-MODIFIED", "COMMENT")
_NAMES = "|".join((*_TAKEN, *_NOT_TAKEN, *_OF_A_BLOCK, *_OF_A_ZONE, "X-[A-Z0-9-]+"))
# A line that begins with a blank continues the one before it, unless it is only indented.
_FOLD = re.compile(rf"(?:\r\n|\r|\n)[ \t](?![ \t]*(?:{_NAMES})[;:])", re.IGNORECASE)
_BREAK = re.compile("[\r\n\v\f\x85\u2028\u2029]+")
_BEGIN_ZONE, _END_ZONE = (re.compile(f"{word} ?: ?VTIMEZONE", re.IGNORECASE) for word in ("BEGIN", "END"))
_NAME_OF_ZONE = re.compile("(TZID|X-LIC-LOCATION)(?:;[^:]*)?:(.*)", re.IGNORECASE)
_EXTENSION = re.compile("X-[A-Z0-9-]+ ?[;:]", re.IGNORECASE)
_LINE = re.compile(r'([A-Z][A-Z0-9-]*)((?:;[^:;="]+=(?:"[^"]*"|[^;:"]*))*):(.*)', re.IGNORECASE | re.ASCII | re.DOTALL)
_BEGUN = re.compile(rf"({'|'.join(_TAKEN)})\b", re.IGNORECASE)
_PARAMETER = re.compile(r';([^:;="]+)=("[^"]*"|[^;:"]*)')
_NO_START = phrase("must have a DTSTART such as 20261224T180000 (local time) or 20261224T170000Z (UTC)")
_ONE_TIME = phrase("must have one time in DTSTART, such as 20261224T180000 (local time) or 20261224T170000Z (UTC)")
_NO_TIMES = phrase("must have times in %(line)s, such as 20261224T180000 (local time) or 20261224T170000Z (UTC)")
_NO_TIMES_OR_DAYS = phrase(
    "must have times in %(line)s, such as 20261224T180000 (local time) or 20261224T170000Z (UTC), or 20261224 (all day)"
)
_UNKNOWN_LINE = phrase("cannot have the line %(line)s: use only lines with %(taken)s")


class _ContentLine(msgspec.Struct, frozen=True):
    """One line: its name and the names of its parameters are in capitals."""

    name: str
    parameters: dict[str, str]
    value: str


def read(text: str, *, zone: ZoneInfo) -> Recurrence:
    """Read a recurrence on the clock of `zone`; raises BadInput on `rule`, naming whatever cannot be taken."""
    lines = _lines(text)
    return Recurrence(
        rule=recurrence_rule.read(_only_value(lines, "RRULE") or ""),
        starts_at_local=_starts_at_local(lines, zone),
        added=_listed(lines, "RDATE", zone),
        excluded=_listed(lines, "EXDATE", zone),
    )


def _lines(text: str) -> list[_ContentLine]:
    """Return the lines that matter, unfolded; a line without a name is the rule."""
    if len(text) > _LONGEST_TEXT:
        raise _bad(phrase("must have at most %(most)s characters"), most=grouped(_LONGEST_TEXT))
    if "\\n" in text or "\\r" in text:
        raise _bad(
            phrase(
                'must have line breaks between its lines, and not a backslash before an n: in JSON, write "\\n" once'
            )
        )
    unfolded = _BREAK.split(_FOLD.sub("", text.removeprefix("\ufeff")))
    zones: dict[str, str] = {}
    lines = [*_outside_zones((recurrence_rule.BLANKS.sub(" ", line).strip() for line in unfolded), zones)]
    return [_line(line, zones) for line in lines if line and not _EXTENSION.match(line)]


def _outside_zones(lines: Iterable[str], zones: dict[str, str]) -> Iterator[str]:
    """Yield the lines outside each VTIMEZONE, and note its TZID with the zone of the database that it names, if any.

    X-LIC-LOCATION is how libical and Google say that. The rules inside are not read: the database's are newer, and all
    other times here go by those.
    """
    inside: dict[str, str] | None = None
    for line in lines:
        if inside is None and _BEGIN_ZONE.fullmatch(line):
            inside = {}
        elif inside is None:
            yield line
        elif _END_ZONE.fullmatch(line):
            zones[inside.get("TZID", "")] = inside.get("X-LIC-LOCATION", "")
            inside = None
        elif (named := _NAME_OF_ZONE.fullmatch(line)) is not None:
            inside[named[1].upper()] = named[2].strip()
    if inside is not None:
        raise _bad(phrase("has BEGIN:VTIMEZONE without END:VTIMEZONE: add that line, or leave the time zone out"))


def _line(text: str, zones: Mapping[str, str]) -> _ContentLine:
    found = _LINE.fullmatch(text)
    if found is None:
        if (begun := _BEGUN.match(text)) is not None:
            name = begun[0].upper()
            raise _bad(
                phrase("must have a colon after %(line)s: %(example)s"), line=name, example=recurrence_rule.LINES[name]
            )
        if "=" not in text and ":" not in text:
            raise _bad(_UNKNOWN_LINE, line=text[:30], taken=", ".join(_TAKEN))
        return _ContentLine("RRULE", {}, text)
    line = _ContentLine(
        found[1].upper(),
        {name.strip().upper(): value.strip('" ') for name, value in _PARAMETER.findall(found[2])},
        found[3].strip(),
    )
    _check(line)
    if zones.get(line.parameters.get("TZID", "")):
        line.parameters["TZID"] = zones[line.parameters["TZID"]]
    return line


def _check(line: _ContentLine) -> None:
    """Raise BadInput for a line or a parameter that is not taken."""
    taken = ", ".join(_TAKEN)
    if line.name in _NOT_TAKEN:
        raise _bad(_NOT_TAKEN[line.name], line=line.name)
    if line.name in _OF_A_BLOCK:
        sentence = phrase("cannot have %(line)s: of an event, use only lines with %(taken)s")
        raise _bad(sentence, line=f"{line.name}:{line.value[:30]}", taken=taken)
    if line.name not in _TAKEN:
        raise _bad(_UNKNOWN_LINE, line=line.name[:30], taken=taken)
    known = {"TZID", "VALUE"} if line.name != "RRULE" else set()
    for name in line.parameters.keys() - known:
        if not name.startswith("X-"):
            sentence = phrase("cannot have the parameter %(parameter)s in %(line)s: remove it")
            raise _bad(sentence, parameter=name[:30], line=line.name)


def _only_value(lines: Sequence[_ContentLine], name: str) -> str | None:
    values = [line.value for line in lines if line.name == name]
    if len(values) > 1:
        raise _bad(phrase("must have only one %(line)s: send the others as requests of their own"), line=name)
    return values[0] if values else None


def _starts_at_local(lines: Sequence[_ContentLine], zone: ZoneInfo) -> datetime | None:
    """Return the wall time of DTSTART, if there is one. Its clock has to be the request's, which the rule keeps."""
    if _only_value(lines, "DTSTART") is None:
        return None
    (line,) = (line for line in lines if line.name == "DTSTART")
    (value,) = _values(line)
    start = recurrence_rule.read_time(value)
    if start is None or not recurrence_rule.is_within_the_calendar(start):
        raise _bad(_NO_START)
    if not isinstance(start, datetime):
        raise _bad(phrase("has a DTSTART without a time of day: leave it out, and use the field starts_at_local"))
    ours = time_zones.database_name(zone.key)
    named = "UTC" if start.tzinfo else _zone_of(line, zone).key
    if named != ours:
        raise _bad(
            phrase(
                "has a DTSTART in %(named)s, but time_zone is %(ours)s, whose clock the rule would keep: "
                "use one time zone in both, or leave DTSTART out"
            ),
            named=named,
            ours=ours,
        )
    return start.replace(second=0, tzinfo=None)


def _listed(lines: Sequence[_ContentLine], name: str, zone: ZoneInfo) -> list[ListedTime]:
    """Return the values of all lines of this name."""
    return [
        ListedTime(name, value, _time(value, line, zone))
        for line in lines
        if line.name == name
        for value in _values(line)
    ]


def _values(line: _ContentLine) -> list[str]:
    """Return the values of a line; raises BadInput if there are none, or too many for a DTSTART."""
    if line.parameters.get("VALUE", "DATE").upper() not in {"DATE", "DATE-TIME"}:
        raise _bad(
            phrase(
                "must have dates or times in %(line)s, and no other VALUE: duration_minutes says how long slots are"
            ),
            line=line.name,
        )
    values = [one for one in recurrence_rule.BLANKS.sub("", line.value).upper().split(",") if one]
    if not values or (line.name == "DTSTART" and len(values) > 1):
        raise _bad(_ONE_TIME) if line.name == "DTSTART" else _bad(_NO_TIMES, line=line.name)
    return values


def _time(text: str, line: _ContentLine, zone: ZoneInfo) -> date | datetime:
    """Return a day, a wall time of `zone`, or, where the line has another zone or UTC, a moment."""
    value = recurrence_rule.read_time(text)
    if value is None or not recurrence_rule.is_within_the_calendar(value):
        raise _bad(_NO_TIMES_OR_DAYS if line.name == "EXDATE" else _NO_TIMES, line=line.name)
    if not isinstance(value, datetime):
        if line.name == "RDATE":
            raise _bad(phrase("has an RDATE without a time of day: add one, such as 20261224T180000"))
        return value
    value = value.replace(second=0)
    other = _zone_of(line, zone)
    if value.tzinfo is None and other.key != time_zones.database_name(zone.key):
        return value.replace(tzinfo=other)
    return value


def _zone_of(line: _ContentLine, zone: ZoneInfo) -> ZoneInfo:
    """Return the zone of a line: that of TZID, under its present name, or the one of the request.

    A TZID that begins with a slash (RFC 5545, 3.2.19) may end with the database's name, after that of who gave it.
    """
    name = line.parameters.get("TZID", zone.key)
    words = name.split("/") if name.startswith("/") else [name]
    for first in range(len(words)):
        with suppress(ValueError):
            return ZoneInfo(time_zones.database_name("/".join(words[first:])))
    raise _bad(
        phrase("has an unknown TZID in %(line)s, %(zone)s: use an IANA time zone, such as Europe/Berlin"),
        line=line.name,
        zone=name[:40],
    )


def _bad(sentence: str, **values: object) -> errors.BadInput:
    return errors.BadInput("rule", FilledPhrase(sentence, **values))
