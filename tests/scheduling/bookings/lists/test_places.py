"""Places in lists, as addresses hold them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from hireloop.scheduling.bookings.lists.places import ListPlace, place_of


def test_a_place_is_read_as_it_was_written() -> None:
    place = ListPlace(at=datetime(2026, 12, 1, 9, 30, 0, 123456, tzinfo=UTC), id=UUID(int=7))
    assert place_of(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "~",
        "x~y",
        str(UUID(int=7)),
        f"2026-12-01T09:30:00~{UUID(int=7)}",
        "2026-12-01T09:30:00Z~7",
        f"0001-01-01T00:00:00+01:00~{UUID(int=7)}",
    ],
)
def test_any_other_text_is_no_place(text: str | None) -> None:
    assert place_of(text) is None
