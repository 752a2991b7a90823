"""Email addresses, as people type them: which are accepted, and how each is written. Pure: no name is looked up.

The syntax is judged by email-validator. One mailbox is written in one way: in NFC, its domain in small letters and in
its own script, so that `bücher.example` and `xn--bcher-kva.example` are the same.
"""

import re
from typing import NamedTuple

import email_validator
from email_validator import ValidatedEmail, validate_email

_LOCAL_NAMES = frozenset({"local", "localhost", "test"})  # no name of the internet, yet one of a network of one's own
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _LOCAL_NAMES
]
_ENCODED_WORD = re.compile(r"=\?[^?]+\?[bq]\?[^?]*\?=", re.IGNORECASE)  # RFC 2047: mail programs would decode it
_ESCAPED = re.compile(r"\\(.)")
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


def sender_of(text: str) -> Sender:
    """Return the sender in `address` or `name <address>`; its name may contain commas. Raises ValueError."""
    before, bracket, rest = text.strip().rpartition("<")
    name = before.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = _ESCAPED.sub(r"\1", name[1:-1])
    elif "<" in name or (bracket and not rest.endswith(">")):
        raise ValueError(_sentence("It must end with the address, or with the address in `<` and `>`."))
    found = _read(rest.removesuffix(">") if bracket else rest, in_ascii=True)
    return Sender(name, f"{found.local_part}@{found.ascii_domain}")


def _read(text: str, *, in_ascii: bool = False) -> ValidatedEmail:
    try:
        found = validate_email(
            text, allow_smtputf8=not in_ascii, check_deliverability=False, globally_deliverable=False
        )
    except ValueError as error:
        raise ValueError(_sentence(str(error))) from None
    if _ENCODED_WORD.search(found.local_part):
        raise ValueError(_sentence("The part before the @-sign is encoded as in a mail header. Decode it."))
    return found


def _sentence(reason: str) -> str:
    shown = reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"
    return f"must be an email address, such as name@example.com. {shown}"
