from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling import fields
from hireloop.scheduling.people.candidates import CandidateFields, CandidatePatch
from hireloop.scheduling.slots.slots import SlotFields, SlotPatch

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.text(max_size=30))
def test_a_name_is_not_blank(text: str) -> None:
    if text.strip():
        assert msgspec.convert(text, fields.Name) == text
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(text, fields.Name)


def test_each_field_has_its_one_spelling_and_a_refusal_names_the_field() -> None:
    new = CandidateFields(full_name="Asha", email="dup@xn--bcher-kva.example", time_zone=None, phone="+49 (30) 1234567")
    spelt = fields.spelt(new)
    assert (spelt.email, spelt.time_zone, spelt.phone) == ("dup@bücher.example", None, "+49301234567")
    assert fields.spelling("time_zone", "Asia/Calcutta") == "Asia/Kolkata"
    with pytest.raises(errors.BadInput, match=r"^job\.recruiter_email: must be an email address, such as"):
        fields.spelling("recruiter_email", "asha", within="job.")
    with pytest.raises(errors.BadInput, match=r"^candidate\.phone: must be a phone number with its country"):
        fields.spelt(msgspec.structs.replace(new, phone="abc"), within="candidate.")
    with pytest.raises(errors.BadInput, match=r"^candidate\.time_zone: must be an IANA"):
        fields.spelling("time_zone", "Asia/Atlantis", within="candidate.")


def test_an_empty_locale_is_null_as_what_is_not_known() -> None:
    starts_at = datetime(2030, 1, 1, tzinfo=UTC)
    slot = SlotFields(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), interviewer_locale=" ")
    assert fields.spelt(slot).interviewer_locale is None
    assert fields.spelt(SlotPatch(interviewer_locale="")).interviewer_locale is None
    assert fields.spelt(CandidatePatch(locale="")).locale is None


def test_every_value_that_is_wrong_is_named_at_once() -> None:
    new = CandidateFields(full_name="A", email="a\u200b@x.example", time_zone="Factory", locale="xx-yy", phone="abc")
    with pytest.raises(errors.BadInput) as refused:
        fields.spelt(new, within="candidate.")
    wrong = [field for field, _ in refused.value.wrong]
    assert wrong == ["candidate.email", "candidate.time_zone", "candidate.locale", "candidate.phone"]
    assert all(f"{field}: {message}" in str(refused.value) for field, message in refused.value.wrong)


def test_what_is_stored_already_is_taken_as_it_is() -> None:
    old = CandidateFields(full_name="A\u200bsha", email="as\u200bha@example.com", locale="xx-yy", phone="abc")
    assert fields.spelt(old, known=old) == old
    with pytest.raises(errors.BadInput, match=r"^phone"):
        fields.spelt(CandidatePatch(phone="abd", locale="xx-yy"), known=old)


@pytest.mark.parametrize(
    ("field", "one", "other", "same"),
    [
        ("time_zone", "Asia/Calcutta", "Asia/Kolkata", True),
        ("time_zone", "Europe/Stockholm", "Europe/Berlin", False),
        ("locale", "pt_BR", "pt-br", True),
        ("phone", "+91 80 5550 0100", "+918055500100", True),
        ("phone", "030 1234567", "(030) 123-4567", True),
        ("phone", "030 1234567", "030 1234568", False),
        ("coding_language", "C#", "csharp", True),
        ("coding_language", "klingon", "klingon", True),
        ("coding_language", "klingon", "", False),
        ("email", "a@xn--bcher-kva.example", "a@bücher.example", True),
        ("time_zone", None, "UTC", False),
        ("questions", ["a"], ["a"], True),
    ],
)
def test_two_spellings_of_one_thing_are_the_same(field: str, one: object, other: object, *, same: bool) -> None:
    assert fields.is_same(field, one, other) is fields.is_same(field, other, one) is same


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
