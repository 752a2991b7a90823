"""Messages for programs: JSON over HTTPS, signed as Standard Webhooks 1.0, to public addresses only unless allowed.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import http.client
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from uuid import UUID

import msgspec

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry
from hireloop.notify.transports.domains import ascii_domain
from hireloop.notify.transports.http_replies import outcome_of_status
from hireloop.notify.transports.replies import kept_reply, outcome_of_failure
from hireloop.notify.transports.webhook.addresses import addresses_of, is_public
from hireloop.notify.transports.webhook.request import Endpoint, Request
from hireloop.notify.transports.webhook.signature import keys_of, signature, webhook_id
from hireloop.settings import Settings
from hireloop.telemetry import redaction

TRY_SECONDS = 20.0  # for one try; the specification says 15 to 30
LARGEST_BODY = 262_144  # bytes of a request's body; the specification wants it below 20 kB

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_TARGET = re.compile(r"/[!-~]*")  # as it may occur in a request line
_TRACEPARENT = re.compile(r"[0-9a-f]{2}(?:-[0-9a-f]{2,32}){3}")
_SHORTEST_TOKEN = 8  # of the path, whose short parts are words such as `hooks`
_SHORTEST_HALF = 4  # of a query's `name=value`, where either may be the token


class _Event(msgspec.Struct, frozen=True):
    """What a parcel holds for programs."""

    type: str  # the message's kind
    data: msgspec.Raw


class _Body(_Event, frozen=True):
    """What is posted; the specification's shape."""

    timestamp: datetime  # of the event, the same on every try


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a try needs."""

    endpoint: Endpoint
    keys: tuple[bytes, ...]
    tls: ssl.SSLContext | None
    may_be_private: bool
    tokens: frozenset[bytes]  # parts of the URL that let somebody post


class WebhookTransport:
    """The transport `webhook`: signed JSON to one https address."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Read where webhooks go; no network is touched.

        `url` is an https address; `#whsec_…` at its end is a secret of its own, else WEBHOOK_SECRET signs. Where these
        cannot work, every `send` returns Held with the reason.
        """
        opened = _open(url, settings)
        self._opened = opened if isinstance(opened, _Opened) else None
        self.refusal = opened if isinstance(opened, Reason) else None  # why these settings can never send

    def send(self, parcel: Parcel) -> Outcome:
        """Post once, blocking, from any thread; Held with Phase.CONFIGURE if the settings cannot send."""
        opened = self._opened
        if opened is None:
            return Held(reason=self.refusal or Reason.BAD_WEBHOOK_URL, evidence=Evidence(phase=Phase.CONFIGURE))
        now = datetime.now(UTC)
        body = _body(parcel, now)
        if body is None or len(body) > LARGEST_BODY:
            reason = Reason.NO_DATA if body is None else Reason.MESSAGE_TOO_LARGE
            return Rejected(reason=reason, evidence=Evidence(phase=Phase.CONFIGURE))
        return _post(opened, _headers(opened, parcel, body, now), body)


def _open(url: str, settings: Settings) -> _Opened | Reason:
    try:
        parts = urlsplit(url)
        endpoint = _endpoint(parts, may_be_plain=settings.webhook_allow_private)
    except ValueError:  # its text quotes the address, and so perhaps a token
        endpoint = None
    if endpoint is None:
        return Reason.BAD_WEBHOOK_URL
    shared = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    try:
        keys = keys_of(unquote(parts.fragment) or shared)
    except ValueError:
        return Reason.BAD_WEBHOOK_SECRET
    if not keys:
        return Reason.NO_WEBHOOK_SECRET
    return _Opened(
        endpoint=endpoint,
        keys=keys,
        tls=ssl.create_default_context() if endpoint.is_secure else None,
        may_be_private=settings.webhook_allow_private,
        tokens=frozenset(token.encode() for token in _tokens(parts)),
    )


def _endpoint(parts: SplitResult, *, may_be_plain: bool) -> Endpoint | None:
    """Return where a URL leads; None if it cannot be posted to. Raises ValueError for an impossible port or name."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    schemes = {"https", "http"} if may_be_plain else {"https"}
    name = parts.hostname or ""
    host = (name if ":" in name else ascii_domain(name)) or ""
    is_signed_in = parts.username is not None or parts.password is not None
    if parts.scheme not in schemes or is_signed_in or parts.port == 0:
        return None
    if not _HOST.fullmatch(host) or not _TARGET.fullmatch(target):
        return None
    is_secure = parts.scheme == "https"
    return Endpoint(
        host=host,
        port=parts.port or (443 if is_secure else 80),
        is_secure=is_secure,
        target=target,
    )


def _tokens(parts: SplitResult) -> Iterator[str]:
    """Yield what of an address must not be repeated: error pages often quote the path that was asked for."""
    for word in (parts.path, parts.query, *parts.path.split("/")):
        if len(word) >= _SHORTEST_TOKEN:
            yield from (word, unquote(word))
    halves = [half for pair in parts.query.split("&") for half in pair.partition("=")[::2]]
    decoded = [half for pair in parse_qsl(parts.query, keep_blank_values=True) for half in pair]
    for half in (*halves, *decoded):
        if len(half) >= _SHORTEST_HALF:
            yield half


def _body(parcel: Parcel, now: datetime) -> bytes | None:
    """Return the request's body; None if the parcel holds no values for programs."""
    try:
        told = msgspec.json.decode(parcel.data, type=_Event)
        return msgspec.json.encode(_Body(told.type, told.data, _occurred_at(parcel.message_id) or now))
    except (msgspec.DecodeError, UnicodeError):
        return None


def _occurred_at(message_id: str) -> datetime | None:
    """Return when the delivery was put: its id, which begins its Message-ID, is a UUIDv7 (RFC 9562, 5.7)."""
    try:
        ident = UUID(message_id.strip("<>")[:36])
        return datetime.fromtimestamp((ident.int >> 80) / 1000, UTC) if ident.version == 7 else None  # noqa: PLR2004 (said above)
    except (ValueError, OverflowError, OSError):
        return None


def _headers(opened: _Opened, parcel: Parcel, body: bytes, now: datetime) -> dict[str, str]:
    ident, timestamp = webhook_id(parcel.message_id), int(now.timestamp())
    trace = {name: value for name, value in parcel.headers if name == "Traceparent" and _TRACEPARENT.fullmatch(value)}
    return {
        "Content-Type": "application/json",
        "User-Agent": "HireLoop",
        "Connection": "close",
        "webhook-id": ident,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(opened.keys, ident, timestamp, body),
        **trace,
    }


def _post(opened: _Opened, headers: dict[str, str], body: bytes) -> Outcome:
    endpoint = opened.endpoint
    request = Request(endpoint, opened.tls, seconds=TRY_SECONDS)
    try:
        addresses = addresses_of(endpoint.host, endpoint.port, seconds=request.seconds_left)
        allowed = [one for one in addresses if opened.may_be_private or is_public(str(one.where[0]))]
        if not allowed:
            return Held(reason=Reason.PRIVATE_ADDRESS, evidence=_evidence(opened, request))
        response = request.post(allowed, headers, body)
    except OSError as error:
        outcome = outcome_of_failure(error, _evidence(opened, request, said=str(error).encode()))
        return _maybe_accepted(outcome, request)
    except http.client.HTTPException:
        outcome = Retry(reason=Reason.UNEXPECTED_REPLY, evidence=_evidence(opened, request))
        return _maybe_accepted(outcome, request)
    evidence = _evidence(opened, request, code=response.status, said=response.body)
    return outcome_of_status(evidence, response.retry_after, datetime.now(UTC), response.body)


def _maybe_accepted(outcome: Outcome, request: Request) -> Outcome:
    if not isinstance(outcome, Retry):
        return outcome
    return msgspec.structs.replace(outcome, maybe_accepted=request.is_handed_over)


def _evidence(opened: _Opened, request: Request, *, code: int | None = None, said: bytes = b"") -> Evidence:
    return Evidence(
        phase=request.phase,
        code=code,
        reply=kept_reply(_without(opened.tokens, said)),
        host=opened.endpoint.host,
        port=opened.endpoint.port,
        tls_version=request.tls_version,
    )


def _without(tokens: frozenset[bytes], said: bytes) -> bytes:
    """Return what was said without the tokens, nor the beginning of one if it broke off."""
    said = redaction.without(said, tokens, b"<address>")
    begun = [n for token in tokens for n in range(_SHORTEST_HALF, len(token)) if said.endswith(token[:n])]
    return said[: len(said) - max(begun, default=0)]
