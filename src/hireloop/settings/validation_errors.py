"""What is wrong with the settings, in our words and not in the library's, and without the value."""

from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

_OWN = "value_error"  # raised by a check of ours, which says how to fix it
_PREFIX = "Value error, "
_COMPARED = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}
_WORDS = {int: "a whole number", float: "a number"}


def sentence_of(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """Return one message that names each invalid variable, and what it must be."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    wrong: dict[str, str] = {}
    for item in found:
        name = str(item["loc"][0]) if item["loc"] else ""
        said = item["msg"].removeprefix(_PREFIX).rstrip(".") if item["type"] == _OWN else expected(fields.get(name))
        wrong.setdefault(name.upper() or "The settings", said)
    return "Settings: " + "; ".join(f"{name} {said}" for name, said in wrong.items()) + "."


def expected(field: FieldInfo | None) -> str:
    """Return what a setting must be: `must be a whole number from 1 to 65535`."""
    if field is None:
        return "cannot be read"
    if get_origin(field.annotation) is list:
        return "must be a list, separated by commas"
    kinds = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
    return next((said for kind in kinds if (said := _expected(kind, field.metadata))), "must be text")


def _expected(kind: type[Any], constraints: list[Any]) -> str:
    if kind is bool:
        return "must be true or false"
    if kind in _WORDS:
        return f"must be {_WORDS[kind]}{_bounds(constraints)}"
    if issubclass(kind, Enum):
        *others, last = [str(member.value) for member in kind]
        return f"must be one of {', '.join(others)} or {last}"
    return "must be a path" if issubclass(kind, PurePath) else ""


def _bounds(constraints: list[Any]) -> str:
    """Return the bounds of a number in words, with a blank before them; empty without any."""
    found = {name: getattr(one, name) for one in constraints for name in ("ge", "gt", "le", "lt") if hasattr(one, name)}
    least, most = found.get("ge"), found.get("le")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    said = [f"{_COMPARED[name]} {bound}" for name, bound in found.items()]
    return f" that is {' and '.join(said)}" if said else ""
