"""SMTP replies, enhanced codes and addresses that occur in a server's words; pure, and linear in their length."""

import re
from itertools import islice

import msgspec

_LOOK_AT = 20_000  # characters of a text that are searched
_STATUS = re.compile(
    r"(?<![\d.])(?<!\bv)(?<!\bversion )(?<!\brelease )([245])\.(\d{1,3})\.(\d{1,3})(?![\d]|\.\d)",
    re.ASCII | re.IGNORECASE,
)
_MOST_ADDRESSES = 50
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]{1,64}@[^\s<>,;:\"'()\[\]]{1,255}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461, 4
# A code with an enhanced code behind it is a reply wherever it stands …
_WITH_STATUS = re.compile(
    r"(?<![\w.@/-])(?<!\w#)(4[2-7]\d|5[0-7]\d)[ \t:)\]-]{0,3}(?:[(\[]?#)?([45]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)",
    re.ASCII,
)
# … and alone if it begins a line, or comes behind what announces a reply, and words follow.
_ALONE = re.compile(
    r"""(?:^[\s>*|]{0,40}|[:;<("'=\[|。\uff1a\uff1b\uff0c]\s{0,40}|[,\])>]\s{1,4}|@[\w.-]{1,255}\s|<<<\s{0,4}|--\s
        |(?:\b|response|error|reply|status)code[\s:=#(]{1,6}|\b(?:said|says|was|error|reply|response|reason|status|smtp|
        returned|answer(?:ed)?|with|mit|par|codigo|código|ошибка|ответ)[\s:=#(]{1,6})
        (4[2-7]\d|5[0-7]\d)(?=[,.:)\]]{0,2}[ -]{1,3}(?:[45]\d\d[ -])?(?:[A-Za-z<"'\[(#]|[^\W\d_]|,\s)|\s*$)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_BEGINS = re.compile(r"\s*([245]\d\d)(?!\d)", re.ASCII)
_NO_REPLY_TO_RCPT = frozenset({503})  # "Need RCPT": what follows upon the refusal that says why


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that a server's words quote, and where in them it begins."""

    code: int
    status: str | None
    start: int


def first(words: str, *, alone: bool = False) -> Reply | None:
    """Return the first SMTP reply of failure in a text, None if there is none.

    `alone`: the text is nothing but the remote server's words, so that a code may begin it without more.
    """
    text = words[:_LOOK_AT]
    if alone and (begins := _BEGINS.match(text)):
        return Reply(code=int(begins[1]), status=_at_once(text[begins.end() :]), start=begins.start(1))
    found = [
        *(Reply(code=int(one[1]), status=one[2], start=one.start(1)) for one in _WITH_STATUS.finditer(text)),
        *(Reply(code=int(one[1]), status=None, start=one.start(1)) for one in _ALONE.finditer(text)),
    ]
    telling = [reply for reply in found if reply.code not in _NO_REPLY_TO_RCPT] or found
    return min(telling, key=lambda reply: (reply.start, reply.status is None), default=None)


def status_in(words: str) -> str | None:
    """Return the first enhanced code in a text, without leading zeros; None if there is none."""
    found = _STATUS.search(words[:_LOOK_AT])
    return f"{found[1]}.{int(found[2])}.{int(found[3])}" if found else None


def addresses_in(text: str) -> frozenset[str]:
    """Return the addresses in a text in lower case, each also without xtext."""
    matches = islice(_ADDRESS.finditer(text[:_LOOK_AT]), _MOST_ADDRESSES)
    found = [one[0].lower().rstrip(".") for one in matches]
    return frozenset([*found, *(_XTEXT.sub(lambda code: chr(int(code[1], 16)), a.upper()).lower() for a in found)])


def _at_once(after: str) -> str | None:
    found = re.match(r"[ \t:)\]-]{0,3}(?:[(\[]?#)?([245]\.\d{1,3}\.\d{1,3})(?!\d)", after)
    return found[1] if found else None
