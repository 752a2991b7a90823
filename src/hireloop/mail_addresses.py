"""Email addresses, as people type them: which are accepted, and how each is written. Pure: no name is looked up.

The syntax is judged by email-validator, and here what it lets pass: characters that show nothing, and forms that look
like another letter. One mailbox is written in one way: in NFC, its domain in small letters and in
its own script, so that `bücher.example` and `xn--bcher-kva.example` are the same.
"""

import re
import unicodedata
from email.header import decode_header, make_header
from typing import NamedTuple

import email_validator
from email_validator import ValidatedEmail, validate_email

from hireloop.wording.phrases import FilledPhrase, phrase

_LOCAL_NAMES = frozenset({"local", "localhost", "test"})  # no name of the internet, yet one of a network of one's own
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _LOCAL_NAMES
]
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bq]\?[^?]*\?=", re.IGNORECASE)  # RFC 2047: mail programs would decode it
# What shows nothing (Default_Ignorable_Code_Point of Unicode, and blank letters), or turns the text around it.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LONGEST_LOCAL_PART = 64  # octets: RFC 5321, 4.5.3.1.1
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_OTHER_ADDRESS = re.compile(r"@[^,;]*[,;]|[,;][^,;]*@")  # before the address of a sender: `a@b.example, Name <…>`
_TWO_ADDRESSES = re.compile(r"@.*[,;].*@", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")
_HOW = phrase("must be an email address, such as name@example.com. %(reason)s")
_INVISIBLE_CHARACTER = phrase("It contains the invisible character %(character)s. Remove it.")
_ANOTHER_CHARACTER = phrase("It contains %(character)s. Write %(plain)s instead.")
_ENCODED = phrase("The part before the @-sign is encoded as in a mail header. Decode it.")
_NUMBER = phrase("The part after the @-sign is a number or an IP address. Use a domain name.")
_LONG = phrase("The part before the @-sign has %(count)s bytes, more than %(most)s.")
# What email-validator says most often, in its own words.
_OF_THE_LIBRARY = frozenset(
    {
        phrase("An email address must have an @-sign."),
        phrase("There must be something before the @-sign."),
        phrase("There must be something after the @-sign."),
        phrase("The part after the @-sign is not valid. It should have a period."),
        phrase("An email address cannot have two periods in a row."),
    }
)
_LONGEST_REASON = 200  # it may name every character of what was typed


class Sender(NamedTuple):
    """Who mail is from: a name, empty if there is none, and an address in ASCII."""

    name: str
    address: str


def normal(text: str) -> str:
    """Return the address as it is stored, compared and shown; raises ValueError with how to write one."""
    return _read(text).normalized


def sought(text: str) -> str:
    """Return an address as it is stored, and any other text unchanged, to search for it."""
    try:
        return normal(text)
    except ValueError:
        return text


def is_same(address: str, other: str) -> bool:
    """Return whether two addresses are one mailbox to us, however they are written."""
    return mailbox_of(address) == mailbox_of(other)


def mailbox_of(address: str) -> str:
    """Return what is the same for all spellings of an address, for comparison; the database has `address_key`."""
    return sought(address).lower()


def sender_of(text: str) -> Sender:
    """Return the sender in `address` or `name <address>`; its name may contain commas, and be encoded as in a header.

    Raises ValueError for anything but one mailbox, such as two addresses or a group.
    """
    before, bracket, rest = text.strip().rpartition("<")
    name = before.strip()
    if _QUOTED.fullmatch(name):
        name = _ESCAPED.sub(r"\1", name[1:-1])
    elif _OTHER_ADDRESS.search(name) or (not bracket and _TWO_ADDRESSES.search(rest)):
        raise ValueError(_sentence("It contains more than one address. Name one."))
    elif "<" in name or (bracket and not rest.endswith(">")):
        raise ValueError(_sentence("It must end with the address, or with the address in `<` and `>`."))
    found = _read(rest.removesuffix(">").strip() if bracket else rest, in_ascii=True)
    return Sender(_decoded(name), f"{found.local_part}@{found.ascii_domain}")


def _decoded(name: str) -> str:
    if not _ENCODED_WORD.search(name):
        return name
    try:
        decoded = str(make_header(decode_header(name)))
    except (LookupError, ValueError):  # no known character set, no text in it, or no base64
        decoded = ""
    if not decoded or not decoded.isprintable():
        raise ValueError(_sentence("The name before it is encoded as in a mail header, but cannot be decoded."))
    return decoded


def _read(text: str, *, in_ascii: bool = False) -> ValidatedEmail:
    hidden = _INVISIBLE.search(text)
    if hidden is not None:
        raise ValueError(_sentence(FilledPhrase(_INVISIBLE_CHARACTER, character=spelt_out(hidden[0]))))
    try:
        found = validate_email(
            text, allow_smtputf8=not in_ascii, check_deliverability=False, globally_deliverable=False
        )
    except ValueError as error:
        reason = str(error)
        raise ValueError(_sentence(FilledPhrase(reason) if reason in _OF_THE_LIBRARY else reason)) from None
    if _ENCODED_WORD.search(found.local_part):
        raise ValueError(_sentence(FilledPhrase(_ENCODED)))
    _check_local_part(found.local_part)
    if found.ascii_domain.rpartition(".")[2].isdigit():
        raise ValueError(_sentence(FilledPhrase(_NUMBER)))
    return found


def _check_local_part(local_part: str) -> None:
    octets = len(local_part.encode())
    if octets > _LONGEST_LOCAL_PART:
        raise ValueError(_sentence(FilledPhrase(_LONG, count=octets, most=_LONGEST_LOCAL_PART)))
    for character in local_part:
        plain = unicodedata.normalize("NFKC", character)
        if not character.isascii() and plain.isascii():
            raise ValueError(_sentence(FilledPhrase(_ANOTHER_CHARACTER, character=spelt_out(character), plain=plain)))


def spelt_out(character: str) -> str:
    """Return the number and the name of a character, such as `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _sentence(reason: str) -> FilledPhrase:
    shown = reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"
    return FilledPhrase(_HOW, reason=shown)
