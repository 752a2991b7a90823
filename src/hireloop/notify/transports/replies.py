"""What an SMTP reply, or its absence, means for the delivery: the outcome table of docs/why/delivery-lifecycle.md.

Pure. The code's first digit decides whether a try is worth repeating (RFC 5321, 4.2.1), the phase whose fault it
is, and the enhanced code (RFC 3463) what it is called.
"""

import re
import socket
import ssl

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry, Sent

LONGEST_REPLY = 1024  # bytes of a reply that are kept

_ENHANCED = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})(?!\S)")

_SERVICE_CLOSING = 421
_TOO_LARGE = 552
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})  # RFC 4954, 6; and RFC 3207, 4 for 530

# 5xx before there is a recipient: our own side is refused, and so the channel is held.
_HELD = {
    Phase.CONNECT: Reason.SERVER_REFUSED,
    Phase.TLS: Reason.STARTTLS_REFUSED,
    Phase.AUTH: Reason.AUTH_REFUSED,
    Phase.SENDER: Reason.SENDER_REFUSED,
}
_DEFERRED = {
    Phase.CONNECT: Reason.SERVER_BUSY,
    Phase.TLS: Reason.SERVER_BUSY,
    Phase.AUTH: Reason.AUTH_DEFERRED,
    Phase.SENDER: Reason.SENDER_DEFERRED,
    Phase.RECIPIENT: Reason.RECIPIENT_DEFERRED,
    Phase.DATA: Reason.MESSAGE_DEFERRED,
    Phase.REPLY: Reason.MESSAGE_DEFERRED,
}
_REFUSED = {
    Phase.RECIPIENT: Reason.RECIPIENT_REFUSED,
    Phase.DATA: Reason.MESSAGE_REFUSED,
    Phase.REPLY: Reason.MESSAGE_REFUSED,
}
# By the subject and detail of the enhanced code, whatever its class.
_NAMED = {
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.MESSAGE_TOO_LARGE,
    "3.4": Reason.MESSAGE_TOO_LARGE,
}
_SENDERS_FAULT = frozenset({"1.7", "1.8"})  # bad sender's mailbox, bad sender's domain


def enhanced_code(reply: str) -> str | None:
    """Return the enhanced code that a reply's text begins with, such as `5.1.1` (RFC 2034), or None."""
    found = _ENHANCED.match(reply)
    return found.group() if found else None


def kept_reply(raw: bytes) -> str:
    """Return a reply as text for the attempt row: UTF-8 with replacement, no NUL, at most 1 KiB once encoded."""
    # PostgreSQL's text cannot hold NUL.
    text = raw[: 2 * LONGEST_REPLY].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text.encode()[:LONGEST_REPLY].decode("utf-8", "ignore")


def printable(text: str) -> str:
    """Return a server's words as a terminal may show them: no escape code, and all on one line."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def outcome_of_reply(evidence: Evidence) -> Outcome:
    """Return the outcome for the server's reply in `evidence`; its phase must be one of SMTP's."""
    code = evidence.code or 0
    match code // 100:
        case 2 if evidence.phase is Phase.REPLY:
            return Sent(evidence=evidence)
        case 4:
            return Retry(reason=_deferral(evidence), evidence=evidence)
        case 5:
            return _refusal(evidence)
        case _:
            maybe = evidence.phase is Phase.REPLY
            return Retry(reason=Reason.UNEXPECTED_REPLY, evidence=evidence, maybe_accepted=maybe)


def outcome_of_failure(error: OSError, evidence: Evidence) -> Outcome:
    """Return the outcome of a connection that gave `error` instead of a reply.

    After the message's last byte it may have been accepted all the same, and the outcome says so.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return Held(reason=Reason.CERTIFICATE_INVALID, evidence=evidence)
    if (
        evidence.phase is Phase.TLS
        and isinstance(error, ssl.SSLError)
        and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | TimeoutError)
    ):
        return Held(reason=Reason.TLS_FAILED, evidence=evidence)
    return Retry(
        reason=_broken(error, evidence.phase),
        evidence=evidence,
        maybe_accepted=evidence.phase is Phase.REPLY,
    )


def _broken(error: OSError, phase: Phase) -> Reason:
    match error:
        case TimeoutError():
            return Reason.TIMED_OUT
        case socket.gaierror():
            return Reason.NAME_NOT_FOUND
        case ConnectionRefusedError():
            return Reason.CONNECTION_REFUSED
        case ConnectionError() | ssl.SSLError():
            return Reason.CONNECTION_DROPPED
        case _:
            return Reason.CONNECTION_FAILED if phase is Phase.CONNECT else Reason.CONNECTION_DROPPED


def _detail(evidence: Evidence) -> str:
    """Return the enhanced code without its class, such as `1.1`; empty if there is none."""
    return (evidence.enhanced_code or "").partition(".")[2]


def _deferral(evidence: Evidence) -> Reason:
    if evidence.code == _SERVICE_CLOSING:
        return Reason.SERVER_BUSY
    return _NAMED.get(_detail(evidence)) or _DEFERRED[evidence.phase]


def _refusal(evidence: Evidence) -> Outcome:
    detail = _detail(evidence)
    if evidence.phase in _HELD:
        return Held(reason=_HELD[evidence.phase], evidence=evidence)
    if evidence.code in _SIGN_IN_CODES:
        return Retry(reason=Reason.AUTH_REQUIRED, evidence=evidence)  # some relays ask it for some recipients only
    if detail in _SENDERS_FAULT:  # Postfix judges the sender no earlier than at RCPT
        return Retry(reason=Reason.SENDER_REFUSED, evidence=evidence)  # or a recipient's gateway quotes its upstream
    if detail.startswith("7."):
        return Retry(reason=Reason.POLICY_BLOCK, evidence=evidence)
    return Rejected(reason=_rejection(evidence, detail), evidence=evidence)


def _rejection(evidence: Evidence, detail: str) -> Reason:
    if detail in _NAMED:
        return _NAMED[detail]
    if detail.startswith("1."):
        return Reason.RECIPIENT_UNKNOWN
    if evidence.code == _TOO_LARGE:  # before the message was sent, its size cannot be the cause
        return Reason.MAILBOX_FULL if evidence.phase is Phase.RECIPIENT else Reason.MESSAGE_TOO_LARGE
    return _REFUSED[evidence.phase]
