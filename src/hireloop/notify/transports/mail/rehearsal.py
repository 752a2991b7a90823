"""A conversation with the mail server that is watched step by step, and one that stops before any message."""

import socket
import ssl
from collections.abc import Callable

import msgspec
from msgspec import structs

from hireloop.notify.transport import Evidence, Outcome, Phase
from hireloop.notify.transports.mail.smtp import Envelope, MailServer, SmtpConnection

Watch = Callable[[str, Evidence], None]

_INTERMEDIATE = 334  # a step within AUTH (RFC 4954, 4)
_TLS_SECONDS = 3.0


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """How far a conversation came that was to end with the sender accepted, and no message handed in."""

    outcome: Outcome | None  # None: every step got the expected reply
    evidence: Evidence
    connected: bool  # over TCP
    failure: OSError | None = None  # what ended it, if no reply did
    extensions: frozenset[str] = frozenset()  # what the last EHLO offered, such as STARTTLS
    sign_ins: tuple[str, ...] = ()  # what it offered for AUTH, such as PLAIN


class WatchedConnection(SmtpConnection):
    """Tells `watch` of every reply: what was said, in which phase, and the server's words.

    What is said in a sign-in is its method alone, and no reply repeats the password.
    """

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None, watch: Watch | None = None) -> None:
        super().__init__(server, tls)
        self._watch = watch
        self._said = "the greeting"
        self._failure: OSError | None = None

    def _secure(self) -> None:
        super()._secure()
        self._tell("TLS handshake", structs.replace(self._evidence(), phase=Phase.TLS, code=None, reply=""))

    def _enter(self, phase: Phase) -> None:
        super()._enter(phase)
        if phase is Phase.REPLY:
            self._said = "the message"

    def _say(self, command: str, expected: int) -> None:
        if self._phase is not Phase.AUTH:
            self._said = command
        elif command.startswith("AUTH "):
            self._said = " ".join(command.split(" ")[:2])
        super()._say(command, expected)

    def _expect(self, expected: int) -> None:
        try:
            super()._expect(expected)
        finally:
            if self._reply.code and self._reply.code != _INTERMEDIATE:
                self._tell(self._said, self._evidence())

    def _evidence(self, error: OSError | None = None) -> Evidence:
        self._failure = error or self._failure
        return super()._evidence(error)

    def _tell(self, said: str, evidence: Evidence) -> None:
        if self._watch is not None:
            self._watch(said, evidence)


class _Rehearsing(WatchedConnection):
    """Says MAIL FROM and takes it back."""

    def rehearse(self, sender: str) -> Rehearsal:
        outcome = self._tried(Envelope(sender, "", b""))
        evidence = outcome.evidence if outcome else self._evidence()
        connected = self._wire.is_open
        self.close()
        return Rehearsal(
            outcome=outcome,
            evidence=evidence,
            connected=connected,
            failure=self._failure,
            extensions=frozenset(self._extensions),
            sign_ins=self.sign_ins,
        )

    def _hand_over(self, envelope: Envelope) -> None:
        self._enter(Phase.SENDER)
        self._say(f"MAIL FROM:<{envelope.sender}>", 2)
        accepted = self._reply
        self._say("RSET", 2)
        self._reply = accepted


def rehearse(server: MailServer, tls: ssl.SSLContext | None, sender: str) -> Rehearsal:
    """Take every step up to MAIL FROM on a connection of its own, take it back, and say QUIT; sends no message.

    Blocking: each phase within the server's `timeout`.
    """
    return _Rehearsing(server, tls).rehearse(sender)


def speaks_tls_first(host: str, port: int) -> bool:
    """Return whether the port completes a TLS handshake; a few seconds, whatever its certificate."""
    curious = ssl.create_default_context()
    curious.check_hostname = False
    curious.verify_mode = ssl.CERT_NONE  # nothing is said over it
    try:
        with (
            socket.create_connection((host, port), timeout=_TLS_SECONDS) as plain,
            curious.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except (OSError, ValueError):
        return False
