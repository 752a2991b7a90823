"""What a worker knows of one channel: how much it can start, whose a lease is, when to look again."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.transport import Channel
from hireloop.notify.worker.channel_sender import ChannelSender
from hireloop.notify.worker.worker import MissingTransport
from notify.sample_leases import lease
from sample_channels import EMAIL

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = MissingTransport("transport_missing")


def _post(channel: Channel = EMAIL, *, capacity: int = 2) -> ChannelSender:
    return ChannelSender(channel, NOTHING, None, capacity)


def _take(sender: ChannelSender, *, ours_for: float = 1000) -> Lease:
    taken = lease(NOW)
    sender.took([taken], asked=time.monotonic(), ours_for=ours_for)
    return taken


def test_what_is_under_way_takes_a_place_until_it_has_ended() -> None:
    sender = _post()
    first, _ = _take(sender), _take(sender)
    assert sender.free == 0
    sender.ended(first.token)
    sender.ended(uuid4())  # another post's
    assert sender.free == 1


@pytest.mark.parametrize(("ours_for", "ours"), [(1000.0, True), (-1.0, False)])
def test_a_lease_is_ours_until_it_runs_out(ours_for: float, ours: bool) -> None:  # noqa: FBT001
    sender = _post()
    assert sender.is_ours(_take(sender, ours_for=ours_for)) is ours


def test_a_lease_that_was_not_renewed_or_has_ended_is_not_ours() -> None:
    sender = _post()
    lost, kept, over = _take(sender), _take(sender), _take(sender)
    sender.renewed(lost, until=0)
    sender.renewed(kept, until=time.monotonic() + 1000)
    sender.ended(over.token)
    sender.renewed(over, until=time.monotonic() + 1000)
    assert [sender.is_ours(lease) for lease in (lost, kept, over)] == [False, True, False]


def test_only_a_channel_with_a_limit_waits_for_its_rate_limit_and_only_after_it_has_taken_something() -> None:
    free, limited = _post(), _post(msgspec.structs.replace(EMAIL, rate_per_minute=1))
    for sender in (free, limited):
        sender.took([], asked=time.monotonic(), ours_for=1000)
        assert sender.rate_limited_seconds <= 0
        _take(sender)
    assert free.rate_limited_seconds <= 0
    assert 0 < limited.rate_limited_seconds <= 60


def test_a_route_with_nothing_to_probe_is_left_alone_for_a_while_and_the_other_is_not() -> None:
    sender = _post()
    sender.nothing_to_probe(Route.FALLBACK, for_seconds=1000)
    assert [sender.may_probe(route) for route in Route] == [True, False]
    sender.nothing_to_probe(Route.FALLBACK, for_seconds=-1)
    assert sender.may_probe(Route.FALLBACK)
