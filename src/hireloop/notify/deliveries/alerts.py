"""Alerts: operators hear of deliveries that are at risk or have failed, and of channels that are held.

A sweep looks for what nobody was alerted to yet, and records it in the transaction that puts the alert. So a crash
loses no alert, and it does not matter who changed the delivery: a worker, a bounce, or a command. The sweep also gives
unheard alerts to the next carriers (`carriers`), and notes which are heard and which are over (`hearing`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from hireloop import db
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.health import HeldChannel
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import carriers, hearing, unreported
from hireloop.notify.deliveries.carriers import Rank
from hireloop.notify.deliveries.hearing import AlertChange, UnheardAlert
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.deliveries.unreported import NewAlert
from hireloop.notify.messages import AlertCause, AlertMessage
from hireloop.notify.tables import Alert
from hireloop.notify.transport import Channel
from hireloop.statements import Statement
from hireloop.telemetry import events, spans
from hireloop.telemetry.logs import log
from hireloop.wording.phrases import phrase

A_MINUTE = 5  # so many alerts about deliveries: a chat that gets hundreds is read by nobody
_LOCK = 7_241_909_306_113_874  # any number; one sweep at a time keeps to the rate limit
_UNHEARD = phrase("If an invitation fails, nobody but the job's recruiter is notified. Set ALERT_EMAIL or CHAT_URLS.")


class _Sweep(msgspec.Struct, kw_only=True):
    """A sweep: what it works with, and what it did, to be said once it is committed."""

    outbox: Outbox
    alert_email: str
    now: datetime
    put: list[tuple[NewAlert, Rank | None]] = []
    not_put: list[NewAlert] = []
    over: list[AlertChange] = []
    heard: list[AlertChange] = []
    late: list[AlertChange] = []


# The moment of a sweep, if no other is under way.
_MOMENT = Statement("SELECT coalesce(:now, now()) WHERE pg_try_advisory_xact_lock(:lock)")


async def put_due(outbox: Outbox, *, alert_email: str, now: datetime | None = None) -> int:
    """Put the alerts that are due, and return how many. Any number of workers may call it; one at a time does the work.

    An alert goes to its first carriers and, if none of them accepts it, to the next ones. About `A_MINUTE` are put in a
    minute: if more deliveries wait, one alert covers those with the same cause and reason, and says how many. A held
    channel is reported at once.
    """
    sweep = await _sweep(outbox, alert_email, now)
    if sweep is not None:
        _say(sweep)
    events.record_unheard(await hearing.count_unheard())
    return 0 if sweep is None else len(sweep.put)


def warnings(outbox: Outbox, *, alert_email: str) -> tuple[str, ...]:
    """Return the warning to log at the start if only a job's recruiter, or nobody, is notified of failures."""
    if outbox.reaches(AlertMessage.kind, alert_email):
        return ()
    return (_UNHEARD,)


def warning_of_booking(outbox: Outbox, *, alert_email: str, recruiter_email: str | None) -> str | None:
    """Return the warning about a booking if nobody would be notified of its failure, or None."""
    if outbox.reaches(AlertMessage.kind, alert_email or recruiter_email):
        return None
    return phrase(
        "Nobody is notified if this invitation fails. Set ALERT_EMAIL or CHAT_URLS, or the job's recruiter_email."
    )


@db.transactional(retries=0)  # the next sweep is the next try
async def _sweep(outbox: Outbox, alert_email: str, now: datetime | None) -> _Sweep | None:
    """Do one round, unless another worker does. Alerts are locked before what they report, as an erasure does it."""
    at: datetime | None = await _MOMENT.value(lock=_LOCK, now=now)
    if at is None:
        return None
    sweep = _Sweep(outbox=outbox, alert_email=alert_email, now=at)
    fallbacks = [providers.provider(one, Route.FALLBACK) for one in outbox.channels if one.fallback_url]
    ours = [*outbox.channels, *fallbacks]
    sweep.over = await hearing.ended(ours, at)
    sweep.heard = await hearing.heard(at)
    for waiting in await hearing.waiting(at):
        await _go_on(sweep, waiting)
    new = [_about_channel(held, outbox.channels) for held in await health.take_unreported(ours, now=at)]
    await _put(sweep, [*new, *await _about_deliveries(outbox, at)])
    sweep.late = await hearing.late(at)
    return sweep


async def _about_deliveries(outbox: Outbox, now: datetime) -> list[NewAlert]:
    room = A_MINUTE - await _put_lately(now)
    if room <= 0:
        return []
    ways = [channel for channel in outbox.channels if AlertMessage.kind in channel.kinds]
    apart = any(one.personal for one in ways) and all(one.personal for one in ways)
    return await unreported.alerts_about(unreported.gathered(await unreported.find(now), room, apart=apart))


# How many alerts about deliveries were put since then.
_PUT_LATELY = Statement("SELECT count(*) FROM alert WHERE cause <> 'held' AND put_at > :since")


async def _put_lately(now: datetime) -> int:
    """Return how many alerts about deliveries were put in the last minute; over several channels is once."""
    count: int = await _PUT_LATELY.value(since=now - timedelta(minutes=1))
    return count


def _about_channel(held: HeldChannel, channels: Sequence[Channel]) -> NewAlert:
    is_primary = any((one.name, one.fingerprint) == (held.channel, held.fingerprint) for one in channels)
    name = held.channel if is_primary else f"{held.channel} ({Route.FALLBACK.value})"
    message = AlertMessage(
        alert_id=db.new_id(),
        cause=AlertCause.HELD,
        subject=f"{name}:{held.since.isoformat()}",
        channel=name,
        reason=held.reason,
        send_to=None,
    )
    return NewAlert(message=message, fingerprint=held.fingerprint, held_since=held.since)


async def _put(sweep: _Sweep, new: Sequence[NewAlert], *, instead_of: UnheardAlert | None = None) -> None:
    """Store new alerts, and give each to its first carriers.

    Those `instead_of` an alert that the chats have not taken are as old as that one, and go to the recruiters first.
    """
    put_at, unheard_since, reached = sweep.now, sweep.now, 0
    if instead_of is not None:
        put_at, unheard_since, reached = instead_of.put_at, instead_of.unheard_since, carriers.TO_RECRUITER
    stored = [(one, await _store(one, put_at, rank=reached, unheard_since=unheard_since)) for one in new]
    await unreported.note_reported(stored, sweep.now)
    for alert, is_new in stored:
        if is_new:
            sweep.put.append((alert, await _carried(sweep, alert, reached)))
        else:
            sweep.not_put.append(alert)


async def _store(alert: NewAlert, put_at: datetime, *, rank: int, unheard_since: datetime) -> bool:
    """Store the row of an alert; return False if there is one for the same occasion already."""
    message = alert.message
    row = Alert(
        id=message.alert_id,
        cause=message.cause.value,
        occasion=message.occasion,
        schedule=message.schedule_id,
        revision=message.revision,
        delivery=alert.deliveries[0] if alert.deliveries else None,
        channel=message.channel,
        fingerprint=alert.fingerprint,
        held_since=alert.held_since,
        reason=message.reason,
        recruiter=alert.recruiter,
        payload=hearing.payload_of(message),
        rank=rank,
        put_at=put_at,
        unheard_since=unheard_since,
    )
    return bool(await Alert.insert(row).on_conflict(action="DO NOTHING").returning(Alert.id))


async def _carried(sweep: _Sweep, alert: NewAlert, reached: int) -> Rank | None:
    """Give a new alert to its first carriers and return them, None if there is nobody."""
    rank = carriers.following(_ranks(sweep, alert.message, alert.recruiter), (), reached=reached)
    if rank is not None and alert.message.alert_id is not None:
        ident, origins = alert.message.alert_id, alert.origins
        await hearing.carry(ident, alert.message, sweep.outbox, rank, origins=origins, now=sweep.now)
    return rank


def _ranks(sweep: _Sweep, message: AlertMessage, recruiter: str | None) -> list[Rank]:
    held = message.channel.partition(" ")[0] if message.cause is AlertCause.HELD else None
    return carriers.ranks_of(sweep.outbox.channels, recruiter=recruiter, alert_email=sweep.alert_email, held=held)


async def _go_on(sweep: _Sweep, waiting: UnheardAlert) -> None:
    """Give an alert that no carrier has taken in time to the next ones.

    An alert about the jobs of several recruiters, which the chats have not taken, becomes one for each of them.
    """
    if waiting.is_waiting:
        return
    message = waiting.message
    if waiting.recruiter is None and message.others and message.cause is not AlertCause.HELD:
        remains = await _divided(sweep, waiting, message)
        if remains is None:
            return
        waiting, message = remains
    rank = carriers.following(_ranks(sweep, message, waiting.recruiter), waiting.tried, reached=waiting.rank)
    if rank is not None:
        await hearing.carry(waiting.id, message, sweep.outbox, rank, origins=waiting.origins, now=sweep.now)


async def _divided(
    sweep: _Sweep, waiting: UnheardAlert, message: AlertMessage
) -> tuple[UnheardAlert, AlertMessage] | None:
    """Give each recruiter but the first an alert of their own, and return the first one's, which the alert remains.

    If what it is named after needs nobody any more, each gets an alert of their own, and none remains: None.
    """
    groups = unreported.by_recruiter(await unreported.reported_by(waiting.id, sweep.now))
    mine = next((one for one in groups if any(each.id == waiting.delivery for each in one)), None)
    recruiter = mine[0].recruiter_email if mine else None
    if not groups or (mine is not None and len(groups) == 1 and recruiter is None):
        return waiting, message
    new = await unreported.alerts_about([one for one in groups if one is not mine])
    await _put(sweep, new, instead_of=waiting)
    if mine is None:
        return None
    message = msgspec.structs.replace(message, others=len(mine) - 1)
    await Alert.update({Alert.recruiter: recruiter, Alert.payload: hearing.payload_of(message)}).where(
        Alert.id == waiting.id
    )
    return msgspec.structs.replace(waiting, recruiter=recruiter), message


def _say(sweep: _Sweep) -> None:
    """Write a log line for each alert that was put, and for each change of one."""
    for alert, rank in sweep.put:
        message = alert.message
        said = {
            "alert": str(message.alert_id),
            "cause": message.cause.value,
            "subject": message.subject,
            "schedule": str(message.schedule_id or ""),
            "channel": message.channel,
            "reason": message.reason,
            "others": message.others,
            **spans.said_of(alert.traceparent),
        }
        if rank is None:
            log.error("alert.reaches_nobody", **said)
        else:
            log.error("alert.put", **said, channels=[one.channel for one in rank.carriers])
        events.record_alert("put", cause=message.cause.value)
    for alert in sweep.not_put:
        log.error("alert.not_put", cause=alert.message.cause.value, subject=alert.message.subject)
    for change in sweep.over:
        log.info("alert.over", **change.said())
        events.record_alert("over", cause=change.cause)
    for change in sweep.heard:
        events.record_alert("heard" if change.is_heard else "unheard", cause=change.cause)
        if change.is_heard:
            log.info("alert.heard", **change.said())
        else:
            log.error("alert.unheard", **change.said(), why="its email bounced, or it is being sent again")
    for change in sweep.late:
        log.error("alert.unheard", **change.said(), why="no carrier has accepted it")
        events.record_alert("unheard", cause=change.cause)
