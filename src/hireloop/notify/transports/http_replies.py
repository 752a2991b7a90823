"""What an HTTP response means for the delivery: the outcomes of docs/why/delivery-lifecycle.md, for channels over HTTP.

Pure. Whose fault it is decides: a wrong address or token is ours and holds the channel, a busy or broken endpoint is
tried again, and what is said of this one message is its end. Some statuses may mean either, and the worker decides
(docs/decisions/0055-a-second-refusal-holds-the-endpoint.md).
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import LONGEST_WAIT_SECONDS, Evidence, Held, Outcome, Rejected, Retry, Sent

# About the channel, whatever the message.
_HELD = {
    401: Reason.ENDPOINT_REFUSED,
    402: Reason.ENDPOINT_REFUSED,  # the service's account has not been paid for
    405: Reason.ENDPOINT_MISSING,
    407: Reason.ENDPOINT_REFUSED,
    410: Reason.ENDPOINT_GONE,
}
# About the channel as a rule, but perhaps about this message: `Retry`.
_MAY_BE_ADDRESS = {
    400: Reason.ADDRESS_REFUSED,
    403: Reason.ENDPOINT_REFUSED,
    404: Reason.ENDPOINT_MISSING,
}
ADDRESS_REASONS = frozenset(_MAY_BE_ADDRESS.values())
"""The reasons of a `Retry` that holds the channel the second time in a row."""

_DEFERRED = {
    408: Reason.TIMED_OUT,
    425: Reason.RATE_LIMITED,
    429: Reason.RATE_LIMITED,
}
_TOO_LARGE = 413


def outcome_of_status(evidence: Evidence, retry_after: str | None, now: datetime, body: bytes = b"") -> Outcome:
    """Return the outcome for the status in `evidence`.

    `retry_after` is the response's header of that name (RFC 9110, 10.2.3); a date in it is compared with `now`. Some
    services say it in their JSON `body` instead.
    """
    code = evidence.code or 0
    match code // 100:
        case 2:
            return Sent(evidence=evidence)
        case 3:
            return Held(reason=Reason.REDIRECTED, evidence=evidence)
        case 4 if code not in _DEFERRED:
            return _refusal(code, evidence)
        case 4 | 5:
            reason = _DEFERRED.get(code, Reason.ENDPOINT_BROKEN)
            return Retry(reason=reason, evidence=evidence, after_seconds=seconds_to_wait(retry_after, now, body))
        case _:
            return Retry(reason=Reason.UNEXPECTED_REPLY, evidence=evidence, maybe_accepted=True)


def _refusal(code: int, evidence: Evidence) -> Outcome:
    if code in _HELD:
        return Held(reason=_HELD[code], evidence=evidence)
    if code in _MAY_BE_ADDRESS:
        return Retry(reason=_MAY_BE_ADDRESS[code], evidence=evidence)
    reason = Reason.MESSAGE_TOO_LARGE if code == _TOO_LARGE else Reason.MESSAGE_REFUSED
    return Rejected(reason=reason, evidence=evidence)


def seconds_to_wait(retry_after: str | None, now: datetime, body: bytes = b"") -> float | None:
    """Return how long a response asks to wait, at most `LONGEST_WAIT_SECONDS`; None if it says nothing sensible.

    The header Retry-After has seconds or a date. Without one, JSON may have `retry_after` in seconds (Discord; in
    `parameters`, Telegram) or `retry_after_ms` (Matrix).
    """
    asked = _in_header((retry_after or "").strip(), now)
    if asked is None:
        asked = _in_body(body)
    return None if asked is None else min(asked, LONGEST_WAIT_SECONDS)


def _in_header(given: str, now: datetime) -> float | None:
    if given.isascii() and given.isdigit():
        return float(given[:10])  # more digits are no more sensible
    try:
        until = parsedate_to_datetime(given)
        if until.tzinfo is None:  # `-0000`, which means UTC without a known zone
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def _in_body(body: bytes) -> float | None:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None
    if not isinstance(said, dict):
        return None
    parameters = said.get("parameters")
    for found, unit in (
        (parameters.get("retry_after") if isinstance(parameters, dict) else None, 1),
        (said.get("retry_after"), 1),
        (said.get("retry_after_ms"), 1000),
    ):
        seconds = _number(found)
        if seconds is not None:
            return seconds / unit
    return None


def _number(found: object) -> float | None:
    """Return a number that is at least 0; None for anything else."""
    if isinstance(found, str):
        return float(found[:10]) if found.isascii() and found.isdigit() else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not found >= 0:
        return None
    return float(min(found, 1e12))  # an int may be too large for a float
