"""What the audit says of replays and of acknowledged alerts, by the API, the console or the command line."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from hireloop.notify.deliveries.alert_records import Acknowledgement, AcknowledgementNote
from hireloop.notify.deliveries.replay import Note
from hireloop.notify.deliveries.skips import ReplayResult
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import bookings


def replay_note(by: Actor) -> Note:
    """Return what writes each replay into the audit, as this actor's doing and about the delivery's candidate."""

    async def note(replayed: Sequence[ReplayResult], at: datetime) -> None:
        candidates = await _candidates(result.schedule for result in replayed)
        entries = [
            NewAuditEntry(
                action=Action.DELIVERY_REPLAYED,
                subject=result.id,
                candidate=candidates.get(result.schedule),
                by=by,
                details={"kind": result.kind, "channel": result.channel, "state": result.state},
            )
            for result in replayed
        ]
        await audit.record(*entries, at=at)

    return note


def acknowledgement_note(by: Actor) -> AcknowledgementNote:
    """Return what writes each acknowledgement into the audit, as this actor's doing and about the candidate."""

    async def note(done: Sequence[Acknowledgement]) -> None:
        candidates = await _candidates(one.schedule for one in done)
        entries = [
            NewAuditEntry(
                action=Action.ALERT_ACKNOWLEDGED,
                subject=one.id,
                candidate=candidates.get(one.schedule),
                by=by,
                details={"cause": one.cause, "channel": one.channel, "reason": one.reason},
            )
            for one in done
        ]
        await audit.record(*entries, at=done[0].at if done else None)

    return note


async def _candidates(schedules: Iterable[UUID | None]) -> Mapping[UUID | None, UUID]:
    """Return whose bookings these are; what is about no booking has no candidate."""
    found = await bookings.candidates_of({schedule for schedule in schedules if schedule})
    return {schedule: candidate for schedule, candidate in found.items()}  # noqa: C416 (a key may be None)
