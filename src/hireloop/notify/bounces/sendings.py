"""Which sending a report is about, if it names a delivery that was replayed, but no Message-ID of it.

The tag names the delivery, not the sending, and an old report may come long after a replay. The SQL is in this file.
"""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

import msgspec

from hireloop.notify.bounces.reading.delivery_report import DeliveryReport
from hireloop.statements import Statement

_OUR_CLOCKS = timedelta(seconds=5)  # between those of a worker and of the database
_OTHERS_CLOCKS = timedelta(hours=1)  # between ours and that of a mail server


class Sending(Enum):
    """Which sending of a delivery a report is about."""

    EARLIER = "earlier"  # one before the last replay
    CURRENT = "current"


class Sendings(msgspec.Struct, frozen=True, kw_only=True):
    """When a mail server may have taken a delivery: the last time before its replay, and the first time since."""

    earlier: datetime | None
    current: datetime | None

    def of(self, report: DeliveryReport) -> Sending | None:
        """Return which of them a report is about; None if nothing in it says so.

        The date of the returned mail is by our own clock. The server's clock may be wrong, and the date of the report
        itself only shows that a sending is too new for it.
        """
        if self.earlier is None:
            return Sending.CURRENT
        if self.current is None:
            return Sending.EARLIER
        for date, tolerance in ((report.mailed_at, _OUR_CLOCKS), (report.arrived_at, _OTHERS_CLOCKS)):
            if date is None:
                continue
            if date < self.current - tolerance:
                return Sending.EARLIER
            if date > self.earlier + tolerance:
                return Sending.CURRENT
        if report.reported_at is not None and report.reported_at < self.current - _OTHERS_CLOCKS:
            return Sending.EARLIER
        return None


# When a server may have taken a delivery: before its last replay, and since.
_SENDINGS = Statement("""
    SELECT max(coalesce(finished_at, started_at)) FILTER (WHERE started_at < first_due_at) AS earlier,
        min(started_at) FILTER (WHERE started_at >= first_due_at) AS current
    FROM attempt JOIN delivery ON delivery.id = attempt.delivery
    WHERE delivery = :delivery AND (outcome IS NULL OR outcome IN ('sent', 'lost') OR maybe_accepted)
""")


async def of_delivery(delivery: UUID) -> Sendings:
    """Return when a mail server may have taken a delivery."""
    (sendings,) = await _SENDINGS.structs(Sendings, delivery=delivery)
    return sendings
