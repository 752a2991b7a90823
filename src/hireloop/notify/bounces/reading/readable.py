"""Texts from anybody as they are kept and shown: decoded, on one line, without control characters; pure."""

import html
import re
import unicodedata
from base64 import b64decode
from quopri import decodestring

from hireloop.notify.bounces.reading.charsets import decoded

LONGEST_DIAGNOSTIC = 1024  # bytes of the other side's words that are kept

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bq])\?([^?\s]{0,400})\?=", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(?<=\?=)\s+(?==\?)")
_UNSEEN = re.compile(r"<(?:(style|script|title)\b|!--)", re.IGNORECASE)
_LINE_END = re.compile(
    r"<(?:br|/?p|/?div|/?tr|/?h\d|/?li|/?ul|/?table|hr|/?pre|/?blockquote)\b[^>]{0,500}>", re.IGNORECASE
)
_ELEMENT = re.compile(r"<(?![^\s<>\"'=]{1,64}@[^\s<>]{1,255}>)/?[a-zA-Z!][^<>]{0,2000}>")  # but no <address@domain>
_MOST_HTML = 200_000


def shortened(words: str) -> str:
    """Return words on one line, at most 1 KiB of UTF-8, each control character as a replacement character."""
    line = " ".join(words[: 4 * LONGEST_DIAGNOSTIC].split())
    return printable(line).encode(errors="replace")[:LONGEST_DIAGNOSTIC].decode(errors="ignore")


def printable(text: str) -> str:
    """Return a text without characters that are not seen, such as joiners; controls become U+FFFD."""
    return "".join(letter if letter.isprintable() else _instead(letter) for letter in text)


def title(value: str) -> str:
    """Return a header field's value with its encoded words decoded (RFC 2047), on one line."""
    return shortened(_ENCODED_WORD.sub(_word, _BETWEEN_WORDS.sub("", value[: 8 * LONGEST_DIAGNOSTIC])))


def of_html(text: str) -> str:
    """Return the words of an HTML text, its line ends where paragraphs end."""
    seen = _seen(text[:_MOST_HTML])
    return html.unescape(_ELEMENT.sub(" ", _LINE_END.sub("\n", seen)))


def _seen(text: str) -> str:
    """Return an HTML text without its comments, styles and scripts."""
    pieces, start, lowered = [], 0, text.lower()
    while unseen := _UNSEEN.search(text, start):
        pieces.append(text[start : unseen.start()])
        end = lowered.find(f"</{unseen[1].lower()}" if unseen[1] else "-->", unseen.end())
        if end < 0:
            return " ".join(pieces)
        start = end + (0 if unseen[1] else 3)
    return " ".join([*pieces, text[start:]])


def _instead(letter: str) -> str:
    return {"Cf": "", "Zs": " ", "Zl": " ", "Zp": " "}.get(unicodedata.category(letter), "\ufffd")


def _word(found: re.Match[str]) -> str:
    charset, encoding, text = found.groups()
    try:
        raw = b64decode(text + "=" * (-len(text) % 4)) if encoding in "bB" else decodestring(text.replace("_", " "))
    except ValueError:
        return found[0]
    return decoded(raw, charset.partition("*")[0])
