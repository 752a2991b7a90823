"""What may never leave the process in a span or a log line: keys, passwords, query strings, and addresses in clear.

An address leaves as a keyed hash, so that one can still be searched for. The collector repeats these patterns and those
of `secret_patterns`, and a test keeps them equal.
"""

import re
import secrets
from collections.abc import Iterable
from typing import AnyStr

from hireloop import signing
from hireloop.secret_patterns import API_KEY, API_KEY_PREFIX, SESSION_KEY
from hireloop.signing import Purpose

# A local part may be quoted, may hold an apostrophe, and may carry another address (a=b.example@relay.example).
_ADDRESS = re.compile(
    r"""(?:"[^"]{1,64}"|(?:[^\s<>"'(),;:\[\]{}]|(?<=\w)'(?=\w)){1,64})"""
    r"""(?:@|%(?:25)*40)(?:\[[^\]\s]*\]|[^\s<>"'(),;:=\[\]{}&/?#|!*]{0,253}[^\s<>"'(),;:=\[\]{}&/?#|!*.])"""
)
NAMED_SECRET = re.compile(r"((?i:session_key|password|passwd|pass)=[\x22\x27]?)[^\s&\x22\x27<>]+")
PASSWORD_IN_URL = re.compile(r"(://[^\s/:]*:)\S+@")
_TOKEN_IN_JSON = re.compile(r'("\w*(?:token|secret|password|session|key)\w*"\s*:\s*)"[^"]*"', re.IGNORECASE)

_LONGEST = 8_192  # someone who sends more must not keep us busy with it

_secret = secrets.token_urlsafe(32)  # until `set_up` knows the installation's


def use_secret(secret: str) -> None:
    """Hash addresses with this installation's key from now on, so that all its processes hash them alike."""
    global _secret  # noqa: PLW0603 (one process has one installation)
    _secret = secret


def address_hash(address: str) -> str:
    """Return what replaces a mail address in spans and logs: 12 hex digits of a keyed hash, ignoring case."""
    return signing.mac(_secret, Purpose.ADDRESS_HASH, address.strip().lower().encode()).hex()[:12]


def without_links(text: str) -> str:
    """Return `text` without session keys: a mail filter may quote the link that it blocks."""
    return NAMED_SECRET.sub(r"\1<secret>", SESSION_KEY.sub("<session key>", text))


def without(said: AnyStr, known: Iterable[AnyStr], mark: AnyStr) -> AnyStr:
    """Return what the other side said with `mark` for each secret that is known here, none of them empty."""
    for secret in sorted(known, key=len, reverse=True):  # one may be a part of another
        said = said.replace(secret, mark)
    return said


def without_tokens_in_json(text: str) -> str:
    """Return a response without the values that it calls tokens, keys or the like: a sign-in's has new ones."""
    return _TOKEN_IN_JSON.sub(r'\1"<secret>"', text)


def printable(text: str, longest: int) -> str:
    """Return what a caller sent, redacted and cut to `longest` characters, with `\ufffd` for what cannot be printed."""
    text = redact(text)[:longest]  # in this order: what is left of a secret or an address may not look like one
    return text if text.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in text)


def redact(text: str) -> str:
    """Return `text`, cut to 8 KiB, without session keys, API keys and passwords, and with each mail address hashed."""
    text = text[:_LONGEST]
    if "." in text or "%" in text:
        text = SESSION_KEY.sub("<session key>", text)
    if "@" in text or "%" in text:
        text = PASSWORD_IN_URL.sub(r"\1<password>@", text)
        text = _ADDRESS.sub(lambda found: f"<address:{address_hash(found[0].rpartition('=')[2])}>", text)
    if "=" in text:
        text = NAMED_SECRET.sub(r"\1<secret>", text)
    return API_KEY.sub("<api key>", text) if API_KEY_PREFIX in text else text
