"""Every log event with its levels, and what is counted beside the line of a fact.

A line is written where the fact is known, with `log.warning("worker.not_reported", …)`; a test compares each such call,
and `docs/reference/telemetry.md`, with `LEVELS`. Callers say `record_…` beside the line.
"""

from collections.abc import Mapping

from hireloop.telemetry import metrics

LEVELS: Mapping[str, tuple[str, ...]] = {
    "settings.warning": ("warning",),
    "telemetry.not_flushed": ("warning",),
    "worker.started": ("info",),
    "worker.stopped": ("info",),
    "worker.not_drained": ("error",),
    "worker.database_failed": ("warning",),
    "worker.database_refuses": ("error",),
    "worker.broke_down": ("error",),
    "worker.not_reported": ("warning",),
    "worker.sweep_ran": ("info",),
    "worker.sweep_stopped": ("error",),
    "worker.sweep_resumed": ("info",),
    "worker.try_crashed": ("error",),
    "worker.unwritable": ("error",),
    "worker.not_settled_yet": ("warning",),
    "delivery.sent": ("info",),
    "delivery.retry": ("warning", "info"),
    "delivery.rejected": ("error", "info"),
    "delivery.held": ("error",),
    "delivery.lost": ("warning", "info"),
    "delivery.released": ("info",),
    "delivery.bounced": ("error", "info"),
    "delivery.exhausted": ("error", "info"),
    "delivery.superseded": ("info",),
    "delivery.replayed": ("info",),
    "delivery.not_listed": ("error", "warning", "info"),
    "delivery.render_failed": ("error",),
    "delivery.transport_crashed": ("error",),
    "alert.put": ("error",),
    "alert.heard": ("info",),
    "alert.unheard": ("error",),
    "alert.acknowledged": ("info",),
    "alert.over": ("info",),
    "alert.not_put": ("error",),
    "alert.reaches_nobody": ("error",),
    "channel.held": ("error",),
    "channel.opened": ("info",),
    "channel.transport_missing": ("error",),
    "channel.transport_broken": ("error",),
    "channel.transport_ambiguous": ("warning",),
    "booking.confirmed": ("info",),
    "booking.declined": ("info",),
    "booking.late_request": ("info",),
    "interview.entered": ("info",),
    "interview.finished": ("info",),
    "interview.no_show": ("info",),
    "interviewer.unreachable": ("warning",),
    "bounce.recorded": ("info",),
    "bounce.unknown": ("warning",),
    "following.not_heard": ("warning",),
    "following.not_read": ("warning",),
    "wakeup.not_sent": ("warning",),
    "wakeup.not_listening": ("warning",),
    "wakeup.dropped": ("warning",),
    "key_use.not_recorded": ("warning",),
    "key.messages_running_out": ("warning",),
    "sign_in_use.not_recorded": ("warning",),
    "request.failed": ("error",),
    "request.refused": ("warning",),
    "portal.failed": ("error",),
    "console.failed": ("error",),
}


def record_try(*, channel: str, outcome: str, reason: str | None) -> None:
    """Count a try that has ended."""
    metrics.ATTEMPTS.add(1, {"channel": channel, "outcome": outcome, "reason": reason or ""})


def record_end(*, channel: str, state: str, reason: str | None) -> None:
    """Count a delivery that has ended in this state."""
    metrics.ENDS.add(1, {"channel": channel, "state": state, "reason": reason or ""})


def record_replay(*, channel: str, state: str) -> None:
    """Count a delivery that had ended in this state and is due again."""
    metrics.REPLAYS.add(1, {"channel": channel, "state": state})


def record_alert(event: str, *, cause: str) -> None:
    """Count what has become of an alert: `put`, `heard`, `unheard`, `acknowledged` or `over`."""
    metrics.ALERTS.add(1, {"event": event, "cause": cause})


def record_limit(limit: str, event: str) -> None:
    """Count that a limit was `close`, or has `refused` something."""
    metrics.LIMITS.add(1, {"limit": limit, "event": event})


def record_sweep(name: str, outcome: str) -> None:
    """Count a run of a sweep: it `ran`, it `failed` in a way that may go away by itself, or it is `stopped`."""
    metrics.SWEEPS.add(1, {"sweep": name, "outcome": outcome})


def record_ledger(*, counts: Mapping[str, int], unaccounted: int) -> None:
    """Say what the ledger proves: deliveries by state, and how many are unaccounted for."""
    for state, count in counts.items():
        metrics.DELIVERIES.set(count, {"state": state})
    metrics.UNACCOUNTED.set(unaccounted)
    metrics.LEDGER_AGE.note_done()


def begin_ledger() -> None:
    """Count the age of the ledger from now on, unless it is counted already: it is about to be read."""
    metrics.LEDGER_AGE.begin()


def ledger_age() -> float | None:
    """Return for how many seconds this process has not read the ledger; None if it does not read it."""
    return metrics.LEDGER_AGE.seconds


def record_unheard(count: int) -> None:
    """Say how many alerts nobody has heard of."""
    metrics.UNHEARD.set(count)


def record_backlog(*, due: int, oldest_due_age: float, live_workers: int, held_channels: int) -> None:
    """Say how many deliveries are due, for how many seconds the oldest has been, who works, and what is held."""
    metrics.DUE.set(due)
    metrics.OLDEST_DUE_AGE.set(oldest_due_age)
    metrics.LIVE_WORKERS.set(live_workers)
    metrics.HELD_CHANNELS.set(held_channels)
