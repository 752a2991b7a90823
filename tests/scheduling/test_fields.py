from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling import fields

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.text(max_size=30))
def test_a_name_is_not_blank(text: str) -> None:
    if text.strip():
        assert msgspec.convert(text, fields.Name) == text
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, fields.Name)


def test_an_address_and_a_phone_number_are_told_in_their_one_spelling() -> None:
    assert fields.addresses(email="dup@xn--bcher-kva.example", cc=None) == {"email": "dup@bücher.example", "cc": None}
    assert fields.phones(phone="+49 (30) 1234567") == {"phone": "+49301234567"}
    with pytest.raises(errors.BadInput, match=r"^job\.recruiter_email: must be an email address, such as"):
        fields.addresses(within="job.", recruiter_email="asha")
    with pytest.raises(errors.BadInput, match=r"^candidate\.phone: must be a phone number with its country code"):
        fields.phones(within="candidate.", phone="abc")


def test_a_zone_is_told_by_the_databases_name_and_what_was_not_given_stays() -> None:
    assert fields.zones(time_zone="Asia/Calcutta", other=None) == {"time_zone": "Asia/Kolkata", "other": None}
    with pytest.raises(errors.BadInput, match=r"^candidate\.time_zone: must be an IANA"):
        fields.zones(within="candidate.", time_zone="Asia/Atlantis")


@given(st.text(max_size=30))
def test_a_text_can_be_stored_or_names_its_field(text: str) -> None:
    try:
        fields.check_storable(title=text)
    except errors.BadInput as refused:
        assert refused.field == "title"  # noqa: PT017 (which of the two is the point)
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
