"""Partial changes (RFC 7396): fields that are left out stay, null clears a field that may be empty. Pure."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

# What a door asks of a row once it is locked and before it is changed; raises if it forbids the change.
Check = Callable[[T], Awaitable[None]]


def given(fields: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that were given, null among them, by name."""
    return {name: value for name, value in msgspec.structs.asdict(fields).items() if value is not msgspec.UNSET}


def changed(known: object, fields: msgspec.Struct) -> dict[str, Any]:
    """Return the given fields that differ from those of `known`, by name."""
    return {name: value for name, value in given(fields).items() if getattr(known, name) != value}


async def anything_goes(_known: object) -> None:
    """Ask nothing."""
