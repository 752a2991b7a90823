"""Rate limits: a channel's is never exceeded in any minute, by all workers together, and used to the full."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import OUTBOX, outbox_of, rows
from hireloop import db
from hireloop.notify.channels.providers import LeaseRequest, Route
from hireloop.notify.deliveries import leases
from hireloop.notify.rate_limit import RateLimit, sql_of_free, sql_of_paid
from notify.sample_messages import invitation
from sample_channels import EMAIL

NOW = datetime.now(UTC).replace(microsecond=0)
TOMORROW = NOW + timedelta(days=1)
MINUTE = 60_000_000  # microseconds
_names = count()


def _at(microseconds: int) -> datetime:
    return NOW + timedelta(microseconds=microseconds)


async def _put(deliveries: int, *, channel: str = "email") -> str:
    """Put so many invitations, due now, on a channel of this name."""
    hub = outbox_of(msgspec.structs.replace(EMAIL, name=channel))
    await hub.put([invitation(starts_at=TOMORROW) for _ in range(deliveries)], now=NOW)
    return channel


async def _take(channel: str, rate_limit: RateLimit | None, *, limit: int = 100, at: int = 0) -> int:
    """Lease and return how many there were."""
    taken = await leases.take(
        channel, limit=limit, worker="w", kinds=["invitation"], rate_limit=rate_limit, now=_at(at)
    )
    return len(taken)


@given(st.integers(1, 100_000))
def test_a_burst_and_the_intervals_after_it_never_make_more_than_the_rate_in_a_minute(rate: int) -> None:
    rate_limit = RateLimit.of(rate)
    after_the_burst = -(-MINUTE // rate_limit.interval)  # tries that begin before the minute has passed
    assert rate_limit.burst - 1 + after_the_burst <= rate
    assert rate_limit.burst <= max(1, rate / 60)


@given(st.integers(1, 10_000))
def test_the_limit_comes_within_a_burst_of_the_rate(rate: int) -> None:
    rate_limit = RateLimit.of(rate)
    assert MINUTE / rate_limit.interval >= 0.995 * (rate - rate_limit.burst + 1)


@given(st.integers(1, 100_000))
def test_a_minutes_worth_that_may_come_at_once_is_all_of_it_and_no_more(rate: int) -> None:
    rate_limit = RateLimit.of_whole_minutes(rate)
    assert rate_limit.burst == rate
    assert rate_limit.interval * rate <= MINUTE < (rate_limit.interval + 1) * rate


LIMITS = st.builds(RateLimit, burst=st.integers(1, 10_000), interval=st.integers(1, MINUTE))


@given(LIMITS, st.lists(st.integers(0, 3 * MINUTE), min_size=1, max_size=40))
def test_who_waits_as_long_as_is_said_may_begin_and_nobody_sooner(rate_limit: RateLimit, pauses: list[int]) -> None:
    now = paid_until = 0
    for pause in pauses:
        now += pause
        wait = rate_limit.wait(max(0, paid_until - now))
        assert rate_limit.wait(max(0, paid_until - now - wait)) == 0
        assert wait == 0 or rate_limit.wait(paid_until - now - wait + 1) == 1
        now += wait
        paid_until = max(paid_until, now) + rate_limit.interval
        assert paid_until - now <= rate_limit.burst * rate_limit.interval


@pytest.mark.usefixtures("database")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(LIMITS, st.one_of(st.integers(-MINUTE, 100 * MINUTE), st.integers(-1, 1)), st.integers(1, 9))
async def test_the_database_counts_as_we_do(rate_limit: RateLimit, near: int, count: int) -> None:
    edge = (rate_limit.burst - 1) * rate_limit.interval  # the last moment at which one may begin
    for ahead in (near, edge + near):
        paid_until, clock = "$1::timestamptz", "$2::timestamptz"
        row = await db.fetch_row(
            f"SELECT {sql_of_free(paid_until, clock, burst='$3', interval='$4')} AS free,"
            f" {sql_of_paid(paid_until, clock, interval='$4', count='$5::bigint')} AS paid",
            _at(ahead),
            NOW,
            rate_limit.burst,
            rate_limit.interval,
            count,
        )
        assert row is not None
        assert row["free"] == rate_limit.burst - -(-max(0, ahead) // rate_limit.interval)
        assert (row["free"] > 0) == (rate_limit.wait(ahead) == 0)
        assert row["paid"] == _at(max(0, ahead) + count * rate_limit.interval)


@pytest.mark.usefixtures("database")
@settings(
    max_examples=settings().max_examples // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rate=st.integers(1, 240),
    asked=st.lists(st.tuples(st.integers(0, 20_000_000), st.integers(1, 30)), min_size=5, max_size=25),
)
async def test_whatever_is_asked_when_and_for_how_many_no_minute_ever_has_more_than_the_rate(
    rate: int, asked: list[tuple[int, int]]
) -> None:
    channel = await _put(rate + 20, channel=f"c{next(_names)}")
    rate_limit = RateLimit.of(rate)
    moments = list(accumulate(pause for pause, _ in asked))
    taken = [
        await _take(channel, rate_limit, limit=limit, at=at) for at, (_, limit) in zip(moments, asked, strict=True)
    ]
    for begin in moments:
        in_a_minute = sum(n for at, n in zip(moments, taken, strict=True) if begin <= at < begin + MINUTE)
        assert in_a_minute <= rate
    for earlier, at, n in zip(moments, moments[1:], taken[1:], strict=False):
        if at - earlier >= rate_limit.interval and sum(taken) < rate + 20:
            assert n >= 1, "an interval has passed, and nobody got anything"


@pytest.mark.usefixtures("database")
async def test_a_worker_that_asks_in_time_uses_the_rate_to_the_full() -> None:
    channel, rate_limit = await _put(150), RateLimit.of(120)
    moments = range(0, MINUTE, rate_limit.interval)
    assert sum([await _take(channel, rate_limit, at=at) for at in moments]) == 120
    assert await _take(channel, rate_limit, at=MINUTE + rate_limit.interval) == 1


@pytest.mark.usefixtures("database")
async def test_workers_that_ask_at_once_share_what_there_is() -> None:
    channel, rate_limit = await _put(40), RateLimit.of(600)
    assert sum(await asyncio.gather(*(_take(channel, rate_limit, limit=4) for _ in range(8)))) == rate_limit.burst == 10
    assert await _take(channel, rate_limit, at=rate_limit.interval) == 1


@pytest.mark.usefixtures("database")
async def test_a_look_that_found_nothing_due_costs_nothing() -> None:
    channel, rate_limit = "email", RateLimit.of(1)
    for at in range(0, MINUTE, MINUTE // 10):
        assert await _take(channel, rate_limit, at=at) == 0
    await _put(2)
    assert [await _take(channel, rate_limit, at=at) for at in (MINUTE, 2 * MINUTE - 1, 2 * MINUTE)] == [1, 0, 1]


@pytest.mark.usefixtures("database")
async def test_either_route_and_a_probe_count_towards_the_same_rate() -> None:
    channel, rate_limit = await _put(3), RateLimit.of(1)
    request = LeaseRequest(route=Route.FALLBACK, probing=True)
    take = {"limit": 1, "worker": "w", "kinds": ["invitation"], "now": NOW}
    assert len(await leases.take(channel, request=request, rate_limit=rate_limit, **take)) == 1  # type: ignore[arg-type] # as named
    assert await _take(channel, rate_limit) == 0


@pytest.mark.usefixtures("database")
async def test_a_channel_without_a_limit_takes_all_and_leaves_no_trace_of_a_rate() -> None:
    assert await _take(await _put(40), None) == 40
    assert await rows("channel_rate") == []
    await OUTBOX.put([invitation(starts_at=TOMORROW)], now=NOW)
    assert await _take("email", RateLimit.of(60)) == 1
    assert await db.fetch_value("SELECT paid_until FROM channel_rate") == NOW + timedelta(seconds=1)
