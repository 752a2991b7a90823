"""Dates of a mail's header, from anybody."""

from datetime import UTC, datetime

import pytest

from hireloop.notify.bounces.reading import dates

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Tue, 01 Dec 2026 10:00:00 +0000",
        "Tue, 1 Dec 2026 15:30:00 +0530 (IST)",
        "1 Dec 2026 10:00:00 GMT",
        "Tue, 01 Dec 2026 10:00:00 -0000",
        "nonsense\nTue, 01 Dec 2026 10:00:00 +0000\nWed, 02 Dec 2026 10:00:00 +0000",
    ],
)
def test_the_earliest_date_is_read_in_any_zone(value: str) -> None:
    assert dates.earliest(value) == TEN


@pytest.mark.parametrize(
    "value", ["", "soon", "Tue, 99 Dec 2026 10:00:00 +0000", "1 Dec 99999999999 10:00", "\x00;", "+"]
)
def test_what_is_no_date_is_none(value: str) -> None:
    assert dates.earliest(value) is None


def test_the_date_of_a_hop_stands_behind_its_last_semicolon() -> None:
    received = "from a by b (x; y); Tue, 01 Dec 2026 10:00:02 +0000\nby a; Tue, 01 Dec 2026 10:00:00 +0000"
    assert dates.earliest(dates.of_hops(received)) == TEN
