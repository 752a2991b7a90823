"""What a worker measures, against known rows."""

import pytest

from factories import soon
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.worker import gauges, heartbeat
from hireloop.telemetry import metrics
from notify.factories import invite
from sample_channels import EMAIL, WITH_FALLBACK

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    found: dict[str, float] = {}
    for metric in (metrics.DUE, metrics.OLDEST_DUE_AGE, metrics.LIVE_WORKERS, metrics.HELD_CHANNELS):
        monkeypatch.setattr(metric, "set", lambda amount, name=metric.name: found.update({name: amount}))
    return found


async def test_of_nothing_everything_is_zero(measured: dict[str, float]) -> None:
    await gauges.measure([EMAIL])
    assert measured == {
        "hireloop.deliveries.due": 0,
        "hireloop.deliveries.oldest_due_age": 0,
        "hireloop.workers.live": 0,
        "hireloop.channels.held": 0,
    }


async def test_what_is_due_who_lives_and_what_is_held(measured: dict[str, float]) -> None:
    now = soon()
    for minutes in (-10, -5, 5):
        delivery = await invite(email=f"asha{minutes}@example.com")
        await db.fetch("UPDATE delivery SET due_at = $2 WHERE id = $1", delivery, soon(minutes))
    broken = heartbeat.WorkerStatus(has_broken_down=True, failing=("It has ended.",))
    for age, status in ((1, heartbeat.WorkerStatus()), (1, broken), (30, heartbeat.WorkerStatus())):
        await heartbeat.record(
            db.new_id(),
            "w",
            channels=["email"],
            kinds=[],
            base_url="",
            status=status,
            now=soon(-age / 60),
        )
    await health.hold(WITH_FALLBACK, "auth_refused")
    await gauges.measure([WITH_FALLBACK], now=now)
    oldest = measured.pop("hireloop.deliveries.oldest_due_age")
    assert 590 <= oldest <= 610
    assert measured == {
        "hireloop.deliveries.due": 2,
        "hireloop.workers.live": 1,
        "hireloop.channels.held": 1,
    }
