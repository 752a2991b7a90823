"""The door's own tables, as Piccolo sees it; `migrations/` holds its SQL, and a test compares the two."""

from enum import StrEnum

from piccolo.columns import UUID, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from hireloop.db import DB, new_id


class Role(StrEnum):
    """How far an API key reaches; each role includes the ones before it."""

    VIEWER = "viewer"  # reads
    RECRUITER = "recruiter"  # and schedules
    ADMIN = "admin"  # and keeps the keys, and replays


class ApiKey(Table, db=DB, tablename="api_key"):
    """A key of a frontend or an operator; the key itself is not here, only its hash."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    role = Text(choices=Role)
    secret_hash = Bytea()
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True)
    revoked_at = Timestamptz(null=True)


class StoredAnswer(Table, db=DB, tablename="stored_answer"):
    """What a request with an Idempotency-Key was answered; the real key has three columns."""

    api_key = ForeignKey(ApiKey, primary_key=True, null=False)
    path = Text()
    idempotency_key = Text()
    request_hash = Bytea()
    status = Integer(null=True)
    headers = JSONB()
    body = Text()
    created_at = Timestamptz()


class RequestPace(Table, db=DB, tablename="request_pace"):
    """Up to when the requests of a key under RATE_LIMIT are paid for."""

    api_key = UUID(primary_key=True)
    paid_until = Timestamptz()
