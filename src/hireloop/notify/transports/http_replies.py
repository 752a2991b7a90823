"""What an HTTP response means for the delivery: the outcomes of docs/why/delivery-lifecycle.md, for channels over HTTP.

Pure. Whose fault it is decides: a wrong address or token is ours and holds the channel, a busy or broken endpoint is
tried again, and what is said of this one message is its end.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Rejected, Retry, Sent

_HELD = {
    401: Reason.ENDPOINT_REFUSED,
    403: Reason.ENDPOINT_REFUSED,
    404: Reason.ENDPOINT_MISSING,
    405: Reason.ENDPOINT_MISSING,
    410: Reason.ENDPOINT_GONE,
}
_DEFERRED = {
    408: Reason.TIMED_OUT,
    425: Reason.RATE_LIMITED,
    429: Reason.RATE_LIMITED,
}
_TOO_LARGE = 413


def outcome_of_status(evidence: Evidence, retry_after: str | None, now: datetime) -> Outcome:
    """Return the outcome for the status in `evidence`.

    `retry_after` is the response's header of that name (RFC 9110, 10.2.3); a date in it is compared with `now`.
    """
    code = evidence.code or 0
    match code // 100:
        case 2:
            return Sent(evidence=evidence)
        case 3:
            return Held(reason=Reason.REDIRECTED, evidence=evidence)
        case 4 if code in _HELD:
            return Held(reason=_HELD[code], evidence=evidence)
        case 4 if code not in _DEFERRED:
            reason = Reason.MESSAGE_TOO_LARGE if code == _TOO_LARGE else Reason.MESSAGE_REFUSED
            return Rejected(reason=reason, evidence=evidence)
        case 4 | 5:
            reason = _DEFERRED.get(code, Reason.ENDPOINT_BROKEN)
            return Retry(reason=reason, evidence=evidence, after_seconds=seconds_to_wait(retry_after, now))
        case _:
            return Retry(reason=Reason.UNEXPECTED_REPLY, evidence=evidence, maybe_accepted=True)


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Return what a Retry-After header asks for, in seconds or as a date; None if it says nothing sensible."""
    given = (retry_after or "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:10])
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    if until.tzinfo is None:  # `-0000`, which means UTC without a known zone
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
