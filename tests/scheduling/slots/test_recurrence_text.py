"""How a rule is read with the lines that calendars write beside it, and what they do to its times."""

import re
import textwrap
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling.slots import recurrence, recurrence_text
from hireloop.scheduling.slots.recurrence import Expansion
from hireloop.wording.languages import catalogue
from hireloop.wording.phrases import FilledPhrase
from scheduling.slots.test_recurrence_rule import BAD_RULES

BERLIN = ZoneInfo("Europe/Berlin")
RULE = "FREQ=DAILY;COUNT=4"
START = "2026-12-01T10:00"


def expand(text: str, start: str | None = START, *, until: str | None = None, zone: ZoneInfo = BERLIN) -> Expansion:
    return recurrence.expand(
        recurrence_text.read(text, zone=zone),
        zone=zone,
        starts_at_local=None if start is None else datetime.fromisoformat(start),
        until=None if until is None else date.fromisoformat(until),
    )


def shown(expansion: Expansion) -> str:
    """Return the times as day, or day:hour where it is not ten o'clock, those that are left out in brackets."""
    times = [(one.wall, "{}") for one in expansion.named] + [(one.wall, "({})") for one in expansion.excluded]
    return " ".join(form.format(f"{wall:%d}" if wall.hour == 10 else f"{wall:%d:%H}") for wall, form in sorted(times))


def ignored(expansion: Expansion) -> list[tuple[str, str, str]]:
    return [(one.listed.line, one.listed.text, one.because) for one in expansion.ignored]


# As Google, Outlook and libical export them, in short; the rule of the zone is none of the event.
ZONE = "BEGIN:VTIMEZONE\nTZID:{}\n{}BEGIN:{}\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n{}END:{}\nEND:VTIMEZONE\n"
AUTUMN = "DTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"
GOOGLES = ZONE.format("Europe/Berlin", "X-LIC-LOCATION:Europe/Berlin\n", "STANDARD", AUTUMN, "STANDARD")
OUTLOOKS = ZONE.format("W. Europe Standard Time", "", "STANDARD", AUTUMN, "STANDARD")
OF_THEIR_OWN = ZONE.format("Office", "X-LIC-LOCATION:Europe/Berlin\n", "STANDARD", AUTUMN, "STANDARD")
TAKEN = [  # text, what it names from 1 December 2026 at ten in Berlin
    ("FREQ=DAILY;COUNT=4", "01 02 03 04"),
    ("RRULE:FREQ=DAILY;COUNT=4", "01 02 03 04"),
    ("rrule:freq=daily;count=4\n", "01 02 03 04"),
    ("RRULE:FREQ=DAILY;\r\n COUNT=4\r\n", "01 02 03 04"),
    ("RRULE:FREQ=DA\n\tILY;COU\n NT=4", "01 02 03 04"),
    ("RRULE:FREQ=DAILY;COUNT=4\rEXDATE:20261202T100000", "01 (02) 03 04"),
    ("  RRULE:FREQ=DAILY;COUNT=4\n  EXDATE:20261202T100000\n  \n", "01 (02) 03 04"),
    ("EXDATE:20261202T100000\n\nFREQ=DAILY;COUNT=4", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE:20261202T100000, 20261204T100000,", "01 (02) 03 (04)"),
    ("FREQ=DAILY;COUNT=4\nEXDATE:20261202T100\n 000\nEXDATE:20261204T100000", "01 (02) 03 (04)"),
    ("FREQ=DAILY;COUNT=4\nEXDATE:20261202T090000Z", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nexdate;tzid=europe/berlin:20261202t100000", "01 (02) 03 04"),
    ('FREQ=DAILY;COUNT=4\nEXDATE;TZID="Europe/Berlin";X-A="b:c":20261202T100000', "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE;TZID=W. Europe Standard Time:20261202T100000", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE;TZID=Asia/Kolkata:20261202T143000", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE:20261202", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE:20261202", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE-TIME:20261202T100059", "01 (02) 03 04"),
    ("FREQ=DAILY;COUNT=2\nRDATE:20261205T100000,20261201T150000", "01 01:15 02 05"),
    ("FREQ=DAILY;COUNT=2\nRDATE;TZID=Asia/Kolkata:20261205T143000\nRDATE:20261206T090000Z", "01 02 05 06"),
    ("FREQ=DAILY;COUNT=2\nRDATE:20261202T100000,20261202T090000Z", "01 02"),  # both are there already
    ("FREQ=DAILY;COUNT=2\nRDATE:20261205T100000\nEXDATE:20261205T100000", "01 02 (05)"),
    ("DTSTART:20261201T100000\nFREQ=DAILY;COUNT=2", "01 02"),
    ("DTSTART;TZID=Europe/Berlin:20261201T100030\nRRULE:FREQ=DAILY;COUNT=2", "01 02"),
    ("DTSTART;TZID=W. Europe Standard Time;VALUE=DATE-TIME:20261201T100000\nRRULE:FREQ=DAILY;COUNT=2", "01 02"),
    (f"{GOOGLES}DTSTART;TZID=Europe/Berlin:20261201T100000\nRRULE:FREQ=DAILY;COUNT=2", "01 02"),
    (f"{OUTLOOKS}DTSTART;TZID=W. Europe Standard Time:20261201T100000\nRRULE:FREQ=DAILY;COUNT=2", "01 02"),
    (f"DTSTART;TZID=Office:20261201T100000\nFREQ=DAILY;COUNT=2\n{OF_THEIR_OWN}", "01 02"),
    (GOOGLES.replace("\n", "\r\n").lower() + "FREQ=DAILY;COUNT=2\r\nEXDATE:20261202T100000", "01 (02)"),
    (GOOGLES.replace("\n", "\n  ") + "RRULE:FREQ=DAILY;COUNT=2\n  EXDATE:20261202T100000", "01 (02)"),
    ("FREQ=DAILY;COUNT=2\nEXDATE;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261202T100000", "01 (02)"),
    ("FREQ=DAILY;COUNT=2\nX-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\nX-A;X-B=c:d\nEXDATE:20261202", "01 (02)"),
    ("\ufeffFREQ=DAILY;COUNT=2\u2028EXDATE:20261202\v", "01 (02)"),
]


def test_what_calendars_write_is_taken() -> None:
    assert [(text, shown(expand(text))) for text, _ in TAKEN] == TAKEN


def test_a_start_may_be_in_the_rule_alone() -> None:
    assert shown(expand("DTSTART;TZID=Europe/Berlin:20261202T100000\nRRULE:FREQ=DAILY;COUNT=2", None)) == "02 03"
    utc = ZoneInfo("UTC")
    assert shown(expand("DTSTART:20261202T100000Z\nRRULE:FREQ=DAILY;COUNT=2", None, zone=utc)) == "02 03"
    new_york = ZoneInfo("America/New_York")
    assert shown(expand("DTSTART;TZID=US/Eastern:20261202T100000\nFREQ=DAILY;COUNT=1", None, zone=new_york)) == "02"


def test_count_counts_what_is_left_out_but_nothing_that_is_added() -> None:
    assert shown(expand("FREQ=DAILY;COUNT=3\nEXDATE:20261202T100000\nRDATE:20261201T110000")) == "01 01:11 (02) 03"


def test_an_exception_leaves_out_its_own_time_and_no_other_of_that_day() -> None:
    rule = "FREQ=DAILY;BYHOUR=10,15;COUNT=4\nEXDATE:20261202T150000"
    assert shown(expand(rule)) == "01 01:15 02 (02:15)"
    assert shown(expand("FREQ=DAILY;BYHOUR=10,15;COUNT=4\nEXDATE:20261202")) == "01 01:15 (02) (02:15)"


def test_what_changes_nothing_is_said() -> None:
    odd = expand(
        "FREQ=DAILY;UNTIL=20261231\nEXDATE:20261202T110000,20261205T100000,20261206\n"
        "RDATE:20261130T100000,20261205T100000,20261202T120000",
        until="2026-12-03",
    )
    assert shown(odd) == "01 02 02:12 03"
    assert ignored(odd) == [
        ("RDATE", "20261130T100000", "before-start"),
        ("RDATE", "20261205T100000", "after-until"),
        ("EXDATE", "20261202T110000", "no-such-time"),
        ("EXDATE", "20261205T100000", "no-such-time"),
        ("EXDATE", "20261206", "no-such-time"),
    ]


def test_times_that_do_not_exist_or_come_twice_are_named_as_a_rules_own_are() -> None:
    gap = expand("FREQ=DAILY;COUNT=1\nRDATE:20270328T023000")
    assert [one.starts_at for one in gap.named] == [datetime(2026, 12, 1, 9, tzinfo=UTC), None]
    assert expand("FREQ=DAILY;COUNT=1\nRDATE:20270328T023000\nEXDATE:20270328T023000").named == gap.named[:1]
    twice = expand("FREQ=DAILY;COUNT=1\nRDATE:20271031T023000\nRDATE:20271031T013000Z").named[1:]
    assert [(one.starts_at, one.repeated) for one in twice] == [
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), True),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), False),  # of which it is said which of the two it is
    ]


REFUSED = [  # text, what is said
    (f"{RULE}\n{RULE}", "must have only one RRULE: send the others as requests of their own"),
    ("DTSTART:20261201T100000\nDTSTART:20261201T100000\n" + RULE, "must have only one DTSTART"),
    ("DTSTART:20261201T100000", "must have a FREQ, one of DAILY, "),
    (f"DTSTART:20261201T090000Z\n{RULE}", "has a DTSTART in UTC, but time_zone is Europe/Berlin, whose clock"),
    (f"DTSTART;TZID=Asia/Kolkata:20261201T090000\n{RULE}", "has a DTSTART in Asia/Kolkata, but time_zone is Europe/"),
    (f"DTSTART;TZID=Mars/Base:20261201T090000\n{RULE}", "has an unknown TZID in DTSTART, Mars/Base: use an IANA time"),
    (f"DTSTART;VALUE=DATE:20261201\n{RULE}", "has a DTSTART without a time of day: leave it out, and use the field"),
    (f"DTSTART:20261201T100000,20261202T100000\n{RULE}", "must have one time in DTSTART, such as 20261224T180000"),
    (f"DTSTART:tomorrow\n{RULE}", "must have a DTSTART such as 20261224T180000"),
    (f"DTSTART:99991231T100000\n{RULE}", "must have a DTSTART such as"),
    (f"{RULE}\nEXDATE:", "must have times in EXDATE, such as 20261224T180000"),
    (f"{RULE}\nEXDATE:2026-12-01", "must have times in EXDATE, such as 20261224T180000 (local time) or 20261224T17"),
    (f"{RULE}\nEXDATE:99991231", "must have times in EXDATE"),
    (f"{RULE}\nRDATE:tomorrow", "must have times in RDATE, such as 20261224T180000"),
    (f"{RULE}\nEXDATE 20261201", "must have a colon after EXDATE: EXDATE:20261201T100000"),
    (f"{RULE}\nEXDATE;TZID=Mars/Base:20261201T100000", "has an unknown TZID in EXDATE, Mars/Base"),
    (f"{RULE}\nEXDATE;TZID=Office:20261202T100000", "has an unknown TZID in EXDATE, Office: use an IANA time zone"),
    (
        f"{OF_THEIR_OWN.replace('X-LIC-LOCATION', 'X-A')}{RULE}\nEXDATE;TZID=Office:20261202T100000",
        "has an unknown TZID in EXDATE, Office: use an IANA time zone",
    ),
    (f"BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n{RULE}", "has BEGIN:VTIMEZONE without END:VTIMEZONE: add that line, or"),
    (f"{RULE}\nVALARM", "cannot have the line VALARM: use only lines with DTSTART, RRULE, RDATE, EXDATE"),
    (f"{RULE}\nX-A", "cannot have the line X-A: use only lines with"),
    (f"{RULE}\nSUMMARY:100 % sure", "cannot have the line SUMMARY: use only lines with"),
    (f"{RULE}\nEXDATE;LANGUAGE=de:20261201T100000", "cannot have the parameter LANGUAGE in EXDATE: remove it"),
    (f"{RULE}\nRDATE;VALUE=DATE:20261201", "has an RDATE without a time of day: add one, such as 20261224T180000"),
    (f"{RULE}\nRDATE;VALUE=PERIOD:20261201T100000Z/PT1H", "must have dates or times in RDATE, and no other VALUE"),
    (f"{RULE}\nRDATE:20370101T100000", "has an RDATE more than ten years after starts_at_local: remove it"),
    (f"{RULE}\nEXRULE:FREQ=DAILY", "cannot have EXRULE, which RFC 5545 no longer has: list the times in EXDATE"),
    (f"{RULE}\nDTEND:20261201T110000", "cannot have DTEND, as the field duration_minutes says"),
    (f"{RULE}\nDURATION:PT1H", "cannot have DURATION, as the field duration_minutes says"),
    (
        f"BEGIN:VEVENT\n{RULE}\nEND:VEVENT",
        "cannot have BEGIN:VEVENT: of an event, use only lines with DTSTART, RRULE, ",
    ),
    (f"RRULE;TZID=Europe/Berlin:{RULE}", "cannot have the parameter TZID in RRULE: remove it"),
    (f"{RULE}\\nEXDATE:20261201T100000", "must have line breaks between its lines, and not a backslash before an n"),
    (RULE + "\nEXDATE:20261201" * 2_000, "must have at most 20,000 characters"),
    ("FREQ=DAILY;COUNT=1000\nRDATE:20261201T110000", "gives more than 1,000 times"),
    ("FREQ=DAILY;COUNT=3\x00", "must have numbers from 1 to 1,000 in COUNT"),
]


def test_what_is_not_taken_is_named_in_a_sentence() -> None:
    for text, said in REFUSED:
        with pytest.raises(errors.BadInput, match=f"^rule: {re.escape(said)}"):
            expand(text)


@pytest.mark.parametrize("language", ["de", "hi"])
def test_what_is_not_taken_is_named_in_every_language(language: str) -> None:
    said = set()
    for text, _ in [*BAD_RULES, *REFUSED]:
        with pytest.raises(errors.BadInput) as wrong:
            expand(text)
        ((_, message),) = wrong.value.explained
        assert isinstance(message, FilledPhrase), message
        phrases = [message, *(value for value in message.values.values() if isinstance(value, FilledPhrase))]
        said |= {one.sentence for one in phrases}
    assert said - catalogue(language).keys() == set()


def test_there_is_one_start() -> None:
    with pytest.raises(errors.BadInput, match=r"^starts_at_local: is required, unless rule has a DTSTART line"):
        expand(RULE, None)
    with pytest.raises(errors.BadInput, match=r"^starts_at_local: must be 2026-12-02T10:00:00 as in the DTSTART line"):
        expand(f"DTSTART:20261202T100000\n{RULE}")


# --- Against another reader of the same lines -----------------------------------------------------------------------

FORMS = ["{}:{}", "{};TZID=Europe/Berlin:{}", "{}:{}Z", "{};TZID=America/New_York:{}", "{};VALUE=DATE-TIME:{}"]


def lines(name: str) -> st.SearchStrategy[str]:
    """Return lines of this name with times in December and January or around both changes of the clocks."""
    days = st.sampled_from(["20261130", "20261201", "20261202", "20261205", "20270103", "20270328", "20271031"])
    times = st.sampled_from(["T000000", "T023000", "T080000", "T090000", "T100000", "T160000"])
    stamps = st.builds("{}{}".format, days, times)
    return st.lists(st.builds(str.format, st.sampled_from(FORMS), st.just(name), stamps), max_size=6).map("\n".join)


def moments(event: icalendar.Event, name: str) -> set[datetime]:
    """Return the moments of a property as `icalendar` reads them; floating times are Berlin's."""
    values = event.get(name, [])
    each = [one.dt for lists in (values if isinstance(values, list) else [values]) for one in lists.dts]
    return {(one if one.tzinfo else one.replace(tzinfo=BERLIN)).astimezone(UTC) for one in each}


@given(added=lines("RDATE"), excluded=lines("EXDATE"), count=st.integers(1, 40), width=st.integers(10, 75))
def test_exceptions_and_additions_are_those_that_another_reader_sees(
    added: str, excluded: str, count: int, width: int
) -> None:
    text = f"DTSTART;TZID=Europe/Berlin:20261201T100000\nRRULE:FREQ=DAILY;COUNT={count}\n{added}\n{excluded}"
    folded = "\r\n".join("\r\n ".join(textwrap.wrap(line, width)) for line in text.splitlines())
    event = icalendar.Event.from_ical(f"BEGIN:VEVENT\r\n{folded}\r\nEND:VEVENT\r\n")
    assert isinstance(event, icalendar.Event)
    start = event.start
    assert isinstance(start, datetime)
    by_rule = {(start + timedelta(days=day)).astimezone(UTC) for day in range(count)}
    expected = (by_rule | {one for one in moments(event, "RDATE") if one >= start}) - moments(event, "EXDATE")
    for written in (text, folded, text.lower()):
        # A time that does not exist is compared as RFC 5545, 3.3.5 reads it, as the other reader does.
        found = [
            one.starts_at or one.wall.replace(tzinfo=BERLIN).astimezone(UTC) for one in expand(written, None).named
        ]
        assert (len(found), set(found)) == (len(expected), expected)
