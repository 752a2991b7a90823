"""The end of a try, or of a delivery: one line in the log and one count, once the database has it.

A line names a delivery, and neither a recipient nor the other side's words, which may quote one.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from hireloop.notify.messages import AlertMessage
from hireloop.notify.reasons import Reason
from hireloop.telemetry import events, spans
from hireloop.telemetry.logs import log

MOST_LINES = 100  # of one sweep; the others are counted in one line

DeliveryRow = Mapping[str, Any] | asyncpg.Record
LogLevel = Literal["error", "warning", "info"]
_LOUDEST_FIRST: tuple[LogLevel, ...] = ("error", "warning", "info")


class EndKind(StrEnum):
    """How a try ended, or a delivery without one; the event is `delivery.` and this word."""

    SENT = "sent"  # the other side took it
    RETRY = "retry"  # it is due again later
    REJECTED = "rejected"  # the recipient's side refused it
    HELD = "held"  # our own side failed, and the channel is held
    LOST = "lost"  # its worker never settled the try
    RELEASED = "released"  # the try sent nothing, as its worker stopped or its lease had run out
    BOUNCED = "bounced"  # it came back
    EXHAUSTED = "exhausted"  # its time is over, or five tries in a row were lost
    SUPERSEDED = "superseded"  # nobody needs it any more


# The others end a delivery without a try.
_TRIES = frozenset({EndKind.SENT, EndKind.RETRY, EndKind.REJECTED, EndKind.HELD, EndKind.LOST, EndKind.RELEASED})
_ONLY_OF_A_TRY = frozenset({EndKind.RETRY, EndKind.HELD, EndKind.LOST, EndKind.RELEASED})
_BAD = frozenset({EndKind.REJECTED, EndKind.BOUNCED, EndKind.EXHAUSTED})
_NOT_YET = frozenset({EndKind.RETRY, EndKind.LOST})


class End(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of a try or of a delivery, as the log says it."""

    delivery: UUID
    end: EndKind
    kind: str
    channel: str
    required: bool
    route: str | None = None
    attempt: int | None = None  # None: it ended without a try
    phase: str | None = None
    code: int | None = None
    enhanced_code: str | None = None
    reason: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    late: bool = False  # the try's lease was no longer its worker's
    ends_delivery: bool = True  # only a try may leave it pending

    @property
    def level(self) -> LogLevel:
        """Return how loud the line is: an error if somebody depends on what failed, or the channel is held."""
        matters = self.required or self.kind == AlertMessage.kind
        if self.end is EndKind.HELD or (matters and self.end in _BAD):
            return "error"
        return "warning" if matters and self.end in _NOT_YET else "info"


def say(end: End) -> None:
    """Write one line, and count the try and the delivery that have ended."""
    said = msgspec.to_builtins(end)
    said.pop("end")
    said.pop("ends_delivery", None)
    getattr(log, end.level)(f"delivery.{end.end.value}", **said)
    _count(end)


def say_all(ends: Sequence[End]) -> None:
    """Say each of them; of many only `MOST_LINES` have a line, and one more says how many others there are."""
    listed = iter(ends)
    for end in islice(listed, MOST_LINES):
        say(end)
    rest = list(listed)
    for end in rest:
        _count(end)
    loudest: LogLevel = min((end.level for end in rest), key=_LOUDEST_FIRST.index, default="info")
    say_how_many_more(len(rest), sorted({one.end.value for one in rest}), loudest)


def say_how_many_more(deliveries: int, words: Sequence[str], level: LogLevel = "info") -> None:
    """Say in one line what has happened to so many deliveries that have no line of their own, if there are any."""
    if deliveries > 0:
        getattr(log, level)("delivery.not_listed", deliveries=deliveries, ends=words)


def of_row(row: DeliveryRow, end: EndKind, **facts: object) -> End:
    """Return an end from the columns of a delivery: `id`, others as in `End`, `traceparent` for the trace and span."""
    trace_id, span_id = spans.ids_of(str(row.get("traceparent") or ""))
    ids = {"trace_id": trace_id or None, "span_id": span_id or None}
    return msgspec.convert({**ids, **row, "delivery": row["id"], "end": end, **facts}, End)


def of_rows(rows: Iterable[DeliveryRow], end: EndKind, **facts: object) -> list[End]:
    """Return the same end of several deliveries."""
    return [of_row(row, end, **facts) for row in rows]


def of_lost_tries(rows: str) -> list[End]:
    """Return the ends of tries that were never settled, given as JSON; the fifth in a row ends its delivery."""
    return [
        of_row(row, EndKind.EXHAUSTED, reason=Reason.CRASHES_WORKER.value)
        if row["is_given_up"]
        else of_row(row, EndKind.LOST)
        for row in msgspec.json.decode(rows)
    ]


def _count(end: End) -> None:
    if end.end in _TRIES:
        events.record_try(channel=end.channel, outcome=end.end.value, reason=end.reason)
    elif end.attempt is not None:  # the last of the tries that were lost
        events.record_try(channel=end.channel, outcome=EndKind.LOST.value, reason=None)
    if end.ends_delivery and end.end not in _ONLY_OF_A_TRY:
        events.record_end(channel=end.channel, state=end.end.value, reason=end.reason)
