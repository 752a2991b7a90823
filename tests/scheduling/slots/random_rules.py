"""Rules and starts at random: those that another implementation understands as the RFC does, and any at all."""

from datetime import datetime

from hypothesis import strategies as st

from scheduling.slots.by_definition import WEEK


def numbers(least: int, greatest: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(least, greatest), min_size=1, max_size=4, unique=True).map(
        lambda chosen: ",".join(str(number) for number in chosen)
    )


WEEKDAYS = st.lists(st.sampled_from(WEEK), min_size=1, max_size=4, unique=True).map(",".join)
DAILY = st.builds("FREQ=DAILY;INTERVAL={};BYHOUR={}".format, st.integers(1, 9), numbers(0, 23))
WEEKLY = st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 3), WEEKDAYS)
MONTHLY = st.one_of(
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, numbers(1, 31)),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS, st.sampled_from(["1", "-1", "2,-2"])),
    st.builds("FREQ=MONTHLY;BYDAY={}{}".format, st.sampled_from([1, 2, 5, -1, -5]), st.sampled_from(["SU", "WE"])),
)
YEARLY = st.one_of(
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY=-1SU".format, numbers(1, 12)),
    st.builds("FREQ=YEARLY;BYYEARDAY={}".format, numbers(1, 366)),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={}".format, numbers(1, 53), WEEKDAYS),
)
PLAIN_RULES = st.one_of(DAILY, WEEKLY, MONTHLY, YEARLY)
STARTS = st.datetimes(datetime.fromisoformat("1985-01-01"), datetime.fromisoformat("2040-01-01")).map(
    lambda moment: moment.replace(microsecond=0)
)


def optional(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | values.map(f";{name}={{}}".format)


POSITIONS = st.lists(st.sampled_from([-9, -3, -2, -1, 1, 2, 3, 4, 5, 9, 20]), min_size=1, max_size=3, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
MONTH_DAYS = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=6, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
NUMBERED_DAYS = st.lists(
    st.builds("{}{}".format, st.sampled_from(["", "1", "2", "-1", "5", "-5"]), st.sampled_from(WEEK)),
    min_size=1,
    max_size=4,
    unique=True,
).map(",".join)
YEAR_DAYS = st.lists(st.integers(-366, 366).filter(bool), min_size=1, max_size=6, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
COMMON = st.builds(
    "{}{}{}{}".format,
    optional("INTERVAL", st.integers(1, 4).map(str)),
    optional("BYHOUR", numbers(0, 23)),
    optional("BYMINUTE", numbers(0, 59)),
    optional("BYMONTH", numbers(1, 12)),
)
WITH_POSITIONS = st.one_of(
    st.builds(
        "FREQ=WEEKLY{}{};BYDAY={};BYSETPOS={}".format,
        COMMON,
        optional("WKST", st.sampled_from(WEEK)),
        WEEKDAYS,
        POSITIONS,
    ),
    st.builds("FREQ=WEEKLY{};BYHOUR=9,17;BYSETPOS={}".format, optional("WKST", st.sampled_from(WEEK)), POSITIONS),
    st.builds("FREQ=MONTHLY{};BYDAY={};BYSETPOS={}".format, COMMON, NUMBERED_DAYS, POSITIONS),
    st.builds("FREQ=MONTHLY{};BYMONTHDAY={};BYSETPOS={}".format, COMMON, MONTH_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY{};BYDAY={};BYSETPOS={}".format, COMMON, NUMBERED_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY;BYYEARDAY={};BYSETPOS={}".format, YEAR_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={};BYSETPOS={}".format, numbers(2, 51), WEEKDAYS, POSITIONS),
)
WITHOUT = st.one_of(
    st.builds("FREQ=DAILY{}{}".format, COMMON, optional("BYMONTHDAY", MONTH_DAYS)),
    st.builds("FREQ=WEEKLY{}{};BYDAY={}".format, COMMON, optional("WKST", st.sampled_from(WEEK)), WEEKDAYS),
    st.builds(
        "FREQ=MONTHLY{}{}{}".format, COMMON, optional("BYDAY", NUMBERED_DAYS), optional("BYMONTHDAY", MONTH_DAYS)
    ),
    st.builds("FREQ=YEARLY{}{}{}".format, COMMON, optional("BYDAY", NUMBERED_DAYS), optional("BYYEARDAY", YEAR_DAYS)),
    st.builds("FREQ=DAILY{};BYDAY={}".format, COMMON, WEEKDAYS),
    st.builds("FREQ=WEEKLY{}{}".format, COMMON, optional("WKST", st.sampled_from(WEEK))),
    st.builds("FREQ=YEARLY{};BYMONTHDAY={}{}".format, COMMON, MONTH_DAYS, optional("BYDAY", NUMBERED_DAYS)),
    st.builds("FREQ=YEARLY;BYWEEKNO={}{}".format, numbers(1, 53), optional("BYDAY", WEEKDAYS)),
)
ANY_RULES = WITH_POSITIONS | WITHOUT
