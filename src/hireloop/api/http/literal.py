"""Values of a query as they are written: `null` is no value, and a number no time.

Litestar converts leniently, as a query has nothing but texts; then `null` is none, and `0` is a time in 1970.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from hireloop.web.http import choices

_NUMBER = re.compile(r"[+-]?[0-9.]+")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")
_WORDS = {
    datetime: "must be a time with a UTC offset, such as 2026-12-01T10:00:00+05:30",
    UUID: "must be an ID, such as 01940d2e-3f5a-7c6b-8d9e-0a1b2c3d4e5f",
    bool: "must be true or false",
    int: "must be a whole number",
}


def wrong_in_query(value: str, kind: Any) -> str | None:  # noqa: ANN401 (types, as values)
    """Return what is wrong with a parameter's value, also if it would be read as something else, or None."""
    kinds = set(_within(kind))
    if value.lower() == "null" and str not in kinds:
        return "must not be null: leave the parameter out instead"
    if datetime in kinds and _NUMBER.fullmatch(value):
        return _WORDS[datetime]
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        return choices.named(kind) or _in_words(kinds, value) or str(error)
    return None


def _in_words(kinds: set[Any], value: str) -> str | None:
    """Return what a value has to be that is not even of the right kind; None if only its bounds are wrong."""
    found = next((kind for kind in _WORDS if kind in kinds), None)
    if found is None or (found is int and _WHOLE.fullmatch(value)):
        return None
    return _WORDS[found]


def _within(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (types, as values)
    yield kind
    for one in get_args(kind):
        yield from _within(one)
