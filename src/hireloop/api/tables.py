"""The door's own tables, as Piccolo sees them; `migrations/` holds their SQL, and a test compares the two."""

from piccolo.columns import UUID, Bytea, ForeignKey, Integer, Text, Timestamptz
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
