"""How often a candidate's link may be pressed."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from hireloop import errors
from hireloop.access import press_limits
from hireloop.access.press_limits import PressKind

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.usefixtures("database")
async def test_each_link_and_kind_has_its_own_limit_and_a_quiet_minute_frees_it() -> None:
    session, other = uuid4(), uuid4()
    paid = await asyncio.gather(
        *(press_limits.pay(session, PressKind.DEVICES, now=NOON) for _ in range(50)), return_exceptions=True
    )
    assert paid.count(None) == 30
    with pytest.raises(errors.TooManyPresses) as refused:
        await press_limits.pay(session, PressKind.DEVICES, now=NOON)
    assert refused.value.retry_after_seconds == 2
    await press_limits.pay(session, PressKind.DEVICES, now=NOON + timedelta(seconds=2))
    await press_limits.pay(session, PressKind.ACT, now=NOON)
    await press_limits.pay(other, PressKind.DEVICES, now=NOON)
    assert await press_limits.forget_old(now=NOON + timedelta(minutes=30)) == 0
    assert await press_limits.forget_old(now=NOON + timedelta(minutes=62)) == 3
