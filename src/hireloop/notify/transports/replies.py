"""What an SMTP reply, or its absence, means for the delivery: the outcome table of docs/why/delivery-lifecycle.md.

Pure. The code's first digit decides whether it is permanent (RFC 5321, 4.2.1). The phase, the words and the enhanced
code (RFC 3463) decide whose fault it is; see `refusals.py`.
"""

import re
import socket
import ssl
from typing import assert_never

from hireloop.notify.reasons import OF_OUR_ROUTE, Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.refusals import BEFORE_RECIPIENT, Side, SmtpRefusal, refusal_of
from hireloop.telemetry import redaction

LONGEST_REPLY = 1024  # bytes of a reply that are kept

_ENHANCED = re.compile(r"([245])\.(\d{1,3}\.\d{1,3})(?!\S)")

_SERVICE_CLOSING = 421

_DEFERRED = {
    Phase.CONNECT: Reason.SERVER_BUSY,
    Phase.TLS: Reason.SERVER_BUSY,
    Phase.AUTH: Reason.AUTH_DEFERRED,
    Phase.SENDER: Reason.SENDER_DEFERRED,
    Phase.RECIPIENT: Reason.RECIPIENT_DEFERRED,
    Phase.DATA: Reason.MESSAGE_DEFERRED,
    Phase.REPLY: Reason.MESSAGE_DEFERRED,
}
# 4xx replies that say more than that: our account's limit, or what the recipient's side is short of.
_DEFERRED_FOR = OF_OUR_ROUTE | {Reason.RATE_LIMITED, Reason.MAILBOX_FULL, Reason.MAILBOX_DISABLED}
_REFUSED = {
    Phase.RECIPIENT: Reason.RECIPIENT_REFUSED,
    Phase.DATA: Reason.MESSAGE_REFUSED,
    Phase.REPLY: Reason.MESSAGE_REFUSED,
}


def enhanced_code(reply: str) -> str | None:
    """Return the enhanced code that a reply's text begins with, such as `5.1.1` (RFC 2034), or None."""
    found = _ENHANCED.match(reply)
    return found.group() if found else None


def kept_reply(raw: bytes) -> str:
    """Return a reply as text for the attempt row: UTF-8 with replacement, no NUL, at most 1 KiB once encoded."""
    # PostgreSQL's text cannot hold NUL.
    text = raw[: 2 * LONGEST_REPLY].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text.encode()[:LONGEST_REPLY].decode("utf-8", "ignore")


def kept_text(reply: str) -> str:
    """Return a reply that is a text already as it is kept: as `kept_reply`, and without links of ours."""
    return kept_reply(redaction.without_links(reply).encode(errors="replace"))


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
            return _refused(evidence)
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


def _deferral(evidence: Evidence) -> Reason:
    reason = _refusal_of(evidence).reason
    if reason in _DEFERRED_FOR:
        return reason
    return Reason.SERVER_BUSY if evidence.code == _SERVICE_CLOSING else _DEFERRED[evidence.phase]


def _refused(evidence: Evidence) -> Outcome:
    """Return the outcome of a 5xx reply: whose fault it is decides who waits."""
    refusal = _refusal_of(evidence)
    if evidence.phase in BEFORE_RECIPIENT:
        return Held(reason=refusal.reason or Reason.SERVER_REFUSED, evidence=evidence)
    match refusal.side:
        case Side.MAILBOX | Side.MESSAGE | Side.UNKNOWN:
            return Rejected(reason=refusal.reason or _REFUSED[evidence.phase], evidence=evidence)
        case Side.ROUTE | Side.POLICY | Side.NOBODY:
            return Retry(reason=refusal.reason or _DEFERRED[evidence.phase], evidence=evidence)
        case _ as never:
            assert_never(never)


def _refusal_of(evidence: Evidence) -> SmtpRefusal:
    return refusal_of(evidence.code, evidence.enhanced_code, evidence.reply, phase=evidence.phase)
