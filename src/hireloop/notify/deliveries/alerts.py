"""Alerts: operators hear of deliveries that are at risk or have failed, and of channels that are held.

A sweep looks for what nobody was alerted to yet, and records it in the transaction that puts the alert. So a crash
loses no alert, and it does not matter who changed the delivery: a worker, a bounce, or a command.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import messages
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.health import HeldChannel
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.deliveries import TIME_FOR_A_FIRST_TRY
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import AlertCause, AlertMessage, BookingMessage
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transport import Channel
from hireloop.statements import Statement
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log

A_MINUTE = 5  # so many alerts about deliveries: a chat that gets hundreds is read by nobody
_LOOK_AT = 10_000
_LOCK = 7_241_909_306_113_874  # any number; one sweep at a time keeps to the rate limit
_UNHEARD = "If an invitation fails, nobody but the job's recruiter is notified. Set ALERT_EMAIL or CHAT_URLS."


class _Unreported(msgspec.Struct, frozen=True, kw_only=True):
    """A required delivery that is at risk or has failed, and nobody was told."""

    id: UUID
    schedule: UUID | None
    revision: int
    kind: str
    channel: str
    state: DeliveryState
    first_due_at: datetime
    last_reason: str | None
    traceparent: str
    deadline_at: datetime
    recruiter_email: str | None

    @property
    def cause(self) -> AlertCause:
        return AlertCause.AT_RISK if self.state is DeliveryState.PENDING else AlertCause.FAILED


# The moment of a sweep, if no other is under way.
_TURN = Statement("SELECT coalesce(:now, now()) WHERE pg_try_advisory_xact_lock(:lock)")


@db.transactional(retries=0)  # it logs what reaches nobody; the next sweep is the next try
async def put_due(outbox: Outbox, *, alert_email: str, now: datetime | None = None) -> int:
    """Put the alerts that are due, and return how many; any number of workers may call it, one at a time does it.

    An alert goes over every channel that carries alerts; over mail to `alert_email`, or else to the job's recruiter.
    About `A_MINUTE` are put in a minute: if more deliveries wait, one alert covers those of one cause, reason
    and recipient, and says how many they are. A held channel is reported at once.
    """
    at: datetime | None = await _TURN.value(lock=_LOCK, now=now)
    if at is None:
        return 0  # another worker is at it
    return await _tell_of_channels(outbox, alert_email, at) + await _tell_of_deliveries(outbox, alert_email, at)


def warnings(outbox: Outbox, *, alert_email: str) -> tuple[str, ...]:
    """Return the warning to log at the start if only a job's recruiter, or nobody, is notified of failures."""
    if outbox.reaches(AlertMessage.kind, alert_email):
        return ()
    return (_UNHEARD,)


def warning_of_booking(outbox: Outbox, *, alert_email: str, recruiter_email: str | None) -> str | None:
    """Return the warning about a booking if nobody would be notified of its failure, or None."""
    if outbox.reaches(AlertMessage.kind, alert_email or recruiter_email):
        return None
    return "Nobody is notified if this invitation fails. Set ALERT_EMAIL or CHAT_URLS, or the job's recruiter_email."


async def _tell_of_channels(outbox: Outbox, alert_email: str, now: datetime) -> int:
    fallbacks = [providers.provider(one, Route.FALLBACK) for one in outbox.channels if one.fallback_url]
    count = 0
    for held in await health.take_unreported([*outbox.channels, *fallbacks], now=now):
        alert = _about_channel(held, outbox.channels, alert_email)
        count += await _put(_past(outbox, held.channel, alert.send_to), alert, now)
    return count


async def _tell_of_deliveries(outbox: Outbox, alert_email: str, now: datetime) -> int:
    room = A_MINUTE - await _put_lately(now)
    if room <= 0:
        return 0
    by_mail = any(channel.personal and AlertMessage.kind in channel.kinds for channel in outbox.channels)
    told = _gathered(await _unreported(now), room, apart=by_mail and not alert_email)
    await _note_told([one.id for group in told for one in group], now)
    return sum([await _put(outbox, alert, now) for alert in await _about_deliveries(told, alert_email)])


# Required deliveries that are at risk or have failed and that nobody was alerted to, locked.
_UNREPORTED = Statement("""
    SELECT id, schedule, revision, kind, channel, state, first_due_at, last_reason, traceparent, deadline_at,
        payload->>'recruiter_email' AS recruiter_email
    FROM delivery WHERE required AND (
        state = 'pending' AND at_risk_alerted_at IS NULL AND at_risk_at <= :now
            AND (last_reason IS NOT NULL OR first_due_at <= :first_due_before)
        OR state = 'pending' AND at_risk_alerted_at IS NULL AND last_reason = 'policy_block'
        OR state IN ('bounced', 'rejected', 'exhausted') AND failure_alerted_at IS NULL
        OR state = 'sent' AND last_reason IN ('came_back', 'complaint') AND failure_alerted_at IS NULL
    )
    ORDER BY deadline_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
""")


async def _unreported(now: datetime) -> list[_Unreported]:
    """Lock and return the unreported ones, the earliest deadline first; `deliveries` says what at risk means."""
    return await _UNREPORTED.structs(_Unreported, now=now, first_due_before=now - TIME_FOR_A_FIRST_TRY, limit=_LOOK_AT)


# How many alerts about deliveries were put since then.
_PUT_LATELY = Statement("""
    SELECT count(DISTINCT (schedule, occasion)) FROM delivery
    WHERE kind = 'alert' AND schedule IS NOT NULL AND first_due_at > :since
""")


async def _put_lately(now: datetime) -> int:
    """Return how many alerts about deliveries were put in the last minute; over several channels is once."""
    count: int = await _PUT_LATELY.value(since=now - timedelta(minutes=1))
    return count


def _gathered(unreported: Sequence[_Unreported], room: int, *, apart: bool) -> list[list[_Unreported]]:
    """Return a list for each alert: every delivery alone if there is room, else the last one for all the others.

    The others are reported together by cause and reason, and, if each recruiter is notified separately (`apart`), by
    recruiter.
    """
    if len(unreported) <= room:
        return [[one] for one in unreported]
    rest: dict[tuple[AlertCause, str | None, str | None], list[_Unreported]] = {}
    for one in unreported[room - 1 :]:
        key = (one.cause, one.last_reason, one.recruiter_email if apart else None)
        rest.setdefault(key, []).append(one)
    return [*([one] for one in unreported[: room - 1]), *rest.values()]


# Somebody is told now of these: that they are at risk, or that they failed.
_NOTE_TOLD = Statement("""
    UPDATE delivery SET at_risk_alerted_at = CASE WHEN state = 'pending' THEN :now ELSE at_risk_alerted_at END,
        failure_alerted_at = CASE WHEN state = 'pending' THEN failure_alerted_at ELSE :now END
    WHERE id = ANY(:ids::uuid[])
""")


async def _note_told(ids: Sequence[UUID], now: datetime) -> None:
    if not ids:
        return
    await _NOTE_TOLD.run(ids=ids, now=now)


# What these deliveries say.
_MESSAGES = Statement("SELECT id, kind, payload::text FROM delivery WHERE id = ANY(:ids::uuid[])")


async def _about_deliveries(told: Sequence[Sequence[_Unreported]], alert_email: str) -> list[AlertMessage]:
    """Return an alert for each group, with the values of its first delivery."""
    if not told:
        return []
    firsts = [group[0].id for group in told]
    rows = await _MESSAGES.rows(ids=firsts)
    values = {row["id"]: _values(row["kind"], row["payload"]) for row in rows}
    return [
        AlertMessage(
            cause=group[0].cause,
            subject=str(group[0].id),
            channel=group[0].channel,
            reason=group[0].last_reason,
            send_to=alert_email or group[0].recruiter_email,
            schedule_id=group[0].schedule,
            revision=group[0].revision,
            trace_id=spans.trace_id_of(group[0].traceparent),
            about=group[0].kind,
            deadline_at=group[0].deadline_at,
            first_due_at=group[0].first_due_at,
            others=len(group) - 1,
            **values[group[0].id],
        )
        for group in told
    ]


def _values(kind: str, payload: str) -> dict[str, Any]:
    """Return what an alert repeats of a message; nothing of one that cannot be read: an alert without names is one."""
    try:
        message = messages.decode(kind, payload)
    except (msgspec.MsgspecError, KeyError):
        return {}
    names = ("candidate_name", "job_title", "company", "starts_at")
    return {name: getattr(message, name) for name in names if isinstance(message, BookingMessage)}


def _about_channel(held: HeldChannel, channels: Sequence[Channel], alert_email: str) -> AlertMessage:
    is_primary = any((one.name, one.fingerprint) == (held.channel, held.fingerprint) for one in channels)
    name = held.channel if is_primary else f"{held.channel} ({Route.FALLBACK.value})"
    return AlertMessage(
        cause=AlertCause.HELD,
        subject=f"{name}:{held.since.isoformat()}",
        channel=name,
        reason=held.reason,
        send_to=alert_email or None,
    )


def _past(outbox: Outbox, channel: str, address: str | None) -> Outbox:
    """Return an outbox without this channel, which is held, if there is another way to the recipient."""
    others = msgspec.structs.replace(outbox, channels=tuple(one for one in outbox.channels if one.name != channel))
    return others if others.reaches(AlertMessage.kind, address) else outbox


async def _put(outbox: Outbox, alert: AlertMessage, now: datetime) -> int:
    if not outbox.reaches(alert.kind, alert.send_to):
        log.error("alert.reaches_nobody", cause=alert.cause.value, subject=alert.subject, reason=alert.reason)
        return 0
    if not await outbox.put([alert], now=now):
        log.error("alert.not_put", cause=alert.cause.value, subject=alert.subject, reason=alert.reason)
        return 0
    return 1
