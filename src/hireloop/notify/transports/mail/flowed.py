"""Plain text in lines of 78 columns, by which a reader on a narrower or wider screen is not bound: RFC 3676. Pure.

A line that was broken ends with a space, and a mail program that knows `format=flowed` joins it with the next one. To
any other it looks as it stands.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

COLUMNS = 78  # with the space at the end of a broken line, without the line's end (RFC 3676, 4.2)
PARAMETERS = "; format=flowed"

# What is written from right to left stays together, with the marks around it (`rendering.plain_text.isolated`).
_WORD = re.compile("(?:\u2068[^\u2069]*\u2069|[^ ])+")
_SIGNATURE = "--"  # on a line of its own, with a space, it begins a signature, which some programs hide: 4.3
_STUFFED = re.compile(r" |>|From ")  # RFC 3676, 4.4
_UNEVEN = re.compile("[\u0300-\u200f\u2028-\u206f\u20d0-\U0010ffff]")  # some of these have not one column
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})  # Unicode's categories


def flowed(text: str) -> str:
    """Return a text with its long lines broken between words; a word alone may be longer, such as a link."""
    return "\n".join(line for paragraph in text.split("\n") for line in _lines(paragraph.rstrip(" ")))


def _lines(paragraph: str) -> Iterator[str]:
    if 2 * len(paragraph) < COLUMNS or columns(paragraph) < COLUMNS:
        yield _stuffed(paragraph)
        return
    line, width = "", 0
    for word in _words(paragraph):
        wide = columns(word)
        if line and line != _SIGNATURE and width + 1 + wide >= COLUMNS:
            yield _stuffed(f"{line} ")
            line, width = word, wide
        else:
            line, width = (f"{line} {word}", width + 1 + wide) if line else (word, wide)
    yield _stuffed(line)


def _words(paragraph: str) -> Iterator[str]:
    if "\u2068" not in paragraph:
        yield from filter(None, paragraph.split(" "))
        return
    for word in _WORD.findall(paragraph):
        yield from word.split(" ") if columns(word) >= COLUMNS else (word,)


def _stuffed(line: str) -> str:
    return f" {line}" if _STUFFED.match(line) else line


def columns(text: str) -> int:
    """Return how wide a text is where letters have one width: marks have none, and ideographs two columns."""
    return sum(map(_width, text)) if _UNEVEN.search(text) else len(text)


@lru_cache(maxsize=4096)
def _width(letter: str) -> int:
    if unicodedata.category(letter) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1
