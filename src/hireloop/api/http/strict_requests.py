"""What the API refuses in a query although a lenient parser would accept it, so that no mistake goes unnoticed.

Unknown, repeated and blank parameters, bad percent-encoding and U+0000. Types and bounds are those of the handlers' own
signatures, and are judged here too, so that one response names all that is wrong.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from hireloop import errors
from hireloop.api.http import literal

_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_LONGEST_NAME = 100


async def be_strict(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise ValidationException or BadInput; as a guard, after the one that asks for the role."""
    if query := connection.scope["query_string"]:
        _check_query(query, *_parameters_of(handler))


def _check_query(raw: bytes, known: Mapping[str, Any], repeatable: frozenset[str]) -> None:
    if _HALF_ESCAPE.search(raw):
        raise errors.BadInput("query", "contains a % that does not begin a percent-encoded byte: write it as %25")
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise errors.BadInput("query", "must be percent-encoded UTF-8") from None
    seen: set[str] = set()
    wrong = []
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True):
        message = _wrong(name, value, seen, known, repeatable)
        if message is not None:
            wrong.append({"key": name[:_LONGEST_NAME] or "query", "message": message})
        seen.add(name)
    if wrong:
        raise ValidationException("The query is invalid.", extra=wrong)


def _wrong(name: str, value: str, seen: set[str], known: Mapping[str, Any], repeatable: frozenset[str]) -> str | None:
    if name not in known and name not in seen:
        return f"is not a known parameter; use {', '.join(sorted(known))}" if known else "is not a known parameter"
    if name not in known:
        return None  # said already
    if name in seen and name not in repeatable:
        return "must be given once"
    if not value:
        return "must not be blank: leave the parameter out instead"
    return "must not contain the character U+0000" if "\x00" in value else literal.wrong_in_query(value, known[name])


@lru_cache(512)
def _parameters_of(handler: BaseRouteHandler) -> tuple[Mapping[str, Any], frozenset[str]]:
    """Return the types of a handler's query parameters by name, and the names of those that may be repeated."""
    found = {
        getattr(field.kwarg_definition, "name", None) or name: field
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
    # The signature's model holds the bounds.
    types = get_type_hints(handler.signature_model, include_extras=True)
    repeatable = frozenset(name for name, field in found.items() if field.is_non_string_sequence)
    return {name: Any if name in repeatable else types[field.name] for name, field in found.items()}, repeatable
