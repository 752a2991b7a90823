"""The signature of Standard Webhooks 1.0: how a receiver knows that a webhook is ours, new and unaltered.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode

_PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES = 24, 64
_CLEAN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def keys_of(secrets: str) -> tuple[bytes, ...]:
    """Return the keys in WEBHOOK_SECRET: one, or several between spaces while a receiver changes from one to another.

    Raises ValueError if a secret is not `whsec_` and 24 to 64 bytes in base64; its text repeats no secret.
    """
    return tuple(_key(secret) for secret in secrets.split())


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError("A webhook secret is `whsec_` and 24 to 64 bytes in base64.")
    return key


def webhook_id(message_id: str) -> str:
    """Return the id that a receiver tells repeats by: the same on every try, and without a full stop or an address.

    It ends in the local part of the Message-ID, which names the delivery.
    """
    local = message_id.strip("<>").partition("@")[0]
    return "msg_" + (local if _CLEAN.fullmatch(local) else hashlib.sha256(_utf8(message_id)).hexdigest()[:32])


def signature(keys: tuple[bytes, ...], ident: str, timestamp: int, body: bytes) -> str:
    """Return the header `webhook-signature`: a `v1` signature a key, separated by spaces.

    `timestamp` is in seconds since 1970.
    """
    signed = b".".join((ident.encode(), str(timestamp).encode(), body))
    return " ".join("v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
