"""Keys and sign-ins, as Piccolo sees them; `api/migrations` holds their SQL, and a test compares the two.

The time of a new row must be given (`db.sql_now`): the default of Piccolo would be this machine's clock.
"""

from enum import StrEnum

from piccolo.columns import UUID, Bytea, ForeignKey, Text, Timestamptz
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
    expires_at = Timestamptz(null=True, default=None)


class SignInEnd(StrEnum):
    """Why a sign-in was ended, other than by time."""

    SIGNED_OUT = "signed_out"  # in its own browser
    REPLACED = "replaced"  # its browser signed in again
    ENDED_ELSEWHERE = "ended_elsewhere"  # by someone with the same key, in another browser
    ENDED_BY_ADMIN = "ended_by_admin"
    TOO_MANY = "too_many"  # the key was used to sign in so often that the oldest sign-ins gave way
    KEY_REVOKED = "key_revoked"


class SignIn(Table, db=DB, tablename="sign_in"):
    """A browser's access to the console, since someone entered a key there."""

    id = UUID(primary_key=True, default=new_id)
    api_key = ForeignKey(ApiKey, null=False)
    browser = Text()  # such as `Firefox on Windows`
    created_at = Timestamptz(default=None)
    last_used_at = Timestamptz(default=None)  # at most a minute old
    open_until = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Text(choices=SignInEnd, null=True, default=None)
