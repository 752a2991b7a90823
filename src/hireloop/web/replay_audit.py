"""Replays in the audit, whoever asks for them: the API, the console, or the command line."""

from collections.abc import Sequence

from hireloop.notify.deliveries.replay import Note, Verdict
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, Entry
from hireloop.scheduling.bookings import bookings


def audited(by: Actor) -> Note:
    """Return what writes each replay into the audit, as this actor's doing and about the delivery's candidate."""

    async def note(replayed: Sequence[Verdict]) -> None:
        candidates = await bookings.candidates_of({verdict.schedule for verdict in replayed if verdict.schedule})
        entries = [
            Entry(
                action=Action.DELIVERY_REPLAYED,
                subject=verdict.id,
                candidate=candidates.get(verdict.schedule) if verdict.schedule else None,
                by=by,
                details={"kind": verdict.kind, "channel": verdict.channel, "state": verdict.state},
            )
            for verdict in replayed
        ]
        await audit.record(*entries)

    return note
