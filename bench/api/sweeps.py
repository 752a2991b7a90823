"""What the workers look for again and again: each sweep once, by its own code, in a transaction that is taken back."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from bench.parts import Database
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.channels import configured
from hireloop.notify.deliveries import alerts, deadlines, leases, ledger
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.worker import heartbeat
from hireloop.scheduling.bookings import reminders
from hireloop.scheduling.sessions import lifecycle


def measure(database: Database) -> dict[str, float]:
    """Return how long each sweep takes, in milliseconds, by what it is called."""
    return asyncio.run(_measure(database))


async def _measure(database: Database) -> dict[str, float]:
    settings = database.settings
    channels = configured.channels(settings)
    outbox = Outbox.of(settings, channels)
    sweeps: dict[str, Callable[[], Awaitable[object]]] = {
        "leases.take": lambda: leases.take("email", limit=8, worker="bench", kinds=sorted(messages.KNOWN_KINDS)),
        "deadlines.expire": deadlines.expire,
        "deadlines.close_abandoned": deadlines.close_abandoned,
        "heartbeat.health": heartbeat.health,
        "ledger.read": ledger.read,
        "alerts.put_due": lambda: alerts.put_due(outbox, alert_email="alerts@example.com"),
        "reminders.put_due": lambda: reminders.put_due(outbox, settings.reminder_leads),
        "lifecycle.note_due": lambda: lifecycle.note_due(outbox=outbox, grace_seconds=settings.portal_late_seconds),
    }
    async with db.opened(database.url, pool_size=1, patient=True):
        return {name: await _taken_back(sweep) for name, sweep in sweeps.items()}


async def _taken_back(sweep: Callable[[], Awaitable[object]]) -> float:
    """Return how many milliseconds a sweep takes when it is run for the second time, and leave no trace of it."""
    took = 0.0
    for _ in range(2):
        async with db.DB.transaction() as transaction:
            began = time.monotonic()
            await sweep()
            took = (time.monotonic() - began) * 1000
            await transaction.rollback()  # type: ignore[no-untyped-call] # Piccolo's
    return took
