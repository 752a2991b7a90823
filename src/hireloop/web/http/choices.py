"""What may be chosen where a type is an enum: a refusal names every value."""

from collections.abc import Iterator, Sequence
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import UnsetType

from hireloop.web.problems import CHOICES

_NOTHING = (NoneType, UnsetType)


def named(kind: Any) -> str | None:  # noqa: ANN401 (types, as values)
    """Return `must be one of viewer, recruiter or admin` for a type that is an enum, or a Literal; None for others."""
    kinds = [one for one in members_of(kind) if one not in _NOTHING]
    if not kinds or not all(values_of(one) for one in kinds):
        return None
    return f"{CHOICES}{in_words([value for one in kinds for value in values_of(one)])}"


def in_words(values: Sequence[str]) -> str:
    """Return words as a choice: `a`, `a or b`, `a, b or c`."""
    *others, last = values
    return f"{', '.join(others)} or {last}" if others else last


def values_of(kind: Any) -> list[str]:  # noqa: ANN401 (types, as values)
    """Return every value of an enum or a Literal; none for other types."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    return [str(value) for value in get_args(kind)] if get_origin(kind) is Literal else []


def members_of(kind: Any) -> Iterator[Any]:  # noqa: ANN401 (types, as values)
    """Yield what a value of this type may be: the members of a union, without what is said of them."""
    if get_origin(kind) is Annotated:
        yield from members_of(get_args(kind)[0])
    elif get_origin(kind) in {Union, UnionType}:
        for one in get_args(kind):
            yield from members_of(one)
    else:
        yield kind
