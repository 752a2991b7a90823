"""Phone numbers, as people type them, and the one way of writing each: E.164, such as +49301234567. Pure."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_HOW = "must be a phone number with its country code, such as +49 30 1234567"


def normal(text: str) -> str:
    """Return the number in E.164, nothing for nothing; raises ValueError with how to write one.

    What has the length of a number in its country is one: which of them are in use changes from month to month.
    """
    if not text.strip():
        return ""
    if any(letter.isalpha() for letter in text):  # else the library dials them, as on a keypad
        raise ValueError(f"{_HOW}, without letters")
    try:
        found = phonenumbers.parse(text)
    except NumberParseException:
        raise ValueError(_HOW) from None
    if found.extension:
        raise ValueError(f"{_HOW}, without an extension")
    written = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    # Read again it is another one if it has leading zeros that are never dialled from abroad.
    if not phonenumbers.is_possible_number(found) or phonenumbers.parse(written) != found:
        raise ValueError(f"{_HOW}; this number is too short or too long")
    return written
