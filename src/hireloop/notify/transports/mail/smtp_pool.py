"""Kept connections to one mail server."""

import ssl
import time
from threading import Lock

from hireloop.notify.transport import Outcome
from hireloop.notify.transports.mail.rehearsal import Watch, WatchedConnection
from hireloop.notify.transports.mail.smtp import Envelope, MailServer, SmtpConnection

IDLE_SECONDS = 30.0  # a kept connection older than this is closed instead of used


class SmtpPool:
    """Connections kept from send to send; safe to use from many threads, each send having one of its own."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None) -> None:
        self.watch: Watch | None = None  # told of every reply on the connections that are opened from now on
        self._server = server
        self._tls = tls
        self._idle: list[tuple[float, SmtpConnection]] = []
        self._lock = Lock()
        self._closed = False

    def send(self, envelope: Envelope) -> Outcome:
        """Try once, over a kept connection if there is one.

        A kept connection that fails before a reply to MAIL tells nothing about the message: the server may have
        closed it long ago. It is replaced by a new one, once, within this try.
        """
        connection = self._take()
        if connection is not None:
            outcome = connection.deliver(envelope)
            if connection.sender_replied:
                self._give_back(connection)
                return outcome
            connection.close()
        connection = self._new()
        outcome = connection.deliver(envelope)
        self._give_back(connection)
        return outcome

    def close(self) -> None:
        """Close the idle connections now and the others when their sends are done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _new(self) -> SmtpConnection:
        if self.watch is not None:
            return WatchedConnection(self._server, self._tls, self.watch)
        return SmtpConnection(self._server, self._tls)

    def _take(self) -> SmtpConnection | None:
        """Return the connection that was used last, so that the surplus of a rush grows old and is closed."""
        oldest_kept = time.monotonic() - IDLE_SECONDS
        with self._lock:
            stale = [connection for since, connection in self._idle if since < oldest_kept]
            if stale:
                self._idle = [kept for kept in self._idle if kept[0] >= oldest_kept]
            taken = self._idle.pop()[1] if self._idle else None
        for connection in stale:
            connection.close()
        return taken

    def _give_back(self, connection: SmtpConnection) -> None:
        if connection.usable:
            with self._lock:
                if not self._closed:
                    self._idle.append((time.monotonic(), connection))
                    return
        connection.close()
