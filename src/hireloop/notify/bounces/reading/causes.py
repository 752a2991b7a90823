"""Why a mail came back, as the reason that a try would have had; pure.

The words of the remote server win over every code, since many write a vague code, or a wrong one.
"""

import re

from hireloop.notify.bounces.reading.delivery_report import DeliveryReport
from hireloop.notify.reasons import Reason
from hireloop.notify.transports.refusals import Side, refusal_of

# What other languages say; English is read as in a reply.
_OF_WORDS = (
    (
        Reason.RECIPIENT_UNKNOWN,
        (
            r"unbekannt|existiert nicht|nicht gefunden|kein(?:en)? (?:solche|gültige)|n['\u2019]existe pas|inconnu"
            r"|introuvable|no existe|desconocid|no encontrad|não existe|sconosciut|inesistente|onbekend"
            r"|nie istnieje|nieznan|찾을 수 없|존재하지 않|bulunamad"
            r"|не существует|не найден|неизвест|нет такого|(?:存在し|見つかり)ませ|存在しない|不明|ございません"
            r"|不存在|找不到|查无|無此"
        ),
    ),
    (
        Reason.MAILBOX_FULL,
        (
            r"postfach[^.;]{0,30}voll|speicher(?:platz|kapazität)|kontingent|überfüllt|boîte[^.;]{0,40}pleine|lleno|llena|cuota|cheia|piena|przepełnion|pełna|가득|용량|переполнен|квот|いっぱい|容量"
            r"|已满|已滿|超过"
        ),
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
_PERMANENT = 500


def reason_of(report: DeliveryReport) -> Reason:
    """Return why the mail that a report is about came back: by the remote server's words, else its codes."""
    translated = next((reason for reason, pattern in _PATTERNS if pattern.search(report.diagnostic)), None)
    refusal = refusal_of(report.code, report.status, report.diagnostic)
    klass, _, detail = (report.status or "").partition(".")
    match refusal.side:
        case _ if translated is not None:
            return translated
        case Side.MAILBOX | Side.MESSAGE | Side.POLICY | Side.ROUTE if refusal.reason is not None:
            return refusal.reason
        case _ if detail == _NO_SUCH_ROUTE:
            return Reason.RECIPIENT_UNKNOWN
        case _ if detail.startswith("1.") or ((report.code or 0) >= _PERMANENT and klass != "4"):
            return Reason.RECIPIENT_REFUSED
        case _:
            return Reason.BOUNCED
