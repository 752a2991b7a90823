"""The door's own tables, as Piccolo sees them; `migrations/` holds their SQL, and a test compares the two."""

from piccolo.columns import UUID, BigInt, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from hireloop.access.tables import ApiKey
from hireloop.db import DB


class StoredResponse(Table, db=DB, tablename="stored_response"):
    """The response to a request with an Idempotency-Key; the real key has three columns."""

    api_key = ForeignKey(ApiKey, primary_key=True, null=False)
    path = Text()
    idempotency_key = Text()
    request_hash = Bytea()
    status = Integer(null=True, default=None)
    headers = JSONB()
    body = Text()
    created_at = Timestamptz()


class RequestRate(Table, db=DB, tablename="request_rate"):
    """Up to when the requests of a key under RATE_LIMIT are paid for."""

    api_key = UUID(primary_key=True)
    paid_until = Timestamptz()


class ResponseUse(Table, db=DB, tablename="response_use"):
    """How many responses of a key were stored in one hour, in one stripe; the real key has three columns."""

    api_key = UUID(primary_key=True)
    hour = Timestamptz()
    stripe = Integer()
    responses = BigInt()
    bytes = BigInt()


class PressRate(Table, db=DB, tablename="press_rate"):
    """Up to when what was pressed behind a session's link is paid for, by kind; the real key has both columns."""

    session = UUID(primary_key=True)
    kind = Text()
    paid_until = Timestamptz()
