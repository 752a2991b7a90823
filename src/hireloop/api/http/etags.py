"""If-Match (RFC 9110, 13.1.1): a change is made only to the version that the client has read."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.serialization import encode_json

from hireloop import errors
from hireloop.web.buffered_responses import header_of
from hireloop.web.context import context_of
from hireloop.web.http.entity_tags import etag_of, is_named


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
