"""A phone number with its country has one spelling, and one without it stays as it is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.phone_numbers import normal

DASHES = dict.fromkeys(range(0x2010, 0x2016), "-")


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
        *[
            "0049 30 1234567",
            "tel:+49-30-1234567",
            "TEL:+49301234567",
            "00 49 (0)30 1234567",
            "\uff0b49 30 1234567",
            "+49 30 \u0661\u0662\u0663\u0664\u0665\u0666\u0667",
        ],
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
        ("+49 30 1234567 ext. five", "without letters"),
        ("ext. 5", "such as"),
        ("030 1234567, 030 7654321", "such as"),
        ("1", "too short or too long"),
        ("1234", "too short or too long"),
        ("1234567890123456", "too short or too long"),
        ("00 1234567", "such as"),
        ("0000000", "such as"),
        ("---", "too short or too long"),
        ("12/24/2026 @ 5", "such as"),
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


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("030 1234567", "030 1234567"),
        (" (030)  123-45.67 ", "(030) 123-45.67"),
        ("98765 43210", "98765 43210"),
        ("(415) 555-2671", "(415) 555-2671"),
        ("\u0660\u0663\u0660 \u0661\u0662\u0663\u0664", "030 1234"),
        ("030 1234567 ext. 5", "030 1234567;ext=5"),
    ],
)
def test_a_number_without_its_country_stays_as_it_is_written(text: str, stored: str) -> None:
    assert normal(text) == stored == normal(stored)


@pytest.mark.parametrize("written", [" ext. 12", " x12", "x12", ";ext=12", ", ext 12", " #12", " extension: 12", "#12"])
def test_an_extension_follows_the_number(written: str) -> None:
    assert normal(f"+49 30 1234567{written}") == "+49301234567;ext=12" == normal("+49301234567;ext=12")


@given(st.text(max_size=30) | st.from_regex(r"(\+|00)?[0-9 ()./-]{3,20}( ext\. [0-9]{1,5})?", fullmatch=True))
def test_whatever_is_typed_it_is_refused_or_a_number_in_e164_or_digits_as_they_were_grouped(text: str) -> None:
    try:
        number = normal(text)
    except ValueError:
        return
    assert number == normal(number)
    assert re.fullmatch(r"|\+[0-9]+(;ext=[0-9]+)?|[0-9 ()./-]+(;ext=[0-9]+)?", number.translate(DASHES))
