"""What a handler adds to the OpenAPI document besides its signature; it goes into the handler's `opt`."""

from typing import Any

from hireloop import errors

REFUSALS = "documented_refusals"
AGAIN = "documented_again"
BODIES = "documented_bodies"


def refuses(*kinds: type[errors.HireLoopError]) -> dict[str, Any]:
    """List the errors that this handler raises; those of every operation are documented anyway."""
    return {REFUSALS: kinds}


def again(sentence: str) -> dict[str, Any]:
    """Say when the operation returns 200 instead of 201, with the same body."""
    return {AGAIN: sentence}


def reads(media_types: dict[str, Any]) -> dict[str, Any]:
    """Give the type of the body by media type, for a handler that reads the raw body."""
    return {BODIES: media_types}
