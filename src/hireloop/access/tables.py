"""The keys, as Piccolo sees them; `api/migrations` holds their SQL, and a test compares the two.

The time of a new row must be given (`db.sql_now`): the default of Piccolo would be this machine's clock.
"""

from enum import StrEnum

from piccolo.columns import UUID, Bytea, Text, Timestamptz
from piccolo.table import Table

from hireloop.db import DB, new_id


class Role(StrEnum):
    """What an API key may do. Each role includes the ones before it."""

    VIEWER = "viewer"  # reads
    RECRUITER = "recruiter"  # and schedules
    ADMIN = "admin"  # and keeps the keys, and replays


class ApiKey(Table, db=DB, tablename="api_key"):
    """A key of a frontend or an operator; the key itself is not here, only its hash."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    role = Text(choices=Role)
    secret_hash = Bytea()
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
