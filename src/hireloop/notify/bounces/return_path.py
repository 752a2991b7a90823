"""The envelope sender of a mail: BOUNCE_ADDRESS with a signed tag, so that a report says which delivery came back.

`bounces@hire.example` becomes `bounces+<tag>@hire.example`. A tag is base32 (RFC 4648) of the delivery's id and of
the first 9 bytes of the MAC over it: 40 letters and digits without padding. Case is ignored, because
relays change it. Nothing of it is stored (docs/decisions/0024-a-bounce-is-believed-by-its-signature.md).
"""

import binascii
import re
from base64 import b32decode, b32encode
from collections.abc import Iterator, Sequence
from typing import Self
from uuid import UUID

import msgspec

from hireloop import signing
from hireloop.notify.transport import Outcome, Parcel, Transport
from hireloop.settings import Settings
from hireloop.signing import Purpose

_MAC_BYTES = 9
_TAG = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=[+=%]2[Bb]))[A-Za-z2-7]{40}(?![A-Za-z0-9])")  # `+` may be encoded
_MOST_TAGS = 20  # that are checked of one report
_IN_MESSAGE_ID = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])[^@\s]{0,40}@", re.IGNORECASE)


class ReturnPath:
    """Where mails come back to; without an address none is tagged, and old tags are still read."""

    def __init__(self, address: str, secrets: Sequence[str]) -> None:
        """Take BOUNCE_ADDRESS, empty for none, and the secrets: the first one signs, every one verifies."""
        self._local, _, self._domain = address.rpartition("@")
        self._secrets = secrets

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return this installation's; raises SettingsError without SECRET_KEY."""
        return cls(settings.bounce_address, settings.secrets)

    def address(self, delivery_id: UUID) -> str | None:
        """Return the envelope sender of this delivery; None if no address for bounces is set."""
        return f"{self._local}+{_tag(self._secrets[0], delivery_id)}@{self._domain}" if self._local else None

    def deliveries(self, text: str) -> Iterator[UUID]:
        """Yield each delivery whose genuine tag occurs in `text`, such as a report's headers."""
        for found in [*_TAG.finditer(text)][:_MOST_TAGS]:
            given = found[0].lower()
            delivery_id = _delivery_in(given)
            if delivery_id is not None and self._is_genuine(given, delivery_id):
                yield delivery_id

    def _is_genuine(self, given: str, delivery_id: UUID) -> bool:
        return signing.is_one_of(given, [_tag(secret, delivery_id) for secret in self._secrets])


class ReturnPathTransport:
    """A transport whose mails bear the return path of their delivery."""

    def __init__(self, transport: Transport, return_path: ReturnPath) -> None:
        self._transport, self._return_path = transport, return_path

    def send(self, parcel: Parcel) -> Outcome:
        """Send the parcel with its envelope sender."""
        delivery_id = delivery_of(parcel.message_id)
        if delivery_id is not None:
            parcel = msgspec.structs.replace(parcel, envelope_sender=self._return_path.address(delivery_id))
        return self._transport.send(parcel)


def delivery_of(message_id: str) -> UUID | None:
    """Return the delivery that a Message-ID of ours names, whichever of its sendings it is; None for another's."""
    found = _IN_MESSAGE_ID.match(message_id.strip())
    return UUID(found[1]) if found else None


def _tag(secret: str, delivery_id: UUID) -> str:
    mac = signing.mac(secret, Purpose.BOUNCE_TAG, delivery_id.bytes)[:_MAC_BYTES]
    return b32encode(delivery_id.bytes + mac).decode().lower()


def _delivery_in(tag: str) -> UUID | None:
    try:
        return UUID(bytes=b32decode(tag, casefold=True)[:16])
    except (binascii.Error, ValueError):
        return None
