"""Deliveries that are at risk or have failed and that nobody was alerted to, and the alerts that report them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import messages
from hireloop.notify.deliveries.deliveries import TIME_FOR_A_FIRST_TRY
from hireloop.notify.deliveries.failures import (
    MATTERS_AFTER_DEADLINE,
    booking_in_slot_fragment,
    slot_moved_on_fragment,
)
from hireloop.notify.deliveries.outbox import origin_fragment
from hireloop.notify.messages import AlertCause, AlertMessage, BookingMessage, InterviewerMessage
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement
from hireloop.telemetry import links, spans

_LOOK_AT = 10_000


class ReportedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A required delivery that is at risk, has failed or came back."""

    id: UUID
    schedule: UUID | None  # of what an interviewer is told: one of the bookings in the slot, and its revision
    revision: int
    kind: str
    channel: str
    state: DeliveryState
    attendee: str | None  # the candidate of that booking, how many others have a seat, and their position
    others: int | None
    job_title: str | None
    company: str | None
    first_due_at: datetime
    last_reason: str | None
    traceparent: str
    origin: str | None  # the traceparent of its booking
    deadline_at: datetime
    recruiter_email: str | None

    @property
    def cause(self) -> AlertCause:
        """What an alert about it is about."""
        return AlertCause.AT_RISK if self.state is DeliveryState.PENDING else AlertCause.FAILED


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that nobody was given yet, and the deliveries that it reports, with the first of which it is named."""

    message: AlertMessage
    recruiter: str | None = None  # None: no job has one, or several have different ones
    deliveries: tuple[UUID, ...] = ()
    origins: tuple[str, ...] = ()  # the traceparents of their bookings
    traceparent: str = ""  # of the first of them; none of a held channel
    fingerprint: str | None = None  # of the held channel's configuration, and since when it is held
    held_since: datetime | None = None


_FIELDS = f"""
    delivery.id, coalesce(delivery.schedule, about.schedule) AS schedule, kind, channel, delivery.state, first_due_at,
    CASE WHEN delivery.slot IS NULL THEN delivery.revision ELSE coalesce(about.revision, 0) END AS revision,
    last_reason, traceparent, deadline_at, about.attendee, about.others, about.job_title, about.company,
    coalesce(payload->>'recruiter_email', about.recruiter_email) AS recruiter_email,
    {origin_fragment("coalesce(delivery.schedule, about.schedule)")} AS origin
"""
# A message to an interviewer is about a slot: an alert leads to one of the bookings in it.
_ABOUT = f"""
    LEFT JOIN LATERAL (
        SELECT found.*, (
            SELECT told.revision FROM schedule_to_notify told WHERE told.schedule = found.schedule
        ) AS revision
        FROM {booking_in_slot_fragment("delivery.slot")} AS found
    ) AS about ON delivery.slot IS NOT NULL
"""  # noqa: S608 (our own words)
# Whether a row of `delivery`, which a row of `alert` reports, needs somebody at :now. What had failed and is replayed
# needs nobody until it is at risk or fails again: it is for another alert then.
NEEDS_SOMEBODY = f"""
    delivery.kind <> 'alert' AND delivery.state <> 'superseded'
    AND (delivery.state <> 'pending' OR alert.cause = 'at_risk')
    AND (delivery.state <> 'sent' OR coalesce(delivery.last_reason, '') IN ('came_back', 'complaint'))
    AND delivery.deadline_at > :now::timestamptz - :matters_after_deadline::interval
    AND (delivery.erased_at IS NULL OR delivery.kind = 'cancelled')
    AND NOT EXISTS (
        SELECT FROM schedule_to_notify told
        WHERE told.schedule = delivery.schedule AND told.revision > delivery.revision
            AND revision_told(told.schedule, told.revision) <> delivery.revision
    )
    AND NOT (delivery.slot IS NOT NULL AND {slot_moved_on_fragment("delivery")})
"""
# Required deliveries that are at risk, have failed or came back, and that nobody was alerted to, locked.
_UNREPORTED = Statement(f"""
    SELECT {_FIELDS} FROM delivery {_ABOUT} WHERE required AND (
        state = 'pending' AND at_risk_alerted_at IS NULL AND at_risk_at <= :now
            AND (last_reason IS NOT NULL OR first_due_at <= :first_due_before)
        OR state = 'pending' AND at_risk_alerted_at IS NULL AND last_reason = 'policy_block'
        OR state = 'pending' AND at_risk_alerted_at IS NULL AND last_reason IN ('came_back', 'complaint')
            AND lease_token IS NULL
        OR state IN ('bounced', 'rejected', 'exhausted') AND failure_alerted_at IS NULL
        OR state = 'sent' AND last_reason IN ('came_back', 'complaint') AND failure_alerted_at IS NULL
    )
    ORDER BY deadline_at, id LIMIT :limit FOR UPDATE OF delivery SKIP LOCKED
""")  # noqa: S608 (our own names)
# The deliveries that an alert reports and that still need somebody, locked.
_REPORTED_BY = Statement(f"""
    SELECT {_FIELDS} FROM delivery CROSS JOIN (SELECT cause FROM alert WHERE id = :alert) AS alert {_ABOUT}
    WHERE delivery.alert = :alert AND {NEEDS_SOMEBODY}
    ORDER BY deadline_at, id FOR UPDATE OF delivery
""")  # noqa: S608 (our own names)
# An alert reports these deliveries now.
_NOTE_REPORTED = Statement("""
    UPDATE delivery SET alert = coalesce(told.alert, delivery.alert),
        at_risk_alerted_at = CASE WHEN state = 'pending' THEN :now ELSE at_risk_alerted_at END,
        failure_alerted_at = CASE WHEN state = 'pending' THEN failure_alerted_at ELSE :now END
    FROM unnest(:ids::uuid[], :alerts::uuid[]) AS told(id, alert) WHERE delivery.id = told.id
""")


async def find(now: datetime) -> list[ReportedDelivery]:
    """Lock and return what nobody was alerted to, the earliest deadline first; `deliveries` says what at risk means.

    What came back of a pending delivery also hides why its tries fail since, which may be a policy.
    """
    return await _UNREPORTED.structs(
        ReportedDelivery, now=now, first_due_before=now - TIME_FOR_A_FIRST_TRY, limit=_LOOK_AT
    )


async def reported_by(alert_id: UUID, now: datetime) -> list[ReportedDelivery]:
    """Lock and return what an alert reports and still needs somebody, the earliest deadline first."""
    return await _REPORTED_BY.structs(
        ReportedDelivery, alert=alert_id, now=now, matters_after_deadline=MATTERS_AFTER_DEADLINE
    )


async def note_reported(alerts: Sequence[tuple[NewAlert, bool]], now: datetime) -> None:
    """Note which alert reports each delivery; one that is not new (False) leaves the deliveries their earlier one."""
    told = [(one, alert.message.alert_id if is_new else None) for alert, is_new in alerts for one in alert.deliveries]
    if told:
        await _NOTE_REPORTED.run(ids=[one for one, _ in told], alerts=[alert for _, alert in told], now=now)


def gathered(found: Sequence[ReportedDelivery], room: int, *, apart: bool) -> list[list[ReportedDelivery]]:
    """Return a list for each alert: every delivery alone if there is room, else the last one for all the others.

    The others are reported together by cause and reason, and, if each recruiter is notified separately (`apart`), by
    recruiter.
    """
    if len(found) <= room:
        return [[one] for one in found]
    rest: dict[tuple[AlertCause, str | None, str | None], list[ReportedDelivery]] = {}
    for one in found[room - 1 :]:
        key = (one.cause, one.last_reason, one.recruiter_email if apart else None)
        rest.setdefault(key, []).append(one)
    return [*([one] for one in found[: room - 1]), *rest.values()]


def by_recruiter(found: Sequence[ReportedDelivery]) -> list[list[ReportedDelivery]]:
    """Return the deliveries of each recruiter, and of none."""
    groups: dict[str | None, list[ReportedDelivery]] = {}
    for one in found:
        groups.setdefault(one.recruiter_email, []).append(one)
    return list(groups.values())


# What these deliveries say.
_MESSAGES = Statement("SELECT id, payload::text FROM delivery WHERE id = ANY(:ids::uuid[])")


async def alerts_about(groups: Sequence[Sequence[ReportedDelivery]]) -> list[NewAlert]:
    """Return an alert for each group, with the values of its first delivery."""
    if not groups:
        return []
    rows = await _MESSAGES.rows(ids=[group[0].id for group in groups])
    payloads = {row["id"]: row["payload"] for row in rows}
    return [_alert_about(group, _values(group[0], payloads[group[0].id])) for group in groups]


def _alert_about(group: Sequence[ReportedDelivery], values: dict[str, Any]) -> NewAlert:
    first, recruiters = group[0], {one.recruiter_email for one in group}
    message = AlertMessage(
        alert_id=db.new_id(),
        cause=first.cause,
        subject=str(first.id),
        channel=first.channel,
        reason=first.last_reason,
        send_to=None,
        schedule_id=first.schedule,
        revision=first.revision,
        trace_id=spans.trace_id_of(first.traceparent),
        about=first.kind,
        deadline_at=first.deadline_at,
        first_due_at=first.first_due_at,
        others=len(group) - 1,
        **values,
    )
    recruiter = first.recruiter_email if len(recruiters) == 1 else None
    origins = tuple(one.origin or "" for one in group[: links.MOST])
    return NewAlert(
        message=message,
        recruiter=recruiter,
        deliveries=tuple(one.id for one in group),
        origins=origins,
        traceparent=first.traceparent,
    )


def _values(about: ReportedDelivery, payload: str) -> dict[str, Any]:
    """Return what an alert repeats of a message; nothing of one that cannot be read: an alert without names is one.

    Of the people in a slot one is named and the others are counted: an erasure of a person finds the alerts about their
    bookings.
    """
    try:
        message = messages.decode(about.kind, payload)
    except (msgspec.MsgspecError, KeyError):
        return {}
    if isinstance(message, InterviewerMessage):
        return {
            "candidate_name": about.attendee or "",
            "more_candidates": about.others or 0,
            "job_title": about.job_title or "",
            "company": about.company or "",
            "starts_at": message.starts_at,
        }
    names = ("candidate_name", "job_title", "company", "starts_at")
    return {name: getattr(message, name) for name in names if isinstance(message, BookingMessage)}
