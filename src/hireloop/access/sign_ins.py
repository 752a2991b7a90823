"""Sign-ins to the console: each is a row, which every request reads, so that an ended one is out everywhere at once.

A row opens nothing by itself. Who made it is proved by the ticket in the browser's cookie (`hireloop.console.tickets`).
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from piccolo.custom_types import Combinable

from hireloop import db, errors
from hireloop.access.tables import ApiKey, Role, SignIn, SignInEnd
from hireloop.notify.rate_limit import whole_seconds
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.statements import Statement, read_clock

MOST_OF_A_KEY = 50
MOST_IN_AN_HOUR = 120
RECORDED_EVERY = timedelta(minutes=1)
_AN_HOUR = timedelta(hours=1)
_KEPT = timedelta(days=1)  # after its time, so that a browser that comes back is told why it is out
_MOST_LISTED = 500


class FoundSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in, its key, and why it no longer lets anyone in, if it does not."""

    id: UUID
    key_id: UUID
    name: str
    role: Role
    secret_hash: bytes
    why_ended: str | None  # a `SignInEnd`, or `key_expired`, `expired` or `idle`
    is_use_due: bool  # to be recorded: the last record is a minute old


class ListedSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """An open sign-in, and whose it is."""

    id: UUID
    api_key: UUID
    name: str
    role: Role
    browser: str
    created_at: datetime
    last_used_at: datetime


@db.transactional
async def create(
    by: Actor, *, open_until: datetime, browser: str, replaces: UUID | None = None, now: datetime | None = None
) -> UUID:
    """Record that someone signed in with the actor's key, and return the sign-in's id.

    Ends the one that it replaces, and the oldest ones of a key with more than 50. Raises NotSignedIn for a key that was
    revoked, or has expired, in the meantime, and TooManyRequests for one that was used to sign in 120 times within an
    hour: ended sign-ins are kept, and each is in the audit for ever.
    """
    at = db.sql_now(now)
    locked = ApiKey.select(ApiKey.id).where(
        ApiKey.id == by.key, ApiKey.revoked_at.is_null(), ApiKey.expires_at.is_null() | (ApiKey.expires_at > at)
    )
    if await locked.lock_rows("NO KEY UPDATE").first() is None:
        raise errors.NotSignedIn("revoked_key", by.key)
    await _refuse_too_many(by.key, now)
    row = SignIn(api_key=by.key, browser=browser, created_at=at, last_used_at=at, open_until=open_until)
    await SignIn.insert(row)
    details = {"browser": browser}
    await audit.record(NewAuditEntry(action=Action.SIGN_IN_CREATED, subject=row.id, by=by, details=details), at=now)
    if replaces is not None:
        await end(replaces, SignInEnd.REPLACED, by=by, now=now)
    old = await (
        SignIn.select(SignIn.id)
        .where(SignIn.api_key == by.key, SignIn.ended_at.is_null(), SignIn.open_until > at)
        .order_by(SignIn.created_at, SignIn.id, ascending=False)
        .offset(MOST_OF_A_KEY)
    )
    if old:
        await _end(SignIn.id.is_in([one["id"] for one in old]), SignInEnd.TOO_MANY, by, now)
    ident: UUID = row.id
    return ident


async def _refuse_too_many(key: UUID | None, now: datetime | None) -> None:
    """Raise TooManyRequests, with the seconds until the key may be used to sign in once more; the caller holds it."""
    latest = await (
        SignIn.select(SignIn.created_at)
        .where(SignIn.api_key == key, SignIn.created_at > db.sql_now(now, offset=-_AN_HOUR))
        .order_by(SignIn.created_at, ascending=False)
        .offset(MOST_IN_AN_HOUR - 1)
        .first()
    )
    if latest is not None:
        wait = latest["created_at"] + _AN_HOUR - await read_clock(now)
        raise errors.TooManyRequests(
            f"This API key has been used to sign in {MOST_IN_AN_HOUR} times within an hour, which is the limit. "
            "Try again later.",
            retry_after_seconds=whole_seconds(wait),
        )


# A sign-in with its key, for every request of the console; and why it has ended.
_FOUND = Statement("""
    SELECT sign_in.id, api_key.id AS key_id, name, role, secret_hash,
        CASE
            WHEN ended_at IS NOT NULL THEN end_reason
            WHEN revoked_at IS NOT NULL THEN 'key_revoked'
            WHEN expires_at <= at THEN 'key_expired'
            WHEN open_until <= at THEN 'expired'
            WHEN sign_in.last_used_at <= at - :idle::interval THEN 'idle'
        END AS why_ended,
        sign_in.last_used_at <= at - :recorded_every::interval AS is_use_due
    FROM sign_in JOIN api_key ON api_key.id = sign_in.api_key,
        (SELECT coalesce(:now, statement_timestamp()) AS at) AS clock
    WHERE sign_in.id = :id
""")


async def find(ident: UUID, *, idle: timedelta, now: datetime | None = None) -> FoundSignIn | None:
    """Return a sign-in, open or ended, that ends by itself after `idle` without a request; None if there is none."""
    found = await _FOUND.structs(FoundSignIn, id=ident, idle=idle, recorded_every=RECORDED_EVERY, now=now)
    return found[0] if found else None


async def note_use(ident: UUID, *, now: datetime | None = None) -> None:
    """Record that an open sign-in was just used."""
    at = db.sql_now(now)
    await SignIn.update({SignIn.last_used_at: at}).where(
        SignIn.id == ident, SignIn.ended_at.is_null(), SignIn.last_used_at < at
    )


async def open_ones(*, idle: timedelta, key: UUID | None = None, now: datetime | None = None) -> list[ListedSignIn]:
    """Return the open sign-ins of one key, or at most 500 of all keys, by key and the last use."""
    at, owner = db.sql_now(now), SignIn.api_key
    query = (
        SignIn.select(
            SignIn.id,
            SignIn.api_key,
            owner.name.as_alias("name"),
            owner.role.as_alias("role"),
            SignIn.browser,
            SignIn.created_at,
            SignIn.last_used_at,
        )
        .where(SignIn.ended_at.is_null(), SignIn.open_until > at)
        .where(SignIn.last_used_at > db.sql_now(now, offset=-idle))
        .where(owner.revoked_at.is_null(), owner.expires_at.is_null() | (owner.expires_at > at))
        .order_by(owner.name, SignIn.api_key)
        .order_by(SignIn.last_used_at, SignIn.id, ascending=False)
        .limit(_MOST_LISTED)
    )
    return msgspec.convert(await (query.where(SignIn.api_key == key) if key else query), list[ListedSignIn])


async def end(ident: UUID, reason: SignInEnd, *, by: Actor, now: datetime | None = None) -> bool:
    """End a sign-in; return whether it was open."""
    return bool(await _end(SignIn.id == ident, reason, by, now))


async def end_those_of(
    key: UUID,
    reason: SignInEnd,
    *,
    by: Actor,
    only: UUID | None = None,
    but: UUID | None = None,
    now: datetime | None = None,
) -> int:
    """End the sign-ins of a key: all, one of them alone, or all but one; return how many were open."""
    which: Combinable = SignIn.api_key == key
    if only is not None:
        which = which & (SignIn.id == only)
    if but is not None:
        which = which & (SignIn.id != but)
    return await _end(which, reason, by, now)


@db.transactional
async def _end(which: Combinable, reason: SignInEnd, by: Actor, now: datetime | None) -> int:
    ended = await (
        SignIn.update({SignIn.ended_at: db.sql_now(now), SignIn.end_reason: reason})
        .where(which, SignIn.ended_at.is_null(), SignIn.open_until > db.sql_now(now))
        .returning(SignIn.id)
    )
    details = {"reason": reason.value}
    entries = [NewAuditEntry(action=Action.SIGN_IN_ENDED, subject=one["id"], by=by, details=details) for one in ended]
    await audit.record(*entries, at=now)
    return len(ended)


async def forget_old(*, now: datetime | None = None) -> int:
    """Delete the sign-ins whose time was up a day ago, and return how many there were."""
    gone = await SignIn.delete().where(SignIn.open_until <= db.sql_now(now, offset=-_KEPT)).returning(SignIn.id)
    return len(gone)
