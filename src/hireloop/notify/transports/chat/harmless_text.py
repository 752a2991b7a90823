"""Text that no chat service takes for anything but text: no mention, link, picture or formatting. Pure.

Services differ in their markup, Apprise converts between some of them, and a backslash that one reads is shown by
another. So nothing is escaped: what is harmless stays, and everything else becomes a character that looks alike, or is
kept apart by a zero-width space (docs/decisions/0062-chat-text-by-look-alikes.md).
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache

_APART = "\u200b"  # a zero-width space: what it separates is not read as one word
_FSI, _PDI = "\u2068", "\u2069"
_UNKNOWN = "\ufffd"

_HARMLESS = frozenset("\"%&'(),-;?")
_ALIKE = {
    **dict(zip("<>[]{}", "\u2039\u203a\uff3b\uff3d\uff5b\uff5d", strict=True)),  # tags, links, placeholders
    **dict(zip("*`~|^\\$", "\u2217'\u223c\u2223\u02c6\u2216\uff04", strict=True)),  # emphasis, code, tables, formulas
    **dict(zip(".\u3002:/_=", "\u2024\u2024\u2236\u2215\uff3f\uff1d", strict=True)),
}
_BEFORE_A_LONE_DOT = frozenset(" (\"'/,;#+&\u2018\u201c\u2013\u2014.")
_AFTER_AN_EXCLAMATION = frozenset(" !?)\"'`.,;\u2019\u201d")  # a backtick becomes a quotation mark

_BLANK = frozenset({"Cc", "Zl", "Zp", "Zs"})
_BRAILLE_BLANK = "\u2800"
# None of ASCII's imitations among them, so these mean nothing to a service.
_SYMBOLS = frozenset({"Sc", "Sk", "Sm", "So", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"})
_IMITATING = re.compile(r"[\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffef]")  # ASCII by their width or place
_JOINERS = frozenset("\u200c\u200d")
_TEXT_OR_EMOJI = frozenset("\ufe0e\ufe0f")
_IDEOGRAPHIC_VARIANTS = range(0xE0100, 0xE01F0)
# Letters and marks that nobody sees: fillers, a joiner of graphemes, vowels without a sign, selectors.
_UNSEEN = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0, *range(0xFE00, 0xFE0E)))
)
_MOST_MARKS = 8  # on one letter; Tibetan and Vietnamese need fewer, and more would cover the lines around
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})

_ISOLATE = re.compile(f"{_FSI}([^{_FSI}{_PDI}]*){_PDI}")
_KEPT_AS_NUMBERS = re.compile(r"(?<![\w.:])(?:\d{1,2}:\d{2}|\d+\.\d+)(?![\w.:])", re.ASCII)
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_OPENS_A_BLOCK = re.compile(r"[-+=#\u2010-\u2015]|\d{1,9}[.)](?=\s|\Z)")


def harmless(text: str, links: Collection[str] = ()) -> str:
    """Return the text, line by line, in which nothing works but `links`, where each is a word of its own.

    Letters of every script, digits and common punctuation stay: `C++`, `O'Brien (Jr.)`, `R&D`, `C#/.NET`.
    """
    return "\n".join(_line(line, links) for line in unicodedata.normalize("NFC", text).splitlines())


def _line(line: str, links: Collection[str]) -> str:
    if links:
        ours = "|".join(map(re.escape, sorted(links, key=len, reverse=True)))
        pieces = re.split(rf"(?<!\S)({ours})(?=\)?[,.]?(?:\s|\Z))", line)
        said = "".join(piece if number % 2 else _apart(_clean(piece)) for number, piece in enumerate(pieces)).strip()
    else:
        said = _apart(_clean(line)).strip()
    return f"{_APART}{said}" if _OPENS_A_BLOCK.match(said) else said


def _clean(piece: str) -> str:
    """Return a piece of a line without what cannot be seen, its imitations of ASCII as ASCII."""
    isolates = {
        end for found in _ISOLATE.finditer(piece) if _turns(found[1]) for end in (found.start(), found.end() - 1)
    }
    kept: list[str] = []
    marks = 0
    for at, char in enumerate(piece):
        before, after = (kept[-1] if kept else " "), piece[at + 1 : at + 2]
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if at in isolates:
            kept.append(char)
        elif category in _BLANK or char == _BRAILLE_BLANK:
            kept.append("" if before == " " and kept else " ")
        elif char in _JOINERS:
            kept.append(char if _can_be_joined(before) and _can_be_joined(after) else "")
        elif category[0] == "M":
            kept.append(char if _fits(char, before) and marks <= _MOST_MARKS else "")
        elif category[0] in "LN":
            kept.append("" if char in _UNSEEN else char)
        elif category in _SYMBOLS:
            kept.extend(unicodedata.normalize("NFKC", char) if _IMITATING.match(char) else char)
        elif category in {"Cn", "Co"}:
            kept.append(_UNKNOWN)
        if kept and not kept[-1]:
            kept.pop()
    return "".join(kept)


def _apart(piece: str) -> str:
    """Return a clean piece of a line in which no character means more than itself."""
    piece = _ENTITY.sub(f"&{_APART}", piece)
    numbers = {at for found in _KEPT_AS_NUMBERS.finditer(piece) for at in range(*found.span())}
    return "".join(
        char if char.isalnum() or char == " " or at in numbers else _in_place(piece, at)
        for at, char in enumerate(piece)
    )


def _in_place(piece: str, at: int) -> str:
    """Return what stands for one of the piece's characters, beside its neighbours."""
    char, before, after = piece[at], piece[at - 1] if at else " ", piece[at + 1 : at + 2] or " "
    if char in _HARMLESS_BESIDE:
        return char if _HARMLESS_BESIDE[char](before, after) else _ALIKE.get(char, char + _APART)
    return char if char in _HARMLESS or not char.isascii() else _ALIKE[char]


def _is_dot_of_a_text(before: str, after: str) -> bool:
    is_alone = before in _BEFORE_A_LONE_DOT
    return is_alone or not (_is_word(after) or unicodedata.category(after) == "So")


def _is_ideographic_stop(before: str, after: str) -> bool:
    return _is_dot_of_a_text(before, after) or not (before.isascii() or after.isascii())


def _separates_words(before: str, after: str) -> bool:
    is_between = (_is_word(before) or before in "+#)") and (_is_word(after) or after in ".(")
    return is_between or before == after == " "


@lru_cache(maxsize=4096)
def _is_word(char: str) -> bool:
    return char in _JOINERS or char in {"_", _FSI, _PDI} or unicodedata.category(char)[0] in "LMN"


# Where these characters mean nothing; elsewhere they are replaced by what looks alike, or kept apart from what follows.
_HARMLESS_BESIDE: dict[str, Callable[[str, str], bool]] = {
    ".": _is_dot_of_a_text,
    "\u3002": _is_ideographic_stop,
    "/": _separates_words,
    ":": lambda _, after: after == " ",
    "_": lambda before, after: before.isalnum() and after.isalnum(),
    "=": lambda before, after: "=" not in {before, after},
    "@": lambda *_: False,
    "#": lambda before, after: _is_word(before) and not _is_word(after),
    "+": lambda before, after: not after.isdecimal() or _is_word(before) or before == "+",
    "!": lambda _, after: after in _AFTER_AN_EXCLAMATION,
}


def _can_be_joined(char: str) -> bool:
    """Return whether Hindi, Persian or emoji may have a joiner beside this character."""
    return bool(char) and not char.isascii() and unicodedata.category(char)[0] in "LMS"


def _fits(mark: str, before: str) -> bool:
    """Return whether a mark belongs to what is before it; a selector chooses a shape only of some characters."""
    if mark in _UNSEEN:
        return False
    if mark in _TEXT_OR_EMOJI:
        return unicodedata.category(before) in {"So", "Sm", "Po"} and not before.isascii()
    if ord(mark) in _IDEOGRAPHIC_VARIANTS:
        return unicodedata.category(before) == "Lo"
    return _is_word(before) or unicodedata.category(before) in {"So", "Sk", "Sm"}


def _turns(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
