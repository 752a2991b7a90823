"""Why a mail came back, as the reason that a try would have had; pure.

The words of the remote server win over every code, since many write a vague code, or a wrong one.
"""

import re

import msgspec

from hireloop.notify.bounces.reading import languages, replies_in_words
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Phase
from hireloop.notify.transports.refusals import Side, refusal_of

# What other languages say; English is read as in a reply.
_OF_WORDS = (
    (
        Reason.RECIPIENT_UNKNOWN,
        languages.all_of("unknown"),
    ),
    (
        Reason.MAILBOX_FULL,
        languages.all_of("full"),
    ),
    (
        Reason.MAILBOX_DISABLED,
        r"gesperrt|deaktiviert|désactivé|deshabilitad|desactivad|заблокирован|отключен|停止|停用|无效用户",
    ),
    (
        Reason.MESSAGE_TOO_LARGE,
        r"zu gro(?:ß|ss)|trop (?:gros|volumineu)|demasiado grande|слишком больш|サイズ|过大",
    ),
    (
        Reason.POLICY_BLOCK,
        r"richtlinie|politique|política|политик|спам|ブロック|拒否|垃圾|拒绝|拒絕",
    ),
)
_PATTERNS = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _OF_WORDS)
_NO_SUCH_ROUTE = "4.4"  # so Postfix calls a domain that does not exist
_NOT_THE_ADDRESS = ("3.", "4.")  # the mail system, or the way to it (RFC 3463, 3.4 and 3.5)
_PERMANENT = 500
_SAYS_NOTHING = re.compile(r"\bundeliver(?:able|ed)\b(?! (?:address|recipient|mailbox))", re.IGNORECASE)  # of why
_VAGUE = frozenset({Reason.BOUNCED, Reason.RECIPIENT_REFUSED})


def reason_of(report: DeliveryReport) -> Reason:
    """Return why the mail that a report is about came back: by the remote server's words, else its codes.

    Of a text that quotes a reply, the reply counts first, and what stands before it only if that does not say why.
    """
    reply = replies_in_words.first(report.diagnostic)
    if reply is not None and reply.start and reply.code == report.code:
        quoted = msgspec.structs.replace(report, diagnostic=report.diagnostic[reply.start :])
        if (reason := _reason_of(quoted)) not in _VAGUE:
            return reason
    without = _reason_of(msgspec.structs.replace(report, diagnostic=_SAYS_NOTHING.sub(" ", report.diagnostic)))
    return _reason_of(report) if without in _VAGUE else without


def _reason_of(report: DeliveryReport) -> Reason:
    translated = next((reason for reason, pattern in _PATTERNS if pattern.search(report.diagnostic)), None)
    phase = None if report.code is None else Phase.RECIPIENT
    refusal = refusal_of(report.code, report.status, report.diagnostic, phase=phase)
    klass, _, detail = (report.status or "").partition(".")
    match refusal.side:
        case _ if translated is not None:
            return translated
        case Side.MAILBOX | Side.MESSAGE | Side.POLICY | Side.ROUTE if refusal.reason is not None:
            return refusal.reason
        case _ if detail == _NO_SUCH_ROUTE:
            return Reason.RECIPIENT_UNKNOWN
        case _ if detail.startswith(_NOT_THE_ADDRESS):
            return Reason.BOUNCED
        case _ if detail.startswith("1.") or ((report.code or 0) >= _PERMANENT and klass != "4"):
            return Reason.RECIPIENT_REFUSED
        case _:
            return Reason.BOUNCED
