import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import available_timezones

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.web import fields

_PART = st.text("abcdefghijklmnopqrstuvwxyzäж0123456789+-_'", min_size=1, max_size=12)
ADDRESSES = st.tuples(_PART, _PART, _PART).map(lambda parts: f"{parts[0]}@{parts[1]}.{parts[2]}")
FORBIDDEN = st.sampled_from([*' \t\r\n\x0b\x0c\x00\u2028\u00a0<>"(),;:\\@'])
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def is_address(text: str) -> bool:
    try:
        msgspec.convert(text, fields.Address)
        fields.check_storable(email=text)
    except (msgspec.ValidationError, errors.BadInput):
        return False
    return True


@given(ADDRESSES)
def test_an_address_is_an_address(address: str) -> None:
    assert is_address(address)


@given(ADDRESSES, FORBIDDEN, st.integers(0, 60))
def test_no_address_holds_a_character_that_could_end_it(address: str, character: str, place: int) -> None:
    place = min(place, len(address))
    assert not is_address(address[:place] + character + address[place:])


@given(st.text(max_size=40))
def test_what_is_taken_as_an_address_is_one_word_around_one_at(text: str) -> None:
    assert not is_address(text) or re.fullmatch(r"[^\s@]+@[^\s@]+", text)


@given(st.text(max_size=30))
def test_a_name_is_not_blank(text: str) -> None:
    try:
        assert msgspec.convert(text, fields.Name).strip()
    except msgspec.ValidationError as refused:
        assert not re.search(r"\S", text)
        said = fields.sentence(str(refused))
        assert said == "must not be blank" or not text


@given(st.sampled_from(sorted(available_timezones())))
def test_every_known_zone_is_taken(name: str) -> None:
    fields.check_zone(name)


@given(st.text(max_size=30).filter(lambda name: name not in available_timezones()))
def test_any_other_text_is_no_zone(name: str) -> None:
    with pytest.raises(errors.BadInput, match=r"^candidate\.time_zone: must be an IANA"):
        fields.check_zone(name, within="candidate.")


@given(st.text(max_size=30))
def test_a_text_can_be_stored_or_names_its_field(text: str) -> None:
    try:
        fields.check_storable(within="job.", title=text)
    except errors.BadInput as refused:
        assert refused.field == "job.title"  # noqa: PT017 (which of the two is the point)
        assert "\x00" in text
    else:
        assert "\x00" not in text


@given(st.datetimes(timezones=OFFSETS), OFFSETS, st.integers(0, 86_400))
def test_a_time_within_the_calendar_can_be_shown_anywhere_with_any_window(
    moment: datetime, elsewhere: timezone, seconds: int
) -> None:
    try:
        fields.check_calendar(starts_at=moment)
    except errors.BadInput as refused:
        assert refused.field == "starts_at"  # noqa: PT017 (which of the two is the point)
        assert moment.year in {1, 9999}
    else:
        (moment - timedelta(seconds=seconds)).astimezone(elsewhere)
        (moment + timedelta(seconds=seconds)).astimezone(elsewhere)


@given(st.datetimes(timezones=st.none() | OFFSETS))
def test_a_time_in_a_query_is_a_date_in_utc_or_refused(moment: datetime) -> None:
    try:
        fields.check_comparable(since=moment)
    except errors.BadInput as refused:
        assert refused.field == "since"  # noqa: PT017 (which of the two is the point)
        assert moment.tzinfo is None or moment.year in {1, 9999}
    else:
        moment.astimezone(UTC)
