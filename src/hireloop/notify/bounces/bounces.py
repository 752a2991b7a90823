"""What a mail that comes back does to its delivery: `sent` may become `bounced`. The SQL is in this file.

Such a mail is anybody's, so it is believed only if it bears a tag that we have signed, or is a report that names a
Message-ID of ours together with the address that it went to. The tag is read before the body: whatever comes to a
genuine tag is recorded (docs/decisions/0051-whatever-comes-to-a-tag-leaves-a-mark.md).
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec
from piccolo.columns import Column

from hireloop import db
from hireloop.errors import NotAReport, ReportOfNothing
from hireloop.notify import ends
from hireloop.notify.bounces import returned, sendings
from hireloop.notify.bounces.reading.causes import reason_of
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction, MailKind
from hireloop.notify.bounces.reading.readable import shortened
from hireloop.notify.bounces.return_path import ReturnPath, delivery_of
from hireloop.notify.bounces.returned import NewReturnedMail, Recorded
from hireloop.notify.bounces.sendings import Sending
from hireloop.notify.ends import End, EndKind
from hireloop.notify.messages import names_erased
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import Delivery, DeliveryState
from hireloop.notify.transports.domains import with_ascii_domain
from hireloop.statements import Statement
from hireloop.telemetry import redaction, spans
from hireloop.telemetry.logs import log

_MOST_NAMED = 20  # deliveries that one report may name
_KEPT_WHOLE = frozenset({MailKind.UNREADABLE, MailKind.FOREIGN, MailKind.REPLY})  # a person must read these


class ReportResult(StrEnum):
    """What was recorded from an email that came back."""

    BOUNCED = "bounced"  # the delivery has come back
    AGAIN = "again"  # that was known already; nothing was written
    DELAYED = "delayed"  # still on its way, and a server has said why
    RETURNED = "returned"  # something came back that only a person can read; it is kept, and somebody is alerted
    COMPLAINT = "complaint"  # the mail was reported as spam; somebody is alerted
    RECORDED = "recorded"  # an answer by a program or a person
    IGNORED = "ignored"  # good news, about an earlier sending, or about a delivery that goes on by itself


class RecordedReport(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery that a report was about, in its current state."""

    delivery: UUID
    state: DeliveryState
    result: ReportResult
    reason: str | None


class _BouncedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    channel: str
    required: bool
    state: DeliveryState
    recipient: str
    message_id: str
    traceparent: str
    last_reason: str | None
    erased_at: datetime | None
    payload: str
    counted_digests: bytes

    @property
    def is_erased(self) -> bool:
        """Whether it named somebody who is erased: what comes back of it may quote it."""
        return self.erased_at is not None or names_erased(self.payload)


class _Reporter(NamedTuple):
    """Who reports with an API key, if anybody, and whether their word is enough where the recipient is not named."""

    name: str | None
    is_enough: bool


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    """What was written from a mail, and the delivery before and after."""

    before: _BouncedDelivery
    after: _BouncedDelivery
    result: ReportResult
    reason: Reason | None


async def record(
    report: DeliveryReport,
    return_path: ReturnPath,
    *,
    mail: bytes = b"",
    vouched: bool = False,
    claimed_by: str | None = None,
    now: datetime | None = None,
) -> RecordedReport:
    """Write down what a mail that came back says of a delivery of ours; the same mail again changes nothing.

    `mail` holds its bytes, of which the beginning is kept if only a person can read it.
    `vouched`: the reporter has signed in and reports it in their own name, so that a Message-ID alone is enough.
    `claimed_by`: the name of the API key that it came with; without our tag it is recorded as that holder's claim, and
    a genuine report replaces it.
    Raises ReportOfNothing if it names no delivery of ours, and NotAReport if it is no report either.
    """
    try:
        reporter = _Reporter(claimed_by, vouched)
        written = await _record(report, return_path, mail, reporter, now=now)
    except (ReportOfNothing, NotAReport):
        log.warning("bounce.unknown", kind=_kind_of(report), status=report.status)
        raise
    row, result, reason = written.before, written.result, written.reason
    spans.record_bounce(
        stored_traceparent=row.traceparent,
        delivery_id=row.id,
        channel=row.channel,
        result=result.value,
        reason=reason,
        status=report.status,
    )
    log.info(
        "bounce.recorded",
        delivery=str(row.id),
        result=result.value,
        kind=_kind_of(report),
        reason=reason,
        status=report.status,
    )
    if DeliveryState.BOUNCED is written.after.state is not row.state:
        ends.say(_end(row, report, reason))
    return RecordedReport(delivery=row.id, state=written.after.state, result=result, reason=written.after.last_reason)


def _end(row: _BouncedDelivery, report: DeliveryReport, reason: Reason | None) -> End:
    said = {"id": row.id, "kind": row.kind, "channel": row.channel, "required": row.required}
    return ends.of_row(
        {**said, "traceparent": row.traceparent}, EndKind.BOUNCED, enhanced_code=report.status, reason=reason
    )


@db.transactional
async def _record(
    report: DeliveryReport, return_path: ReturnPath, mail: bytes, reporter: _Reporter, *, now: datetime | None
) -> _Written:
    """Write what a mail says, and that it came, in one transaction."""
    row, is_tagged = await _named(report, return_path, vouched=reporter.is_enough)
    if row is None:
        raise ReportOfNothing if report.kind in {MailKind.REPORT, MailKind.COMPLAINT} else NotAReport
    report = msgspec.structs.replace(report.about(_addresses_of(row)), reported_by=None if is_tagged else reporter.name)
    if is_tagged and report.kind is MailKind.REPORT and _is_foreign(report, row):
        report = msgspec.structs.replace(report, kind=MailKind.FOREIGN)
    sending = await _sending_of(report, row)
    recorded = await _note(row, _new_mail(report, row, mail, sending), now)
    result, reason = ReportResult.AGAIN, None
    if recorded is not Recorded.KNOWN or not report.digest:  # what is told as data counts by the delivery's state
        result, reason = await _written(report, row, now, sending, is_only_counted=recorded is Recorded.COUNTED)
    return _Written(before=row, after=await _row(row.id) or row, result=result, reason=reason)


async def _note(row: _BouncedDelivery, mail: NewReturnedMail, now: datetime | None) -> Recorded:
    """Note a mail, and count it on the delivery if it is not known."""
    recorded = await returned.note(row.id, mail, counted=row.counted_digests, now=now)
    if recorded is not Recorded.KNOWN:
        counted: dict[Column | str, object] = {Delivery.returned_count: Delivery.returned_count + 1}
        if recorded is Recorded.COUNTED:
            counted[Delivery.counted_digests] = returned.counted_with(row.counted_digests, mail.digest)
        await Delivery.update(counted).where(Delivery.id == row.id)
    return recorded


async def _written(
    report: DeliveryReport,
    row: _BouncedDelivery,
    now: datetime | None,
    sending: Sending | None,
    *,
    is_only_counted: bool,
) -> tuple[ReportResult, Reason | None]:
    """Write what a mail of each kind means for its delivery; return what was written, and the reason.

    `is_only_counted`: so many have come that what only a person can read changes nothing any more.
    """
    match report.kind:
        case MailKind.REPORT if sending is not None:
            return await _reported(report, row, now, sending)
        case MailKind.REPORT if report.action is not MailAction.FAILED:
            return ReportResult.IGNORED, None
        case MailKind.COMPLAINT:
            await _mark(report, row, Reason.COMPLAINT)
            return ReportResult.COMPLAINT, Reason.COMPLAINT
        case MailKind.REPORT | MailKind.UNREADABLE | MailKind.FOREIGN if is_only_counted:
            return ReportResult.RECORDED, None
        case MailKind.REPORT | MailKind.UNREADABLE | MailKind.FOREIGN:
            await _mark(report, row, Reason.CAME_BACK)
            return ReportResult.RETURNED, Reason.CAME_BACK
        case MailKind.AUTO_REPLY | MailKind.RECEIPT | MailKind.CALENDAR_REPLY | MailKind.REPLY:
            return ReportResult.RECORDED, None


async def _reported(
    report: DeliveryReport, row: _BouncedDelivery, now: datetime | None, sending: Sending
) -> tuple[ReportResult, Reason | None]:
    if sending is Sending.EARLIER:
        return ReportResult.IGNORED, None
    if report.action is MailAction.FAILED:
        return await _bounce(report, row, now), reason_of(report)
    if report.action is MailAction.DELAYED and await _delay(report, row):
        return ReportResult.DELAYED, Reason.DELAYED
    return ReportResult.IGNORED, None


def _new_mail(report: DeliveryReport, row: _BouncedDelivery, mail: bytes, sending: Sending | None) -> NewReturnedMail:
    """Return what is kept of a mail; of an erased person's, no words."""
    is_clear = report.kind not in _KEPT_WHOLE and sending is not None
    is_read = is_clear or not mail or row.is_erased
    return NewReturnedMail(
        digest=report.digest or hashlib.sha256(msgspec.json.encode(report)).digest(),
        kind=_kind_of(report),
        excerpt=_kept(report, row),
        kept=None if is_read else returned.kept(mail),
        reported_by=report.reported_by,
    )


def _kind_of(report: DeliveryReport) -> str:
    """Return what came back in one word: what a report says, or else what the mail is."""
    return report.action.value if report.kind is MailKind.REPORT and report.action else report.kind.value


async def _named(
    report: DeliveryReport, return_path: ReturnPath, *, vouched: bool
) -> tuple[_BouncedDelivery | None, bool]:
    """Return the delivery that a mail is about, locked, and whether its tag says so.

    Only a report or a complaint is believed without a tag: by Message-ID and address.
    """
    for delivery_id in return_path.deliveries(report.addressed):
        if (row := await _row(delivery_id)) is not None:
            return row, True
    if report.kind not in {MailKind.REPORT, MailKind.COMPLAINT}:
        return None, False
    named = [delivery_of(message_id) for message_id in report.message_ids[:_MOST_NAMED]]
    for unsigned in dict.fromkeys(ident for ident in named if ident is not None):
        row = await _row(unsigned)
        if row is not None and (_went_to(row, report) or (vouched and not report.recipients)):
            return row, False
    return None, False


def _went_to(row: _BouncedDelivery, report: DeliveryReport) -> bool:
    return not report.recipients.isdisjoint(_addresses_of(row))


def _addresses_of(row: _BouncedDelivery) -> frozenset[str]:
    recipient = row.recipient.lower()
    return frozenset({recipient, with_ascii_domain(recipient) or recipient})  # the second as the mail's To


def _is_foreign(report: DeliveryReport, row: _BouncedDelivery) -> bool:
    """Return whether a report is about somebody else's mail: both its recipients and its Message-IDs say so."""
    if not report.recipients or _went_to(row, report) or not (report.message_ids or report.is_forwarded):
        return False
    return all(delivery_of(message_id) != row.id for message_id in report.message_ids)


async def _sending_of(report: DeliveryReport, row: _BouncedDelivery) -> Sending | None:
    """Return which sending of the delivery a mail is about: by the Message-ID, else by the dates; None: unknown."""
    ours = {message_id.strip("<>") for message_id in report.message_ids if delivery_of(message_id) == row.id}
    if ours:
        is_current = row.message_id.strip("<>").lower() in {message_id.lower() for message_id in ours}
        return Sending.CURRENT if is_current else Sending.EARLIER
    if report.kind is not MailKind.REPORT:
        return Sending.CURRENT  # of an answer or a complaint it makes no difference
    return (await sendings.of_delivery(row.id)).of(report)


async def _row(delivery_id: UUID) -> _BouncedDelivery | None:
    """Return a delivery, locked: of several mails about it one is recorded after the other."""
    row = await (
        Delivery.select(
            Delivery.id,
            Delivery.kind,
            Delivery.channel,
            Delivery.required,
            Delivery.state,
            Delivery.recipient,
            Delivery.message_id,
            Delivery.traceparent,
            Delivery.last_reason,
            Delivery.erased_at,
            Delivery.payload,
            Delivery.counted_digests,
        )
        .where(Delivery.id == delivery_id)
        .lock_rows("UPDATE")
        .first()
    )
    return msgspec.convert(row, _BouncedDelivery) if row else None


# A delivery came back: what it becomes depends on its state, and on whether a try may have handed it over.
_BOUNCE = Statement("""
    UPDATE delivery SET
        state = CASE WHEN state IN ('sent', 'pending') THEN 'bounced' ELSE state END,
        lease_token = NULL, leased_until = NULL,
        sent_at = CASE WHEN state IN ('sent', 'pending') THEN coalesce(sent_at, :now, now()) ELSE sent_at END,
        bounced_at = coalesce(:now, now()), last_reason = :reason, last_reply = :reply,
        reported_by = :reported_by,
        failure_alerted_at = CASE WHEN last_reason IN ('came_back', 'complaint') THEN NULL ELSE failure_alerted_at END
    WHERE id = :delivery AND (
        state = 'sent'
        OR (state = 'pending' AND :is_permanent AND EXISTS (
            SELECT FROM attempt WHERE attempt.delivery = delivery.id AND started_at >= first_due_at
            AND (outcome IS NULL OR outcome IN ('sent', 'lost') OR maybe_accepted)
        ))
        OR (state NOT IN ('sent', 'pending', 'bounced') AND bounced_at IS NULL)
        OR (bounced_at IS NOT NULL AND reported_by IS NOT NULL AND :reported_by::text IS NULL)
    )
    RETURNING state
""")


async def _bounce(report: DeliveryReport, row: _BouncedDelivery, now: datetime | None) -> ReportResult:
    """Write that a delivery came back, in one statement.

    One that is still `pending` has bounced too if a try may have handed it over: the report was quicker than the
    worker that settles, or the reply got lost. Its lease ends. A 4.x.x then says nothing, as tries go on. One that has
    ended otherwise keeps its state, and is told once what came back. A claim gives way to what really came back.
    """
    written = await _BOUNCE.row(
        delivery=row.id,
        now=now,
        reason=reason_of(report).value,
        reply=_kept(report, row) or None,
        reported_by=report.reported_by,
        is_permanent=not (report.status or "5").startswith("4"),
    )
    if written is not None:
        return ReportResult.BOUNCED
    return ReportResult.IGNORED if row.state is DeliveryState.PENDING else ReportResult.AGAIN


async def _delay(report: DeliveryReport, row: _BouncedDelivery) -> bool:
    """Write what a server on the way says of a mail that it still tries to deliver; the delivery stays `sent`."""
    written = await (
        Delivery.update(_said(report, Reason.DELAYED, row))
        .where(
            Delivery.id == row.id,
            Delivery.state == DeliveryState.SENT,
            Delivery.last_reason.is_null() | (Delivery.last_reason == Reason.DELAYED.value),
        )
        .returning(Delivery.id)
    )
    return bool(written)


async def _mark(report: DeliveryReport, row: _BouncedDelivery, reason: Reason) -> None:
    """Write on a delivery what somebody must look at, whose state does not change; a complaint is not overwritten."""
    values = _said(report, reason, row)
    if reason is Reason.COMPLAINT and row.last_reason == Reason.CAME_BACK:
        values[Delivery.failure_alerted_at] = None  # that something came back was told, but not the complaint
    await Delivery.update(values).where(
        Delivery.id == row.id,
        Delivery.state.is_in([DeliveryState.SENT, DeliveryState.PENDING]),
        Delivery.last_reason.is_null() | (Delivery.last_reason != Reason.COMPLAINT.value),
    )


def _said(report: DeliveryReport, reason: Reason, row: _BouncedDelivery) -> dict[Column | str, object]:
    """Return what is written on a delivery of what was said, and who said it."""
    return {
        Delivery.last_reason: reason.value,
        Delivery.last_reply: _kept(report, row) or None,
        Delivery.reported_by: report.reported_by,
    }


def _kept(report: DeliveryReport, row: _BouncedDelivery) -> str:
    """Return the other side's words for the row: they may quote the mail, and so a link, or somebody who is erased."""
    if row.is_erased:
        return ""
    said = f"{report.remote}: {report.diagnostic}" if report.remote else report.diagnostic
    return shortened(redaction.without_links(said))
