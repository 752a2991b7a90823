"""What a chat plugin asks over HTTP, and the responses that it gets: seen where they arrive, not in a log line.

Apprise's plugins call `requests.post` and its sisters, which make a session of their own each time, and say only
true or false of it. All of them go through `HTTPAdapter.send`, which is wrapped when the first chat transport is made:
where a watch is set in this context, the exchange is bounded and its response kept; everybody else's requests pass
through untouched (docs/decisions/0019-chat-through-apprise.md).
"""

import functools
import http.client
import io
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

import msgspec
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Outcome, Phase, Retry
from hireloop.notify.transports.chat.replies import in_words
from hireloop.notify.transports.http_replies import outcome_of_status
from hireloop.notify.transports.http_responses import FinalResponse
from hireloop.notify.transports.replies import kept_reply, outcome_of_failure
from hireloop.telemetry import redaction

LARGEST_RESPONSE = 1_048_576  # bytes of a body that a plugin gets to see
_PIECE = 65_536
_SHORTEST_SECRET = 6  # shorter pieces of a URL are words rather than tokens, and would riddle every reply

_BEFORE_THE_REQUEST = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.NewConnectionError,  # also where the name could not be looked up
)
_NO_HTTP = (http.client.HTTPException, urllib3.exceptions.InvalidHeader)


class RequestWatch(msgspec.Struct):
    """What one try may take, and the outcomes of its requests, in their order."""

    until: float  # by the monotonic clock
    secrets: frozenset[str]  # which no reply may quote
    outcomes: list[Outcome] = []
    is_over: bool = False  # a request got no response, or a 429: this try asks nothing more


_watch: ContextVar[RequestWatch] = ContextVar("hireloop_chat")


@contextmanager
def watched(secrets: frozenset[str], seconds: float) -> Iterator[RequestWatch]:
    """Watch what this context asks over HTTP for the length of a block; no request may outlast `seconds`."""
    watch = RequestWatch(until=time.monotonic() + seconds, secrets=secrets)
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


_send = HTTPAdapter.send
_cert_verify: Any = HTTPAdapter.cert_verify  # has no types


def wrap_requests() -> None:
    """Have every request of this process looked at on its way; one that nobody watches is left as it is."""
    HTTPAdapter.send = _watched_send  # type: ignore[method-assign] # the one place that every plugin's request passes
    HTTPAdapter.cert_verify = _watched_cert_verify  # type: ignore[method-assign] # as above
    # Their lines quote the path of the request, and so a token: DEBUG of each one, WARNING of a malformed header.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def _watched_send(
    self: HTTPAdapter,
    request: requests.PreparedRequest,
    *args: Any,  # noqa: ANN401 (requests' own)
    **kwargs: Any,  # noqa: ANN401 (the same)
) -> requests.Response:
    watch = _watch.get(None)
    if watch is None:
        return _send(self, request, *args, **kwargs)
    return _ask(watch, self, request, kwargs)


def _watched_cert_verify(self: HTTPAdapter, pool: Any, url: Any, verify: Any, cert: Any) -> None:  # noqa: ANN401 (requests' own)
    _cert_verify(self, pool, url, verify, cert)
    if _watch.get(None) is not None:
        # urllib3 then takes what this machine and SSL_CERT_FILE trust, as mail, webhooks and the doctor do. Requests
        # would take a list of its own.
        pool.ca_certs = pool.ca_cert_dir = None
        pool.ConnectionCls = _with_watched_responses(pool.ConnectionCls)


class _WatchedResponse(FinalResponse):
    """A response that ends with the watch, even if it comes a byte at a time."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (http.client's own)
        super().__init__(sock, *args, **kwargs)
        watch = _watch.get(None)
        if watch is not None:
            file: Any = self.fp  # has no type
            self.fp = io.BufferedReader(_WatchedReader(file.detach(), sock, watch.until))


class _WatchedReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw, self._socket, self._until = raw, sock, until
        self._longest = sock.gettimeout()  # of one read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override] # any writable buffer
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left if self._longest is None else min(left, self._longest))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


@functools.cache
def _with_watched_responses(connection_class: type) -> type:
    """Return a class of connections like this one, whose responses are read as `_WatchedResponse`."""
    return type(connection_class.__name__, (connection_class,), {"response_class": _WatchedResponse})


def _ask(
    watch: RequestWatch, adapter: HTTPAdapter, request: requests.PreparedRequest, options: Mapping[str, Any]
) -> requests.Response:
    """Send one request within the watch's time, keep the outcome, and give the plugin its response.

    Raises requests.RequestException if there is none, and for a 429, after which some plugins would sleep.
    """
    left = watch.until - time.monotonic()
    if watch.is_over or left <= 0:
        raise requests.ConnectionError("This attempt sends no more requests.", request=request)
    evidence = _asked(request)
    bounded = {**options, "timeout": _within(left, options.get("timeout")), "verify": True}
    try:
        response = _send(adapter, request, **bounded)
    except (requests.RequestException, OSError) as error:
        watch.outcomes.append(_without_response(error, evidence))
        watch.is_over = True
        raise
    body = _body(response, watch.until)
    # The session would read the rest of it, however much and however slowly.
    response._content = body  # noqa: SLF001 (requests has no other way)
    response._content_consumed = True  # type: ignore[attr-defined] # noqa: SLF001 (the same)
    credentials = (request.headers.get("Authorization") or "").split()[1:]  # echoed by some endpoints
    secrets = {*watch.secrets, *credentials} - {evidence.host}
    reply = kept_reply(without_secrets(body.decode("utf-8", "replace"), secrets).encode())
    evidence = msgspec.structs.replace(evidence, code=response.status_code, reply=reply)
    outcome = in_words(outcome_of_status(evidence, response.headers.get("Retry-After"), datetime.now(UTC), body))
    watch.outcomes.append(outcome)
    if isinstance(outcome, Retry) and outcome.reason == Reason.RATE_LIMITED:
        watch.is_over = True
        raise requests.ConnectionError("The endpoint's rate limit was exceeded.", request=request)
    return response


def _asked(request: requests.PreparedRequest) -> Evidence:
    parts = urlsplit(request.url or "")
    return Evidence(
        phase=Phase.HTTP,
        host=parts.hostname,
        port=parts.port or (443 if parts.scheme == "https" else 80),
    )


def _within(left: float, given: object) -> tuple[float, float]:
    """Return the time-outs of connecting and of each read, in seconds, none longer than what is left."""
    connect, read = given if isinstance(given, tuple) else (given, given)
    return tuple(min(left, each) if isinstance(each, int | float) else left for each in (connect, read))  # type: ignore[return-value] # two


def _body(response: requests.Response, until: float) -> bytes:
    """Return the body as far as it came in time, at most `LARGEST_RESPONSE`; the status has arrived in any case."""
    body = b""
    try:
        while len(body) < LARGEST_RESPONSE and time.monotonic() < until:
            piece = response.raw.read1(_PIECE, decode_content=True)
            if not piece:
                break
            body += piece
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError):
        return body[:LARGEST_RESPONSE]
    finally:
        response.raw.close()
    return body[:LARGEST_RESPONSE]


def _without_response(error: BaseException, evidence: Evidence) -> Outcome:
    """Return the outcome of a request without a response; once it was written, it may have been accepted."""
    causes = list(_causes(error))
    if any(isinstance(cause, _BEFORE_THE_REQUEST) for cause in causes):
        phase = Phase.CONNECT
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        phase = Phase.TLS
    else:
        phase = Phase.HTTP
    if any(isinstance(cause, _NO_HTTP) and not isinstance(cause, ConnectionError) for cause in causes):
        return Retry(reason=Reason.UNEXPECTED_REPLY, evidence=evidence, maybe_accepted=True)
    outcome = outcome_of_failure(_root(causes), msgspec.structs.replace(evidence, phase=phase))
    if isinstance(outcome, Retry) and phase is not Phase.CONNECT:
        return msgspec.structs.replace(outcome, maybe_accepted=True)
    return outcome


def _root(causes: list[BaseException]) -> OSError:
    """Return what the system said, which requests and urllib3 wrap several times."""
    if any(isinstance(cause, requests.Timeout) for cause in causes):
        return TimeoutError()
    wrappers = (requests.RequestException, urllib3.exceptions.HTTPError)
    said = [cause for cause in causes if isinstance(cause, OSError) and not isinstance(cause, wrappers)]
    return next((cause for cause in said if isinstance(cause, ssl.SSLError)), said[-1] if said else OSError())


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        nested = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        waiting += [inner for inner in nested if isinstance(inner, BaseException)]


def secrets_of(url: str) -> frozenset[str]:
    """Return what in an Apprise URL may be a token or a password, as written and unquoted."""
    before, _, query = url.partition("://")[2].partition("?")
    pieces = {*re.split(r"[/:@,#]", before), *(pair.partition("=")[2] or pair for pair in query.split("&"))}
    all_ways = {way(piece) for piece in pieces for way in (str, unquote, unquote_plus)}
    return frozenset(piece for piece in all_ways if len(piece) >= _SHORTEST_SECRET)


def without_secrets(text: str, secrets: AbstractSet[str]) -> str:
    """Return what the other side said without the channel's tokens, which some services quote, and without new ones."""
    return redaction.without_tokens_in_json(redaction.without(text, secrets, "<secret>"))
