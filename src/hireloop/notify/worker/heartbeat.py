"""The workers' signs of life: who could send what, and when they were last seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.messages import PAYLOAD_VERSION
from hireloop.notify.tables import WorkerHeartbeat
from hireloop.statements import Statement

ALIVE_SECONDS = 20
LEDGER_SECONDS = 180  # three times as long as a worker takes from one look at the ledger to the next


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker reports of itself with each heartbeat."""

    failing: tuple[str, ...] = ()  # what it cannot do, in sentences for people
    has_broken_down: bool = False  # it ends by itself, and says why in `failing`
    ledger_age: float | None = None  # seconds since it last read the ledger; None if it does not read it
    spans_dropped: int = 0  # in the last 10 minutes


_HEALTHY = WorkerStatus()


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether deliveries are being taken care of."""

    live_workers: int  # those that have broken down are none
    failing: list[str]  # what workers that were seen recently cannot do, in sentences for people
    ledger_read_at: datetime | None  # by any live worker; None if none of them says so, such as one of 0.1.0
    oldest_due_at: datetime | None  # of what is pending and due
    untakeable: int  # pending rows whose channel, kind or payload version no live worker knows
    base_urls: list[str]  # where the links of the live workers lead
    spans_dropped: int = 0  # spans that the live workers could not export lately
    now: datetime

    @property
    def faults(self) -> list[str]:
        """Return what keeps the workers from their work, in sentences: what fails, and a ledger that nobody reads."""
        faults = [*self.failing]
        if self.ledger_read_at is not None and (self.now - self.ledger_read_at).total_seconds() > LEDGER_SECONDS:
            age = int((self.now - self.ledger_read_at).total_seconds())
            faults.append(f"No worker has read the ledger for {age} s. Check the workers' logs and the PostgreSQL log.")
        return faults


# A worker's sign of life; those not seen for a day go.
_RECORD = Statement("""
    WITH forgotten AS (DELETE FROM worker WHERE seen_at < coalesce(:now, now()) - interval '1 day')
    INSERT INTO worker (id, name, channels, kinds, payload_version, base_url, started_at, seen_at, failing,
        broke_down_at, ledger_read_at, spans_dropped)
    VALUES (:id, :name, :channels, :kinds, :payload_version, :base_url, coalesce(:now, now()), coalesce(:now, now()),
        :failing, CASE WHEN :has_broken_down THEN coalesce(:now, now()) END,
        coalesce(:now, now()) - make_interval(secs => :ledger_age), :spans_dropped)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, failing = excluded.failing,
        broke_down_at = excluded.broke_down_at, ledger_read_at = excluded.ledger_read_at,
        spans_dropped = excluded.spans_dropped
""")


async def record(
    worker_id: UUID,
    name: str,
    *,
    channels: Sequence[str],
    kinds: Sequence[str],
    base_url: str,
    status: WorkerStatus = _HEALTHY,
    now: datetime | None = None,
) -> None:
    """Say that this worker lives, what it knows, and where its links lead; forget workers not seen for a day."""
    await _RECORD.run(
        id=worker_id,
        name=name,
        channels=list(channels),
        kinds=list(kinds),
        payload_version=PAYLOAD_VERSION,
        base_url=base_url,
        failing=list(status.failing),
        has_broken_down=status.has_broken_down,
        ledger_age=status.ledger_age,
        spans_dropped=status.spans_dropped,
        now=now,
    )


async def is_alive_on(host: str, *, now: datetime | None = None) -> bool:
    """Return whether a worker of this machine was seen recently, and has not broken down."""
    found: bool = await WorkerHeartbeat.exists().where(
        WorkerHeartbeat.name.like(f"{host.replace('_', chr(92) + '_')}:%"),
        WorkerHeartbeat.seen_at > db.sql_now(now, offset=-timedelta(seconds=ALIVE_SECONDS)),
        WorkerHeartbeat.broke_down_at.is_null(),
    )
    return found


async def remove(worker_id: UUID) -> None:
    """Say that this worker has stopped."""
    await WorkerHeartbeat.delete().where(WorkerHeartbeat.id == worker_id)


# The live workers, the oldest delivery that is due, and how many no live worker can take.
_HEALTH = Statement("""
    WITH recent AS (
        SELECT * FROM worker WHERE seen_at > coalesce(:now, now()) - make_interval(secs => :alive_seconds)
    ), live AS (SELECT * FROM recent WHERE broke_down_at IS NULL)
    SELECT (SELECT count(*) FROM live) AS live_workers,
        ARRAY(SELECT DISTINCT unnest(failing) FROM recent ORDER BY 1) AS failing,
        (SELECT max(ledger_read_at) FROM live) AS ledger_read_at,
        ARRAY(SELECT DISTINCT base_url FROM live ORDER BY base_url) AS base_urls,
        (SELECT coalesce(sum(spans_dropped), 0)::integer FROM live) AS spans_dropped,
        (SELECT min(due_at) FROM delivery
            WHERE state = 'pending' AND due_at <= coalesce(:now, now())) AS oldest_due_at,
        (SELECT count(*) FROM delivery d WHERE state = 'pending' AND EXISTS (SELECT 1 FROM live) AND NOT EXISTS (
            SELECT 1 FROM live WHERE d.channel = ANY(live.channels) AND d.kind = ANY(live.kinds)
            AND d.payload_version = live.payload_version)) AS untakeable,
        coalesce(:now, now()) AS now
""")


async def health(*, now: datetime | None = None) -> Health:
    """Return whether there is a live worker, what has waited longest, and what nobody can take."""
    row = await _HEALTH.row(now=now, alive_seconds=ALIVE_SECONDS)
    return msgspec.convert(dict(row or {}), Health)
