"""News that takes more than one `outbox.put`: who did not come to a slot, and that an interviewer was not reached.

How a candidate who is erased leaves the former is here too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.deliveries.outbox import Origins, Outbox
from hireloop.notify.messages import InterviewerUnreachableMessage, Meeting, NoShowMessage
from hireloop.notify.no_show import MOST_NAMED
from hireloop.notify.transport import Channel
from hireloop.statements import Statement
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log

_PROGRAMS = "webhook"  # the transport by which programs are told


# Messages that name these candidates among those who did not come name them no more; the others are still told.
_FORGET_MISSED = Statement("""
    UPDATE delivery SET payload = payload || kept.changed FROM (
        SELECT d.id, jsonb_build_object(
            'missed', coalesce(jsonb_agg(one) FILTER (WHERE one->>'schedule_id' <> ALL(:names::text[])), '[]'),
            'more', (d.payload->>'more')::int + count(*) FILTER (WHERE one->>'schedule_id' = ANY(:names::text[]))
        ) AS changed
        FROM delivery d, jsonb_array_elements(d.payload->'missed') AS one
        WHERE d.kind = 'no_show' AND d.payload->'missed' @> ANY(:listed::jsonb[]) GROUP BY d.id
    ) kept WHERE delivery.id = kept.id
""")


class FailedNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A message to an interviewer that was rejected or has bounced."""

    delivery_id: UUID
    interviewer_email: str
    failure: str | None  # a slug
    reply: str  # the other side's words, empty if there were none
    traceparent: str  # of the delivery


async def put_interviewer_unreachable(
    notice: FailedNotice,
    about: Meeting,
    *,
    schedule_id: UUID,
    revision: int,
    outbox: Outbox,
    now: datetime,
) -> None:
    """Tell a booking's recruiters that its interviewer was not reached, in the caller's transaction.

    Once for each message to an interviewer, however often this is called for it.
    """
    message = InterviewerUnreachableMessage.about(
        about,
        schedule_id=schedule_id,
        revision=revision,
        send_to=outbox.alert_email,
        interviewer_email=notice.interviewer_email,
        delivery_id=notice.delivery_id,
        failure=notice.failure,
        reply=notice.reply,
    )
    if await outbox.put([message], now=now, about={schedule_id: [notice.traceparent]}):
        db.after_commit(partial(_say_unreachable, notice, schedule_id))


async def put_no_shows(told: Sequence[NoShowMessage], outbox: Outbox, *, now: datetime, about: Origins) -> None:
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


def gathered(told: Sequence[NoShowMessage]) -> NoShowMessage:
    """Return one message for all candidates of a slot who did not come; it names the first of them. Pure."""
    if len(told) == 1:
        return told[0]
    missed = [missed for one in told for missed in one.missed]
    named = missed[:MOST_NAMED]
    return msgspec.structs.replace(told[0], schedule_id=None, revision=0, missed=named, more=len(missed) - len(named))


async def forget_missed(schedule_ids: Sequence[UUID]) -> None:
    """Take erased candidates off the messages that name them among others, in the caller's transaction.

    `outbox.forget` blanks the messages about them alone.
    """
    listed = [msgspec.json.encode([{"schedule_id": one}]).decode() for one in schedule_ids]
    await _FORGET_MISSED.run(names=[str(one) for one in schedule_ids], listed=listed)


def _say_unreachable(notice: FailedNotice, schedule_id: UUID) -> None:
    log.warning(
        "interviewer.unreachable",
        schedule=str(schedule_id),
        delivery=str(notice.delivery_id),
        reason=notice.failure,
        **spans.said_of(notice.traceparent),
    )
