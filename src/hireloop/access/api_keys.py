"""API keys: made, checked, listed, revoked; some expire. A key is shown once and stored as a hash.

A key is `hl_` + 22 characters that name its row + 43 characters of secret, 256 bits from the system's randomness: a
fast hash is enough, there is nothing to guess.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop import db, errors
from hireloop.access import sign_ins
from hireloop.access.tables import ApiKey, Role, SignInEnd
from hireloop.examples import ExpiresAt, KeyId, RecordedAt, Time
from hireloop.scheduling import audit, fields
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.secret_patterns import API_KEY_PREFIX, WHOLE_API_KEY
from hireloop.signing import base64url
from hireloop.statements import Statement, read_clock
from hireloop.telemetry.logs import log

CACHED_SECONDS = 5.0
WARNED_BEFORE = timedelta(days=14)
_NAMES_OF_OURS = frozenset(actor.name.casefold() for actor in (audit.CANDIDATE, audit.COMMAND_LINE, audit.HIRELOOP))
_CACHED_AT_MOST = 10_000
_NOTE_USE_EVERY_SECONDS = 5.0
_NOBODY = UUID(int=0)
_NOBODYS_HASH = hashlib.sha256(secrets.token_bytes(32)).digest()


# A key, and for how much longer it opens something: requests ask for it, so this is written out, and spares the
# building of a query.
_CHECKED = Statement("""
    SELECT name, role, secret_hash, revoked_at IS NOT NULL AS is_revoked,
        extract(epoch FROM expires_at - statement_timestamp())::float8 AS seconds_left
    FROM api_key WHERE id = :id
""")
# When these keys were last used: now.
_USED = Statement("UPDATE api_key SET last_used_at = now() WHERE id = ANY(:ids::uuid[])")


class KeyHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: the key's id, name and role."""

    id: UUID
    name: str
    role: Role


class KeyState(StrEnum):
    """Whether a key opens anything."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ApiKeyDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without the key itself."""

    id: KeyId
    name: Annotated[str, Meta(examples=["the hiring page"])]
    role: Annotated[Role, Meta(examples=["recruiter"])]
    created_at: RecordedAt
    last_used_at: RecordedAt | None
    revoked_at: Time | None
    expires_at: ExpiresAt | None


class _Entry(msgspec.Struct, frozen=True):
    holder: KeyHolder
    secret_hash: bytes
    until: float  # monotonic


class KeyRing:
    """Checks keys, and notes their use outside the request.

    A key that was accepted is cached for 5 s, and not beyond its end. What is refused costs one query, whatever is
    wrong with it, so that neither the time nor the load tells whether there is a key with this id; and only accepted
    keys are cached, so that nobody can fill the cache who has none.
    """

    def __init__(self) -> None:
        self._known: dict[UUID, _Entry] = {}
        self._used: set[UUID] = set()
        self._task: asyncio.Task[None] | None = None

    async def holder_of(self, key: str) -> KeyHolder:
        """Return who holds this key; raises NotSignedIn for any other text.

        The error says why for the log; the client is told the same in every case.
        """
        if not key:
            raise errors.NotSignedIn("no_key")
        ident, given = _ident(key), hash_of(key)
        entry = self._known.get(ident or _NOBODY)
        is_cached = hmac.compare_digest(given, entry.secret_hash if entry is not None else _NOBODYS_HASH)
        if entry is None or not is_cached or entry.until <= time.monotonic():
            entry = await self._checked(ident, given)
        self.note_use(entry.holder.id)
        return entry.holder

    async def _checked(self, ident: UUID | None, given: bytes) -> _Entry:
        asked = time.monotonic()
        row = await _CHECKED.row(id=ident or _NOBODY)
        is_genuine = hmac.compare_digest(given, row["secret_hash"] if row is not None else _NOBODYS_HASH)
        if row is None or ident is None or not is_genuine:
            raise errors.NotSignedIn("bad_key", ident)
        seconds = CACHED_SECONDS if row["seconds_left"] is None else min(row["seconds_left"], CACHED_SECONDS)
        if row["is_revoked"] or seconds <= 0:
            self.forget(ident)
            raise errors.NotSignedIn("revoked_key" if row["is_revoked"] else "expired_key", ident)
        if len(self._known) >= _CACHED_AT_MOST:
            self._known.clear()
        holder = KeyHolder(id=ident, name=row["name"], role=Role(row["role"]))
        entry = self._known[ident] = _Entry(holder, given, asked + seconds)
        return entry

    def note_use(self, ident: UUID) -> None:
        """Note that the key of this id was used."""
        self._used.add(ident)

    def forget(self, ident: UUID) -> None:
        """Drop a key from this process's cache, as it was just revoked."""
        self._known.pop(ident, None)

    async def start(self) -> None:
        """Begin to note in the background which keys were used."""
        self._task = asyncio.create_task(self._note_for_ever(), name="key uses")

    async def stop(self) -> None:
        """Note what is left and stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._note()

    async def _note_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_NOTE_USE_EVERY_SECONDS)
            await self._note()

    async def _note(self) -> None:
        used, self._used = self._used, set()
        if not used:
            return
        try:
            await _USED.run(ids=sorted(used))
        except db.UNAVAILABLE as error:
            self._used |= used
            log.warning("key_use.not_recorded", error=db.described(error))


@db.transactional
async def create(
    name: str,
    role: Role,
    *,
    expires_at: datetime | None = None,
    by: Actor = audit.HIRELOOP,
    now: datetime | None = None,
) -> tuple[ApiKeyDetails, str]:
    """Make a key and return what is stored of it, and the key itself, which nobody can read again.

    `by` is the actor: HireLoop itself at the first start. Raises BadInput for a name that mails and the audit use for
    somebody else, such as the candidate, and for an end that is not in the future.
    """
    if " ".join(name.split()).casefold() in _NAMES_OF_OURS:
        raise errors.BadInput("name", "must not be a name that HireLoop uses itself, such as `the candidate`")
    at = await read_clock(now)
    if expires_at is not None:
        fields.check_calendar(expires_at=expires_at)
        if expires_at <= at:
            raise errors.BadInput("expires_at", "must be in the future")
    ident = db.new_id()
    key = f"{API_KEY_PREFIX}{base64url(ident.bytes)}{base64url(secrets.token_bytes(32))}"
    details = {"name": name, "role": role} | ({"expires_at": expires_at} if expires_at is not None else {})
    row = ApiKey(id=ident, name=name, role=role, secret_hash=hash_of(key), created_at=at, expires_at=expires_at)
    created = await ApiKey.insert(row).returning(*ApiKey.all_columns())
    await audit.record(NewAuditEntry(action=Action.KEY_CREATED, subject=ident, by=by, details=details), at=at)
    return msgspec.convert(created[0], ApiKeyDetails), key


async def page(*, limit: int, after: UUID | None) -> list[ApiKeyDetails]:
    """Return at most `limit` keys made before the one called `after`, newest first, revoked ones too."""
    query = ApiKey.select().order_by(ApiKey.id, ascending=False).limit(limit)
    rows = await (query.where(ApiKey.id < after) if after else query)
    return msgspec.convert(rows, list[ApiKeyDetails])


async def find(ident: UUID) -> ApiKeyDetails:
    """Return one key, revoked or not; raises NotFound."""
    return await db.one(ApiKey.select().where(ApiKey.id == ident), ApiKeyDetails, errors.NotFound("API key", ident))


async def about_to_expire(*, now: datetime | None = None) -> list[ApiKeyDetails]:
    """Return the live keys that expire within the next 14 days, the next one first."""
    query = ApiKey.select().where(
        ApiKey.revoked_at.is_null(),
        ApiKey.expires_at > db.sql_now(now),
        ApiKey.expires_at <= db.sql_now(now, offset=WARNED_BEFORE),
    )
    return msgspec.convert(await query.order_by(ApiKey.expires_at), list[ApiKeyDetails])


def state_of(known: ApiKeyDetails, now: datetime) -> KeyState:
    """Return whether a key opens anything at this time, or why not; pure."""
    if known.revoked_at is not None:
        return KeyState.REVOKED
    return KeyState.EXPIRED if known.expires_at is not None and known.expires_at <= now else KeyState.LIVE


def is_about_to_expire(known: ApiKeyDetails, now: datetime) -> bool:
    """Return whether a live key expires within the next 14 days; pure."""
    is_live = state_of(known, now) is KeyState.LIVE
    return is_live and known.expires_at is not None and known.expires_at <= now + WARNED_BEFORE


@db.transactional
async def revoke(ident: UUID, *, by: Actor = audit.HIRELOOP, now: datetime | None = None) -> ApiKeyDetails:
    """Revoke a key for ever and end its sign-ins; revoking twice is revoking once. Raises NotFound."""
    revoked = await (
        ApiKey.update({ApiKey.revoked_at: db.sql_now(now)})
        .where(ApiKey.id == ident, ApiKey.revoked_at.is_null())
        .returning(ApiKey.id)
    )
    if revoked:
        await audit.record(NewAuditEntry(action=Action.KEY_REVOKED, subject=ident, by=by), at=now)
        await sign_ins.end_those_of(ident, SignInEnd.KEY_REVOKED, by=by, now=now)
    return await find(ident)


def _ident(key: str) -> UUID | None:
    found = WHOLE_API_KEY.fullmatch(key)
    return UUID(bytes=urlsafe_b64decode(found["ident"] + "==")) if found else None


def hash_of(key: str) -> bytes:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
