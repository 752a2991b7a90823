"""Types as they are written: in a body a number is no text and a text no number, in a query `null` is no value.

Litestar converts leniently, as a query has nothing but texts; then `"3"` is 3, and `0` is a time in 1970.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Union, get_args

import msgspec
from litestar.exceptions import ValidationException

_OF_ANOTHER_TYPE = re.compile(r"Expected `[^`]+`, got `[^`]+`$")
_NUMBER = re.compile(r"[+-]?[0-9.]+")


def check_body(body: bytes, kind: Any) -> None:  # noqa: ANN401 (types, as values)
    """Raise ValidationException where a member of a JSON text is of another type than `kind` has it.

    A body that may be left out is not null either. Any other fault is left to whoever reads the body next.
    """
    try:
        _decoder(without_none(kind)).decode(body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        if _OF_ANOTHER_TYPE.match(message):
            key = path.rstrip("`").lstrip(".") or "data"
            raise ValidationException("The body is invalid.", extra=[{"key": key, "message": message}]) from None
    except msgspec.DecodeError:
        return


def without_none(kind: Any) -> Any:  # noqa: ANN401 (types, as values)
    """Return a type without its None: of what may be left out, and is never sent as null."""
    kinds = get_args(kind)
    if NoneType not in kinds:
        return kind
    return Union[tuple(one for one in kinds if one is not NoneType)]  # noqa: UP007 (of a tuple)


def wrong_in_query(value: str, kind: Any) -> str | None:  # noqa: ANN401 (types, as values)
    """Return what is wrong with a parameter's value that would be read as something else, or None."""
    kinds = set(_within(kind))
    if value.lower() == "null" and str not in kinds:
        return "must not be null: leave the parameter out instead"
    if datetime in kinds and _NUMBER.fullmatch(value):
        return "must be a time with a UTC offset, such as 2026-12-01T10:00:00+05:30"
    return None


@lru_cache(256)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401 (types, as values)
    return msgspec.json.Decoder(kind)


def _within(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (types, as values)
    yield kind
    for one in get_args(kind):
        yield from _within(one)
