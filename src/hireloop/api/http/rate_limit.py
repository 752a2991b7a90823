"""RATE_LIMIT: how many requests one API key may send, all server processes together.

A minute's worth of requests may come at once (`notify/rate_limit.py`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from hireloop import errors
from hireloop.notify.rate_limit import RateLimit, sql_of_free, sql_of_paid
from hireloop.statements import Statement

_MICROSECOND, _A_SECOND = timedelta(microseconds=1), 1_000_000
_NOW = "coalesce(:now, now())"

# One request is paid for, where that is possible now; else how far what is paid for runs ahead.
_PAY = Statement(f"""
    WITH paid AS (
        INSERT INTO request_rate AS rate (api_key, paid_until)
        VALUES (:api_key, {sql_of_paid(_NOW, _NOW, interval=":interval")})
        ON CONFLICT (api_key) DO UPDATE SET paid_until = {sql_of_paid("rate.paid_until", _NOW, interval=":interval")}
        WHERE {sql_of_free("rate.paid_until", _NOW, burst=":burst", interval=":interval")} > 0
        RETURNING api_key
    )
    SELECT paid_until - {_NOW} AS ahead FROM request_rate
    WHERE api_key = :api_key AND NOT EXISTS (SELECT FROM paid)
    UNION ALL SELECT NULL FROM paid
""")  # noqa: S608 (our own words)


async def pay(api_key: UUID, rate_per_minute: int, *, now: datetime | None = None) -> None:
    """Pay for one request, in one statement; raises TooManyRequests, with the seconds to wait."""
    rate_limit = RateLimit.of_whole_minutes(rate_per_minute)
    row = await _PAY.row(api_key=api_key, now=now, burst=rate_limit.burst, interval=rate_limit.interval)
    if row is None:  # another one's first payment is too new to be seen
        wait = rate_limit.interval
    elif row["ahead"] is None:
        return
    else:
        wait = rate_limit.wait(row["ahead"] // _MICROSECOND)
    raise errors.TooManyRequests(max(1, -(-wait // _A_SECOND)))
