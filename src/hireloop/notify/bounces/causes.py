"""Why a mail came back, as the reason that a try would have had; pure.

The words of the remote server win over every code, since many write a vague code, or a wrong one.
"""

import re

from hireloop.notify.bounces.delivery_report import DeliveryReport
from hireloop.notify.reasons import Reason

_OURS = re.compile(
    r"(?:sender|mail from|return[- ]?path|from address)[^.;:]{0,40}(?:reject|denied|refus|not (?:allowed|permitted"
    r"|accepted|exist|found|valid)|invalid|verif|unknown)"
    r"|(?:reject|refus|invalid|bad|unverified|unknown)\w* (?:the )?(?:sender|mail from|return[- ]?path)"
    r"|domain of (?:the )?sender",
    re.IGNORECASE,
)
_OF_WORDS = (
    (
        Reason.RECIPIENT_UNKNOWN,
        (
            r"user(?:name)?[ _-]?unknown|unknown (?:or \w+ )?(?:user|recipient|address|mailbox|local|account|host"
            r"|domain|destination|login|alias)"
            r"|no such (?:user|person|recipient|mailbox|address|account|domain|host|alias|local user|e-?mail"
            r"|email|local)"
            r"|(?:user|recipient|mailbox|mailbox name|address|account|addressee|domain|host"
            r"|login)\b[^.;]{0,80}?(?:does ?n[o'\u2019]t exist|do not exist|not exist|not found|not known|is unknown"
            r"|unknown|is invalid|is not valid|no longer (?:exists?|valid|in use|available))"
            r"|invalid (?:recipient|mailbox|address|user|final delivery user|e-?mail)|not a (?:valid|known"
            r"|local) (?:user|mailbox|recipient|address)|no mailbox (?:here )?by that name"
            r"|(?:does ?n[o'\u2019]t|not) have an? [^.]{0,80}account|recip(?:ient)?notfound|not listed in"
            r"|no account by that name|not our customer|bad (?:destination|recipient)|unroutable|unrouteable"
            r"|no users? (?:here|by that name)"
            r"|nullmx|null mx|does not accept mail|name or service not known|name service error|dns (?:error"
            r"|lookup)[^.]{0,60}(?:not exist|not found|nxdomain)|nxdomain"
            r"|unbekannt|existiert nicht|nicht gefunden|kein(?:en)? (?:solche|gültige)|n['\u2019]existe pas|inconnu"
            r"|introuvable|no existe|desconocid|no encontrad|não existe|sconosciut|inesistente|onbekend"
            r"|не существует|не найден|неизвест|нет такого|(?:存在し|見つかり)ませ|存在しない|不明|ございません"
            r"|不存在|找不到|查无|無此"
        ),
    ),
    (
        Reason.MAILBOX_FULL,
        (
            r"(?:mail ?box|inbox|account|user|storage|disk|mail ?folder|maildir|message store"
            r"|space)\b[^.;]{0,60}(?:\bfull\b|over[- ]?quota|exceed|too full)|over[- ]?quota|over (?:the |its |their "
            r"|disk |mail )?quota|quota\b[^.;]{0,40}(?:exceed|full|violat|reached|depleted|limit)"
            r"|exceed\w*[^.;]{0,60}(?:quota|storage|mailbox size|allocated)|(?:insufficient|not enough"
            r"|out of) (?:disk |system |mail )?(?:storage|space|disk)|mailbox size limit|full mailbox"
            r"|postfach[^.;]{0,30}voll|speicherplatz|boîte[^.;]{0,40}pleine|lleno|llena|cuota|переполнен|квот|いっぱい|容量"
            r"|已满|已滿|超过"
        ),
    ),
    (
        Reason.MAILBOX_DISABLED,
        (
            r"(?:mail ?box|account|user|address|recipient|e-?mail)\b[^.;]{0,60}(?:disabled|inactive|suspended"
            r"|deactivated|not active|expired|terminated|closed|discontinued|locked|restricted|on hold|frozen"
            r"|unavailable due to)|(?:disabled|inactive|deactivated|suspended|closed|terminated) (?:account|user"
            r"|mailbox|recipient)"
            r"|no longer (?:active|accept|monitored|enabled|works?|employed)|gesperrt|deaktiviert|désactivé"
            r"|deshabilitad|desactivad|заблокирован|отключен|停止|停用|无效用户"
        ),
    ),
    (
        Reason.MESSAGE_TOO_LARGE,
        (
            r"(?:message|size|attachment|mail|content)\b[^.;]{0,40}(?:too (?:large|big)|exceed)|too (?:large|big)"
            r"|exceeds? (?:the )?(?:maximum|fixed|size|message)|(?:maximum|max) (?:message )?size|zu gro(?:ß|ss)"
            r"|trop (?:gros|volumineu)|demasiado grande|слишком больш|サイズ|过大"
        ),
    ),
    (
        Reason.POLICY_BLOCK,
        (
            r"\bspam|block(?:ed|ing|ing? list)?\b|block ?list|black ?list|\brbl\b|dnsbl|spamhaus|spamcop|\bpolic(?:y"
            r"|ies)|reputation|banned|content (?:reject|filter|denied|restrict)|virus|malware|dmarc|dkim|\bspf\b"
            r"|unsolicited|junk|suspicious|access denied|not authori[sz]ed|prohibited|bulk|phish"
            r"|administrative(?:ly)? (?:prohibit|denied|reject)"
            r"|richtlinie|politique|política|политик|спам|ブロック|拒否|垃圾|拒绝|拒絕"
        ),
    ),
)
_PATTERNS = tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _OF_WORDS)

_OF_STATUS = {
    "1.1": Reason.RECIPIENT_UNKNOWN,
    "1.2": Reason.RECIPIENT_UNKNOWN,
    "1.3": Reason.RECIPIENT_UNKNOWN,
    "1.6": Reason.RECIPIENT_UNKNOWN,
    "1.10": Reason.RECIPIENT_UNKNOWN,
    "4.4": Reason.RECIPIENT_UNKNOWN,  # so Postfix calls a domain that does not exist
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.MESSAGE_TOO_LARGE,
    "3.4": Reason.MESSAGE_TOO_LARGE,
    "1.7": Reason.SENDER_REFUSED,
    "1.8": Reason.SENDER_REFUSED,
}
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
_PERMANENT = 500


def reason_of(report: DeliveryReport) -> Reason:
    """Return why the mail that a report is about came back: by the remote server's words, else its codes."""
    return _of_words(report.diagnostic) or _of_codes(report.code, report.status)


def _of_words(said: str) -> Reason | None:
    if _OURS.search(said):
        policy = dict(_PATTERNS)[Reason.POLICY_BLOCK]
        return Reason.POLICY_BLOCK if policy.search(said) else Reason.SENDER_REFUSED
    return next((reason for reason, pattern in _PATTERNS if pattern.search(said)), None)


def _of_codes(code: int | None, status: str | None) -> Reason:
    klass, _, detail = (status or "").partition(".")
    if detail in _OF_STATUS:
        return _OF_STATUS[detail]
    if code in _SIGN_IN_CODES:
        return Reason.BOUNCED
    if klass == "5" and detail.startswith("7."):
        return Reason.POLICY_BLOCK
    if detail.startswith("1.") or (code is not None and code >= _PERMANENT and klass != "4"):
        return Reason.RECIPIENT_REFUSED
    return Reason.BOUNCED
