"""What somebody types as a day and a time is one moment, or they are told why it is none, or asked which."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hireloop.console.planning import forms, local_times
from hireloop.console.planning.forms import FieldFault, FormError
from hireloop.console.reader.clock import NO_DAY

BERLIN = ZoneInfo("Europe/Berlin")


def faults(**sent: str) -> dict[str, FieldFault]:
    with pytest.raises(FormError) as refused:
        local_times.moment(sent, BERLIN)
    return refused.value.faults


def test_a_time_is_on_the_clock_of_its_zone() -> None:
    at = local_times.moment({"day": "2031-07-01", "starts": "10:00:59"}, BERLIN)
    assert at == datetime(2031, 7, 1, 8, 0, tzinfo=UTC)


def test_a_time_that_the_clocks_jump_over_is_none() -> None:
    assert faults(day="2031-03-30", starts="02:00") == {"starts": FieldFault(local_times.SKIPPED)}
    at = local_times.moment({"day": "2031-03-30", "starts": "03:00"}, BERLIN)
    assert at == datetime(2031, 3, 30, 1, 0, tzinfo=UTC)


def test_a_time_that_comes_twice_needs_a_choice() -> None:
    twice = {"day": "2031-10-26", "starts": "02:59"}
    assert faults(**twice) == {"which": FieldFault(local_times.TWICE)}
    assert faults(**twice, which="third") == {"which": FieldFault(local_times.TWICE)}
    hours = [
        local_times.moment({**twice, "which": which}, BERLIN).astimezone(UTC).hour for which in ("first", "second")
    ]
    assert hours == [0, 1]


def test_a_choice_between_two_means_nothing_where_there_is_one() -> None:
    at = local_times.moment({"day": "2031-10-26", "starts": "03:00", "which": "second"}, BERLIN)
    assert at == datetime(2031, 10, 26, 2, 0, tzinfo=UTC)


def test_both_fields_are_named_at_once() -> None:
    assert faults() == {"day": FieldFault(forms.REQUIRED), "starts": FieldFault(forms.REQUIRED)}
    assert faults(day="soon", starts="noon") == {
        "day": FieldFault(NO_DAY),
        "starts": FieldFault(local_times.NO_TIME),
    }
    assert faults(day="2031-07-01", starts="10:00+02:00") == {"starts": FieldFault(local_times.NO_TIME)}


def test_the_zone_that_was_named_beside_the_fields_counts() -> None:
    assert local_times.zone_in({"zone": "Asia/Kolkata"}, BERLIN).key == "Asia/Kolkata"
    for text in ("", "Mars", "../../etc/passwd"):
        assert local_times.zone_in({"zone": text}, BERLIN) == BERLIN
