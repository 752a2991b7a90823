"""RATE_LIMIT: how many requests one API key may send, all server processes together.

It is the generic cell rate algorithm (ITU-T I.371, Annex A), as for channels: a row holds the moment up to which a
key's requests are paid for. A minute's worth of requests may come at once.
"""

from datetime import datetime, timedelta
from uuid import UUID

from hireloop import errors
from hireloop.statements import Statement

_MINUTE = 60_000_000  # microseconds
_SECOND = timedelta(seconds=1)


# One request is paid for, where that is possible within a minute; else how long until it is.
_PAY = Statement("""
    WITH paid AS (
        INSERT INTO request_rate AS pace (api_key, paid_until)
        VALUES (:api_key, coalesce(:now, now()) + :interval::interval)
        ON CONFLICT (api_key) DO UPDATE SET paid_until = greatest(pace.paid_until, coalesce(:now, now())) + :interval
        WHERE pace.paid_until <= coalesce(:now, now()) + interval '1 minute' - :interval
        RETURNING api_key
    )
    SELECT paid_until - (coalesce(:now, now()) + interval '1 minute' - :interval) AS wait FROM request_rate
    WHERE api_key = :api_key AND NOT EXISTS (SELECT FROM paid)
    UNION ALL SELECT NULL FROM paid
""")


async def pay(api_key: UUID, rate_per_minute: int, *, now: datetime | None = None) -> None:
    """Pay for one request, in one statement; raises TooManyRequests, with the seconds to wait."""
    interval = timedelta(microseconds=_MINUTE // rate_per_minute)  # rounded down: a minute holds all of them
    row = await _PAY.row(api_key=api_key, interval=interval, now=now)
    wait = interval if row is None else row["wait"]  # None of both: another one's first payment is too new to be seen
    if wait is not None:
        raise errors.TooManyRequests(max(1, -(-wait // _SECOND)))
