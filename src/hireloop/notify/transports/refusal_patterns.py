"""How a rule about the words of a refusal is written: the side, the reason, and patterns of plain words. Pure.

The patterns are for the words that `reply_words.plain` returns: `@` is an address, `#` a host, `.` stands between
sentences, and one word stands for all that mean the same.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from hireloop.notify.reasons import Reason


class Side(StrEnum):
    """Who can do something about a refusal."""

    MAILBOX = "mailbox"  # the recipient: the mailbox is unknown, full, disabled or restricted
    MESSAGE = "message"  # this message: its size or its form
    ROUTE = "route"  # us: our account, sender, sign-in, relay permission or sending limit
    POLICY = "policy"  # the recipient's side blocks the message: a block list, a filter, SPF, DKIM or DMARC
    NOBODY = "nobody"  # it passes: a queue, greylisting, a rate limit of the recipient's side
    UNKNOWN = "unknown"  # the reply does not say


class SmtpRefusal(NamedTuple):
    """Whose fault it is; `reason` is None if the reply does not say more than that it is a refusal."""

    side: Side
    reason: Reason | None = None


class Rule(NamedTuple):
    """A refusal, and the words that mean it."""

    refusal: SmtpRefusal
    words: re.Pattern[str]


_CLASSES = {
    "sign_in": r"auth|sign in|starttls|encryption|authorization",
    "password_sign_in": (
        r"smtp client auth|client smtp|smtp auth|(?:basic|legacy|plain) auth|password (?:based )?(?:auth|sign in)|"
        r"smtp(?: access| protocol)?|less secure apps?"
    ),
    "host": r"ip|host|client|server|domain|network",
    "must": r"(?:must|to|please|should|required)(?: first)?",
    "period": (
        r"daily|hourly|weekly|monthly|per (?:day|hour|minute|second|month)|(?:this|one|last|24|twenty four) hours?|"
        r"(?<!again in )(?<!after )(?<!for )\d+ (?:hours?|minutes)|"
        r"today|for day"
    ),
    "many_complaints": r"(?:too (?:many|much)|more than \d+) (?:spam\w*|complaints?)",
    "over": (
        r"exceeded|limits?|quota|allowance|too (?:many|much|fast|quickly|high)|max\w*|throttl\w*|threshold|more than"
    ),
    "our": (
        r"send(?:ing|ers?)?|submission|outbound|outgoing|relay(?:ing)?|messaging|tenant|customer|message|recipients?|rcpt"
    ),
    "too_many": r"(?:too (?:many|much)|max\w*) (?:messages|mails?|recipients)",
    "not_enabled": r"not (?:allowed|enabled|configured|supported|possible)",
    "no_store": r"(?!mailbox|size|storage)\w+",
    "no_host": r"(?!ip|host|server|mta|address|network|domain|connection|to\b)\w+",
    "amount": r"limits?|quotas?|credits?|allowance|rate|frequency|threshold|count|volume",
    "sending": r"sending|outbounds?|outgoing|submission|submitting|relaying",
    "entity": r"account|tenant|organization|subscription|service|plan|package|company|user",
    "our_account": (
        r"your (?:(?:smtp|mail|sending|sender|hosting|customer) )?"
        r"(?:account|plan|package|subscription|service|tenant|organization|company|credentials?)|"
        r"sending (?:account|privileges?)|(?:outgoing|outbound) (?:mails?|messages?|sending)"
    ),
    "messages": r"messages?|mails?|recipients|send(?:ing)?|credits?|rate|limits?|quota|allowance|threshold",
    "sender": (
        r"senders?|from (?:address(?:es)?|field|header|domain|mail)|mail from(?= must| address| @| unknown)|"
        r"return path|originator|sending (?:domain|address|identity)"
    ),
    "not_ours": (
        r"unknown(?! (?:mailbox|recipient|rcpt))|reserved|unverified|unvalidated|unconfigured|mismatch|null mx|"
        r"no (?:\w+ ){0,3}?(?:dns|mx)|"
        r"not (?:owned|verified|validated|confirmed|allowed|configured|match\w*|resolve|belong|assigned|your|sender|"
        r"accepted|(?:in|one of) (?:my|our|your|this))|"
        r"must (?:match|equal|same|belong|one of|verified|validated|resolve|exist)"
    ),
    "unverified": r"unverified|not (?:verified|validated|confirmed)",
    "them": (
        r"user|userid|recipient|recip|rcpt(?: ?to)?|mailbox|account|address|addressee|inbox|person|alias|local part|"
        r"destination|customer|subscriber"
    ),
    "store": r"mailbox|inbox|user|recipient|account|storage|disk|folder|maildir|message store",
    "group": r"group|list|mailbox|recipient|address|distribution",
}


def rule(side: Side, reason: Reason | None, *patterns: str) -> Rule:
    """Return a rule of regular expressions in which `<name>` is a class of words and ` … ` up to 50 characters."""
    words = "|".join(patterns).replace(" … ", r"\b[^.]{0,50}?\b")
    words = re.sub(r"<(\w+)>", lambda named: f"(?:{_CLASSES[named[1]]})", words)
    return Rule(SmtpRefusal(side, reason), re.compile(rf"\b(?:{words})\b"))
