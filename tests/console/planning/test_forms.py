"""A form is read by the types of its verb: their limits, their defaults, and everything that is wrong at once."""

from typing import Annotated
from uuid import UUID

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from hireloop import errors
from hireloop.console.planning import forms
from hireloop.console.planning.forms import FieldFault, FormError, Typed
from hireloop.scheduling import fields

IDENT = "01990000-0000-7000-8000-000000000001"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    name: fields.Name
    seats: fields.Seats = 1
    job: Annotated[UUID | None, msgspec.Meta(examples=[IDENT])] = None
    agreed: bool | UnsetType = UNSET
    notes: Annotated[fields.Notes | UnsetType | None, msgspec.Meta(examples=["x"])] = UNSET


def faults(**sent: str) -> dict[str, FieldFault]:
    with pytest.raises(FormError) as refused:
        forms.read(sent, Sample)
    return refused.value.faults


def test_what_is_left_empty_keeps_its_default() -> None:
    assert forms.read({"name": "Asha", "seats": "", "notes": "", "other": "x"}, Sample) == Sample(name="Asha")


def test_values_are_read_by_their_types() -> None:
    sent = {"name": "Asha", "seats": "12", "job": IDENT, "agreed": "on", "notes": "Hello"}
    assert forms.read(sent, Sample) == Sample(name="Asha", seats=12, job=UUID(IDENT), agreed=True, notes="Hello")


def test_everything_that_is_wrong_is_named_with_its_limits() -> None:
    assert faults(seats="0", job="x", notes="n" * 2_001) == {
        "name": FieldFault(forms.REQUIRED),
        "seats": FieldFault(forms.NUMBER, {"least": 1, "most": 1_000}),
        "job": FieldFault(forms.CHOOSE),
        "notes": FieldFault(forms.TOO_LONG, {"count": 2_001, "most": 2_000}),
    }


@pytest.mark.parametrize("text", ["1.5", "-1", "1e3", "٣", " 1", "9" * 5_000, "x", "1001"])
def test_only_a_whole_number_within_the_limits_is_one(text: str) -> None:
    assert set(faults(name="Asha", seats=text)) == {"seats"}


def test_what_cannot_be_stored_is_refused() -> None:
    assert faults(name="A\x00") == {"name": FieldFault(forms.UNSTORABLE)}


def test_what_the_page_has_read_itself_is_taken_as_it_is() -> None:
    assert forms.read({"name": "Asha", "seats": "x"}, Sample, seats=7).seats == 7


def test_blanks_and_the_line_breaks_of_browsers_are_tidied() -> None:
    assert forms.tidied({"a": " x\r\ny \r\n"}) == {"a": "x\ny"}


def test_messages_of_the_verbs_become_sentences_at_the_fields_of_the_page() -> None:
    wrong = errors.BadInput("starts_at", "must not be in the past", ("seats", "must be fewer."))
    past, fewer = "Must not be in the past.", "Must be fewer."
    assert forms.faults_of(wrong, {"starts_at": "starts"}) == {
        "starts": FieldFault("Choose a later time.", english=past, more=past),
        "seats": FieldFault("Correct this field.", english=fewer, more=fewer),
    }


def test_of_a_message_in_english_the_reader_of_another_language_gets_what_theirs_does_not_say() -> None:
    reason = "It contains U+200B. Remove it."
    wrong = errors.BadInput("email", f"must be an email address, such as name@example.com. {reason}", ("locale", "x"))
    found = forms.faults_of(wrong)
    assert found["email"].english.startswith("Must be an email address, such as")
    assert (found["email"].more, found["locale"].more) == (reason, "")


def test_a_form_shows_what_was_typed_or_else_its_defaults() -> None:
    assert Typed(values={"seats": ""}).of("seats", "1") == ""
    assert Typed().of("seats", "1") == "1"
