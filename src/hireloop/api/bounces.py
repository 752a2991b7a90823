"""`POST /api/notifications/bounces/`: report a bounced mail, as a bounce report or as a provider's webhook."""

from typing import Annotated

import msgspec
from litestar import Router, post
from litestar.exceptions import HTTPException
from msgspec import Meta

from hireloop import errors
from hireloop.access.roles import SCHEDULES, actor_of
from hireloop.api.documented import reads, refuses
from hireloop.examples import EXAMPLE_MESSAGE_ID, DeliveryId
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.bounces import ReportResult
from hireloop.notify.bounces.reading import readable, reports
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling import fields
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.json_bodies import decoded

_REPORT, _JSON = "message/rfc822", "application/json"


class NewBounce(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a mail provider reports about a mail."""

    message_id: Annotated[str, Meta(min_length=1, max_length=998, examples=[EXAMPLE_MESSAGE_ID])]
    action: MailAction = MailAction.FAILED
    status: Annotated[str, Meta(pattern=r"^[245]\.[0-9]{1,3}\.[0-9]{1,3}$(?!\n)", examples=["5.1.1"])] | None = None
    diagnostic: Annotated[fields.Text, Meta(examples=["550 5.1.1 No such user"])] = ""
    recipient: Annotated[fields.Address | None, Meta(examples=["asha@example.com"])] = None


class BounceResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of the delivery, and what was recorded from the email."""

    delivery: DeliveryId
    state: Annotated[DeliveryState, Meta(examples=["bounced"])]
    result: Annotated[ReportResult, Meta(examples=["bounced"])]
    last_reason: Annotated[str | None, Meta(examples=["recipient_refused"])]


@post(
    "/bounces/", opt=SCHEDULES | reads({_JSON: NewBounce, _REPORT: bytes}) | refuses(errors.NotFound), status_code=200
)
async def take_bounce(request: AnyRequest) -> BounceResponse:
    """Report a bounce: either the complete email as `message/rfc822`, or a provider's data about one email as JSON.

    Any email to the signed return address of a delivery is recorded. Any other must be a report or a complaint that
    names both the Message-ID and the recipient of a delivery. JSON must match by `message_id`, and by `recipient` if it
    is given. `action` defaults to `failed`. Without the signed return address, the report is recorded as the claim of
    the API key's holder: `reported_by` of the delivery is the name of the key.
    """
    kind = request.content_type[0]
    if kind not in {_REPORT, _JSON}:
        raise HTTPException(f"The body must be {_REPORT} or {_JSON}.", status_code=415)
    return_path, claimed_by = ReturnPath.of(context_of(request).settings), actor_of(request).name
    if kind == _REPORT:
        mail = await request.body()
        recorded = await bounces.record(reports.read(mail), return_path, mail=mail, claimed_by=claimed_by)
    else:
        said = _said(await decoded(request, NewBounce))
        recorded = await bounces.record(said, return_path, vouched=True, claimed_by=claimed_by)
    return BounceResponse(
        delivery=recorded.delivery,
        state=recorded.state,
        result=recorded.result,
        last_reason=recorded.reason,
    )


def _said(new: NewBounce) -> DeliveryReport:
    recipient = fields.spelling("recipient", new.recipient) if new.recipient else new.recipient
    return DeliveryReport(
        action=new.action,
        status=new.status,
        code=reports.code_of(new.diagnostic),
        diagnostic=readable.shortened(new.diagnostic),
        recipients=frozenset({recipient.lower()} if recipient else ()),
        message_ids=(new.message_id,),
    )


router = Router("/notifications", route_handlers=[take_bounce], tags=["notifications"])
