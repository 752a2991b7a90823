"""A phone number is told with its country, and has one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.phone_numbers import normal


@pytest.mark.parametrize(
    "text",
    [
        *[
            "+49 30 1234567",
            "+49301234567",
            "+49 (0)30 1234567",
            "+49-30-123.45.67",
            " +49 30 1234567 ",
            "+49/30/1234567",
        ],
        *["\uff0b49 30 1234567", "+49 30 \u0661\u0662\u0663\u0664\u0665\u0666\u0667"],
    ],
)
def test_one_number_has_one_spelling(text: str) -> None:
    assert normal(text) == "+49301234567"


@pytest.mark.parametrize(
    ("text", "stored"), [("+91 80 5550 0100", "+918055500100"), ("+39 06 1234567", "+39061234567"), ("", ""), (" ", "")]
)
def test_a_number_is_stored_in_e164_and_none_as_none(text: str, stored: str) -> None:
    assert normal(text) == stored


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc", "without letters"),
        ("+1 800 FLOWERS", "without letters"),
        ("call +49 30 1234567 now", "without letters"),
        ("+49 30 1234567 ext. 5", "without letters"),
        ("+49 30 1234567 #5", "without an extension"),
        ("030 1234567", "such as"),
        ("0049 30 1234567", "such as"),
        ("1", "such as"),
        ("+", "such as"),
        ("+999 1234567", "such as"),
        ("+49 30 1234567, +49 30 7654321", "such as"),
        ("+1 415 555", "too short or too long"),
        ("+43 000000", "too short or too long"),
        ("+49 30 1234567 1234567 1234567", "such as"),
        ("\x00", "such as"),
    ],
)
def test_what_is_no_number_of_a_country_is_refused_with_how_to_write_one(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        normal(text)
    assert str(refused.value).startswith("must be a phone number with its country code, such as +49 30 1234567")


@given(st.text(max_size=30) | st.from_regex(r"\+[0-9 ()-]{3,20}", fullmatch=True))
def test_whatever_is_typed_it_is_a_number_in_e164_or_refused(text: str) -> None:
    try:
        number = normal(text)
    except ValueError:
        return
    assert number == normal(number)
    assert not number or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit())
