import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from factories import rows
from hireloop import app, errors
from hireloop.portal import press_limits
from hireloop.portal.press_limits import PressKind
from hireloop.settings import Settings
from portal.coming_in import PRESSED, come_in
from portal.factories import book

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
CHECK = {"camera": "ok", "microphone": "ok"}


async def test_a_link_alone_does_not_fill_the_server_with_device_checks(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}devices/"
    answers = await asyncio.gather(*(client.post(path, json=CHECK, headers=PRESSED) for _ in range(60)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(204) in range(30, 33)  # one more every two seconds, however long this takes
    assert set(codes) == {204, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) in {1, 2}
    assert "Please wait a moment" in refused.text
    # What the candidate presses is counted apart.
    assert (await client.post(f"{booked.path}confirm/", headers=PRESSED)).status_code in {303, 409}


async def test_nor_does_it_at_two_processes(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}devices/"
    second = httpx.ASGITransport(app=app.build(settings))  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(transport=second, base_url=settings.base_url, cookies=client.cookies) as other:
        doors = [client, other] * 30
        answers = await asyncio.gather(*(door.post(path, json=CHECK, headers=PRESSED) for door in doors))
    assert [answer.status_code for answer in answers].count(204) in range(30, 33)


@pytest.mark.parametrize("act", ["confirm", "move", "cancel", "ask", "start", "finish"])
async def test_nobody_presses_a_thousand_times(client: httpx.AsyncClient, settings: Settings, act: str) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}{act}/"
    answers = [await client.post(path, headers=PRESSED, data={"revision": "1"}) for _ in range(80)]
    codes = [answer.status_code for answer in answers]
    assert codes[:60].count(429) == 0
    assert codes.count(429) >= 5
    assert len(await rows("press_rate")) == 1


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
