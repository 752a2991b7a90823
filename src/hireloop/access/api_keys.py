"""API keys: made, checked, listed, revoked. A key is shown once and stored as a hash.

A key is `hl_` + 22 characters that name its row + 43 characters of secret, 256 bits from the system's randomness: a
fast hash is enough, there is nothing to guess.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop import db, errors
from hireloop.access.tables import ApiKey, Role
from hireloop.examples import KeyId, RecordedAt, Time
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.secret_patterns import API_KEY_PREFIX, WHOLE_API_KEY
from hireloop.signing import base64url
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

CACHED_SECONDS = 5.0
_NAMES_OF_OURS = frozenset(actor.name.casefold() for actor in (audit.CANDIDATE, audit.COMMAND_LINE, audit.HIRELOOP))
_CACHED_AT_MOST = 10_000
_NOTE_USE_EVERY_SECONDS = 5.0
_NOBODYS_HASH = hashlib.sha256(secrets.token_bytes(32)).digest()


# A key: every request asks for it, so this is written out, and spares the building of a query.
_CHECKED = Statement("SELECT name, role, secret_hash, revoked_at IS NOT NULL AS is_revoked FROM api_key WHERE id = :id")
# When these keys were last used: now.
_USED = Statement("UPDATE api_key SET last_used_at = now() WHERE id = ANY(:ids::uuid[])")


class KeyHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: the key's id, name and role."""

    id: UUID
    name: str
    role: Role


class ApiKeyDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without the key itself."""

    id: KeyId
    name: Annotated[str, Meta(examples=["the hiring page"])]
    role: Annotated[Role, Meta(examples=["recruiter"])]
    created_at: RecordedAt
    last_used_at: RecordedAt | None
    revoked_at: Time | None


class _Entry(msgspec.Struct, frozen=True):
    holder: KeyHolder
    secret_hash: bytes
    is_revoked: bool
    until: float


class KeyRing:
    """Checks keys, with a cache of 5 s, and notes their use outside the request."""

    def __init__(self) -> None:
        self._known: dict[UUID, _Entry] = {}
        self._used: set[UUID] = set()
        self._task: asyncio.Task[None] | None = None

    async def holder_of(self, key: str) -> KeyHolder:
        """Return who holds this key; raises NotSignedIn for any other text, in the same time."""
        ident = _ident(key)
        entry = await self._entry(ident) if ident is not None else None
        known_hash = entry.secret_hash if entry is not None else _NOBODYS_HASH
        is_genuine = hmac.compare_digest(hash_of(key), known_hash)
        if not key:
            raise errors.NotSignedIn("no_key")
        return self._admitted(ident, entry, is_genuine=is_genuine, otherwise="bad_key")

    async def holder_by_proof(self, ident: UUID, proves: Callable[[bytes], bool]) -> KeyHolder:
        """Return who holds the key of this id, if `proves` accepts the key's hash; raises NotSignedIn.

        For callers who got a proof when they showed the key itself, such as the console's cookie.
        """
        entry = await self._entry(ident)
        is_genuine = proves(entry.secret_hash if entry is not None else _NOBODYS_HASH)
        return self._admitted(ident, entry, is_genuine=is_genuine, otherwise="bad_cookie")

    def _admitted(self, ident: UUID | None, entry: _Entry | None, *, is_genuine: bool, otherwise: str) -> KeyHolder:
        """Return the holder of a key that opens something; the error says for the log why it does not."""
        if entry is None or not is_genuine:
            raise errors.NotSignedIn(otherwise, ident)
        if entry.is_revoked:
            raise errors.NotSignedIn("revoked_key", ident)
        self._used.add(entry.holder.id)
        return entry.holder

    async def _entry(self, ident: UUID) -> _Entry | None:
        entry = self._known.get(ident)
        if entry is not None and entry.until > time.monotonic():
            return entry
        asked = time.monotonic()
        row = await _CHECKED.row(id=ident)
        if row is None:
            self._known.pop(ident, None)
            return None
        if len(self._known) >= _CACHED_AT_MOST:
            self._known.clear()
        holder = KeyHolder(id=ident, name=row["name"], role=Role(row["role"]))
        entry = _Entry(holder, row["secret_hash"], row["is_revoked"], asked + CACHED_SECONDS)
        self._known[ident] = entry
        return entry

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
    name: str, role: Role, *, by: Actor = audit.HIRELOOP, now: datetime | None = None
) -> tuple[ApiKeyDetails, str]:
    """Make a key and return what is stored of it, and the key itself, which nobody can read again.

    `by` is the actor: HireLoop itself at the first start. Raises BadInput for a name that mails and the audit use for
    somebody else, such as the candidate.
    """
    if " ".join(name.split()).casefold() in _NAMES_OF_OURS:
        raise errors.BadInput("name", "must not be a name that HireLoop uses itself, such as `the candidate`")
    ident = db.new_id()
    key = f"{API_KEY_PREFIX}{base64url(ident.bytes)}{base64url(secrets.token_bytes(32))}"
    details = {"name": name, "role": role}
    row = ApiKey(id=ident, name=name, role=role, secret_hash=hash_of(key), created_at=db.sql_now(now))
    created = await ApiKey.insert(row).returning(*ApiKey.all_columns())
    await audit.record(NewAuditEntry(action=Action.KEY_CREATED, subject=ident, by=by, details=details), at=now)
    return msgspec.convert(created[0], ApiKeyDetails), key


async def page(*, limit: int, after: UUID | None) -> list[ApiKeyDetails]:
    """Return at most `limit` keys made before the one called `after`, newest first, revoked ones too."""
    query = ApiKey.select().order_by(ApiKey.id, ascending=False).limit(limit)
    rows = await (query.where(ApiKey.id < after) if after else query)
    return msgspec.convert(rows, list[ApiKeyDetails])


async def find(ident: UUID) -> ApiKeyDetails:
    """Return one key, revoked or not; raises NotFound."""
    return await db.one(ApiKey.select().where(ApiKey.id == ident), ApiKeyDetails, errors.NotFound("API key", ident))


@db.transactional
async def revoke(ident: UUID, *, by: Actor = audit.HIRELOOP, now: datetime | None = None) -> ApiKeyDetails:
    """Revoke a key for ever; revoking twice is revoking once. Raises NotFound."""
    revoked = await (
        ApiKey.update({ApiKey.revoked_at: db.sql_now(now)})
        .where(ApiKey.id == ident, ApiKey.revoked_at.is_null())
        .returning(ApiKey.id)
    )
    if revoked:
        await audit.record(NewAuditEntry(action=Action.KEY_REVOKED, subject=ident, by=by), at=now)
    return await find(ident)


def _ident(key: str) -> UUID | None:
    found = WHOLE_API_KEY.fullmatch(key)
    return UUID(bytes=urlsafe_b64decode(found["ident"] + "==")) if found else None


def hash_of(key: str) -> bytes:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
