"""What a report about a mail does to its delivery: `sent` becomes `bounced`. The SQL is in this file.

A report is anybody's mail, so it is believed only if it bears a tag that we have signed, or names a Message-ID of ours
together with the address that it went to (docs/decisions/0024-a-bounce-is-believed-by-its-signature.md).
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from hireloop.errors import ReportOfNothing
from hireloop.notify.bounces.reports import DeliveryReport, MailAction, shortened
from hireloop.notify.bounces.return_path import ReturnPath, delivery_of
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import Delivery, DeliveryState
from hireloop.notify.transport import Evidence, Phase, Rejected, Retry
from hireloop.notify.transports.domains import with_ascii_domain
from hireloop.notify.transports.replies import outcome_of_reply
from hireloop.statements import Statement
from hireloop.telemetry import redaction, spans
from hireloop.telemetry.logs import log

_MOST_NAMED = 20  # deliveries that one report may name

# What a report can make of `outcome_of_reply`; its other outcomes are about us and the server that we talk to.
_OF_THE_RECIPIENT: dict[str, Reason] = {
    reason.value: reason
    for reason in (
        Reason.RECIPIENT_UNKNOWN,
        Reason.MAILBOX_DISABLED,
        Reason.MAILBOX_FULL,
        Reason.MESSAGE_TOO_LARGE,
        Reason.POLICY_BLOCK,
        Reason.SENDER_REFUSED,
    )
}
_NO_SUCH_ROUTE = "5.4.4"  # so Postfix calls a domain that does not exist


class ReportResult(StrEnum):
    """What was recorded from a report."""

    BOUNCED = "bounced"  # the delivery has come back
    AGAIN = "again"  # that was known already; nothing was written
    DELAYED = "delayed"  # still on its way, and a server has said why
    IGNORED = "ignored"  # good news, about an earlier sending, or about a delivery that goes on by itself


class RecordedReport(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery that a report was about, in its current state."""

    delivery: UUID
    state: DeliveryState
    result: ReportResult
    reason: str | None


class _BouncedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    state: DeliveryState
    recipient: str
    message_id: str
    traceparent: str
    last_reason: str | None


async def record(
    report: DeliveryReport, return_path: ReturnPath, *, vouched: bool = False, now: datetime | None = None
) -> RecordedReport:
    """Write down what a report says of a delivery of ours; the same report again changes nothing.

    `vouched`: the reporter has signed in and reports it in their own name, so that a Message-ID alone is enough.
    Raises ReportOfNothing if it names no delivery of ours.
    """
    row = await _named(report, return_path, vouched=vouched)
    if row is None:
        log.warning("bounce.unknown", action=report.action.value, status=report.status)
        raise ReportOfNothing
    result, reason = ReportResult.IGNORED, None
    if not _is_of_an_earlier_sending(report, row):
        if report.action is MailAction.FAILED:
            result, reason = await _bounce(report, row, now), reason_of(report)
        elif report.action is MailAction.DELAYED and await _delay(report, row):
            result, reason = ReportResult.DELAYED, Reason.DELAYED
    spans.record_bounce(
        stored_traceparent=row.traceparent, delivery_id=row.id, result=result.value, reason=reason, status=report.status
    )
    log.info("bounce.recorded", delivery=str(row.id), result=result.value, reason=reason, status=report.status)
    after = await _row(row.id) or row
    return RecordedReport(delivery=row.id, state=after.state, result=result, reason=after.last_reason)


def reason_of(report: DeliveryReport) -> Reason:
    """Return what a report of failure says, as the reason that the same words had had in a try."""
    if report.status == _NO_SUCH_ROUTE:
        return Reason.RECIPIENT_UNKNOWN
    klass = (report.status or "5")[:1]
    evidence = Evidence(
        phase=Phase.RECIPIENT, code=report.code or (450 if klass == "4" else 550), enhanced_code=report.status
    )
    outcome = outcome_of_reply(evidence)
    if isinstance(outcome, Rejected | Retry):
        if outcome.reason in _OF_THE_RECIPIENT:
            return _OF_THE_RECIPIENT[outcome.reason]
        if isinstance(outcome, Rejected) and report.code is not None:
            return Reason.RECIPIENT_REFUSED
    return Reason.BOUNCED


async def _named(report: DeliveryReport, return_path: ReturnPath, *, vouched: bool) -> _BouncedDelivery | None:
    """Return the delivery that a report is about: by its tag, else by Message-ID and address."""
    for delivery_id in return_path.deliveries(report.addressed):
        if (row := await _row(delivery_id)) is not None:
            return row
    named = [delivery_of(message_id) for message_id in report.message_ids[:_MOST_NAMED]]
    for unsigned in dict.fromkeys(ident for ident in named if ident is not None):
        row = await _row(unsigned)
        if row is not None and (_went_to(row, report) or (vouched and not report.recipients)):
            return row
    return None


def _went_to(row: _BouncedDelivery, report: DeliveryReport) -> bool:
    recipient = row.recipient.lower()
    return not report.recipients.isdisjoint({recipient, with_ascii_domain(recipient)})  # the second as the mail's To


def _is_of_an_earlier_sending(report: DeliveryReport, row: _BouncedDelivery) -> bool:
    """Whether the report names another Message-ID of this delivery, which was sent again since."""
    ours = {message_id.strip("<>") for message_id in report.message_ids if delivery_of(message_id) == row.id}
    return bool(ours) and row.message_id.strip("<>").lower() not in {message_id.lower() for message_id in ours}


async def _row(delivery_id: UUID) -> _BouncedDelivery | None:
    row = await (
        Delivery.select(
            Delivery.id,
            Delivery.state,
            Delivery.recipient,
            Delivery.message_id,
            Delivery.traceparent,
            Delivery.last_reason,
        )
        .where(Delivery.id == delivery_id)
        .first()
    )
    return msgspec.convert(row, _BouncedDelivery) if row else None


# A delivery came back: what it becomes depends on its state, and on whether a try may have handed it over.
_BOUNCE = Statement("""
    UPDATE delivery SET
        state = CASE WHEN state IN ('sent', 'pending') THEN 'bounced' ELSE state END,
        lease_token = NULL, leased_until = NULL,
        sent_at = CASE WHEN state IN ('sent', 'pending') THEN coalesce(sent_at, :now, now()) ELSE sent_at END,
        bounced_at = coalesce(:now, now()), last_reason = :reason, last_reply = :reply
    WHERE id = :delivery AND (
        state = 'sent'
        OR (state = 'pending' AND :is_permanent AND EXISTS (
            SELECT FROM attempt WHERE attempt.delivery = delivery.id AND started_at >= first_due_at
            AND (outcome IS NULL OR outcome IN ('sent', 'lost') OR maybe_accepted)
        ))
        OR (state NOT IN ('sent', 'pending', 'bounced') AND bounced_at IS NULL)
    )
    RETURNING state
""")


async def _bounce(report: DeliveryReport, row: _BouncedDelivery, now: datetime | None) -> ReportResult:
    """Write that a delivery came back, in one statement.

    One that is still `pending` has bounced too if a try may have handed it over: the report was quicker than the
    worker that settles, or the reply got lost. Its lease ends. A 4.x.x then says nothing, as tries go on. One that has
    ended otherwise keeps its state, and is told once what came back.
    """
    written = await _BOUNCE.row(
        delivery=row.id,
        now=now,
        reason=reason_of(report).value,
        reply=_kept(report),
        is_permanent=not (report.status or "5").startswith("4"),
    )
    if written is not None:
        return ReportResult.BOUNCED
    return ReportResult.IGNORED if row.state is DeliveryState.PENDING else ReportResult.AGAIN


async def _delay(report: DeliveryReport, row: _BouncedDelivery) -> bool:
    """Write what a server on the way says of a mail that it still tries to deliver; the delivery stays `sent`."""
    written = await (
        Delivery.update({Delivery.last_reason: Reason.DELAYED.value, Delivery.last_reply: _kept(report)})
        .where(Delivery.id == row.id, Delivery.state == DeliveryState.SENT)
        .returning(Delivery.id)
    )
    return bool(written)


def _kept(report: DeliveryReport) -> str:
    """Return the other side's words for the row: they may quote the mail, and so a link."""
    said = f"{report.remote}: {report.diagnostic}" if report.remote else report.diagnostic
    return shortened(redaction.without_links(said))
