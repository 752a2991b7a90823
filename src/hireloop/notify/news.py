"""News that takes more than one `outbox.put`: who did not come to a slot, and that an interviewer was not reached.

What is known of whether candidates were reached is here too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, DeliveryView
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import InterviewerUnreachableMessage, NoShowMessage
from hireloop.notify.no_show import MOST_NAMED
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transport import Channel
from hireloop.statements import Statement, read_clock
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log

_TOGETHER = 100
_PROGRAMS = "webhook"  # the transport by which programs are told


class FailedNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A message to the interviewer of a slot that was rejected or has bounced."""

    delivery_id: UUID
    interviewer_email: str
    failure: str | None  # a slug
    reply: str  # the other side's words, empty if there were none
    traceparent: str  # of the delivery
    slot: UUID
    schedule_id: UUID | None  # the slot's booking, None if it has several or none
    revision: int  # of that booking, else 0
    starts_at: datetime
    ends_at: datetime
    recruiter_email: str | None


async def put_interviewer_unreachable(notice: FailedNotice, outbox: Outbox, *, now: datetime) -> None:
    """Tell recruiters that an interviewer was not reached, in the caller's transaction.

    Once for each message to an interviewer, however often this is called for it.
    """
    message = InterviewerUnreachableMessage(
        schedule_id=notice.schedule_id,
        revision=notice.revision,
        starts_at=notice.starts_at,
        ends_at=notice.ends_at,
        address=notice.recruiter_email or outbox.alert_email,
        about_slot=notice.slot,
        interviewer_email=notice.interviewer_email,
        delivery_id=notice.delivery_id,
        failure=notice.failure,
        reply=notice.reply,
    )
    if await outbox.put([message], now=now, about={notice.schedule_id: [notice.traceparent]}):
        db.after_commit(partial(_say_unreachable, notice))


# Messages to interviewers that have failed lately and of which recruiters have not been told, locked; with the booking
# of the slot, if there is just one. Where only a recruiter can hear of it, those without one are left out: they would
# stand before the others in every sweep. Of a slot that fills up, an update fails every few seconds: only the first
# since its interviewer was reached says something new.
_NOT_SAID = Statement("""
    SELECT d.id AS delivery_id, d.recipient AS interviewer_email, d.last_reason AS failure,
        coalesce(d.last_reply, '') AS reply, d.traceparent, d.slot, d.starts_at,
        (d.payload->>'ends_at')::timestamptz AS ends_at, d.payload->>'recruiter_email' AS recruiter_email,
        told.schedule AS schedule_id, coalesce(told.revision, 0) AS revision
    FROM delivery d
        LEFT JOIN LATERAL (
            SELECT (array_agg(schedule))[1] AS schedule FROM slot_roster WHERE slot = d.slot HAVING count(*) = 1
        ) alone ON true
        LEFT JOIN schedule_to_notify told ON told.schedule = alone.schedule
    WHERE d.required AND d.state IN ('bounced', 'rejected', 'exhausted') AND d.slot IS NOT NULL
        AND d.deadline_at > :now::timestamptz - interval '1 day'
        AND (:is_heard OR d.payload->>'recruiter_email' IS NOT NULL)
        AND NOT EXISTS (
            SELECT FROM delivery said WHERE said.kind = 'interviewer_unreachable' AND said.occasion = d.id::text
        )
        AND NOT EXISTS (
            SELECT FROM delivery before
            WHERE before.slot = d.slot AND address_key(before.recipient) = address_key(d.recipient) AND before.required
                AND before.revision < d.revision AND before.state IN ('bounced', 'rejected', 'exhausted')
                AND (:is_heard OR before.payload->>'recruiter_email' IS NOT NULL)
                AND NOT EXISTS (
                    SELECT FROM delivery reached
                    WHERE reached.slot = d.slot AND address_key(reached.recipient) = address_key(d.recipient)
                        AND reached.revision > before.revision AND reached.revision < d.revision
                        AND reached.state = 'sent'
                )
        )
    ORDER BY d.id LIMIT :limit FOR UPDATE OF d SKIP LOCKED
""")


@db.transactional
async def put_due(outbox: Outbox, *, now: datetime | None = None) -> int:
    """Tell recruiters of interviewers who were not reached, and return of how many messages; a sweep for the worker.

    What failed is told until a day after its deadline. Any number of workers may do so at once.
    """
    kind = InterviewerUnreachableMessage.kind
    if not outbox.reaches(kind, outbox.alert_email or "recruiter"):
        return 0  # nobody is to hear of it
    at = await read_clock(now)
    is_heard = outbox.reaches(kind, outbox.alert_email)
    found = await _NOT_SAID.structs(FailedNotice, now=at, limit=_TOGETHER, is_heard=is_heard)
    for notice in found:
        await put_interviewer_unreachable(notice, outbox, now=at)
    return len(found)


async def put_no_shows(
    told: Sequence[NoShowMessage], outbox: Outbox, *, now: datetime, about: Mapping[UUID | None, Sequence[str]]
) -> None:
    """Tell that candidates of one slot did not come, in the caller's transaction; `told` has a message for each.

    Programs get each of them, chats one for all, and a mailbox one for all of its own. `about` is as in `outbox.put`.
    """
    gathered_from = {**about, None: [one for traceparents in about.values() for one in traceparents]}

    async def put(messages: Sequence[NoShowMessage], channels: Iterable[Channel]) -> None:
        over = msgspec.structs.replace(outbox, channels=tuple(channels))
        await over.put(messages, now=now, about=gathered_from)

    await put(told, (one for one in outbox.channels if one.transport_name == _PROGRAMS))
    chats = [one for one in outbox.channels if not one.personal and one.transport_name != _PROGRAMS]
    await put([gathered(told)], chats)
    of_mailbox = attrgetter("address")
    named = sorted((one for one in told if one.address), key=of_mailbox)
    mails = [gathered(list(ours)) for _, ours in groupby(named, key=of_mailbox)]
    await put(mails, (one for one in outbox.channels if one.personal))


class Reach(StrEnum):
    """Whether a candidate was told of the current time of their interview."""

    YES = "yes"  # as far as the mail server says
    UNKNOWN = "unknown"
    EARLIER = "earlier"  # of an earlier time alone
    NO = "no"


class CandidateReach(msgspec.Struct, frozen=True):
    """Whether a candidate was told, and if not, or if that is not certain, for what reason: a slug."""

    reach: Reach
    failure: str | None = None


async def reach_of(revisions: Mapping[UUID, int], channels: Sequence[Channel]) -> dict[UUID, CandidateReach]:
    """Return whether the candidates of some bookings were told of the time of these revisions, by the bookings."""
    found = await deliveries.of_schedules(list(revisions), channels)
    ours = [one for one in found if one.required and one.kind in INVITING_KINDS]
    unsent = [one.id for one in ours if one.state is not DeliveryState.SENT]
    attempts = await deliveries.attempts_of(unsent) if unsent else {}
    maybe = {ident for ident, tries in attempts.items() if any(attempt.maybe_accepted for attempt in tries)}
    return {
        schedule: _reach([one for one in ours if one.schedule == schedule], revision, maybe)
        for schedule, revision in revisions.items()
    }


def _reach(messages: Sequence[DeliveryView], revision: int, maybe: Collection[UUID]) -> CandidateReach:
    current = [one for one in messages if one.revision == deliveries.revision_told(messages, revision)]
    reason = next((one.reason for one in current if one.reason), None)
    if current and all(one.state is DeliveryState.SENT for one in current):
        came_back = reason == Reason.CAME_BACK
        return CandidateReach(Reach.UNKNOWN, reason) if came_back else CandidateReach(Reach.YES)
    if any(one.id in maybe for one in current):
        return CandidateReach(Reach.UNKNOWN)
    is_known = any(one.state is DeliveryState.SENT for one in messages)
    return CandidateReach(Reach.EARLIER if is_known else Reach.NO, reason)


def gathered(told: Sequence[NoShowMessage]) -> NoShowMessage:
    """Return one message for all candidates of a slot who did not come; it names the first of them. Pure."""
    if len(told) == 1:
        return told[0]
    missed = [missed for one in told for missed in one.missed]
    named = missed[:MOST_NAMED]
    return msgspec.structs.replace(told[0], schedule_id=None, revision=0, missed=named, more=len(missed) - len(named))


def _say_unreachable(notice: FailedNotice) -> None:
    log.warning(
        "interviewer.unreachable",
        slot=str(notice.slot),
        schedule=str(notice.schedule_id or ""),
        delivery=str(notice.delivery_id),
        reason=notice.failure,
        **spans.said_of(notice.traceparent),
    )
