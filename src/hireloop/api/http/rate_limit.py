"""RATE_LIMIT: how many requests one API key may send, all server processes together.

A minute's worth of requests may come at once (`notify/rate_limit.py`).
"""

from datetime import datetime
from uuid import UUID

from hireloop import errors
from hireloop.notify.rate_limit import RateLimit, pay_fragment, wait_seconds
from hireloop.statements import Statement

# One request is paid for, where that is possible now; else how far what is paid for runs ahead.
_PAY = Statement(
    pay_fragment(
        "request_rate", {"api_key": ":api_key"}, now="coalesce(:now, now())", burst=":burst", interval=":interval"
    )
)


async def pay(api_key: UUID, rate_per_minute: int, *, now: datetime | None = None) -> None:
    """Pay for one request, in one statement; raises TooManyRequests, with the seconds to wait."""
    limit = RateLimit.of_whole_minutes(rate_per_minute)
    row = await _PAY.row(api_key=api_key, now=now, burst=limit.burst, interval=limit.interval)
    if row is None or not row["is_paid"]:
        raise errors.TooManyRequests(retry_after_seconds=wait_seconds(row["ahead"] if row else None, limit))
