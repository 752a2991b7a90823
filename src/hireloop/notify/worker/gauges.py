"""What a worker measures again and again: how much is due and for how long, who works, and which channels are held."""

from collections.abc import Sequence
from datetime import datetime

from hireloop.notify.channels import held
from hireloop.notify.transport import Channel
from hireloop.notify.worker.heartbeat import ALIVE_SECONDS
from hireloop.statements import Statement
from hireloop.telemetry import events

MEASURE_SECONDS = 10.0
MOST_DUE = 100_000  # deliveries that are looked at


# How many deliveries are due, for how many seconds the oldest has been, and how many workers live.
_READ = Statement("""
    SELECT count(*) AS due,
        coalesce(extract(epoch FROM coalesce(:now, now()) - min(due_at)), 0)::float8 AS oldest_due_age,
        (SELECT count(*) FROM worker WHERE broke_down_at IS NULL
            AND seen_at > coalesce(:now, now()) - make_interval(secs => :alive_seconds)) AS live_workers
    FROM (
        SELECT due_at FROM delivery WHERE state = 'pending' AND due_at <= coalesce(:now, now()) LIMIT :most_due
    ) AS waiting
""")


async def measure(channels: Sequence[Channel], *, now: datetime | None = None) -> None:
    """Read what waits and who works, and let the metrics say it; `channels` are ours."""
    ((due, oldest_due_age, live_workers),) = await _READ.rows(now=now, alive_seconds=ALIVE_SECONDS, most_due=MOST_DUE)
    events.record_backlog(
        due=due,
        oldest_due_age=oldest_due_age,
        live_workers=live_workers,
        held_channels=len(await held.held(channels)),
    )
