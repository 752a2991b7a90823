"""Whose fault a refusal by SMTP is: the recipient's, ours, a policy's, or nobody's. Pure.

The words decide before the codes, because many servers refuse without an enhanced code or with a wrong one. The
tables are in `refusal_rules.py` and `refusal_codes.py`.
"""

import re
from collections.abc import Iterable

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Phase
from hireloop.notify.transports.refusal_codes import CLEAR_DETAILS, CODES, DETAILS, LAST_CODES, SUBJECTS
from hireloop.notify.transports.refusal_patterns import Rule, Side, SmtpRefusal
from hireloop.notify.transports.refusal_rules import LAST, STRONG, WEAK
from hireloop.notify.transports.reply_words import first_detail, plain, quoted_reply

__all__ = ["BEFORE_RECIPIENT", "Side", "SmtpRefusal", "refusal_of"]

BEFORE_RECIPIENT = frozenset({Phase.CONNECT, Phase.TLS, Phase.AUTH, Phase.SENDER})
"""The phases in which a server knows nothing of the recipient: a 5xx reply is about us."""

_LONGEST_WORDS = 1024  # as long as a kept reply
_TOO_LARGE = 552
_PERMANENT = 500

# What is said before RCPT of an account, a mailbox or a user is about ours.
_AS_OURS = {
    Reason.MAILBOX_DISABLED: Reason.ACCOUNT_SUSPENDED,
    Reason.MAILBOX_FULL: Reason.SENDING_LIMIT,
}
# What is said of an address or an account is about ours if the code is, such as `5.1.8 … Domain not found`.
_OURS_BY_CODE = {
    ("1.7", Reason.RECIPIENT_UNKNOWN),
    ("1.8", Reason.RECIPIENT_UNKNOWN),
    ("7.13", Reason.MAILBOX_DISABLED),
}
_OF_THEIRS = re.compile(r"\b(?:recip|rcpt|mailbox)")
# A look-up of the sender's domain or address may fail and succeed later; a permission that is missing stays missing.
_NOT_A_LOOK_UP = re.compile(r"\b(?:not (?:allowed|owned|belong|match|conform|same)|unauthorized|permissions?)\b")
_OF_SIGN_IN = frozenset(
    {
        Reason.APP_PASSWORD_REQUIRED,
        Reason.PASSWORD_SIGN_IN_DISABLED,
        Reason.BROWSER_SIGN_IN_REQUIRED,
        Reason.ACCOUNT_SUSPENDED,
        Reason.SENDING_LIMIT,
        Reason.RELAY_REFUSED,
    }
)
_NO_SUCH_SIGN_IN = frozenset({502, 503, 504})
_TLS_FIRST = frozenset({530, 538})
_OF_OUR_ACCOUNT = frozenset({Reason.ACCOUNT_SUSPENDED, Reason.SENDING_LIMIT})
# What a 4xx reply before RCPT can say of our account, and by phase; a greeting knows no account.
_OURS_FOR_NOW = {Phase.AUTH: _OF_OUR_ACCOUNT, Phase.SENDER: _OF_OUR_ACCOUNT | {Reason.AUTH_REQUIRED}}
_HELD = {
    Phase.CONNECT: Reason.SERVER_REFUSED,
    Phase.TLS: Reason.STARTTLS_REFUSED,
    Phase.AUTH: Reason.AUTH_REFUSED,
    Phase.SENDER: Reason.SENDER_REFUSED,
}


def refusal_of(
    code: int | None, enhanced_code: str | None, words: str, *, phase: Phase | None = Phase.RECIPIENT
) -> SmtpRefusal:
    """Return whose fault a 4xx or 5xx reply is, from its code, its enhanced code (RFC 3463) and its words.

    `words` is the reply's text in any case, with or without codes, of one line or several. If it quotes another
    server's reply (`host mx.example said: 550 …`), the quoted codes are the ones that count. `phase` is how far the
    conversation came: before RCPT, everything permanent is about us. None stands for a report's own words, which name
    the sender and the recipients anyway: there, nouns alone say nothing. Without `code`, the class of the enhanced
    code decides whether the refusal is permanent, and it is permanent if both are missing.
    """
    words = words[:_LONGEST_WORDS]
    code, detail = _codes(code, enhanced_code, words)
    said = plain(words)
    clear = CODES.get(code) or CLEAR_DETAILS.get(detail)
    found = _by_words(STRONG, said, detail) or clear or _by_words(WEAK, said, detail)
    found = found or _by_codes(code, detail, phase)
    if found.side is Side.UNKNOWN and code >= _PERMANENT and phase is not None:
        last = _by_words(LAST, said, detail) or found
        # A noun of theirs alone says too little of the mailbox once the message was sent: another provider may succeed.
        found = found if last.side is Side.MAILBOX and phase is not Phase.RECIPIENT else last
    if phase in BEFORE_RECIPIENT:
        return _before_recipient(found, code, phase)
    return found if code >= _PERMANENT else _deferred(found, said)


def _codes(code: int | None, enhanced_code: str | None, words: str) -> tuple[int, str]:
    """Return the code, and the enhanced code without its class, that count."""
    detail = (enhanced_code or "").partition(".")[2] or first_detail(words)
    if code is None:
        code = 450 if (enhanced_code or "").startswith("4.") else 550
    quoted = quoted_reply(words)
    return (code, detail) if quoted is None else (code, quoted.detail or detail)


def _by_words(rules: Iterable[Rule], said: str, detail: str) -> SmtpRefusal | None:
    found = next((rule.refusal for rule in rules if rule.words.search(said)), None)
    if found and found.reason is Reason.MAILBOX_FULL and detail.startswith("7.") and "mailbox" not in said:
        return SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT)  # a quota that is a matter of permission is no mailbox's
    if found and (detail, found.reason) in _OURS_BY_CODE and not _OF_THEIRS.search(said):
        return DETAILS[detail]
    return found


def _by_codes(code: int, detail: str, phase: Phase | None) -> SmtpRefusal:
    if detail in DETAILS:
        return DETAILS[detail]
    if code == _TOO_LARGE and phase is Phase.RECIPIENT:  # before the message was sent, its size cannot be the cause
        return SmtpRefusal(Side.MAILBOX, Reason.MAILBOX_FULL)
    subject = detail.partition(".")[0]
    if subject in SUBJECTS:
        return SUBJECTS[subject]
    if code == _TOO_LARGE:
        return SmtpRefusal(Side.MESSAGE, Reason.MESSAGE_TOO_LARGE)
    return LAST_CODES.get(code, SmtpRefusal(Side.UNKNOWN))


def _before_recipient(found: SmtpRefusal, code: int, phase: Phase) -> SmtpRefusal:
    reason = _AS_OURS.get(found.reason, found.reason) if found.reason else None
    if code < _PERMANENT:
        told = found.side is Side.ROUTE and reason in _OURS_FOR_NOW.get(phase, frozenset())
        return SmtpRefusal(Side.ROUTE, reason) if told else SmtpRefusal(Side.NOBODY)
    match phase:
        case Phase.AUTH if reason in _OF_SIGN_IN:
            return SmtpRefusal(Side.ROUTE, reason)
        case Phase.AUTH if code in _NO_SUCH_SIGN_IN:
            return SmtpRefusal(Side.ROUTE, Reason.AUTH_MISSING)
        case Phase.AUTH if code in _TLS_FIRST:
            return SmtpRefusal(Side.ROUTE, Reason.AUTH_REQUIRED)
        case Phase.SENDER if found.side is Side.ROUTE or reason in _OF_OUR_ACCOUNT:
            return SmtpRefusal(Side.ROUTE, reason)
        case _:
            return SmtpRefusal(Side.ROUTE, _HELD[phase])


def _deferred(found: SmtpRefusal, said: str) -> SmtpRefusal:
    """Return what a 4xx reply from RCPT on means: it passes, unless it says more than that."""
    if found.side is Side.ROUTE and (found.reason is not Reason.SENDER_REFUSED or _NOT_A_LOOK_UP.search(said)):
        return found
    if found.side in {Side.MAILBOX, Side.POLICY} or found.reason is Reason.RATE_LIMITED:
        return found
    return SmtpRefusal(Side.NOBODY)
