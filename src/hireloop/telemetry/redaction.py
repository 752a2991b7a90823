"""What may never leave the process in a span or a log line: keys, passwords, query strings, and addresses in clear.

An address leaves as a keyed hash, so that one can still be searched for.
"""

import re
import secrets

from hireloop import signing
from hireloop.signing import Purpose

# A local part may be quoted, may hold an apostrophe, and may carry another address (a=b.example@relay.example).
_ADDRESS = re.compile(
    r"""(?:"[^"]{1,64}"|(?:[^\s<>"'(),;:\[\]{}]|(?<=\w)'(?=\w)){1,64})"""
    r"""(?:@|%40)(?:\[[^\]\s]*\]|[^\s<>"'(),;:=\[\]{}&/?#|!*]{0,253}[^\s<>"'(),;:=\[\]{}&/?#|!*.])"""
)
_SESSION_KEY = re.compile(r"[A-Za-z0-9_-]{20,24}\.\d{1,10}\.[A-Za-z0-9_-]{20,}")
_NAMED_SECRET = re.compile(r"((?:session_key|password|passwd|pass)=[\"']?)[^\s&\"'<>]+", re.IGNORECASE)
_API_KEY = re.compile(r"hl_[A-Za-z0-9_-]{8,}")
_PASSWORD_IN_URL = re.compile(r"(://[^\s/:]*:)\S+@")

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
    return _NAMED_SECRET.sub(r"\1<secret>", _SESSION_KEY.sub("<session key>", text))


def redact(text: str) -> str:
    """Return `text`, cut to 8 KiB, without session keys, API keys and passwords, and with each mail address hashed."""
    text = text[:_LONGEST]
    if "." in text:
        text = _SESSION_KEY.sub("<session key>", text)
    if "@" in text or "%40" in text:
        text = _PASSWORD_IN_URL.sub(r"\1<password>@", text)
        text = _ADDRESS.sub(lambda found: f"<address:{address_hash(found[0].rpartition('=')[2])}>", text)
    if "=" in text:
        text = _NAMED_SECRET.sub(r"\1<secret>", text)
    return _API_KEY.sub("<api key>", text) if "hl_" in text else text
