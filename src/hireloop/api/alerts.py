"""`/api/notifications/alerts/`: what operators are alerted to, whether an alert has reached anyone, and what to do."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from hireloop.access.roles import READS, SCHEDULES, actor_of
from hireloop.api.paging import DEFAULT_LIMIT, After, Limit, Page, page_of
from hireloop.examples import AlertId, DeliveryId, RecordedAt, ScheduleId, StartsAt, Time
from hireloop.notify.deliveries import alert_records
from hireloop.notify.deliveries.alert_records import AlertDeliveryView, AlertFilter, AlertState, AlertView
from hireloop.notify.deliveries.deliveries import mask
from hireloop.notify.messages import AlertCause, Party, party_of
from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling import fields
from hireloop.web.audit_notes import acknowledgement_note
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.json_bodies import EmptyBody


class AlertResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An alert: what it is about, what to do, and whether it has reached anyone."""

    id: AlertId
    cause: Annotated[AlertCause, Meta(examples=["failed"])]
    state: Annotated[AlertState, Meta(examples=["unheard"])]
    schedule: ScheduleId | None
    revision: Annotated[int, Meta(examples=[1])]
    delivery: Annotated[DeliveryId | None, Meta(description="The first delivery that it is about.")]
    channel: Annotated[str, Meta(examples=["email"])]
    about: Annotated[
        str | None, Meta(description="The kind of message that was not delivered.", examples=["invitation"])
    ]
    party: Annotated[
        Party | None,
        Meta(description="Whom that message was for; null if a channel is held.", examples=["candidate"]),
    ]
    others: Annotated[int, Meta(description="The number of other deliveries that it is about.", examples=[0])]
    reason: Annotated[str | None, Meta(examples=["recipient_unknown"])]
    sentence: Annotated[
        str | None, Meta(description="The reason as a sentence.", examples=[Reason.RECIPIENT_UNKNOWN.sentence])
    ]
    next_step: Annotated[NextStep, Meta(examples=["correct_address"])]
    advice: Annotated[
        str, Meta(description="The next step as a sentence.", examples=[NextStep.CORRECT_ADDRESS.sentence])
    ]
    candidate_name: Annotated[str, Meta(examples=["Asha Rao"])]
    more_candidates: Annotated[
        int,
        Meta(description="If it is about a message to an interviewer: how many others are in the slot.", examples=[0]),
    ]
    job_title: Annotated[str, Meta(examples=["Platform Engineer"])]
    company: Annotated[str, Meta(examples=["Acme"])]
    starts_at: StartsAt | None
    created_at: RecordedAt
    unheard_since: RecordedAt | None
    heard_at: Time | None
    acknowledged_at: Time | None
    acknowledged_by: Annotated[str | None, Meta(examples=[None])]
    over_at: Time | None


class AlertDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery by which an alert was sent. The recipient's address is masked."""

    id: DeliveryId
    channel: Annotated[str, Meta(examples=["email"])]
    recipient: Annotated[str, Meta(examples=["r…@example.com"])]
    state: Annotated[DeliveryState, Meta(examples=["rejected"])]
    last_reason: Annotated[str | None, Meta(examples=["recipient_unknown"])]
    last_reply: Annotated[str | None, Meta(examples=["550 5.1.1 No such user"])]
    created_at: RecordedAt
    sent_at: Time | None


class AlertWithDeliveries(AlertResponse, frozen=True, kw_only=True):
    """An alert with the deliveries by which it was sent, in order."""

    deliveries: list[AlertDelivery]


def _response_fields(context: Context, alert: AlertView) -> dict[str, Any]:
    message, step = alert.message, alert.next_step
    return {
        "id": alert.id,
        "cause": alert.cause,
        "state": alert.state,
        "schedule": alert.schedule,
        "revision": alert.revision,
        "delivery": alert.delivery,
        "channel": alert.channel,
        "about": message.about,
        "party": party_of(message.about or ""),
        "others": message.others,
        "reason": alert.reason,
        "sentence": sentence_of(alert.reason) if alert.reason else None,
        "next_step": step,
        "advice": step.sentence,
        "candidate_name": message.candidate_name,
        "more_candidates": message.more_candidates,
        "job_title": message.job_title,
        "company": message.company,
        "starts_at": context.local_or_none(message.starts_at),
        "created_at": context.local(alert.created_at),
        "unheard_since": context.local_or_none(alert.unheard_since),
        "heard_at": context.local_or_none(alert.heard_at),
        "acknowledged_at": context.local_or_none(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
        "over_at": context.local_or_none(alert.over_at),
    }


def _delivery(context: Context, delivery: AlertDeliveryView) -> AlertDelivery:
    return AlertDelivery(
        id=delivery.id,
        channel=delivery.channel,
        recipient=mask(delivery.recipient),
        state=delivery.state,
        last_reason=delivery.last_reason,
        last_reply=delivery.last_reply,
        created_at=context.local(delivery.created_at),
        sent_at=context.local_or_none(delivery.sent_at),
    )


async def _with_deliveries(context: Context, alert_id: UUID) -> AlertWithDeliveries:
    alert, deliveries = await alert_records.find(alert_id)
    return AlertWithDeliveries(
        **_response_fields(context, alert), deliveries=[_delivery(context, delivery) for delivery in deliveries]
    )


@get("/alerts/", opt=READS)
async def list_alerts(
    request: AnyRequest,
    limit: Limit = DEFAULT_LIMIT,
    after: After = None,
    state_: Annotated[AlertState | None, QueryParameter(name="state")] = None,
    cause: FromQuery[AlertCause | None] = None,
    schedule: FromQuery[UUID | None] = None,
    since: FromQuery[fields.Moment | None] = None,
) -> Page[AlertResponse]:
    """List alerts, newest first, filtered by state, cause, booking or age."""
    fields.check_comparable(since=since)
    context = context_of(request)
    only = AlertFilter(state=state_, cause=cause, schedule=schedule, since=since)
    rows = await alert_records.page(only, limit=limit + 1, after=after)
    return page_of(rows, limit=limit, view=lambda row: AlertResponse(**_response_fields(context, row)))


@get("/alerts/{alert_id:uuid}/", opt=READS)
async def get_alert(request: AnyRequest, alert_id: FromPath[UUID]) -> AlertWithDeliveries:
    """Get an alert with the deliveries by which it was sent."""
    return await _with_deliveries(context_of(request), alert_id)


@post("/alerts/{alert_id:uuid}/acknowledge/", status_code=200, opt=SCHEDULES)
async def acknowledge_alert(
    request: AnyRequest,
    alert_id: FromPath[UUID],
    data: JSONBody[EmptyBody | None] = None,  # noqa: ARG001 (checked: it has no fields)
) -> AlertWithDeliveries:
    """Acknowledge an alert. One that has already been acknowledged, or is over, is left unchanged."""
    by = actor_of(request)
    await alert_records.acknowledge(alert_id, by=by.name, note=acknowledgement_note(by))
    return await _with_deliveries(context_of(request), alert_id)


router = Router("/notifications", route_handlers=[list_alerts, get_alert, acknowledge_alert], tags=["notifications"])
