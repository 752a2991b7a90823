"""RATE_LIMIT: how many requests one API key may send, all server processes together.

A minute's worth of requests may come at once (`notify/rate_limit.py`).
"""

from datetime import datetime, timedelta
from uuid import UUID

from hireloop import db, errors
from hireloop.notify.rate_limit import RateLimit, sql_of_free, sql_of_paid

_MICROSECOND, _A_SECOND = timedelta(microseconds=1), 1_000_000
_NOW = "coalesce($2, now())"
_PAY = f"""
    WITH paid AS (
        INSERT INTO request_rate AS rate (api_key, paid_until) VALUES ($1, {sql_of_paid(_NOW, _NOW, interval="$4")})
        ON CONFLICT (api_key) DO UPDATE SET paid_until = {sql_of_paid("rate.paid_until", _NOW, interval="$4")}
        WHERE {sql_of_free("rate.paid_until", _NOW, burst="$3", interval="$4")} > 0
        RETURNING api_key
    )
    SELECT paid_until - {_NOW} AS ahead FROM request_rate WHERE api_key = $1 AND NOT EXISTS (SELECT FROM paid)
    UNION ALL SELECT NULL FROM paid
"""  # noqa: S608 (our own words)


async def pay(api_key: UUID, rate_per_minute: int, *, now: datetime | None = None) -> None:
    """Pay for one request, in one statement; raises TooManyRequests, with the seconds to wait."""
    rate_limit = RateLimit.of_whole_minutes(rate_per_minute)
    row = await db.fetch_row(_PAY, api_key, now, rate_limit.burst, rate_limit.interval)
    if row is None:  # another one's first payment is too new to be seen
        wait = rate_limit.interval
    elif row["ahead"] is None:
        return
    else:
        wait = rate_limit.wait(row["ahead"] // _MICROSECOND)
    raise errors.TooManyRequests(max(1, -(-wait // _A_SECOND)))
