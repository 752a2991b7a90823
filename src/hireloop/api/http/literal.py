"""Values of a query as they are written: `null` is no value, and a number no time.

Litestar converts leniently, as a query has nothing but texts; then `null` is none, and `0` is a time in 1970.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

import msgspec

from hireloop.web.http import choices

_NUMBER = re.compile(r"[+-]?[0-9.]+")


def wrong_in_query(value: str, kind: Any) -> str | None:  # noqa: ANN401 (types, as values)
    """Return what is wrong with a parameter's value, also if it would be read as something else, or None."""
    kinds = set(_within(kind))
    if value.lower() == "null" and str not in kinds:
        return "must not be null: leave the parameter out instead"
    if datetime in kinds and _NUMBER.fullmatch(value):
        return "must be a time with a UTC offset, such as 2026-12-01T10:00:00+05:30"
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        return choices.named(kind) or str(error)
    return None


def _within(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (types, as values)
    yield kind
    for one in get_args(kind):
        yield from _within(one)
