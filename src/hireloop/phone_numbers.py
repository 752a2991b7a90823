"""Phone numbers, as people type them, and the one way of writing each: E.164, such as +49301234567. Pure.

A number without its country code stays as it is written, since nobody can know its country.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from hireloop.wording.phrases import FilledPhrase, phrase

_HOW = phrase("must be a phone number with its country code, such as +49 30 1234567")
_LETTERS = phrase("must be a phone number with its country code, such as +49 30 1234567, without letters")
_LENGTH = phrase(
    "must be a phone number with its country code, such as +49 30 1234567; this number is too short or too long"
)
_SCHEME = re.compile(r"\Atel:", re.IGNORECASE)  # RFC 3966
_EXTENSION = re.compile(r"(?:[;,\s]*(?:ext|extn|extension|x)[.:=\s]*|\s*#\s*)(\d{1,7})\s*\Z", re.IGNORECASE)
_NATIONAL = re.compile(r"[\d\s()./\-\u2010-\u2015]+")
_LEAST_DIGITS, _MOST_DIGITS = 5, 15  # of a number that somebody can be called at; E.164 has at most 15


def normal(text: str) -> str:
    """Return the number in E.164, nothing for nothing; raises ValueError with how to write one.

    What has the length of a number in its country is one: which of them are in use changes from month to month. An
    extension follows as in RFC 3966: `+49301234567;ext=12`. Digits are written as in ASCII.
    """
    stripped = _SCHEME.sub("", text.strip())
    if not stripped:
        return ""
    extension = _EXTENSION.search(stripped)
    number = stripped[: extension.start()] if extension else stripped
    if any(letter.isalpha() for letter in number):  # else the library dials them, as on a keypad
        raise ValueError(FilledPhrase(_LETTERS))
    digits = "".join(str(int(one)) for one in number if one.isdecimal())
    suffix = f";ext={int(extension[1])}" if extension else ""
    if _NATIONAL.fullmatch(number) and not digits.startswith("00"):
        return _national(number, digits) + suffix
    return _international(f"+{digits[2:]}" if _NATIONAL.fullmatch(number) else number) + suffix


def _national(number: str, digits: str) -> str:
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise ValueError(FilledPhrase(_LENGTH))
    return " ".join("".join(str(int(one)) if one.isdecimal() else one for one in number).split())


def _international(number: str) -> str:
    try:
        found = phonenumbers.parse(number)
    except NumberParseException:
        raise ValueError(FilledPhrase(_HOW)) from None
    written = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    # Read again it is another one if it has leading zeros that are never dialled from abroad.
    if found.extension or not phonenumbers.is_possible_number(found) or phonenumbers.parse(written) != found:
        raise ValueError(FilledPhrase(_LENGTH))
    return written


def dialled(number: str) -> str:
    """Return what of a number is dialled: two that differ in nothing else are one."""
    return re.sub(r"[^\d+;]", "", number)
