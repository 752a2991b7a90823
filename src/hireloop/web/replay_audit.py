"""Replays and acknowledgements in the audit, whether through the API, the console or the command line."""

from collections.abc import Sequence
from datetime import datetime

from hireloop.notify.deliveries.alert_records import Acknowledgement, AcknowledgementNote
from hireloop.notify.deliveries.replay import Note, ReplayResult
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import bookings


def audited(by: Actor) -> Note:
    """Return what writes each replay into the audit, as this actor's doing and about the delivery's candidate."""

    async def note(replayed: Sequence[ReplayResult], at: datetime) -> None:
        candidates = await bookings.candidates_of({result.schedule for result in replayed if result.schedule})
        entries = [
            NewAuditEntry(
                action=Action.DELIVERY_REPLAYED,
                subject=result.id,
                candidate=candidates.get(result.schedule) if result.schedule else None,
                by=by,
                details={"kind": result.kind, "channel": result.channel, "state": result.state},
            )
            for result in replayed
        ]
        await audit.record(*entries, at=at)

    return note


def acknowledged(by: Actor) -> AcknowledgementNote:
    """Return what writes each acknowledgement into the audit, as this actor's doing and about the candidate."""

    async def note(done: Sequence[Acknowledgement]) -> None:
        candidates = await bookings.candidates_of({one.schedule for one in done if one.schedule})
        entries = [
            NewAuditEntry(
                action=Action.ALERT_ACKNOWLEDGED,
                subject=one.id,
                candidate=candidates.get(one.schedule) if one.schedule else None,
                by=by,
                details={"cause": one.cause, "channel": one.channel, "reason": one.reason},
            )
            for one in done
        ]
        await audit.record(*entries, at=done[0].at if done else None)

    return note
