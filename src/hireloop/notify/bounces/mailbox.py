"""An IMAP mailbox that reports come to: over TLS only, and no mail in it is ever deleted or moved.

Blocking, as the standard library's imaplib is. A mail is looked at without being marked as seen (RFC 3501, BODY.PEEK);
the caller marks it once it is recorded. UIDs name the mails, and are good as long as the connection.
"""

import imaplib
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from hireloop.errors import MailboxError
from hireloop.notify.bounces.reading.reports import LONGEST

_PORT = 993
_SECONDS = 30


class BounceMailbox:
    """A signed-in IMAP connection with one folder open, for the length of a `with` block."""

    def __init__(self, url: str) -> None:
        """Take `imaps://user:password@host:port/folder`, its parts percent-encoded; no network is touched yet."""
        self._parts = urlsplit(url)

    def __enter__(self) -> Self:
        """Connect, sign in and open the folder; raises MailboxError."""
        parts = self._parts
        try:
            self._imap = imaplib.IMAP4_SSL(
                parts.hostname or "", parts.port or _PORT, ssl_context=ssl.create_default_context(), timeout=_SECONDS
            )
        except (OSError, imaplib.IMAP4.error) as error:
            raise _failure("cannot be reached", error) from None
        try:
            self._imap.login(_quoted(unquote(parts.username or "")), unquote(parts.password or ""))
            self._data_of(self._imap.select(_quoted(unquote(parts.path.strip("/")) or "INBOX")), "open the folder")
            self._validity = str(self._imap.response("UIDVALIDITY")[1])
        except (OSError, UnicodeError, imaplib.IMAP4.error) as error:  # imaplib signs in with ASCII only
            self._leave()
            raise _failure("refuses the sign-in or the folder", error) from None
        except MailboxError:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Sign out."""
        self._leave()

    def unseen(self) -> list[str]:
        """Return the UIDs of what nobody has seen yet, oldest first."""
        (found, *_) = self._uid("SEARCH", "UNSEEN")
        return found.decode().split() if isinstance(found, bytes) else []

    def name_of(self, uid: str) -> str:
        """Return what names a mail on later connections too: its UID, and the validity of the folder's UIDs."""
        return f"{self._validity} {uid}"

    def read(self, uid: str) -> bytes:
        """Return a mail, at most as much of it as a report is read; empty if it is gone."""
        for item in self._uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST}>)"):
            if isinstance(item, tuple):
                return bytes(item[1])
        return b""

    def mark_seen(self, uid: str) -> None:
        """Mark a mail as seen, so that nobody takes it again."""
        self._uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")

    def _uid(self, command: str, *arguments: str) -> Sequence[object]:
        try:
            return self._data_of(self._imap.uid(command, *arguments), command)
        except (OSError, imaplib.IMAP4.error) as error:
            raise _failure(f"failed at {command}", error) from None

    def _data_of(self, response: tuple[str, Sequence[object]], what: str) -> Sequence[object]:
        if response[0] != "OK":
            raise MailboxError(f"The mailbox at BOUNCE_IMAP_URL refused to {what}.")
        return response[1]

    def _leave(self) -> None:
        try:
            self._imap.logout()
        except (OSError, imaplib.IMAP4.error):  # it is over either way
            return


def _failure(what: str, error: Exception) -> MailboxError:
    """Return the error with the error's type alone: its text may repeat the sign-in or the server's own words."""
    return MailboxError(f"The mailbox at BOUNCE_IMAP_URL {what} ({type(error).__name__}).")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
