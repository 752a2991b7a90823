"""Small readers of what chat services read, written apart from the code that they judge."""

import re
import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PLAIN = frozenset({"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", "hardbreak"})
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_DECIMAL = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")
_FOUND = {
    "scheme": re.compile(r"[a-z][a-z0-9+.-]*:[^\s\d]|[a-z]\w*:\d|//", re.IGNORECASE),
    "domain": re.compile(
        r"[^\s.,;:!?()'\"/#+&\u2018\u201c\u2013\u2014][.\uff0e]\w|[a-z][\u3002\uff61]\w|www\.", re.IGNORECASE
    ),
    "mention": re.compile(r"@[^\s\u200b]|[\uff20\ufe6b]"),
    "angle": re.compile(r"[<>]"),
    "channel": re.compile(r"(?:^|\W)[#~][\w*]"),
    "emoji": re.compile(r":[\w+-]+:"),
    "command": re.compile(r"(?:^|\s)/\w", re.MULTILINE),
    "entity": re.compile(r"&#?\w+;"),
    "picture": re.compile(r"!\[|!\w+\("),
    "formatting": re.compile(r"[*`~|^\\$\[\]{}]|(?<![^\W_])_|_(?![^\W_])|=="),
    "phone": re.compile(r"(?<![\w+])\+\d{3}"),
    "block": re.compile(r"(?:^|[\x85\u2028\u2029])\s*(?:[#>=+-]|\d+[.)](?:\s|$))", re.MULTILINE),
    "indented": re.compile(r"^[ \t]{2,}\S", re.MULTILINE),
}


def alive(text: str, ours: tuple[str, ...]) -> list[str]:
    """Return what works as something in a text of some chat service, apart from our own links."""
    rest = _DECIMAL.sub("1", without(text, ours))
    found = [f"{name}: {hit[0]!r}" for name, pattern in _FOUND.items() if (hit := pattern.search(rest))]
    seen = _ZERO_WIDTH.sub("", rest)  # as for a service that drops them first
    found += [f"{name}: {hit[0]!r}" for name in ("scheme", "domain") if (hit := _FOUND[name].search(seen))]
    return found + unseen(rest)


def unseen(text: str) -> list[str]:
    """Return what nobody sees in a text, apart from spaces of no width, joiners and closed isolates."""
    without_isolates = re.sub("\u2068([^\u2066-\u2069]*)\u2069", r"\1", text)
    return [
        f"unseen: U+{ord(char):04X}"
        for char in without_isolates
        if (unicodedata.category(char) in {"Cf", "Cc", "Co", "Cn", "Cs"} and char not in "\n\r\u200b\u200c\u200d")
        or char in "\u115f\u1160\u2800\u3164\uffa0\u034f\u180b"
    ]


def without(text: str, ours: tuple[str, ...]) -> str:
    for link in sorted(ours, key=len, reverse=True):
        text = re.sub(rf"(?<!\S){re.escape(link)}(?=\)?[,.]?(?:\s|$))", "", text)
    return text


def markdown(text: str, ours: tuple[str, ...]) -> list[str]:
    """Return what CommonMark with GitHub's tables makes of a text, apart from paragraphs, line breaks and our links."""
    tokens = _MARKDOWN.parse(text)
    flat = [*tokens, *(child for token in tokens for child in token.children or ())]
    found = []
    for token in flat:
        if token.type == "link_open" and token.attrs["href"] in ours:
            continue
        if token.type not in _PLAIN | {"link_close"}:
            found.append(f"{token.type}: {token.content or token.markup!r}")
    return found


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {attrs}" if attrs else tag)
        self.text += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self.text += "\n" if tag == "h1" else ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"!{data}")

    def handle_decl(self, decl: str) -> None:
        self.tags.append(f"!{decl}")

    def handle_pi(self, data: str) -> None:
        self.tags.append(f"?{data}")

    def unknown_decl(self, data: str) -> None:
        self.tags.append(f"!{data}")


def html(text: str) -> tuple[list[str], str]:
    """Return the tags of HTML, those with attributes with these, and its words."""
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return reader.tags, reader.text
