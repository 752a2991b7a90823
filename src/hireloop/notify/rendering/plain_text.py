"""Values as they stand in texts: one line each, without control characters, and turning nothing around them. Pure.

Right-to-left names stay as they are. In plain text they are isolated (UAX #9): FSI before and PDI after keep the words
around them in their order; HTML has `<bdi>` for that.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

# Embeddings, overrides, isolates and marks (UAX #9). Joiners stay: Hindi, Persian and emoji need them.
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_FSI, _PDI = "\u2068", "\u2069"
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_BLANK = frozenset({"Cc", "Cs", "Zl", "Zp", "Zs"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def one_line(value: str) -> str:
    """Return a value as one line: control characters and runs of white space become one space each.

    Characters that change the direction of the text around them are dropped.
    """
    if _PLAIN.match(value):
        return value
    kept = value.translate(_DIRECTIONS)
    return " ".join("".join(" " if unicodedata.category(c) in _BLANK else c for c in kept).split())


def lines(value: str) -> list[str]:
    """Return a value of several lines, each by itself as `one_line` has it."""
    return [one_line(line) for line in value.strip().splitlines()]


def counted(count: int, one: str, many: str) -> str:
    """Return a number of things in English, such as `1 delivery` or `2 deliveries`."""
    return f"{count} {one if count == 1 else many}"


def isolated(values: Mapping[str, object]) -> dict[str, object]:
    """Return values for plain text: each that is written from right to left, in part or all, is an isolate."""
    return {
        name: f"{_FSI}{value}{_PDI}"
        if isinstance(value, str) and not value.isascii() and _has_right_to_left(value)
        else value
        for name, value in values.items()
    }


@lru_cache(maxsize=1024)
def _has_right_to_left(value: str) -> bool:
    return any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in value)
