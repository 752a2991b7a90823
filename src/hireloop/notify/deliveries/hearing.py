"""Hearing: whether an alert has reached anyone, whether it still needs attention, and who gets it next.

An alert is heard once any carrier has accepted it, and unheard again if that email bounces. It is over when nothing
that it reports needs attention any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.notify import messages
from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.deliveries import carriers, outbox, unreported
from hireloop.notify.deliveries.carriers import Carrier
from hireloop.notify.deliveries.failures import MATTERS_AFTER_DEADLINE, TOO_LONG_UNHEARD
from hireloop.notify.deliveries.outbox import Outbox, origin_fragment
from hireloop.notify.messages import AlertCause, AlertMessage
from hireloop.notify.tables import Alert
from hireloop.notify.transport import Channel
from hireloop.statements import Statement
from hireloop.telemetry import links, spans

_UNUSED = timedelta(minutes=5)  # a held configuration that nobody has probed for so long belongs to no worker
_LOOK_AT = 10_000


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the row of an alert says of what it is about."""

    id: UUID
    cause: AlertCause
    schedule: UUID | None
    revision: int
    delivery: UUID | None
    channel: str
    reason: str | None
    payload: str

    @property
    def message(self) -> AlertMessage:
        """What it says; of another version's payload only what the row says, as it must not go unsaid."""
        try:
            return msgspec.json.decode(self.payload, type=AlertMessage)
        except msgspec.MsgspecError:
            return AlertMessage(
                alert_id=self.id,
                cause=self.cause,
                subject=str(self.id),
                channel=self.channel,
                reason=self.reason,
                send_to=None,
                schedule_id=self.schedule,
                revision=self.revision,
            )


class AlertChange(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of an alert: it is over, heard, unheard again, unheard for too long, or acknowledged."""

    id: UUID
    cause: str
    schedule: UUID | None
    channel: str
    reason: str | None
    traceparent: str | None  # of the delivery that it is about, or the first of them
    is_heard: bool = False

    def said(self) -> dict[str, str | None]:
        """Return what a line of the log says of it."""
        return {
            "alert": str(self.id),
            "cause": self.cause,
            "schedule": str(self.schedule or ""),
            "channel": self.channel,
            "reason": self.reason,
            **spans.said_of(self.traceparent or ""),
        }


# Of the delivery that an alert is about, or the first of them.
TRACEPARENT = "(SELECT traceparent FROM delivery WHERE delivery.id = alert.delivery) AS traceparent"

# Alerts that report nothing any more that needs anybody.
_END = Statement(f"""
    UPDATE alert SET over_at = :now, unheard_since = NULL
    WHERE over_at IS NULL AND CASE
        WHEN cause = 'held' THEN NOT EXISTS (
            SELECT FROM channel_health h WHERE h.fingerprint = alert.fingerprint AND h.state = 'held'
                AND h.since = alert.held_since
                AND (h.fingerprint = ANY(:fingerprints::text[])
                    OR h.next_probe_at > :now::timestamptz - :unused::interval)
        )
        ELSE NOT EXISTS (
            SELECT FROM delivery WHERE delivery.alert = alert.id AND {unreported.NEEDS_SOMEBODY}
        )
        END
    RETURNING id, cause, schedule, channel, reason, {TRACEPARENT}
""")  # noqa: S608 (our own words)
# Alerts that a carrier has accepted since, or whose only email bounced or is being sent again.
_HEAR = Statement(f"""
    WITH changed AS (
        SELECT alert.id, taken.id AS delivery, taken.sent_at FROM alert LEFT JOIN LATERAL (
            SELECT id, sent_at FROM delivery
            WHERE delivery.alert = alert.id AND kind = 'alert' AND state = 'sent'
                AND last_reason IS DISTINCT FROM 'came_back'
            ORDER BY sent_at, id LIMIT 1
        ) taken ON true
        WHERE over_at IS NULL AND acknowledged_at IS NULL AND (heard_at IS NULL) <> (taken.sent_at IS NULL)
        FOR UPDATE OF alert SKIP LOCKED
    )
    UPDATE alert SET heard_at = changed.sent_at, heard_by = changed.delivery, late_at = NULL,
        unheard_since = CASE WHEN changed.sent_at IS NULL THEN :now::timestamptz END
    FROM changed WHERE alert.id = changed.id
    RETURNING alert.id, cause, schedule, channel, reason, {TRACEPARENT}, heard_at IS NOT NULL AS is_heard
""")  # noqa: S608 (our own words)
# Alerts that have been unheard for too long, and the log has not said so yet.
_NOTE_LATE = Statement(f"""
    UPDATE alert SET late_at = :now WHERE unheard_since <= :before AND late_at IS NULL
    RETURNING id, cause, schedule, channel, reason, {TRACEPARENT}
""")  # noqa: S608 (our own words)


async def ended(channels: Sequence[Channel], now: datetime) -> list[AlertChange]:
    """End the alerts whose cause is over, with all that is still to be sent of them, and return them.

    A delivery is over when it is sent and has not come back, when the booking has moved on, or a day after its
    deadline; or when it has failed and is replayed, as somebody knows of it then. Or it is for another alert: one that
    was at risk and has failed, or fails again, is reported again. `channels` are ours, with their fallbacks.
    """
    over = await _END.structs(
        AlertChange,
        now=now,
        fingerprints=fingerprints_of(channels),
        unused=_UNUSED,
        matters_after_deadline=MATTERS_AFTER_DEADLINE,
    )
    await outbox.withdraw([one.id for one in over])
    return over


async def heard(now: datetime) -> list[AlertChange]:
    """Note which alerts are heard, and which are unheard again, as none is accepted any more; return both."""
    return await _HEAR.structs(AlertChange, now=now)


async def late(now: datetime) -> list[AlertChange]:
    """Return the alerts that have been unheard for longer than `TOO_LONG_UNHEARD`, each once."""
    return await _NOTE_LATE.structs(AlertChange, now=now, before=now - TOO_LONG_UNHEARD)


async def count_unheard() -> int:
    """Return how many alerts are unheard, even if they were only just put."""
    count: int = await Alert.count().where(Alert.unheard_since.is_not_null())
    return count


class UnheardAlert(AlertRow, frozen=True, kw_only=True):
    """An alert that is unheard, and which carriers it was given to so far."""

    recruiter: str | None
    rank: int
    put_at: datetime
    unheard_since: datetime
    origins: list[str] = []  # the traceparents of the bookings that it is about
    tried: list[Carrier] = []
    is_waiting: bool = False  # a carrier may still take it within its time


# Unheard alerts and the carriers that they were given to, locked.
_WAITING = Statement(f"""
    SELECT id, cause, schedule, revision, delivery, channel, reason, recruiter, rank, put_at, unheard_since,
        payload::text,
        ARRAY(
            SELECT coalesce({origin_fragment("coalesce(reported.schedule, alert.schedule)")}, '')
            FROM delivery AS reported
            WHERE reported.alert = alert.id AND reported.kind <> 'alert' ORDER BY deadline_at, id LIMIT {links.MOST}
        ) AS origins,
        ARRAY(SELECT ARRAY[channel, recipient] FROM delivery WHERE alert = alert.id AND kind = 'alert') AS tried,
        EXISTS (
            SELECT FROM delivery d WHERE d.alert = alert.id AND d.kind = 'alert' AND d.state = 'pending'
                AND d.first_due_at > :since
        ) AS is_waiting
    FROM alert WHERE unheard_since IS NOT NULL
    ORDER BY put_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")  # noqa: S608 (our own words)


async def waiting(now: datetime) -> list[UnheardAlert]:
    """Lock and return the unheard alerts, the oldest first."""
    return await _WAITING.structs(UnheardAlert, since=now - carriers.PATIENCE, limit=_LOOK_AT)


async def carry(
    alert_id: UUID,
    message: AlertMessage,
    outbox: Outbox,
    rank: carriers.Rank,
    *,
    origins: Sequence[str],
    now: datetime,
) -> None:
    """Give an alert to all carriers of a rank, in the caller's transaction.

    `origins` are the traceparents of the bookings that it is about.
    """
    names = {one.channel for one in rank.carriers}
    over = msgspec.structs.replace(outbox, channels=tuple(one for one in outbox.channels if one.name in names))
    about = {message.schedule_id: origins}
    await over.put([msgspec.structs.replace(message, send_to=rank.send_to)], now=now, about=about)
    await Alert.update({Alert.rank: rank.number}).where(Alert.id == alert_id)


def payload_of(message: AlertMessage) -> str:
    """Return what the row of an alert keeps of it: all but the recipient, which each carrier has its own."""
    return messages.encode(msgspec.structs.replace(message, send_to=None))
