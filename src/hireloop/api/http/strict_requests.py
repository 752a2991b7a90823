"""What the API refuses although a lenient parser would accept it, so that no mistake goes unnoticed.

Unknown, repeated and blank query parameters, repeated members of a JSON object, bad percent-encoding, U+0000, and
bodies that say that they are no JSON. Types and bounds are judged by the handlers' own structs.
"""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from hireloop import errors
from hireloop.api.http import literal
from hireloop.web import fields

_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_LONGEST_NAME = 100
_MOST_DIGITS = 19
_UTF_8 = {"utf-8", "utf8"}


async def be_strict(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise ValidationException, BadInput or HTTPException (415); as a guard, after the one that asks for the role."""
    if query := connection.scope["query_string"]:
        _check_query(query, *_parameters_of(handler))
    # Only a handler that takes a struct; another reads the body as it likes.
    body = getattr(handler, "parsed_data_field", None)
    if isinstance(connection, Request) and body is not None:
        await check_json(connection)
        literal.check_body(await connection.body(), body.annotation)


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
    kinds = {name: field.annotation for name, field in found.items()}
    return kinds, frozenset(name for name, field in found.items() if field.is_non_string_sequence)


async def check_json(request: Request[Any, Any, Any]) -> None:
    """Raise BadInput or HTTPException (415) for a body that is not JSON as we take it."""
    body = await request.body()
    if not body:
        return
    kind, options = request.content_type
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")) or not kind
    if not is_json or options.get("charset", "utf-8").lower() not in _UTF_8:
        raise HTTPException("The body must be JSON in UTF-8. Send `Content-Type: application/json`.", status_code=415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(
            "The body must not be compressed. Leave the `Content-Encoding` header out.", status_code=415
        )
    try:
        fault = _fault_of(json.loads(body.decode(), object_pairs_hook=_members, parse_int=_integer))
    except UnicodeDecodeError:
        raise errors.BadInput("body", "must be UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise errors.BadInput("body", f"must be valid JSON: {error.msg}, {where}") from None
    if fault is not None:
        raise errors.BadInput(".".join(fault.path) or "body", fault.message)


def _integer(digits: str) -> float:
    """Return an integer, or infinity for one that nothing here could hold and Python would take long to read."""
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


class _Fault(NamedTuple):
    """What is wrong with a member of a body, in place of the value that holds it; the path grows on the way out."""

    path: tuple[str, ...]
    message: str


def _members(pairs: list[tuple[str, Any]]) -> _Fault | None:
    """Return the first fault of one object of a body, or None: what its members are is the struct's business."""
    seen = set()
    for name, value in pairs:
        fault = _fault_of(name) or _fault_of(value)
        if name in seen:
            fault = _Fault((), "must be given only once")
        if fault is not None:
            return _Fault((name[:_LONGEST_NAME].replace("\x00", ""), *fault.path), fault.message)
        seen.add(name)
    return None


def _fault_of(value: object) -> _Fault | None:
    if isinstance(value, _Fault):
        return value
    if isinstance(value, list):
        return next((fault for one in value if (fault := _fault_of(one)) is not None), None)
    if isinstance(value, float) and not math.isfinite(value):
        return _Fault((), "is out of range")
    if isinstance(value, str) and "\x00" in value:
        return _Fault((), fields.UNSTORABLE)
    return None
