"""What is known of a mail that came back, once it was read. Every text in it is the sender's."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

import msgspec


class MailKind(StrEnum):
    """What came back."""

    REPORT = "report"  # a server says what became of our mail
    COMPLAINT = "complaint"  # the recipient, or their provider, calls our mail spam
    AUTO_REPLY = "auto_reply"  # an out-of-office notice, or another automatic answer
    RECEIPT = "receipt"  # our mail was displayed, or deleted unread
    CALENDAR_REPLY = "calendar_reply"  # a calendar has accepted or declined the invitation
    REPLY = "reply"  # a person has answered
    FOREIGN = "foreign"  # a report about somebody else's mail
    UNREADABLE = "unreadable"  # a mail server's mail that says nothing which can be read


class MailAction(StrEnum):
    """What happened to a mail according to a report (RFC 3464, 2.3.3), the most serious first."""

    FAILED = "failed"
    DELAYED = "delayed"
    EXPANDED = "expanded"
    RELAYED = "relayed"
    DELIVERED = "delivered"


_GRAVEST_FIRST = list(MailAction)


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, what it says, and what it is known by: believe none of it before it is checked."""

    kind: MailKind = MailKind.REPORT
    action: MailAction | None = None  # of a report alone
    status: str | None = None  # RFC 3463, such as 5.1.1; the remote server's own, if it gave one
    code: int | None = None  # SMTP's, if the remote server's words contain one
    diagnostic: str = ""  # the other side's words, at most 1 KiB, on one line
    remote: str | None = None  # the server that said them
    recipients: frozenset[str] = frozenset()  # addresses that the mail was for, in lower case
    addressed: str = ""  # texts in which the tagged address may occur
    message_ids: tuple[str, ...] = ()
    is_forwarded: bool = False  # a report that stands in a mail which is no mail server's
    digest: bytes = b""  # the same for the same mail
    reported_by: str | None = None  # the name of the API key whose holder claims it; None: it came back to us
    each: tuple["DeliveryReport", ...] = ()  # what it says of each of several recipients
    mailed_at: datetime | None = None  # when the mail was written that came back, by the clock of its sender
    arrived_at: datetime | None = None  # when it came to the server that reports, or to the first one on its way
    reported_at: datetime | None = None  # when the report was written

    def about(self, addresses: AbstractSet[str]) -> "DeliveryReport":
        """Return the report with what it says of these addresses, in lower case; as it is if it names none of them."""
        ours = gravest([one for one in self.each if not one.recipients.isdisjoint(addresses)])
        if ours is None:
            return self
        return msgspec.structs.replace(
            self,
            action=ours.action,
            status=ours.status,
            code=ours.code,
            diagnostic=ours.diagnostic,
            remote=ours.remote,
            each=(),
        )


def gravest(reports: Iterable[DeliveryReport]) -> DeliveryReport | None:
    """Return the report of what is most serious, the first of several; None of none."""
    return min(reports, key=lambda report: _GRAVEST_FIRST.index(report.action or MailAction.DELIVERED), default=None)
