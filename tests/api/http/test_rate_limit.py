import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from hireloop import db, errors
from hireloop.api.http import rate_limit

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.usefixtures("database")
async def test_a_minutes_worth_may_come_at_once_and_then_one_an_interval() -> None:
    key, other = uuid4(), uuid4()
    for _ in range(6):
        await rate_limit.pay(key, 6, now=NOON)
    for seconds, wait in ((0, 10), (0.5, 10), (1, 9), (9.999, 1)):
        with pytest.raises(errors.TooManyRequests) as refused:
            await rate_limit.pay(key, 6, now=NOON + timedelta(seconds=seconds))
        assert refused.value.retry_after_seconds == wait
    await rate_limit.pay(other, 6, now=NOON)
    await rate_limit.pay(key, 6, now=NOON + timedelta(seconds=10))
    with pytest.raises(errors.TooManyRequests):
        await rate_limit.pay(key, 6, now=NOON + timedelta(seconds=10))
    for _ in range(6):  # after a quiet minute everything is free again, and no more than that
        await rate_limit.pay(key, 6, now=NOON + timedelta(hours=1))
    with pytest.raises(errors.TooManyRequests):
        await rate_limit.pay(key, 6, now=NOON + timedelta(hours=1))


@pytest.mark.usefixtures("database")
async def test_requests_at_the_same_moment_are_counted_one_by_one() -> None:
    key = uuid4()
    paid = await asyncio.gather(*(rate_limit.pay(key, 7, now=NOON) for _ in range(20)), return_exceptions=True)
    assert paid.count(None) == 7
    assert {type(refusal) for refusal in paid if refusal is not None} == {errors.TooManyRequests}


@pytest.mark.usefixtures("database")
async def test_a_crash_may_forget_what_was_paid() -> None:
    persistence = await db.fetch_value("SELECT relpersistence FROM pg_class WHERE relname = 'request_rate'")
    assert persistence == b"u"
