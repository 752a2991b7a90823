"""Values as they stand in texts: one line each, without control characters, and turning nothing around them. Pure.

Right-to-left names stay as they are. In plain text they are isolated (UAX #9): FSI before and PDI after keep the words
around them in their order; HTML has `<bdi>` for that.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

# Embeddings, overrides, isolates and marks (UAX #9).
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
# What has no width: in a name it hides words from people or from a search. Joiners stay: Hindi, Persian and emoji need
# them. So do selectors, which choose the shape of an emoji or of a character in a Japanese name.
_WIDTHLESS = dict.fromkeys(
    (
        *(0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B, *range(0x2060, 0x2066)),
        *(*range(0x206A, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), *range(0x1D173, 0x1D17B)),
        *range(0xE0000, 0xE0080),
    )
)
_DROPPED = _DIRECTIONS | _WIDTHLESS
_FSI, _PDI = "\u2068", "\u2069"
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_BLANK = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def one_line(value: str) -> str:
    """Return a value as one line: control characters and runs of white space become one space each.

    Characters that nobody sees are dropped, and those that change the direction of the text around them.
    """
    if _PLAIN.match(value):
        return value
    kept = value.translate(_DROPPED)
    return " ".join("".join(" " if unicodedata.category(c) in _BLANK else c for c in kept).split())


def lines(value: str) -> list[str]:
    """Return a value of several lines, each by itself as `one_line` has it."""
    return [one_line(line) for line in value.strip().splitlines()]


def counted(count: int, one: str, many: str) -> str:
    """Return a number of things in English, such as `1 delivery` or `2 deliveries`."""
    return f"{count} {one if count == 1 else many}"


def isolated(values: Mapping[str, object]) -> dict[str, object]:
    """Return values for plain text: each that is written from right to left, in part or all, is an isolate.

    So are the values in tuples, and in lists of other values.
    """
    return {name: _isolated(value) for name, value in values.items()}


def _isolated(value: object) -> object:
    match value:
        case tuple():
            return tuple(_isolated(one) for one in value)
        case list():
            return [isolated(one) if isinstance(one, Mapping) else one for one in value]
        case str() if not value.isascii() and _has_right_to_left(value):
            return f"{_FSI}{value}{_PDI}"
        case _:
            return value


@lru_cache(maxsize=1024)
def _has_right_to_left(value: str) -> bool:
    return any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in value)
