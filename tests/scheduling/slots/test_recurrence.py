"""When a rule's occurrences are, against the RFC's examples, its definition, another implementation, and a count."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling.slots import recurrence, recurrence_rule
from hireloop.scheduling.slots.recurrence import Occurrence, Recurrence
from scheduling.slots import by_definition
from scheduling.slots.another_calendar import by_calendar, changes_of
from scheduling.slots.by_definition import WEEK
from scheduling.slots.random_rules import ANY_RULES, PLAIN_RULES, STARTS

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
CHATHAM = ZoneInfo("Pacific/Chatham")  # 12:45 and 13:45 from UTC
APIA = ZoneInfo("Pacific/Apia")  # left out 30 December 2011
KOLKATA = ZoneInfo("Asia/Kolkata")
UTC_ZONE = ZoneInfo("UTC")
ODD_ZONES = (BERLIN, NEW_YORK, LORD_HOWE, CHATHAM, APIA, KOLKATA)
ZONES = sorted(available_timezones())


def named(rule: str, start: datetime, zone: ZoneInfo, until: date | None = None) -> list[Occurrence]:
    return recurrence.expand(
        Recurrence(recurrence_rule.read(rule)), zone=zone, starts_at_local=start, until=until
    ).named


def expand(rule: str, start: str, zone: ZoneInfo = BERLIN, until: str | None = None) -> list[Occurrence]:
    last = None if until is None else date.fromisoformat(until)
    return named(rule, datetime.fromisoformat(start), zone, last)


def days(rule: str, start: str, zone: ZoneInfo = BERLIN, until: str | None = None) -> str:
    """Return the dates that a rule names, as month.day, in their order."""
    return " ".join(f"{one.wall:%m.%d}" for one in expand(rule, start, zone, until))


def moments(found: list[Occurrence]) -> list[str]:
    return [one.starts_at.isoformat() if one.starts_at else f"not {one.wall.isoformat()}" for one in found]


# The examples of RFC 5545, 3.8.5.3, those that end and repeat no more often than daily; their clock is New York's.
RFC_START = "1997-09-02T09:00"
RFC_EXAMPLES = [
    ("FREQ=DAILY;COUNT=10", RFC_START, "09.02 09.03 09.04 09.05 09.06 09.07 09.08 09.09 09.10 09.11"),
    ("FREQ=DAILY;INTERVAL=10;COUNT=5", RFC_START, "09.02 09.12 09.22 10.02 10.12"),
    ("FREQ=WEEKLY;COUNT=10", RFC_START, "09.02 09.09 09.16 09.23 09.30 10.07 10.14 10.21 10.28 11.04"),
    ("FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", RFC_START,
     "09.02 09.04 09.09 09.11 09.16 09.18 09.23 09.25 09.30 10.02"),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", RFC_START,
     "09.02 09.04 09.16 09.18 09.30 10.02 10.14 10.16"),
    ("FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05T09:00",
     "09.05 10.03 11.07 12.05 01.02 02.06 03.06 04.03 05.01 06.05"),
    ("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997-09-05T09:00", "09.05 10.03 11.07 12.05"),
    ("FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07T09:00",
     "09.07 09.28 11.02 11.30 01.04 01.25 03.01 03.29 05.03 05.31"),
    ("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22T09:00", "09.22 10.20 11.17 12.22 01.19 02.16"),
    ("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", RFC_START, "09.02 09.15 10.02 10.15 11.02 11.15 12.02 12.15 01.02 01.15"),
    ("FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30T09:00",
     "09.30 10.01 10.31 11.01 11.30 12.01 12.31 01.01 01.31 02.01"),
    ("FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10T09:00",
     "09.10 09.11 09.12 09.13 09.14 09.15 03.10 03.11 03.12 03.13"),
    ("FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10T09:00",
     "06.10 07.10 06.10 07.10 06.10 07.10 06.10 07.10 06.10 07.10"),
    ("FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01T09:00",
     "01.01 04.10 07.19 01.01 04.09 07.18 01.01 04.10 07.19 01.01"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "1997-05-12T09:00", "05.12 05.11 05.17"),
    ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", "1997-05-19T09:00", "05.19 05.18 05.17"),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3", "1996-11-05T09:00",
     "11.05 11.07 11.02"),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04T09:00", "09.04 10.07 11.06"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=7", "1997-09-29T09:00",
     "09.29 10.30 11.27 12.30 01.29 02.26 03.30"),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T09:00", "08.05 08.10 08.19 08.24"),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T09:00", "08.05 08.17 08.19 08.31"),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15T09:00", "01.15 01.30 02.15 03.15 03.30"),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5", RFC_START, "02.13 03.13 11.13 08.13 10.13"),
]  # fmt: skip


def test_the_examples_of_the_rfc_are_what_it_says() -> None:
    assert [(rule, days(rule, start, NEW_YORK)) for rule, start, _ in RFC_EXAMPLES] == [
        (rule, expected) for rule, _, expected in RFC_EXAMPLES
    ]


def test_the_wall_clock_stays_and_the_moment_moves_where_the_clocks_change() -> None:
    assert moments(expand("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4", "2026-10-19T10:00")) == [
        "2026-10-19T08:00:00+00:00",
        "2026-10-21T08:00:00+00:00",
        "2026-10-26T09:00:00+00:00",
        "2026-10-28T09:00:00+00:00",
    ]


def test_a_time_that_the_clocks_jump_over_is_said_and_does_not_count() -> None:
    assert moments(expand("FREQ=DAILY;COUNT=3", "2027-03-27T02:30")) == [
        "2027-03-27T01:30:00+00:00",
        "not 2027-03-28T02:30:00",
        "2027-03-29T00:30:00+00:00",
        "2027-03-30T00:30:00+00:00",
    ]
    # Also where the very first one does not exist: the others keep the wall clock that was asked for.
    assert moments(expand("FREQ=DAILY;COUNT=1", "2027-03-28T02:30")) == [
        "not 2027-03-28T02:30:00",
        "2027-03-29T00:30:00+00:00",
    ]
    # One behind the last is not reached.
    assert moments(expand("FREQ=DAILY;COUNT=1", "2027-03-27T02:30")) == ["2027-03-27T01:30:00+00:00"]


def test_as_many_times_as_are_allowed_may_have_others_among_them_that_do_not_exist() -> None:
    found = expand("FREQ=DAILY;COUNT=1000", "2026-12-01T02:30")
    assert (len(found), sum(one.starts_at is None for one in found)) == (1_003, 3)


def test_a_rule_may_name_nothing_but_times_that_do_not_exist() -> None:
    rule = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;BYHOUR=2;BYMINUTE=30"
    assert [one.starts_at for one in expand(f"{rule};UNTIL=20310401", "2026-11-01T10:00")] == [None] * 5
    with pytest.raises(errors.BadInput, match=r"^rule: gives only times that do not exist"):
        expand(f"{rule};COUNT=5", "2026-11-01T10:00")


def test_of_a_time_that_comes_twice_the_first_is_taken() -> None:
    found = expand("FREQ=DAILY;COUNT=3", "2026-10-24T02:30")
    assert [one.repeated for one in found] == [False, True, False]
    assert moments(found)[1] == "2026-10-25T00:30:00+00:00"


EDGES = [  # wall time, zone, moment
    ("2027-03-28T01:59:59", BERLIN, "2027-03-28T00:59:59+00:00"),
    ("2027-03-28T02:00:00", BERLIN, None),
    ("2027-03-28T02:59:59", BERLIN, None),
    ("2027-03-28T03:00:00", BERLIN, "2027-03-28T01:00:00+00:00"),
    ("2026-10-25T02:00:00", BERLIN, "2026-10-25T00:00:00+00:00"),
    ("2026-10-25T03:00:00", BERLIN, "2026-10-25T02:00:00+00:00"),
    ("2026-10-04T01:59:59", LORD_HOWE, "2026-10-03T15:29:59+00:00"),
    ("2026-10-04T02:00:00", LORD_HOWE, None),
    ("2026-10-04T02:29:59", LORD_HOWE, None),
    ("2026-10-04T02:30:00", LORD_HOWE, "2026-10-03T15:30:00+00:00"),
    ("2027-04-04T01:30:00", LORD_HOWE, "2027-04-03T14:30:00+00:00"),
    ("2026-09-27T02:45:00", CHATHAM, None),
    ("2026-09-27T03:44:59", CHATHAM, None),
    ("2026-09-27T03:45:00", CHATHAM, "2026-09-26T14:00:00+00:00"),
    ("2011-12-29T23:59:59", APIA, "2011-12-30T09:59:59+00:00"),
    ("2011-12-30T12:00:00", APIA, None),
    ("2011-12-31T00:00:00", APIA, "2011-12-30T10:00:00+00:00"),
    ("2026-12-01T10:00:00", KOLKATA, "2026-12-01T04:30:00+00:00"),
]


def test_the_edges_of_gaps_are_exact_to_the_second() -> None:
    placed = [recurrence.place(datetime.fromisoformat(wall), zone).starts_at for wall, zone, _ in EDGES]
    assert [moment and moment.isoformat() for moment in placed] == [moment for _, _, moment in EDGES]


def test_until_is_a_moment_a_wall_time_or_a_whole_day_and_belongs_to_the_rule() -> None:
    for until in ("20261203T090000Z", "20261203T100000", "20261203"):
        assert days(f"FREQ=DAILY;UNTIL={until}", "2026-12-01T10:00") == "12.01 12.02 12.03"
    for until in ("20261203T085959Z", "20261203T095959", "20261202"):
        assert days(f"FREQ=DAILY;UNTIL={until}", "2026-12-01T10:00") == "12.01 12.02"


def test_until_in_utc_is_compared_with_the_moment_also_while_the_clocks_go_back() -> None:
    # At 00:40 UTC clocks in Berlin show 02:40 for the first time; 02:50 comes first at 00:50 and again at 01:50.
    rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=30,50;UNTIL=20261025T{}Z"
    start = "2026-10-25T02:00"
    assert moments(expand(rule.format("004000"), start)) == ["2026-10-25T00:30:00+00:00"]
    assert len(expand(rule.format("011500"), start)) == 2  # clocks show 02:15 then, the second time


def test_a_rule_without_an_end_ends_on_the_last_date_that_is_named_beside_it() -> None:
    assert days("FREQ=DAILY", "2026-12-01T10:00", until="2026-12-03") == "12.01 12.02 12.03"
    assert days("FREQ=DAILY", "2026-12-01T23:59", until="2026-12-01") == "12.01"


def test_of_two_ends_the_earlier_one_counts() -> None:
    for rule in ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20261203", "FREQ=DAILY;UNTIL=20261203T090000Z"):
        assert days(rule, "2026-12-01T10:00", until="2026-12-02") == "12.01 12.02"
        assert days(rule, "2026-12-01T10:00", until="2026-12-03") == "12.01 12.02 12.03"
        assert days(rule, "2026-12-01T10:00", until="9999-12-31") == "12.01 12.02 12.03"
    assert len(expand("FREQ=YEARLY;COUNT=12", "2026-12-01T10:00", until="2036-11-30")) == 10  # COUNT is not reached
    assert len(expand("FREQ=YEARLY;UNTIL=20991231", "2026-12-01T10:00", until="2030-12-31")) == 5


BAD_ENDS = [  # rule, until, what is said
    ("FREQ=DAILY", None, "rule: must have an end: COUNT=… or UNTIL=… in the rule, or a last date in the field until"),
    ("FREQ=DAILY", "2026-11-30", "until: must not be before starts_at_local"),
    ("FREQ=WEEKLY;COUNT=1", "2026-11-30", "until: must not be before starts_at_local"),
    ("FREQ=WEEKLY", "2036-12-02", "until: must be at most ten years later than starts_at_local"),
    ("FREQ=WEEKLY", "9999-12-31", "until: must be at most ten years later than starts_at_local"),
    ("FREQ=YEARLY;UNTIL=20400101", "2041-01-01", "rule: extends more than ten years"),
    ("FREQ=YEARLY;COUNT=12", "2041-01-01", "rule: extends more than ten years"),
    ("FREQ=DAILY", "2035-01-01", "rule: gives more than 1,000 times"),
    ("FREQ=WEEKLY;BYDAY=MO", "2026-12-06", "rule: gives no times"),
    ("FREQ=DAILY;UNTIL=20361215", None, "rule: extends more than ten years"),
    ("FREQ=DAILY;UNTIL=20261130", None, "rule: gives no times"),
    ("FREQ=DAILY;UNTIL=20300101", None, "rule: gives more than 1,000 times"),
    ("FREQ=YEARLY;COUNT=12", None, "rule: extends more than ten years"),
]


def test_an_end_that_is_missing_or_too_far_away_is_refused_where_it_was_named() -> None:
    for rule, until, said in BAD_ENDS:
        with pytest.raises(errors.BadInput, match=f"^{re.escape(said)}"):
            expand(rule, "2026-12-01T10:00", until=until)


POSITIONS = [  # BYSETPOS counts in whole weeks, months and years, also where the rule begins in the midst of one
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3;COUNT=3", "2026-12-02T10:00", "12.02 12.07 12.09"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", "2026-12-02T10:00", "12.04 12.11"),
    ("FREQ=WEEKLY;BYDAY=SU,MO,WE;BYSETPOS=1;COUNT=2", "2026-12-02T10:00", "12.07 12.14"),
    ("FREQ=WEEKLY;BYDAY=SU,MO,WE;BYSETPOS=1;WKST=SU;COUNT=2", "2026-12-02T10:00", "12.06 12.13"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;BYSETPOS=1,2;COUNT=3", "2026-12-02T10:00", "12.02 12.14 12.16"),
    ("FREQ=WEEKLY;BYHOUR=9,17;BYSETPOS=2;COUNT=2", "2026-12-02T10:00", "12.02 12.09"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,FR;BYSETPOS=2,3;COUNT=3", "2026-12-31T10:00", "01.01 01.05 01.08"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,12,-1;COUNT=3", "2026-12-02T10:00", "12.16 12.31 01.01"),
    ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,10,20;BYSETPOS=2;COUNT=2", "2026-12-02T10:00", "12.10 02.10"),
    ("FREQ=YEARLY;BYMONTH=3,6,12;BYSETPOS=2,3;COUNT=3", "2026-07-15T10:00", "12.15 06.15 12.15"),
]


def test_positions_are_counted_in_the_whole_period_also_in_the_first_one() -> None:
    assert [(rule, days(rule, start)) for rule, start, _ in POSITIONS] == [(rule, said) for rule, _, said in POSITIONS]


def test_a_start_that_does_not_fit_the_rule_is_no_occurrence() -> None:
    assert days("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "2026-12-01T10:00") == "12.02 12.07 12.09"


def test_what_a_rule_leaves_open_is_the_starts() -> None:
    assert days("FREQ=YEARLY;BYWEEKNO=20;COUNT=3", "2027-05-20T10:00") == "05.20 05.18 05.17"  # Thursdays
    assert days("FREQ=YEARLY;BYMONTH=1;COUNT=2", "2027-01-17T10:00") == "01.17 01.17"


def test_weeks_are_those_of_the_iso_calendar_also_where_they_cross_the_new_year() -> None:
    first = datetime.fromisoformat("2026-01-01T10:00")
    every_day = [first + timedelta(days=day) for day in range(3_600)]
    for week in (1, 2, 52, 53, -1, -2, -51):
        wanted = []
        for day in every_day:
            year, number, weekday = day.isocalendar()
            weeks = date(year, 12, 28).isocalendar().week
            if number == (week if week > 0 else weeks + 1 + week) and weekday in {1, 4, 7}:
                wanted.append(day)
        rule = f"FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TH,SU;UNTIL={every_day[-1]:%Y%m%d}"
        assert [one.wall for one in expand(rule, "2026-01-01T10:00")] == wanted, week


def test_rules_that_name_no_time_say_so_before_the_year_9999() -> None:
    for rule in (
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;UNTIL=20360101",  # every December, but the start is in a November
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=366;COUNT=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO;COUNT=1",
    ):
        with pytest.raises(errors.BadInput, match=r"^rule: gives no times"):
            expand(rule, "2026-11-01T10:00")


def test_a_start_at_the_ends_of_the_calendar_is_refused_or_right() -> None:
    for start in ("0001-01-01T10:00", "9988-01-01T10:00", "9999-12-31T23:59"):
        with pytest.raises(errors.BadInput, match=r"^starts_at_local: must be in a year from 2 to 9987"):
            expand("FREQ=DAILY;COUNT=1", start)
    for start in ("0002-01-01T00:00", "9987-12-31T23:59"):
        for zone in (BERLIN, ZoneInfo("Etc/GMT+12"), ZoneInfo("Pacific/Kiritimati")):
            assert len(expand("FREQ=YEARLY;COUNT=10", start, zone)) == 10


# --- Against another implementation ---------------------------------------------------------------------------------


def times_of(rule: str, start: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """Return what a rule names by our own count; nothing if that is nothing."""
    try:
        return named(rule, start, zone)
    except errors.BadInput as refused:
        if "gives no times" not in refused.message:
            raise
        return []


def agree(rule: str, start: datetime, zone: ZoneInfo, *, count: int | None = None) -> None:
    """Assert that both implementations name the same times, but for what does not exist.

    There the two differ by design: the other one reads a time that the clocks jump over by the offset before the gap,
    as RFC 5545, 3.3.5 does; we say that it does not exist, and do not count it. A start that does not fit the rule is
    an event to the other one, and none to us.
    """
    until = (start + timedelta(days=400)).replace(tzinfo=zone).astimezone(UTC)
    bounded = f"{rule};UNTIL={until:%Y%m%dT%H%M%SZ}" if count is None else f"{rule};COUNT={count}"
    try:
        ours = times_of(bounded, start, zone)
    except errors.BadInput as refused:
        assert "more than 1,000" in refused.message  # noqa: PT017 (it may be)
        return
    if count is not None:
        assert sum(one.starts_at is not None for one in ours) == count
        bounded = f"{rule};COUNT={len(ours)}"
    assert {one.wall for one in ours} | {start} == set(by_calendar(bounded, start, zone)) | {start}
    for one in ours:
        # The zone's own arithmetic, there and back, says whether a time exists and which of two it is.
        first, second = (one.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        shows = [moment.astimezone(zone).replace(tzinfo=None) == one.wall for moment in (first, second)]
        assert one.starts_at == (min(first, second) if all(shows) else None)
        assert one.repeated == (all(shows) and first != second)


@given(rule=PLAIN_RULES, start=STARTS, zone=st.sampled_from(ZONES).map(ZoneInfo))
@example(rule="FREQ=DAILY;INTERVAL=1;BYHOUR=2", start=datetime.fromisoformat("2026-03-01T02:30"), zone=BERLIN)
def test_every_zone_agrees_with_another_implementation(rule: str, start: datetime, zone: ZoneInfo) -> None:
    agree(rule, start, zone)


@given(
    zone=st.sampled_from(ODD_ZONES),
    year=st.integers(1990, 2037),
    change=st.integers(0, 9),
    before=st.integers(0, 30),
    minutes=st.integers(-90, 150),
    every=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=2"]),
    count=st.none() | st.integers(1, 60),
)
def test_around_every_change_of_the_clocks_it_agrees_too(
    zone: ZoneInfo, year: int, change: int, before: int, minutes: int, every: str, count: int | None
) -> None:
    edges = changes_of(zone, year) or [datetime.fromisoformat(f"{year}-06-01")]
    start = edges[change % len(edges)] + timedelta(minutes=minutes) - timedelta(days=before)
    agree(every, start, zone, count=count)


# --- Against the definition -----------------------------------------------------------------------------------------


@given(rule=ANY_RULES, start=STARTS, length=st.integers(0, 250))
@example("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3", datetime.fromisoformat("2026-12-02T10:00"), 10)
@example("FREQ=MONTHLY;BYDAY=MO,1TU", datetime.fromisoformat("2026-12-02T10:00"), 60)
def test_every_rule_names_what_its_definition_says(rule: str, start: datetime, length: int) -> None:
    last = start.date() + timedelta(days=length)
    expected = by_definition.walls(rule, start, last)
    if len(expected) > recurrence.MOST:
        return
    assert [one.wall for one in times_of(f"{rule};UNTIL={last:%Y%m%d}", start, UTC_ZONE)] == expected
    if expected:
        assert [one.wall for one in named(f"{rule};COUNT={len(expected)}", start, UTC_ZONE)] == expected


# --- Against a count of days ----------------------------------------------------------------------------------------


@given(
    start=STARTS,
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    interval=st.integers(1, 4),
    length=st.integers(1, 400),
)
def test_weekly_rules_name_the_days_that_counting_weeks_finds(
    start: datetime, weekdays: set[int], interval: int, length: int
) -> None:
    names = ",".join(WEEK[day] for day in sorted(weekdays))
    last = start.date() + timedelta(days=length)
    monday = start.date() - timedelta(days=start.weekday())
    each = [start.date() + timedelta(days=n) for n in range(length + 1)]
    expected = [day for day in each if day.weekday() in weekdays and (day - monday).days // 7 % interval == 0]
    rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={names};UNTIL={last:%Y%m%d}"
    if expected:
        found = named(rule, start, KOLKATA)
        assert [one.wall for one in found] == [datetime.combine(day, start.time()) for day in expected]


@given(start=STARTS, day=st.integers(-31, 31).filter(bool), interval=st.integers(1, 7), months=st.integers(0, 60))
def test_monthly_rules_name_the_days_that_counting_months_finds(
    start: datetime, day: int, interval: int, months: int
) -> None:
    expected: list[date] = []
    for n in range(0, months + 1, interval):
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        length = monthrange(year, month + 1)[1]
        if abs(day) <= length:
            expected.append(date(year, month + 1, day if day > 0 else length + day + 1))
    expected = [one for one in expected if one >= start.date()]
    rule = f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day};COUNT={max(len(expected), 1)}"
    if expected:
        found = named(rule, start, KOLKATA)
        assert [one.wall.date() for one in found if one.starts_at] == expected
