"""A mail server for tests: a scripted one that answers, drops or hangs at any step."""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, Self

from servers.certificates import Certificate


class Drop(NamedTuple):
    """Close the connection instead of answering."""


class Hang(NamedTuple):
    """Answer nothing for so many seconds, or until the server stops."""

    seconds: float = 60


class Drip(NamedTuple):
    """Answer without end, a byte at a time, until the client has had enough."""

    pause_seconds: float = 0.02


Step = str | bytes | Drop | Hang | Drip


@dataclass
class ReceivedMail:
    sender: str
    recipient: str
    content: bytes


@dataclass
class _Session:
    sender: str = ""
    recipient: str = ""
    last: bytes = b""  # what was answered
    commands: list[str] = field(default_factory=list)


_ORDINARY: dict[str, Step] = {
    "banner": "220 mail.test ESMTP",
    "STARTTLS": "220 2.0.0 Ready",
    "AUTH": "235 2.7.0 Welcome",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 Go ahead",
    "end": "250 2.0.0 Ok: queued as 4242",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


class ScriptedSmtpServer:
    """An SMTP server on a port of loopback, in threads, that does at each step what its script says.

    `script` maps a step (`banner`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `end` for the end of the
    message, `RSET`, `QUIT`) to what happens there: a reply without its line end, Drop() or Hang(). A list of these
    is used up in turn, over all connections; then the step is ordinary again.
    """

    def __init__(
        self,
        script: Mapping[str, Step | Sequence[Step]] | None = None,
        *,
        extensions: Sequence[str] = ("8BITMIME", "SMTPUTF8", "AUTH PLAIN LOGIN"),
        certificate: Certificate | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self._script = {step: [does] if isinstance(does, Step) else list(does) for step, does in (script or {}).items()}
        self._forever = {step for step, does in (script or {}).items() if isinstance(does, Step)}
        self._extensions = list(extensions)
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate.cert, certificate.key)
        self._implicit = implicit_tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: set[_Line] = set()
        self._place: socket.socket | None = None  # keeps the port ours, and refuses
        self.port: int = self._listener.getsockname()[1]
        self.received: list[ReceivedMail] = []
        self.sessions: list[_Session] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._place is not None:
            self._place.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(5)

    def go_away(self) -> None:
        """Refuse every connection, and close those that are open, until `come_back`."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", self.port))
        self.drop_connections()

    def come_back(self) -> None:
        """Listen again, at the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        if self._place is not None:
            self._place.close()
        self._threads[0] = threading.Thread(target=self._accept, daemon=True)
        self._threads[0].start()

    def recover(self) -> None:
        """Do from now on what a server ordinarily does, whatever the script says."""
        with self._lock:
            self._script.clear()

    @property
    def connection_count(self) -> int:
        return len(self.sessions)

    def commands(self) -> list[str]:
        """Every command line received, over all connections, in the order of the connections."""
        return [command for session in self.sessions for command in session.commands]

    def drop_connections(self) -> None:
        """Close what is open, as a server does that has waited long enough."""
        with self._lock:
            still_open, self._open = self._open, set()
        for line in still_open:
            line.drop()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            session = _Session()
            self.sessions.append(session)
            thread = threading.Thread(target=self._serve, args=(connection, session), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, session: _Session) -> None:
        line = _Line(connection)
        with suppress(OSError):
            with self._lock:
                self._open.add(line)
            if self._implicit:
                self._secure(line)
            self._talk(line, session)
        with self._lock:
            self._open.discard(line)
        line.close()

    def _talk(self, line: "_Line", session: _Session) -> None:
        if not self._do("banner", line, session):
            return
        while command := line.reader.readline():
            verb = self._note(command.decode("utf-8", "replace").rstrip("\r\n"), session)
            if not self._do(verb, line, session) or verb == "QUIT":
                return
            if verb == "STARTTLS" and session.last.startswith(b"220"):
                self._secure(line)
            if verb == "DATA" and session.last.startswith(b"354"):
                content = _content(line.reader)
                if content is None:
                    return
                self.received.append(ReceivedMail(session.sender, session.recipient, content))
                if not self._do("end", line, session):
                    return

    @staticmethod
    def _note(command: str, session: _Session) -> str:
        session.commands.append(command)
        verb = command.partition(" ")[0].upper()
        if verb == "MAIL":
            session.sender = command
        elif verb == "RCPT":
            session.recipient = command
        return verb

    def _do(self, step: str, line: "_Line", session: _Session) -> bool:
        """Answer this step, or not; False where the connection is over."""
        does = self._next(step)
        if isinstance(does, Hang):
            self._stopped.wait(does.seconds)
            return False
        if isinstance(does, Drop):
            return False
        if isinstance(does, Drip):
            while not self._stopped.wait(does.pause_seconds):
                line.connection.sendall(b"2")
            return False
        session.last = does if isinstance(does, bytes) else does.encode()
        line.connection.sendall(session.last + b"\r\n")
        return not session.last.startswith(b"421")

    def _next(self, step: str) -> Step:
        with self._lock:
            planned = self._script.get(step)
            if planned:
                return planned[0] if step in self._forever else planned.pop(0)
        if step == "EHLO":
            offered = [*self._extensions, *(["STARTTLS"] if self._tls and not self._implicit else [])]
            lines = ["mail.test", *offered]
            return "\r\n".join(f"250{'-' if n < len(lines) - 1 else ' '}{line}" for n, line in enumerate(lines))
        return _ORDINARY.get(step, "502 5.5.2 Unknown command")

    def _secure(self, line: "_Line") -> None:
        if self._tls is None:
            raise RuntimeError("A server that speaks TLS needs a certificate.")
        line.reader.close()
        line.connection = self._tls.wrap_socket(line.connection, server_side=True)
        line.reader = line.connection.makefile("rb")


class _Line:
    """A connection and its reader, in clear or over TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.reader = connection.makefile("rb")

    def drop(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self.reader.close()
        with suppress(OSError):
            self.connection.close()


def _content(reader: BinaryIO) -> bytes | None:
    """Read a message up to its lone dot, and take the stuffing out; None where the connection ends before."""
    content = bytearray()
    while (line := reader.readline()) != b".\r\n":
        if not line:
            return None
        content += line[1:] if line.startswith(b".") else line
    return bytes(content)
