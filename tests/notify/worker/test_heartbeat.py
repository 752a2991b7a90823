"""What the workers say of themselves, and what follows from it."""

from datetime import UTC, datetime, timedelta

import pytest

from hireloop import db
from hireloop.notify.worker import heartbeat
from hireloop.notify.worker.heartbeat import WorkerStatus

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
FAILS = "The sweep alerts fails (UndefinedColumnError 42703). Run `hireloop doctor`."


async def record(status: WorkerStatus, *, now: datetime = NOW) -> None:
    await heartbeat.record(
        db.new_id(), "w:1", channels=["email"], kinds=["invitation"], base_url="", status=status, now=now
    )


async def faults(*, now: datetime = NOW) -> list[str]:
    return (await heartbeat.health(now=now)).faults


async def test_what_fails_is_said_once_however_many_workers_say_it_and_as_long_as_they_live() -> None:
    await record(WorkerStatus(failing=(FAILS,)))
    await record(WorkerStatus(failing=(FAILS,)))
    assert await faults() == [FAILS]
    assert await faults(now=NOW + timedelta(seconds=21)) == []


async def test_a_worker_that_is_well_again_says_so() -> None:
    ident = db.new_id()
    for failing in ((FAILS,), ()):
        await heartbeat.record(
            ident, "w:1", channels=[], kinds=[], base_url="", status=WorkerStatus(failing=failing), now=NOW
        )
    assert await faults() == []


async def test_a_worker_that_broke_down_says_why_and_is_no_live_worker() -> None:
    await record(WorkerStatus(failing=("A worker has ended.",), has_broken_down=True, ledger_age=0.0))
    state = await heartbeat.health(now=NOW)
    assert (state.live_workers, state.faults, state.ledger_read_at) == (0, ["A worker has ended."], None)


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ([180.0], []),
        ([181.0], ["No worker has read the ledger for 181 s. Check the workers' logs and the PostgreSQL log."]),
        ([500.0, 10.0], []),  # one that reads it is enough
        ([None], []),  # a worker of 0.1.0 does not say
        ([None, 200.0], ["No worker has read the ledger for 200 s. Check the workers' logs and the PostgreSQL log."]),
    ],
)
async def test_a_ledger_that_nobody_has_read_for_three_minutes_is_a_fault(
    ages: list[float | None], said: list[str]
) -> None:
    for age in ages:
        await record(WorkerStatus(ledger_age=age))
    assert await faults() == said


async def test_a_worker_of_0_1_0_reports_on_the_new_schema() -> None:
    await db.fetch(
        """
        INSERT INTO worker (id, name, channels, kinds, payload_version, base_url, started_at, seen_at)
        VALUES (gen_random_uuid(), 'w:1', '{email}', '{invitation}', 1, '', $1, $1)
        """,
        NOW,
    )
    state = await heartbeat.health(now=NOW)
    assert (state.live_workers, state.faults) == (1, [])
