import asyncio

from litestar.testing import RequestFactory

from hireloop.web.slow_down import BadKeyLimiter


def test_ten_bad_keys_in_a_minute_are_free_and_the_next_ones_wait_at_most_two_seconds() -> None:
    limiter = BadKeyLimiter()
    delays = [limiter.delay_seconds("192.0.2.1", now=100.0 + n) for n in range(16)]
    assert delays == [0.0] * 10 + [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_a_minute_later_all_is_forgotten() -> None:
    limiter = BadKeyLimiter()
    for n in range(20):
        limiter.delay_seconds("192.0.2.1", now=100.0 + n)
    assert limiter.delay_seconds("192.0.2.1", now=161.0) == 0.0


def test_one_client_does_not_slow_another_but_a_whole_ipv6_network_is_one_client() -> None:
    limiter = BadKeyLimiter()
    for n in range(11):
        limiter.delay_seconds(f"2001:db8:1:2::{n}", now=100.0)
    assert limiter.delay_seconds("2001:db8:1:2:ffff::1", now=100.0) > 0
    assert limiter.delay_seconds("2001:db8:1:3::1", now=100.0) == 0.0
    assert limiter.delay_seconds("192.0.2.1", now=100.0) == 0.0


def test_it_remembers_a_bounded_number_of_clients() -> None:
    limiter = BadKeyLimiter()
    for n in range(20_000):
        limiter.delay_seconds(f"client {n}", now=100.0)
    assert len(limiter._seen) <= 4096  # noqa: SLF001 (memory is what this is about)


async def test_where_too_many_wait_already_nobody_else_waits() -> None:
    limiter = BadKeyLimiter()
    for _ in range(20):
        limiter.delay_seconds("192.0.2.1", now=asyncio.get_running_loop().time())
    request = RequestFactory().get("/")
    request.scope["client"] = ("192.0.2.1", 4711)
    waiting = [asyncio.create_task(limiter.hold_back(request)) for _ in range(400)]
    await asyncio.sleep(0.1)
    assert sum(task.done() for task in waiting) == 400 - 256
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
