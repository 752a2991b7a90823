"""Read alerts, and acknowledge them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify import next_steps
from hireloop.notify.deliveries import hearing, outbox
from hireloop.notify.deliveries.failures import TOO_LONG_UNHEARD
from hireloop.notify.deliveries.hearing import AlertChange, AlertRow
from hireloop.notify.messages import AlertCause
from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement, as_structs
from hireloop.telemetry import events
from hireloop.telemetry.logs import log

_NAMED = 3  # of those that are late; the others are counted


class AlertState(StrEnum):
    """Whether an alert has reached anyone, and whether it still needs attention."""

    UNHEARD = "unheard"  # no carrier has accepted it
    HEARD = "heard"  # a carrier has accepted it
    ACKNOWLEDGED = "acknowledged"  # somebody has said that they know
    OVER = "over"  # it no longer needs attention


class AlertView(AlertRow, frozen=True, kw_only=True):
    """An alert as it is."""

    state: AlertState
    created_at: datetime
    unheard_since: datetime | None
    heard_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    over_at: datetime | None
    now: datetime

    @property
    def sentence(self) -> str:
        """What the alert is about, and that it has not reached anyone; without a name or an address."""
        since = f" since {self.unheard_since:%Y-%m-%d %H:%M:%S} UTC" if self.unheard_since else ""
        reason = f" ({self.reason})" if self.reason else ""
        if self.cause is AlertCause.HELD:
            what = f"the channel {self.channel}, which is held{reason},"
        else:
            booking = f" of the booking {self.schedule}" if self.schedule else ""
            others = f" and {self.message.others} more" if self.message.others else ""
            happened = _happened(self.cause, self.reason, is_one=not others)
            what = f"the {self.message.about or self.delivery} message{booking}{others}, which {happened}{reason},"
        return f"The alert about {what} has not reached anyone{since}."

    @property
    def next_step(self) -> NextStep:
        """What to do about it."""
        return next_steps.next_step(self.message, now=self.now)


def _happened(cause: AlertCause, reason: str | None, *, is_one: bool) -> str:
    if cause is AlertCause.AT_RISK:
        return "is at risk" if is_one else "are at risk"
    if reason in {Reason.CAME_BACK, Reason.COMPLAINT}:
        return "came back"
    return "has failed" if is_one else "have failed"


class AlertDeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery by which an alert was sent."""

    id: UUID
    channel: str
    recipient: str  # in clear: a door masks it
    state: DeliveryState
    last_reason: str | None
    last_reply: str | None
    created_at: datetime
    sent_at: datetime | None


class LateAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts that have been unheard for too long: the first ones, and how many there are."""

    named: list[AlertView]
    count: int

    def others(self, *, after: int) -> str:
        """Return how many others there are after so many that are named, as a sentence; empty if there are none."""
        more = self.count - after
        if more <= 0:
            return ""
        return f"{more} other {'alert has' if more == 1 else 'alerts have'} not reached anyone either."


NO_LATE_ALERTS = LateAlerts(named=[], count=0)


class AlertFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What to list; None does not filter."""

    state: str | None = None
    cause: str | None = None
    schedule: UUID | None = None
    since: datetime | None = None
    id: UUID | None = None


_STATE = """
    CASE WHEN over_at IS NOT NULL THEN 'over' WHEN acknowledged_at IS NOT NULL THEN 'acknowledged'
        WHEN heard_at IS NOT NULL THEN 'heard' ELSE 'unheard' END
"""
_READ = f"""
    SELECT id, cause, {_STATE} AS state, schedule, revision, delivery, channel, reason, payload::text,
        put_at AS created_at, unheard_since, heard_at, acknowledged_at, acknowledged_by, over_at,
        coalesce(:now, now()) AS now
    FROM alert
"""  # noqa: S608 (our own words)
# Alerts, newest first.
_PAGE = Statement(f"""
    {_READ}
    WHERE (:state::text IS NULL OR {_STATE} = :state) AND (:cause::text IS NULL OR cause = :cause)
      AND (:state IS DISTINCT FROM 'unheard' OR unheard_since IS NOT NULL)
      AND (:id::uuid IS NULL OR id = :id)
      AND (:schedule::uuid IS NULL OR schedule = :schedule) AND (:since::timestamptz IS NULL OR put_at >= :since)
      AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")
# The deliveries by which an alert was sent, in order.
_DELIVERIES = Statement("""
    SELECT id, channel, recipient, state, last_reason, last_reply, created_at, sent_at FROM delivery
    WHERE alert = :alert AND kind = 'alert' ORDER BY id
""")
# Alerts that have been unheard for too long, the longest first, and how many there are.
_LATE = Statement(f"""
    WITH late AS NOT MATERIALIZED (
        SELECT * FROM ({_READ}) AS alert WHERE unheard_since <= now - :too_long::interval
    )
    SELECT *, (SELECT count(*) FROM late) AS count FROM late ORDER BY unheard_since, id LIMIT :limit
""")  # noqa: S608 (our own words)


async def page(only: AlertFilter, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[AlertView]:
    """Return at most `limit` alerts from before the one called `after`, newest first."""
    return await _PAGE.structs(AlertView, **msgspec.structs.asdict(only), limit=limit, after=after, now=now)


async def find(alert_id: UUID, *, now: datetime | None = None) -> tuple[AlertView, list[AlertDeliveryView]]:
    """Return an alert and the deliveries by which it was sent, in order; raises NotFound."""
    found = await page(AlertFilter(id=alert_id), limit=1, after=None, now=now)
    if not found:
        raise errors.NotFound("alert", alert_id)
    return found[0], await _DELIVERIES.structs(AlertDeliveryView, alert=alert_id)


async def late(*, now: datetime | None = None) -> LateAlerts:
    """Return the alerts that have been unheard for longer than `failures.TOO_LONG_UNHEARD`, the longest first."""
    rows = await _LATE.rows(now=now, too_long=TOO_LONG_UNHEARD, limit=_NAMED)
    return LateAlerts(named=as_structs(rows, AlertView), count=rows[0]["count"] if rows else 0)


class Acknowledgement(AlertChange, frozen=True, kw_only=True):
    """An alert that was acknowledged, and when."""

    at: datetime


# What somebody else writes of acknowledged alerts, in their transaction.
AcknowledgementNote = Callable[[Sequence[Acknowledgement]], Awaitable[None]]

# Alerts that somebody knows of now, unless they are over or somebody knew already; all unheard ones if none is named.
_ACKNOWLEDGE = Statement(f"""
    UPDATE alert SET acknowledged_at = coalesce(:now, now()), acknowledged_by = :by, unheard_since = NULL
    WHERE acknowledged_at IS NULL AND over_at IS NULL
      AND (:alert::uuid IS NULL AND unheard_since IS NOT NULL OR id = :alert)
    RETURNING id, cause, schedule, channel, reason, acknowledged_at AS at, {hearing.TRACEPARENT}
""")  # noqa: S608 (our own words)


async def acknowledge(alert_id: UUID, *, by: str, note: AcknowledgementNote, now: datetime | None = None) -> bool:
    """Acknowledge an alert, and return whether that is new; one that is over stays as it is.

    Its pending deliveries are withdrawn. Raises NotFound.
    """
    done = await _acknowledge(alert_id, by, note, now)
    if not done:
        await find(alert_id)
    return bool(done)


async def acknowledge_all(*, by: str, note: AcknowledgementNote, now: datetime | None = None) -> list[Acknowledgement]:
    """Acknowledge every unheard alert, and return them."""
    return await _acknowledge(None, by, note, now)


async def _acknowledge(
    alert_id: UUID | None, by: str, note: AcknowledgementNote, now: datetime | None
) -> list[Acknowledgement]:
    done = await _write(alert_id, by, note, now)
    for one in done:
        log.info("alert.acknowledged", **one.said())
        events.record_alert("acknowledged", cause=one.cause)
    return done


@db.transactional
async def _write(
    alert_id: UUID | None, by: str, note: AcknowledgementNote, now: datetime | None
) -> list[Acknowledgement]:
    done = await _ACKNOWLEDGE.structs(Acknowledgement, alert=alert_id, by=by, now=now)
    await outbox.withdraw([one.id for one in done])
    await note(done)
    return done
