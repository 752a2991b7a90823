"""The mail that arrived, one file each in a Maildir, with its envelope in three header lines before the message.

Any mail program can open the folder; the message below those three lines is as the sender gave it, byte for byte.
"""

import json
import mailbox
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

import msgspec

_RECEIVED_AT = b"X-HireLoop-Received-At: "
_SENDER = b"X-HireLoop-Envelope-Sender: "
_RECIPIENTS = b"X-HireLoop-Envelope-Recipients: "


class ReceivedMail(msgspec.Struct, frozen=True, kw_only=True):
    """One message that the development mailbox took responsibility for."""

    id: str
    received_at: datetime
    sender: str  # of the envelope, empty for a bounce
    recipients: tuple[str, ...]  # of the envelope
    raw: bytes  # the message as it came

    @property
    def email(self) -> EmailMessage:
        """The message, parsed anew at each call."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def message_id(self) -> str:
        """The Message-ID as it is written in the head, empty if there is none."""
        head = BytesHeaderParser(policy=policy.compat32).parsebytes(self.raw)  # takes any header, however malformed
        return str(head["Message-ID"] or "").strip()


class MailFolder:
    """A folder of received mail, created where it is missing; one process writes, any number read and delete."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / "tmp", folder / "new", folder / "cur"):  # Maildir: not where `folder` is there
            place.mkdir(mode=0o700, exist_ok=True)
        self._maildir = mailbox.Maildir(folder, create=True)
        self._read: dict[str, ReceivedMail] = {}
        self._one_reader = threading.RLock()  # a Maildir's listing is not for two threads

    def add(self, *, sender: str, recipients: list[str], raw: bytes) -> str:
        """Store a message, on the disk when this returns; return its id."""
        # JSON in ASCII: no address can begin a line of its own.
        return self._maildir.add(
            b"%b%b\n%b%b\n%b%b\n%b"
            % (
                *(_RECEIVED_AT, datetime.now(UTC).isoformat(timespec="microseconds").encode()),
                *(_SENDER, json.dumps(sender).encode()),
                *(_RECIPIENTS, json.dumps(recipients).encode()),
                raw,
            )
        )

    def messages(self) -> list[ReceivedMail]:
        """Return every message, the newest first."""
        with self._one_reader:
            found = [mail for ident in self._maildir.keys() if (mail := self.get(ident))]  # noqa: SIM118 (it iterates over messages)
            self._read = {mail.id: mail for mail in found}  # forget what somebody deleted
        return sorted(found, key=lambda mail: (mail.received_at, mail.id), reverse=True)

    def remove(self, ident: str) -> None:
        """Delete the message of this id, if there is one."""
        with self._one_reader:
            self._read.pop(ident, None)
            self._maildir.discard(ident)

    def get(self, ident: str) -> ReceivedMail | None:
        """Return the message of this id, None if there is none or it is not of our making."""
        with self._one_reader:
            if ident not in self._maildir:  # somebody may have deleted what we have read
                self._read.pop(ident, None)
                return None
            if ident not in self._read:
                try:
                    # Looks the id up in the folder's listing: no id leads out of it.
                    self._read[ident] = _parse(ident, self._maildir.get_bytes(ident))
                except (KeyError, FileNotFoundError, ValueError):
                    return None
            return self._read[ident]


def _parse(ident: str, stored: bytes) -> ReceivedMail:
    received_at, sender, recipients, raw = stored.split(b"\n", 3)
    return ReceivedMail(
        id=ident,
        received_at=datetime.fromisoformat(_value(received_at, _RECEIVED_AT)),
        sender=json.loads(_value(sender, _SENDER)),
        recipients=tuple(json.loads(_value(recipients, _RECIPIENTS))),
        raw=raw,
    )


def _value(line: bytes, name: bytes) -> str:
    if not line.startswith(name):
        msg = f"This is not a {name.decode()!r} line."
        raise ValueError(msg)
    return line.removeprefix(name).decode("ascii")
