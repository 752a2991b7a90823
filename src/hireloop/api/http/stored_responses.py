"""Stored responses: the responses to requests with an Idempotency-Key, for 24 hours and without their secrets.

A stored body is a JSON list: texts, and between them a session's id and key version in place of each session key. So no
text of a client can pass for such a place, and nobody who reads the table can open a session.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import msgspec

from hireloop import db, errors, secret_patterns, session_keys
from hireloop.api.tables import StoredResponse
from hireloop.notify import usage
from hireloop.notify.rate_limit import whole_seconds
from hireloop.statements import Statement
from hireloop.telemetry import events
from hireloop.web.buffered_responses import BufferedResponse

REPLAYED = b"idempotency-replayed"
_KEPT_HEADERS = (b"content-type", b"location", b"etag", b"cache-control")
_TOGETHER = 1_000
_BYTES_A_RESPONSE = 4_096  # of all the responses that a key may have stored, on average
# The lookahead also finds a key that begins inside of what only looks like one.
_LIKE_A_SESSION_KEY = re.compile(f"(?=({secret_patterns.WHOLE_SESSION_KEY.pattern}))".encode())
# Quotes inside a JSON text are escaped: this is always a member of an object.
_API_KEY = re.compile(f'"key":"{secret_patterns.API_KEY.pattern}"'.encode())


class ClaimResult(Enum):
    """The result of claiming an Idempotency-Key."""

    FIRST = auto()  # nobody has used it in the last 24 hours: it is ours until this transaction ends
    AGAIN = auto()  # there is a response
    BUSY = auto()  # another transaction has it


class KeyedRequest(msgspec.Struct, frozen=True):
    """Whose request this is, to which path, under which Idempotency-Key, and what it asks for."""

    api_key: UUID
    path: str
    idempotency_key: str
    request_hash: bytes
    most_stored: int = 0  # responses that the API key may store in a day; 0 is no limit

    @property
    def lock(self) -> int:
        """The number of the advisory lock on this key."""
        named = json.dumps([str(self.api_key), self.path, self.idempotency_key]).encode()
        return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)


def hash_of(*parts: bytes) -> bytes:
    """Return a digest of a request's parts; each part's length counts, so that none runs into the next."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


_NOW = "coalesce(:now, now())"
_USE = "response_use"
# Ours or not, at once, and then whether nobody had the key before: what there was of 24 hours ago is written over. And
# what the API key has stored in a day.
_CLAIM = Statement(f"""
    WITH locked AS MATERIALIZED (
        SELECT pg_try_advisory_xact_lock(:lock) AS is_ours
    ), claimed AS (
        INSERT INTO stored_response AS known (api_key, path, idempotency_key, request_hash, created_at)
        SELECT :api_key, :path, :key, :hash, {_NOW} FROM locked WHERE is_ours
        ON CONFLICT (api_key, path, idempotency_key) DO UPDATE
        SET request_hash = excluded.request_hash, status = NULL, headers = '{{}}', body = '',
            created_at = excluded.created_at
        WHERE known.created_at <= excluded.created_at - interval '24 hours'
        RETURNING api_key
    ), used AS (
        SELECT coalesce(sum(responses), 0)::bigint AS responses, coalesce(sum(bytes), 0)::bigint AS bytes
        FROM response_use WHERE api_key = :api_key AND {usage.in_a_day("hour", _NOW)}
    )
    SELECT is_ours, EXISTS (SELECT FROM claimed) AS is_first, responses, bytes FROM locked, used
""")  # noqa: S608 (our own words)
# How long it is until a key has room for one more response.
_WAIT = Statement(f"""
    SELECT greatest(
        {usage.wait_fragment(_USE, "responses", key=":api_key", now=_NOW, limit=":responses")},
        {usage.wait_fragment(_USE, "bytes", key=":api_key", now=_NOW, limit=":bytes")}
    )
""")


async def claim(keyed: KeyedRequest, *, now: datetime | None = None) -> ClaimResult:
    """Take an Idempotency-Key for the current transaction; never waits.

    The advisory lock ends with the transaction. A response of more than 24 hours counts as none. Raises
    TooManyStoredResponses if nobody had it, and the API key has stored as many responses in a day as it may, or as
    many bytes as these may have together; requests that are under way at the same moment do not see each other.
    """
    row = await _CLAIM.row(
        api_key=keyed.api_key,
        path=keyed.path,
        key=keyed.idempotency_key,
        hash=keyed.request_hash,
        lock=keyed.lock,
        now=now,
    )
    if row is None or not row["is_ours"]:
        return ClaimResult.BUSY
    if not row["is_first"]:
        return ClaimResult.AGAIN
    most = keyed.most_stored
    most_bytes = most * _BYTES_A_RESPONSE
    if most and (row["responses"] >= most or row["bytes"] >= most_bytes):
        events.record_limit("stored_responses", "refused")
        wait: timedelta = await _WAIT.value(api_key=keyed.api_key, now=now, responses=most, bytes=most_bytes)
        raise errors.TooManyStoredResponses(whole_seconds(wait))
    return ClaimResult.FIRST


_KEPT = {"responses": "count(*)", "bytes": "sum(bytes)"}
# The response to a claimed key, which is counted; written out, as every booking comes along here.
_KEEP = Statement(f"""
    WITH kept AS (
        UPDATE stored_response SET status = :status, headers = :headers::text::jsonb, body = :body
        WHERE api_key = :api_key AND path = :path AND idempotency_key = :key
        RETURNING octet_length(body) AS bytes, created_at
    ), counted AS (
        {usage.add_fragment(_USE, _KEPT, key=":api_key", now="max(created_at)", source="kept")}
    )
    SELECT FROM kept
""")  # noqa: S608 (our own names)


async def keep(keyed: KeyedRequest, response: BufferedResponse, secrets: Sequence[str]) -> None:
    """Store the response to a claimed key, in the transaction that claimed it."""
    kept = {name.decode(): value.decode("latin-1") for name, value in response.headers if name in _KEPT_HEADERS}
    await _KEEP.run(
        api_key=keyed.api_key,
        path=keyed.path,
        key=keyed.idempotency_key,
        status=response.status,
        headers=msgspec.json.encode(kept).decode(),
        body=without_secrets(response.body, secrets),
    )


async def find(keyed: KeyedRequest, secret: str, *, now: datetime | None = None) -> BufferedResponse | None:
    """Return the stored response of the last 24 hours with its session keys minted again, or None if there is none.

    The key need not be claimed: what others have committed is seen. Raises IdempotencyKeyReused if it is the
    response to another request.
    """
    row = await (
        StoredResponse.select(
            StoredResponse.request_hash, StoredResponse.status, StoredResponse.headers, StoredResponse.body
        )
        .where(
            StoredResponse.api_key == keyed.api_key,
            StoredResponse.path == keyed.path,
            StoredResponse.idempotency_key == keyed.idempotency_key,
            StoredResponse.status.is_not_null(),
            StoredResponse.created_at > db.sql_now(now, offset=-timedelta(hours=24)),
        )
        .first()
    )
    if row is None:
        return None
    if row["request_hash"] != keyed.request_hash:
        raise errors.IdempotencyKeyReused
    body = with_secrets(row["body"], secret)
    kept = [(name.encode(), value.encode("latin-1")) for name, value in msgspec.json.decode(row["headers"]).items()]
    # A response that may have no body (RFC 9110, 8.6) came without its length.
    length = [(b"content-length", str(len(body)).encode())] if body else []
    return BufferedResponse(row["status"], (*kept, *length, (REPLAYED, b"true")), body)


# Counts that no limit looks back to.
_FORGET_USE = Statement("DELETE FROM response_use WHERE hour < coalesce(:now, now()) - interval '2 days'")
# Some responses of more than 24 hours that nobody else is at.
_FORGET = Statement("""
    DELETE FROM stored_response WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM stored_response WHERE created_at <= coalesce(:now, now()) - interval '24 hours'
        ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
""")


async def forget_old(*, now: datetime | None = None) -> int:
    """Delete the responses of more than 24 hours, a thousand at a time, and return how many there were."""
    await _FORGET_USE.run(now=now)
    forgotten = 0
    while True:
        rows = await _FORGET.rows(now=now, limit=_TOGETHER)
        forgotten += len(rows)
        if len(rows) < _TOGETHER:
            return forgotten


def without_secrets(body: bytes, secrets: Sequence[str]) -> str:
    """Return a JSON body as it is stored: session keys that open something are taken out, API keys become null.

    A text that only looks like a key stays: it opens nothing, and must be said again.
    """
    body = _API_KEY.sub(b'"key":null', body)
    parts: list[str | tuple[UUID, int]] = []
    start = 0
    for found in _LIKE_A_SESSION_KEY.finditer(body):
        genuine = session_keys.check(found[1].decode(), secrets) if found.start() >= start else None
        if genuine is not None:
            parts += [body[start : found.start()].decode(), (genuine.session_id, genuine.version)]
            start = found.end(1)
    return msgspec.json.encode([*parts, body[start:].decode()]).decode()


def with_secrets(stored: str, secret: str) -> bytes:
    """Return a stored body with its session keys minted again; API keys stay null, nobody knows them any more."""
    parts = msgspec.json.decode(stored, type=list[str | tuple[UUID, int]])
    return "".join(part if isinstance(part, str) else session_keys.mint(secret, *part) for part in parts).encode()
