"""A held channel: one probe at a time, at growing pauses; each configuration is held by itself."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.channels.health import Availability
from sample_channels import EMAIL

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
FIXED = msgspec.structs.replace(EMAIL, fingerprint="fixed")


def _in(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_a_channel_that_nobody_held_is_open() -> None:
    assert await health.claim(EMAIL, now=NOW) is Availability.OPEN
    assert await health.held([EMAIL]) == []


async def test_a_held_channel_says_why_since_when_and_when_it_is_probed_next() -> None:
    assert await health.hold(EMAIL, "auth_refused", now=NOW) is True
    (held,) = await health.held([EMAIL])
    assert (held.channel, held.reason, held.since, held.next_probe_at) == ("email", "auth_refused", NOW, _in(1))
    assert await health.claim(EMAIL, now=_in(0.9)) is Availability.WAIT
    assert await health.claim(EMAIL, now=_in(1)) is Availability.PROBE


async def test_the_pauses_between_probes_double_from_1_s_to_60_s() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    moment, pauses = NOW, []
    for _ in range(9):
        (held,) = await health.held([EMAIL])
        pauses.append((held.next_probe_at - moment).total_seconds())
        moment = held.next_probe_at
        assert await health.claim(EMAIL, now=moment) is Availability.PROBE
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_after_a_hundred_probes_the_pause_is_still_60_s() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    await db.fetch("UPDATE channel_health SET probes = 2000000000")
    assert await health.claim(EMAIL, now=_in(1)) is Availability.PROBE
    (held,) = await health.held([EMAIL])
    assert held.next_probe_at == _in(61)


async def test_a_probe_for_which_there_was_nothing_to_send_is_given_back_and_costs_no_pause() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    for seconds in range(1, 8):
        assert await health.claim(EMAIL, now=_in(seconds)) is Availability.PROBE
        await health.give_back(EMAIL, now=_in(seconds))
    assert await health.claim(EMAIL, now=_in(8)) is Availability.PROBE
    (held,) = await health.held([EMAIL])
    assert held.next_probe_at == _in(10)  # the second pause, as if nobody had looked before


async def test_giving_back_neither_holds_an_open_channel_nor_touches_anothers() -> None:
    await health.hold(FIXED, "auth_refused", now=NOW)
    await health.give_back(EMAIL, now=_in(1))
    assert [(held.fingerprint, held.next_probe_at) for held in await health.held([EMAIL, FIXED])] == [("fixed", _in(1))]


async def test_who_has_nothing_to_probe_with_leaves_the_probe_to_others() -> None:
    assert await health.claim(EMAIL, may_probe=False, now=NOW) is Availability.OPEN
    await health.hold(EMAIL, "auth_refused", now=NOW)
    assert await health.claim(EMAIL, may_probe=False, now=_in(5)) is Availability.WAIT
    assert await health.claim(EMAIL, now=_in(5)) is Availability.PROBE


async def test_of_many_workers_one_gets_the_probe() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    claims = await asyncio.gather(*(health.claim(EMAIL, now=_in(5)) for _ in range(10)))
    assert sorted(claims) == [Availability.PROBE, *[Availability.WAIT] * 9]


async def test_a_worker_that_finds_it_held_already_changes_nothing_and_does_not_raise_the_alarm() -> None:
    assert await health.hold(EMAIL, "auth_refused", now=NOW) is True
    assert await health.claim(EMAIL, now=_in(1)) is Availability.PROBE
    assert await health.hold(EMAIL, "sender_refused", now=_in(1.5)) is False
    (held,) = await health.held([EMAIL])
    assert (held.reason, held.since, held.next_probe_at) == ("sender_refused", NOW, _in(3))


async def test_of_many_that_hold_it_at_once_one_raises_the_alarm() -> None:
    newly = await asyncio.gather(*(health.hold(EMAIL, "auth_refused") for _ in range(10)))
    assert sum(newly) == 1


async def test_a_channel_that_opened_begins_anew_when_it_is_held_again() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    assert await health.claim(EMAIL, now=_in(1)) is Availability.PROBE
    assert await health.open_again(EMAIL, now=_in(2)) is True
    assert await health.open_again(EMAIL, now=_in(2)) is False
    assert await health.claim(EMAIL, now=_in(2)) is Availability.OPEN
    assert await health.hold(EMAIL, "auth_refused", now=_in(100)) is True
    (held,) = await health.held([EMAIL])
    assert (held.since, held.next_probe_at) == (_in(100), _in(101))


async def test_a_channel_stays_held_for_the_reason_that_the_probe_has_just_met_again() -> None:
    await health.hold(EMAIL, "policy_block", now=NOW)
    assert await health.open_again(EMAIL, unless=frozenset({"policy_block"}), now=_in(1)) is False
    await health.hold(EMAIL, "auth_refused", now=_in(2))
    assert await health.open_again(EMAIL, unless=frozenset({"policy_block"}), now=_in(3)) is True


async def test_a_fixed_configuration_starts_open_and_the_old_one_holds_only_itself() -> None:
    await health.hold(EMAIL, "auth_refused", now=NOW)
    assert await health.claim(FIXED, now=NOW) is Availability.OPEN
    assert await health.claim(EMAIL, now=NOW) is Availability.WAIT
    assert await health.held([FIXED]) == []
    assert len(await health.held([EMAIL, FIXED])) == 1


@pytest.mark.parametrize(
    "row",
    ["'held', NULL, now()", "'held', 'auth_refused', NULL", "'open', 'auth_refused', now()", "'ajar', NULL, NULL"],
)
async def test_an_impossible_health_is_unwritable(row: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await db.fetch(
            f"""
            INSERT INTO channel_health (channel, fingerprint, since, state, reason, next_probe_at)
            VALUES ('c', 'f', now(), {row})
            """  # noqa: S608 (the cases above)
        )
