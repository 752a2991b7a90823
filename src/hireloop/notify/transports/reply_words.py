"""The words of a mail server's reply in one plain form, so that few and short rules find them. Pure."""

import re
from typing import NamedTuple

from hireloop.notify.transports.reply_languages import in_english

_URL = re.compile(r"\b(?:https?|ftp)://\S+", re.IGNORECASE)
# A link to a block list, or its name in the DNS, says as much as the word.
_BLOCK_LIST = re.compile(
    r"(?:https?://)?(?<![\w.-])[\w.-]{0,80}?(?:spamhaus|spamcop|sorbs|dnsbl|[du]rbl|\brbl|uribl|surbl|"
    r"barracudacentral|mail-abuse|blocklist)[\w-]{0,80}\.\S+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"<[^\s<>]*@[^\s<>]*>|[^\s<>()\[\]:;,\"'`]+@[\w.-]*\w")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_NUMBERS = re.compile(r"\[?(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}\b\]?|\[[0-9a-f:]*:[0-9a-f:.]*\]", re.IGNORECASE)
# A host's name ends in lower case; names of errors, such as STOREDRV.Deliver, do not.
_HOST = re.compile(r"(?<![\w.])(?:[\w-]+\.)+[a-z]{2,}(?![\w.]*\w)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
# Exim's words around the remote server's own: `SMTP error from remote mail server after MAIL FROM:<…> SIZE=2022: `
_AROUND_QUOTED = re.compile(
    r"SMTP\s+error\s+from\s+remote\s+(?:mail\s+)?server\s+after\s+[\w\s]{1,40}(?::<[^<>]{0,320}>[^:]{0,40})?:\s",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\bsaid:?\s+(?P<code>[45]\d\d)[ -](?:#?[45]\.(?P<detail>\d{1,3}\.\d{1,3}))?")
_END_OF_SENTENCE = re.compile(r"[.!?](?=\s|$)|;|\.{2,}")
_NOT_A_WORD = re.compile(r"[^\w@#.]+|(?<! )\.(?! )|_", re.ASCII)
_APOSTROPHES = (
    (re.compile("\N{RIGHT SINGLE QUOTATION MARK}"), "'"),
    (re.compile(r"\b(?:cannot|can'?t)\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\b(do|does?|dos|did|is|are|was|has|have|had|could|would|should|were)n'?t\b"), r"\1 not"),
    (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'s\b|s'(?=\s)"), ""),
)
_EMPTY = re.compile(r"\b(?:an?|the|is|are|was|were|be|been|being|has|have|had|do|does|did)\b ?")

# Each word, and what is replaced with it, after the empty words are gone. In this order.
_SAME = tuple(
    (re.compile(rf"\b(?:{others})\b"), word)
    for word, others in (
        ("mail", "e ?mail"),
        ("mails", "e ?mails"),
        ("mailbox", "mail ?box|mbox"),
        ("address", "mailaddress"),
        ("full", "overfull"),
        ("organization", "organisation"),
        ("allowed", "authori[sz]ed|permitted|allows?"),
        ("auth", "authenticat(?:e|ed|ion|ing)"),
        ("signed in", "logged (?:in|on)"),
        ("sign in", "log ?(?:in|on)|signin"),
        ("required", "requires?|needs?|needed|necessary|mandatory"),
        (
            "exceeded",
            (
                "exceed(?:s|ing)?|excedeed|reached|achieved|surpassed|exhausted|hit|used up|"
                "over ?(?:(?:its|your|his|their) )?limit"
            ),
        ),
        ("refused", "den(?:ied|ies)|rejects?|refuses|disallowed|prohibited|rejected|rejecting|forbidden|declined"),
        ("blocked", "restricted|banned|barred"),
        (
            "stopped",
            (
                "suspen(?:ded|sion)|paused|deactivated|disabled|locked|terminated|closed|revoked|discontinued|frozen|"
                "inactive|not (?:currently )?active|no longer active|not (?:yet )?activated|expired|dormant|"
                "cancell?ed|archived|deceased|deleted|on hold|(?:under|in) review|"
                "on probation|probation|lapsed|(?:switched|turned) off"
            ),
        ),
        (
            "unknown",
            (
                "(?:not?|dos) exists?|not (?:found|known|recogni[sz]ed|valid|listed|local|registered)|no such|no valid|"
                "invalid|non ?existent|undeliverable|unroute?able|unrecogni[sz]ed|no longer|incorrect|misspelled|"
                "may not exist|illegal|obsolete"
            ),
        ),
    )
)


class QuotedReply(NamedTuple):
    """The codes of another server's reply that a reply quotes, such as `host mx.example said: 550 5.1.1 …`."""

    code: int
    detail: str  # without its class, such as 1.1; empty if it has none


def plain(reply: str) -> str:
    """Return a reply's words in lower case: one space between them, and ` . ` between sentences.

    An address becomes `@`, the name or number of a host `#`. URLs, enhanced codes, articles and auxiliary verbs are
    left out, and words that mean the same are one, in English or another language: `The mailbox doesn't exist` and
    `Das Postfach existiert nicht` become `mailbox unknown`, and `SendAsDenied` becomes `send as refused`.
    """
    text = _AROUND_QUOTED.sub("said: ", reply)
    text = _URL.sub(" ", _BLOCK_LIST.sub(" dnsbl ", text.replace("#", " ")))
    text = _ADDRESS.sub(" @ ", text)
    text = _HOST.sub(" # ", _NUMBERS.sub(" # ", _ENHANCED.sub(" ", text)))
    text = in_english(_CAMEL.sub(" ", text).lower())
    for pattern, word in _APOSTROPHES:
        text = pattern.sub(word, text)
    text = _END_OF_SENTENCE.sub(" . ", text)
    text = _EMPTY.sub("", " ".join(_NOT_A_WORD.sub(" ", text).split()))
    for pattern, word in _SAME:
        text = pattern.sub(word, text)
    return text


def first_detail(reply: str) -> str:
    """Return the first enhanced code anywhere in a reply, without its class, such as `1.1`; empty if it has none."""
    found = _ENHANCED.search(reply)
    return found[2] if found else ""


def quoted_reply(reply: str) -> QuotedReply | None:
    """Return the codes of the last reply that this one quotes, or None."""
    found = list(_QUOTED.finditer(_AROUND_QUOTED.sub("said: ", reply)))
    return QuotedReply(int(found[-1]["code"]), found[-1]["detail"] or "") if found else None
