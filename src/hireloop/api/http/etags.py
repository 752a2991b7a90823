"""Entity tags (RFC 9110 8.8.3): a digest of what a read returns, so that a client can say which one it knows."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.serialization import encode_json

from hireloop import errors
from hireloop.web.buffered_responses import header_of
from hireloop.web.context import context_of


def etag_of(body: bytes) -> str:
    """Return the strong entity tag of a body, quotes included."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_named(header: str, etag: str) -> bool:
    """Return whether a list of entity tags, as If-Match and If-None-Match hold it, names this one; `*` names any."""
    names = {name.strip() for name in header.split(",")}
    return "*" in names or etag in names


def is_named_weakly(header: str, etag: str) -> bool:
    """Return the same, ignoring `W/`: for reads, but not for edits (RFC 9110, 13.1.1)."""
    return is_named(header.replace("W/", ""), etag)


def check_if_match(connection: ASGIConnection[Any, Any, Any, Any], current: object) -> None:
    """Raise ChangedSince if the request's If-Match does not name `current`, which a read would return now.

    Call it in the transaction of the change, with the row locked: otherwise it may be changed in between. Without
    If-Match everything goes.
    """
    header = header_of(connection.scope, b"if-match")
    if header is not None and not is_named(header, etag_of(encode_json(current))):
        raise errors.ChangedSince


def unchanged_since(connection: ASGIConnection[Any, Any, Any, Any]) -> Callable[[msgspec.Struct], Awaitable[None]]:
    """Return a check for the change of one row, which raises ChangedSince as `check_if_match` does.

    For rows that a read gives as they are, with local times.
    """

    async def check(details: msgspec.Struct) -> None:
        check_if_match(connection, context_of(connection).localized(details))

    return check
