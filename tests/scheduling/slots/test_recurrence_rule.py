"""How the text of a rule is read, and what is refused in it."""

import re
from datetime import UTC, date, datetime

import pytest

from hireloop import errors
from hireloop.scheduling.slots import recurrence_rule

BAD_RULES: list[tuple[str, str]] = [
    ("", "must have a FREQ, one of DAILY, "),
    ("every monday", "has an unknown part: use BYDAY, "),
    ("FREQ=WEEKLY;COUNT=2;Ä=1", "has an unknown part: use BYDAY, "),
    ("FREQ=WEEKLY;COUNT=2;BYEASTER=0", "has an unknown part BYEASTER: use BYDAY, "),
    ("FREQ=WEEKLY;COUNT=2;EXDATE=20261201", "must have EXDATE on a line of its own, such as EXDATE:20261201T100000,"),
    ("FREQ=WEEKLY;COUNT=2;DTSTART=20261201", "must have DTSTART on a line of its own"),
    ("COUNT=2", "must have a FREQ, one of DAILY, "),
    ("FREQ=FORTNIGHTLY;COUNT=2", "must have a FREQ, one of DAILY, "),
    ("FREQ=SECONDLY;COUNT=2", "repeats too often with FREQ=SECONDLY: use FREQ=DAILY with BYHOUR"),
    ("FREQ=MINUTELY;COUNT=2", "repeats too often"),
    ("FREQ=HOURLY;COUNT=2", "repeats too often"),
    ("FREQ=DAILY;COUNT=2;BYSECOND=1", "cannot have BYSECOND"),
    ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "must not have both COUNT and UNTIL"),
    ("FREQ=DAILY;COUNT=2;COUNT=3", "must have COUNT only once"),
    ("FREQ=DAILY;COUNT=0", "must have numbers from 1 to 1,000 in COUNT"),
    ("FREQ=DAILY;COUNT=1001", "must have numbers from 1 to 1,000 in COUNT"),
    ("FREQ=DAILY;COUNT=-1", "must have numbers from "),
    ("FREQ=DAILY;COUNT=٣", "must have numbers from "),
    ("FREQ=DAILY;COUNT=2;INTERVAL=0", "must have numbers from 1 to 3,653 in INTERVAL"),
    ("FREQ=DAILY;COUNT=2;INTERVAL=99999999999999999999", "must have numbers from "),
    ("FREQ=DAILY;UNTIL=tomorrow", "must have an UNTIL such as 20261224"),
    ("FREQ=DAILY;UNTIL=20261301", "must have an UNTIL such as 20261224"),
    ("FREQ=DAILY;UNTIL=2026-12-24", "must have an UNTIL such as 20261224"),
    ("FREQ=DAILY;UNTIL=00010101T000000Z", "must have an UNTIL that is within the calendar"),
    ("FREQ=DAILY;UNTIL=99991231", "must have an UNTIL that is within the calendar"),
    ("FREQ=WEEKLY;COUNT=2;WKST=XX", "must have one of MO, TU"),
    ("FREQ=WEEKLY;COUNT=2;BYDAY=XX", "must have a list of MO, TU"),
    ("FREQ=WEEKLY;COUNT=2;BYDAY=", "must have a list of MO, TU"),
    ("FREQ=WEEKLY;COUNT=2;BYDAY=1MO", "can have a number in BYDAY only"),
    ("FREQ=YEARLY;COUNT=2;BYWEEKNO=20;BYDAY=1MO", "can have a number in BYDAY only"),
    ("FREQ=MONTHLY;COUNT=2;BYDAY=0MO", "must have numbers from 1 to 5 or -5 to -1 in BYDAY"),
    ("FREQ=MONTHLY;COUNT=2;BYDAY=53SU", "must have numbers from 1 to 5 or -5 to -1 in BYDAY"),  # dateutil: IndexError
    ("FREQ=YEARLY;COUNT=2;BYMONTH=11;BYDAY=53MO", "must have numbers from 1 to 5 or -5 to -1 in BYDAY"),
    ("FREQ=YEARLY;COUNT=2;BYDAY=54MO", "must have numbers from 1 to 53 or -53 to -1 in BYDAY"),
    ("FREQ=YEARLY;COUNT=2;BYWEEKNO=-52;BYDAY=MO", "must have weeks"),
    ("FREQ=YEARLY;COUNT=2;BYWEEKNO=53;BYDAY=MO;WKST=TU", "must have weeks"),
    (
        "FREQ=YEARLY;COUNT=2;BYWEEKNO=1;BYDAY=MO;BYSETPOS=1",
        "cannot have INTERVAL or BYSETPOS with week 1, 52, 53 or -1",
    ),
    ("FREQ=YEARLY;COUNT=2;BYWEEKNO=-1;BYDAY=MO;INTERVAL=2", "cannot have INTERVAL or BYSETPOS with week 1"),
    ("FREQ=MONTHLY;COUNT=2;BYDAY=54MO", "must have numbers from "),
    ("FREQ=MONTHLY;COUNT=2;BYMONTHDAY=32", "must have numbers from 1 to 31 or -31 to -1 in BYMONTHDAY"),
    ("FREQ=MONTHLY;COUNT=2;BYMONTHDAY=0", "must have numbers from "),
    ("FREQ=WEEKLY;COUNT=2;BYMONTHDAY=1", "cannot have BYMONTHDAY with FREQ=WEEKLY"),
    ("FREQ=MONTHLY;COUNT=2;BYYEARDAY=1", "cannot have BYYEARDAY with FREQ=MONTHLY"),
    ("FREQ=DAILY;COUNT=2;BYWEEKNO=1", "cannot have BYWEEKNO with FREQ=DAILY"),
    ("FREQ=DAILY;COUNT=2;BYHOUR=24", "must have numbers from 0 to 23 in BYHOUR"),
    ("FREQ=DAILY;COUNT=2;BYHOUR=-1", "must have numbers from "),
    ("FREQ=DAILY;COUNT=2;BYMINUTE=60", "must have numbers from "),
    ("FREQ=MONTHLY;COUNT=2;BYSETPOS=1", "must have another BY"),
    ("FREQ=DAILY;COUNT=2;BYHOUR=9,10;BYSETPOS=1", "must not have BYSETPOS with FREQ=DAILY"),
    ("FREQ=MONTHLY;COUNT=2;BYDAY=MO;BYSETPOS=1,2,3,4,5,6,7,8,9,10,11", "must have at most 10 positions"),
    ("FREQ=DAILY;COUNT=2;BYHOUR=" + "1," * 250 + "1", "must have at most 500 characters"),
]


def test_each_bad_rule_is_refused_with_its_fix() -> None:
    for rule, fix in BAD_RULES:
        with pytest.raises(errors.BadInput, match=f"^rule: {re.escape(fix)}"):
            recurrence_rule.read(rule)


def test_case_blanks_and_empty_parts_do_not_matter() -> None:
    plain = recurrence_rule.read("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4")
    for written in (
        " freq=weekly;byday=mo,we;count=4 ",
        "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4;",
        ";FREQ = WEEKLY;; BYDAY = MO, WE;\tCOUNT=4\u00a0",
        "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4;BYSECOND=0",
    ):
        assert recurrence_rule.read(written) == plain


def test_a_rule_without_an_end_is_read() -> None:
    rule = recurrence_rule.read("FREQ=WEEKLY")
    assert (rule.count, rule.until) == (None, None)


def test_a_time_is_a_day_a_wall_time_or_utc() -> None:
    assert recurrence_rule.read_time("20261224") == date(2026, 12, 24)
    assert recurrence_rule.read_time("20261224T180000") == datetime.fromisoformat("2026-12-24T18:00")
    assert recurrence_rule.read_time("20261224T170000Z") == datetime(2026, 12, 24, 17, tzinfo=UTC)
    for text in ("2026-12-24", "20261224T18", "20261301", "20261224T250000", "20261224Z", ""):
        assert recurrence_rule.read_time(text) is None
