"""The conversation with a mail server, each step taken on its own so that its reply is known.

RFC 5321 with STARTTLS (3207), AUTH PLAIN and LOGIN (4954), enhanced codes (2034), SMTPUTF8 (6531) and DSN (3461).
Not the standard library's smtplib: that bounds each read instead of each phase, reports a time-out while
writing as a lost connection, signs in with ASCII only and closes the connection on its own account.
"""

import contextlib
import re
import ssl
from base64 import b64encode
from enum import StrEnum

import msgspec
from pydantic import SecretStr

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected
from hireloop.notify.transports.mail.wire import SmtpReply, Wire
from hireloop.notify.transports.replies import enhanced_code, kept_reply, outcome_of_failure, outcome_of_reply
from hireloop.telemetry import redaction

_FAREWELL_SECONDS = 2.0  # for RSET and QUIT, when the outcome is known already
_CLOSING = 421  # the server says so and closes (RFC 5321, 4.2.2)
_NO_REPLY = SmtpReply(0, b"")
_NO_SUCH_COMMAND = frozenset({500, 502})
_MECHANISMS = ("PLAIN", "LOGIN")  # in this order
_MECHANISM_NOT_KNOWN = 504
_MECHANISM_REFUSED = frozenset({500, 501, 502, 503, 534, 535})  # with words about it
_ABOUT_MECHANISM = re.compile(
    rb"(mechanism|(auth\w*|sign-?in|log ?in) (type|method))[^.;]*"
    rb"\b(not|unsupported|unrecogni[sz]ed|unknown|invalid|disabled|(too )?weak)\b"
    rb"|\b(unsupported|unrecogni[sz]ed|unknown|invalid|weak) (\w+ )?"
    rb"(mechanism|(auth\w*|sign-?in|log ?in) (type|method))",
    re.IGNORECASE,
)
_SYNTAX_ERROR = 501  # in a parameter or in the address
_PARAMETERS_REFUSED = frozenset({_SYNTAX_ERROR, 504, 555})  # RFC 5321, 4.2.2
_BAD_PARAMETERS = "5.5.4"
_NEEDS_SMTPUTF8 = "5.6.7"  # RFC 6531, 3.5
_LONGEST_ENVID = 100  # RFC 3461, 4.4


class Security(StrEnum):
    """How a connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"  # from the first byte


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in, and how."""

    host: str
    port: int
    security: Security
    user: str = ""  # empty: no sign-in
    password: SecretStr = SecretStr("")
    timeout: float = 30  # seconds for each phase
    data_timeout: float = 300  # seconds for the reply to the message
    own_name: str = "localhost"  # what EHLO says


class Envelope(msgspec.Struct, frozen=True):
    """One message for one recipient, as the server is to take it: CRLF line ends, not yet dot-stuffed."""

    sender: str
    recipient: str
    content: bytes
    envid: str = ""  # what a bounce is to name it by; empty: no report is asked for


class _UnexpectedReply(Exception):
    """The server's last reply is not the one that the step needs."""


class _Impossible(Exception):
    """The server does not offer what the step needs."""

    def __init__(self, outcome: type[Held | Rejected], reason: Reason) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class SmtpConnection:
    """One connection, opened by its first delivery. Not for two threads at once."""

    def __init__(self, server: MailServer, tls: ssl.SSLContext | None) -> None:
        """Take what is needed to connect; `tls` may be None only if the server's security is NONE."""
        self.sender_replied = False  # this delivery's MAIL got a reply other than a farewell
        self.usable = False  # open, in step, and ready for another MAIL
        self._server = server
        self._tls = tls
        self._wire = Wire()
        self._secrets = _spellings(server)
        self._extensions: dict[str, str] = {}
        self._phase = Phase.CONNECT
        self._reply = _NO_REPLY
        self._tls_version: str | None = None

    def deliver(self, envelope: Envelope) -> Outcome:
        """Take every step up to the reply to the message, and return the outcome."""
        return self._tried(envelope) or outcome_of_reply(self._evidence())

    @property
    def sign_ins(self) -> tuple[str, ...]:
        """What the server's last EHLO offers for AUTH, such as PLAIN, LOGIN or XOAUTH2."""
        return tuple(self._extensions.get("AUTH", "").split())

    def _tried(self, envelope: Envelope) -> Outcome | None:
        """Take every step; None if each got the expected reply."""
        self.sender_replied = self.usable = False
        try:
            if not self._wire.is_open:
                self._open()
            self._hand_over(envelope)
        except _UnexpectedReply:
            outcome = outcome_of_reply(self._evidence())
            self._reset()
            return outcome
        except _Impossible as impossible:
            outcome = impossible.outcome(reason=impossible.reason, evidence=self._evidence())
            self._reset()
            return outcome
        except OSError as error:
            return outcome_of_failure(error, self._evidence(error))
        self.usable = True
        return None

    def close(self) -> None:
        """Say QUIT if the connection is in step, and close it; never raises."""
        if self.usable:
            self.usable = False
            with contextlib.suppress(OSError, _UnexpectedReply):
                self._wire.allow(_FAREWELL_SECONDS)
                self._say("QUIT", 2)
        self._wire.close()

    def _open(self) -> None:
        server = self._server
        self._enter(Phase.CONNECT)
        self._wire.connect(server.host, server.port)
        if server.security is Security.TLS:
            self._secure()
        self._expect(2)
        self._greet()
        if server.security is Security.STARTTLS:
            self._enter(Phase.TLS)
            if "STARTTLS" not in self._extensions:
                raise _Impossible(Held, Reason.STARTTLS_MISSING)
            self._say("STARTTLS", 2)
            self._secure()
            self._greet()
        if server.user:
            self._sign_in()

    def _secure(self) -> None:
        if self._tls is None:
            raise RuntimeError("A server that is spoken to over TLS needs a TLS context.")
        self._enter(Phase.TLS)
        self._tls_version = self._wire.secure(self._tls, self._server.host)
        self._enter(Phase.CONNECT)

    def _greet(self) -> None:
        try:
            self._say(f"EHLO {self._server.own_name}", 2)
        except _UnexpectedReply:
            if self._reply.code not in _NO_SUCH_COMMAND:
                raise
            self.sender_replied = False
            self._say(f"HELO {self._server.own_name}", 2)  # RFC 5321, 3.2: a server without extensions
            self._extensions = {}
            return
        lines = self._reply.text.decode("utf-8", "replace").split("\n")[1:]
        words = (line.replace("=", " ", 1).split(" ", 1) for line in lines)  # some old servers write AUTH=PLAIN
        self._extensions = {word[0].upper(): word[-1].upper() for word in words}

    def _sign_in(self) -> None:
        """Sign in by the first mechanism that the server takes: one that it offers may still be refused."""
        self._enter(Phase.AUTH)
        offered = self.sign_ins
        mechanisms = [mechanism for mechanism in _MECHANISMS if mechanism in offered]
        if not mechanisms:
            self._reply = SmtpReply(0, f"AUTH {' '.join(offered)}".encode() if offered else b"")
            raise _Impossible(Held, Reason.AUTH_MISSING)
        for mechanism in mechanisms[:-1]:
            try:
                return self._present(mechanism)
            except _UnexpectedReply:
                if not _refuses_mechanism(self._reply):
                    raise
                self.sender_replied = False
        return self._present(mechanisms[-1])

    def _present(self, mechanism: str) -> None:
        user, password = self._server.user, self._server.password.get_secret_value()
        if mechanism == "PLAIN":
            self._say("AUTH PLAIN " + _b64(f"\0{user}\0{password}"), 2)
        else:
            self._say("AUTH LOGIN", 3)
            self._say(_b64(user), 3)
            self._say(_b64(password), 2)

    def _hand_over(self, envelope: Envelope) -> None:
        if envelope.recipient.isascii():
            self._address(envelope)
        elif "SMTPUTF8" not in self._extensions:
            self.sender_replied = True  # another connection would offer no more
            self._enter(Phase.RECIPIENT)
            raise _Impossible(Rejected, Reason.RECIPIENT_NEEDS_SMTPUTF8)
        else:
            try:
                self._address(envelope, needed=" SMTPUTF8")
            except _UnexpectedReply:
                if _refuses_smtputf8(self._evidence()):
                    raise _Impossible(Rejected, Reason.RECIPIENT_NEEDS_SMTPUTF8) from None
                raise
        self._enter(Phase.DATA)
        self._say("DATA", 3)
        self._write(_stuffed(envelope.content))
        self._enter(Phase.REPLY)
        self._expect(2)

    def _address(self, envelope: Envelope, needed: str = "") -> None:
        """Name the sender and the recipient; `needed` is a parameter of MAIL without which the message cannot go."""
        reports = bool(envelope.envid) and "DSN" in self._extensions
        self._enter(Phase.SENDER)
        self._ask(f"MAIL FROM:<{envelope.sender}>{needed}", _reported(envelope.envid) if reports else "")
        self.sender_replied = True
        self._enter(Phase.RECIPIENT)
        self._ask(f"RCPT TO:<{envelope.recipient}>", _notified(envelope.recipient) if reports else "")

    def _ask(self, command: str, optional: str) -> None:
        """Say a command with optional parameters, and again without them if the server refuses parameters."""
        try:
            self._say(command + optional, 2)
        except _UnexpectedReply:
            if not optional or self._reply.code not in _PARAMETERS_REFUSED:
                raise
            self._say(command, 2)

    def _reset(self) -> None:
        """Bring a connection whose last step was refused back into step; one that cannot be is not usable."""
        if self._reply.code == _CLOSING or self._phase in {Phase.CONNECT, Phase.TLS, Phase.AUTH}:
            return
        with contextlib.suppress(OSError, _UnexpectedReply):
            self._wire.allow(_FAREWELL_SECONDS)
            self._say("RSET", 2)
            self.usable = True

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._reply = _NO_REPLY
        self._wire.allow(self._server.data_timeout if phase is Phase.REPLY else self._server.timeout)

    def _say(self, command: str, expected: int) -> None:
        self._write(f"{command}\r\n".encode())
        self._expect(expected)

    def _write(self, content: bytes) -> None:
        self._reply = _NO_REPLY  # the last step's is no evidence for this one
        self._wire.write(content)

    def _expect(self, expected: int) -> None:
        """Read one reply; raise _UnexpectedReply unless its code begins with the digit `expected`."""
        self._reply = self._wire.read_reply()
        if self._reply.code // 100 != expected:
            self.sender_replied = self._reply.code != _CLOSING or self._phase is not Phase.SENDER
            raise _UnexpectedReply

    def _evidence(self, error: OSError | None = None) -> Evidence:
        # Some servers repeat the sign-in that they refuse.
        text = redaction.without(self._reply.text, self._secrets, "…".encode())
        reply = str(error) if error else kept_reply(text)
        return Evidence(
            phase=self._phase,
            code=self._reply.code or None,
            enhanced_code=enhanced_code(reply),
            reply=reply,
            host=self._server.host,
            port=self._server.port,
            tls_version=self._tls_version,
        )


def _refuses_mechanism(reply: SmtpReply) -> bool:
    """Return whether a reply to AUTH refuses the mechanism alone, and not the user (RFC 4954, 4 and 6)."""
    if reply.code == _MECHANISM_NOT_KNOWN:
        return True
    return reply.code in _MECHANISM_REFUSED and _ABOUT_MECHANISM.search(reply.text) is not None


def _refuses_smtputf8(evidence: Evidence) -> bool:
    """Return whether a refusal of MAIL with SMTPUTF8, or of its recipient, is about that extension alone."""
    if evidence.enhanced_code == _NEEDS_SMTPUTF8:
        return True
    if evidence.phase is not Phase.SENDER or evidence.code not in _PARAMETERS_REFUSED:
        return False
    return evidence.code != _SYNTAX_ERROR or evidence.enhanced_code == _BAD_PARAMETERS


def _stuffed(content: bytes) -> bytes:
    """Return the message as DATA carries it: lines that begin with a dot get another, and a lone dot ends it."""
    if content.startswith(b"."):
        content = b"." + content
    ending = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
    return content.replace(b"\r\n.", b"\r\n..") + ending


def _reported(envid: str) -> str:
    """Return the parameters of MAIL that ask for reports with the headers alone, and name the message in them."""
    named = _xtext(envid)
    return " RET=HDRS" + (f" ENVID={named}" if len(named) <= _LONGEST_ENVID else "")


def _notified(recipient: str) -> str:
    """Return the parameters of RCPT that ask for a report of a failure or a delay, and of nothing else."""
    # An address outside ASCII would need another type (RFC 6533); reports name the final recipient anyway.
    original = f" ORCPT=rfc822;{_xtext(recipient)}" if recipient.isascii() else ""
    return f" NOTIFY=FAILURE,DELAY{original}"


def _xtext(text: str) -> str:
    """Return printable ASCII as RFC 3461, 4, writes it in a parameter."""
    return "".join(f"+{ord(c):02X}" if c in "+=" or not "!" <= c <= "~" else c for c in text)


def _spellings(server: MailServer) -> tuple[bytes, ...]:
    """Return what gives the password away: itself, and what a sign-in makes of it."""
    user, password = server.user, server.password.get_secret_value()
    if not password:
        return ()
    # Without padding, which some leave out.
    encoded = [_b64(text).rstrip("=") for text in (f"\0{user}\0{password}", password)]
    return tuple(text.encode() for text in (password, *encoded))


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()
