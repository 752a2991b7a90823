"""Sign texts and check them, and hash under SECRET_KEY. Pure: no clock, database or settings.

A signed text is `<stem>.<MAC>`: a claim as its issuer writes it, and an HMAC-SHA256 over it in base64url, under
a key that SECRET_KEY gives for this purpose alone. Nothing of it is stored; a text is checked by minting its stem again
and comparing the whole, which also rejects base64url's other spellings of the same bytes
(docs/decisions/0043-one-mint-for-signed-texts.md).
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from enum import Enum, unique
from functools import lru_cache

_LONGEST_STEM = 100  # characters: what claims more is nobody's, however long it is


@unique
class Purpose(Enum):
    """What is signed or hashed, and what its key is derived by. A changed one invalidates everything made before."""

    SESSION_KEY = b"hireloop session key 1"  # in the candidate's link and cookie
    CONSOLE_TICKET = b"hireloop console ticket 1"  # in the console's cookie; bound to the API key's hash
    MAILBOX_TICKET = b"hireloop mailbox ticket 1"  # in the link that `hireloop up` prints
    MAILBOX_COOKIE = b"hireloop mailbox cookie 1"  # what that ticket is exchanged for
    BOUNCE_TAG = b"hireloop bounce tag 1"  # in a mail's envelope sender
    FORM_TOKEN = b"hireloop portal form 1"  # in the pages' forms, under the page's cookie in place of SECRET_KEY
    SECRET_FINGERPRINT = b"hireloop secret fingerprint 1"  # in the database, which knows SECRET_KEY by it
    CHANNEL_FINGERPRINT = b"hireloop channel fingerprint 1"  # in the database: a channel's settings
    CHANNEL_NAME = b"hireloop channel name 1"  # in the database: the digits of a channel's name
    ADDRESS_HASH = b"hireloop address hash 1"  # in spans and log lines, for a mail address


def mint(secret: str, purpose: Purpose, stem: str, *, bound_to: bytes | None = None) -> str:
    """Return `<stem>.<MAC>`, whose MAC is 43 characters of base64url.

    `bound_to` is signed too, but is not part of the text: the checker must know it. A purpose either always has
    something bound to it, of one fixed length, or never does. Raises ValueError for a stem that `check` would refuse.
    """
    if len(stem) > _LONGEST_STEM:
        msg = f"A stem has at most {_LONGEST_STEM} characters: store what is longer, and sign its id."
        raise ValueError(msg)
    claim = _utf8(stem) if bound_to is None else _utf8(stem) + b"." + bound_to
    return f"{stem}.{base64url(mac(secret, purpose, claim))}"


def check(text: str, purpose: Purpose, secrets: Sequence[str], *, bound_to: bytes | None = None) -> str | None:
    """Return the stem of `text` if one of `secrets` minted exactly this text for this purpose, else None.

    Any text may be asked about. The stem of a genuine one is ours, and needs no suspicion.
    """
    stem = text[: _LONGEST_STEM + 1].rpartition(".")[0]
    genuine = is_one_of(text, [mint(secret, purpose, stem, bound_to=bound_to) for secret in secrets])
    return stem if genuine else None


def is_one_of(text: str, minted: Sequence[str]) -> bool:
    """Return whether `text` is one of these, all of which are compared, each in a time that is the same for all."""
    given = _utf8(text)
    genuine = False
    for one in minted:
        genuine |= hmac.compare_digest(_utf8(one), given)
    return genuine


def mac(secret: str, purpose: Purpose, claim: bytes) -> bytes:
    """Return the 32 bytes of the MAC, for texts that are not written as `mint` writes them, and for keyed hashes."""
    return hmac.digest(_key(secret, purpose), claim, hashlib.sha256)


def derive(secret: str, purpose: Purpose) -> bytes:
    """Return a 32-byte key for one purpose, so that no two uses of a secret share key material."""
    return hmac.digest(_utf8(secret), purpose.value, hashlib.sha256)


@lru_cache(maxsize=64)  # ours are few; a stranger's cookie, which form tokens are derived from, is not kept
def _key(secret: str, purpose: Purpose) -> bytes:
    return derive(secret, purpose)


def base64url(raw: bytes) -> str:
    """Return bytes as signed texts contain them, without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _utf8(text: str) -> bytes:
    """Return any text's bytes, which are no other text's: a stranger's may have lone surrogates."""
    return text.encode("utf-8", "surrogatepass")
