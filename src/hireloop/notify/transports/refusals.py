"""Whose fault a refusal by SMTP is: the recipient's, our route's, a policy's, or nobody's yet. Pure."""

from enum import StrEnum
from typing import NamedTuple

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Phase

_BY_DETAIL = {
    "2.1": Reason.MAILBOX_DISABLED,
    "2.2": Reason.MAILBOX_FULL,
}


class Side(StrEnum):
    """Who can do something about a refusal."""

    MAILBOX = "mailbox"  # the recipient: the mailbox is unknown, full, disabled or restricted
    MESSAGE = "message"  # this message: its size or its form
    ROUTE = "route"  # us: our account, sender, sign-in, relay permission or sending limit
    POLICY = "policy"  # the recipient's side blocks the message: a block list, a filter, SPF, DKIM or DMARC
    NOBODY = "nobody"  # it passes: a queue, greylisting, a rate limit of the recipient's side
    UNKNOWN = "unknown"  # the reply does not say


class Refusal(NamedTuple):
    """Whose fault it is; `reason` is None if the reply does not say more than that it is a refusal."""

    side: Side
    reason: Reason | None = None


def refusal_of(code: int | None, enhanced_code: str | None, words: str, *, phase: Phase = Phase.RECIPIENT) -> Refusal:
    """Return whose fault a 4xx or 5xx reply is, from its code, its enhanced code (RFC 3463) and its words.

    `words` is the reply's text in any case, with or without codes, of one line or several; a reply that is quoted in
    it (`host mx.example said: 550 …`) counts as the reply. `phase` is how far the conversation came: before RCPT,
    words about an account are about ours.
    """
    del code, words, phase
    detail = (enhanced_code or "").partition(".")[2]
    if detail in _BY_DETAIL:
        return Refusal(Side.MAILBOX, _BY_DETAIL[detail])
    return Refusal(Side.UNKNOWN)
