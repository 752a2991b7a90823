"""Simulated recipients: an address at `simulated.test` ends as its name says, and no mail leaves this machine.

`.test` is reserved (RFC 6761) and can never be a candidate's. The replies are those that a mail server would give, read
by the same code; `bounced@` is sent, and a report comes back a little later through `bounces.record`. A process
that ends in between loses that report.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress

from hireloop.errors import ReportOfNothing
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading import reports
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.transport import Evidence, Outcome, Parcel, Phase, Transport
from hireloop.notify.transports.replies import outcome_of_failure, outcome_of_reply

DOMAIN = "simulated.test"
BOUNCE_SECONDS = 3.0  # from the acceptance to the report
_REMEMBERED = 10_000  # messages whose first try got another reply


def _reply(phase: Phase, code: int, enhanced_code: str, words: str) -> Evidence:
    reply = f"{enhanced_code} {words} (simulated)"
    return Evidence(phase=phase, code=code, enhanced_code=enhanced_code, reply=reply, host=DOMAIN)


_ACCEPTED = _reply(Phase.REPLY, 250, "2.0.0", "Ok")
_UNKNOWN = _reply(Phase.RECIPIENT, 550, "5.1.1", "There is no such mailbox")
_REPLIES = {
    "sent": _ACCEPTED,
    "bounced": _ACCEPTED,
    "rejected": _UNKNOWN,
    "blocked": _reply(Phase.RECIPIENT, 554, "5.7.1", "Blocked by policy"),
    "full": _reply(Phase.RECIPIENT, 552, "5.2.2", "The mailbox is full"),
    "deferred": _reply(Phase.RECIPIENT, 451, "4.3.0", "Not now, and never"),
}
_FIRST_REPLIES = {
    "greylisted": _reply(Phase.RECIPIENT, 450, "4.7.1", "Greylisted: come back later"),
    "maybe": Evidence(phase=Phase.REPLY, host=DOMAIN),  # the connection drops once the message is over there
}


def is_simulated(outcome: Outcome) -> bool:
    """Say whether a simulated recipient replied: that proves nothing about the channel."""
    return outcome.evidence.host == DOMAIN


class Simulator:
    """Replies for simulated recipients, for all mail channels of one worker; safe to use from many threads."""

    def __init__(self, return_path: ReturnPath, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._return_path, self._clock = return_path, clock
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._reports: deque[tuple[float, bytes]] = deque()
        self._lock = threading.Lock()

    def around(self, transport: Transport) -> Transport:
        """Return a transport that hands everything to `transport` but the mail for simulated recipients."""
        return _Simulated(self, transport)

    def outcome_of(self, parcel: Parcel) -> Outcome:
        """Return what the simulated recipient's server says; `+anything` in the name says nothing."""
        name = parcel.recipient.rpartition("@")[0].partition("+")[0].lower()
        if name in _FIRST_REPLIES:
            if not self._is_new(parcel.message_id):
                return outcome_of_reply(_ACCEPTED)
            first = _FIRST_REPLIES[name]
            return outcome_of_reply(first) if first.code else outcome_of_failure(ConnectionResetError(), first)
        if name == "bounced":
            with self._lock:
                self._reports.append((self._clock() + BOUNCE_SECONDS, _report(parcel)))
        return outcome_of_reply(_REPLIES.get(name, _UNKNOWN))

    async def report(self) -> int:
        """Record the reports that are due and return how many; the worker's chore.

        Raises one of `db.UNAVAILABLE`, and keeps them then.
        """
        recorded = 0
        while self._reports and self._reports[0][0] <= self._clock():
            with suppress(ReportOfNothing):  # such as a trial mail, which has no delivery
                await bounces.record(reports.read(raw := self._reports[0][1]), self._return_path, mail=raw)
            self._reports.popleft()
            recorded += 1
        return recorded

    def _is_new(self, message_id: str) -> bool:
        with self._lock:
            is_new = message_id not in self._seen
            self._seen[message_id] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return is_new


class _Simulated:
    def __init__(self, simulator: Simulator, transport: Transport) -> None:
        self._simulator, self._transport = simulator, transport

    def send(self, parcel: Parcel) -> Outcome:
        if parcel.recipient.rpartition("@")[2].lower() == DOMAIN:
            return self._simulator.outcome_of(parcel)
        return self._transport.send(parcel)


def _report(parcel: Parcel) -> bytes:
    """Return the report that Postfix would send, to the mail's envelope sender."""
    return f"""\
From: MAILER-DAEMON@{DOMAIN}
To: {parcel.envelope_sender or f"nobody@{DOMAIN}"}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="simulated"

--simulated
Content-Type: message/delivery-status

Reporting-MTA: dns; {DOMAIN}

Final-Recipient: rfc822; {parcel.recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; {DOMAIN}
Diagnostic-Code: smtp; 550 5.1.1 There is no such mailbox after all (simulated)

--simulated
Content-Type: text/rfc822-headers

To: {parcel.recipient}
Message-ID: {parcel.message_id}

--simulated--
""".encode()
