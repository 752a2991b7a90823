"""What a handler says of itself for the OpenAPI document, as far as its signature cannot: put it into its `opt`."""

from typing import Any

from hireloop import errors

REFUSALS = "documented_refusals"
AGAIN = "documented_again"
BODIES = "documented_bodies"


def refuses(*kinds: type[errors.HireLoopError]) -> dict[str, Any]:
    """Name what this handler's verbs raise; what every operation may answer is documented without it."""
    return {REFUSALS: kinds}


def again(sentence: str) -> dict[str, Any]:
    """Say when the operation answers 200 instead of 201, with the same body."""
    return {AGAIN: sentence}


def reads(media_types: dict[str, Any]) -> dict[str, Any]:
    """Name the type of the body by media type, for a handler that reads the body as it came."""
    return {BODIES: media_types}
