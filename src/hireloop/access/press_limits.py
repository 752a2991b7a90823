"""How often a link may be pressed: as often as a person would, so that nobody keeps the server busy with one link.

The limits are in the database, and so for all server processes together. They are far above what a candidate does, and
what a script sends is counted apart from what is pressed.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hireloop import errors
from hireloop.notify.rate_limit import RateLimit, pay_fragment, wait_seconds
from hireloop.statements import Statement
from hireloop.telemetry import events


class PressKind(StrEnum):
    """What is counted apart."""

    DEVICES = "devices"  # the script reports what the browser found
    ACT = "act"  # a person has pressed something
    BEAT = "beat"  # the script says that its tab is still in the interview


_A_MINUTE = {PressKind.DEVICES: 30, PressKind.ACT: 60, PressKind.BEAT: 30}
_KEYS = {"session": ":session", "kind": ":kind"}
# One press is paid for, where that is possible now; else how far what is paid for runs ahead.
_PAY = Statement(pay_fragment("press_rate", _KEYS, now="coalesce(:now, now())", burst=":burst", interval=":interval"))
# Of sessions that nobody has pressed anything of lately.
_FORGET = Statement("""
    WITH forgotten AS (
        DELETE FROM press_rate WHERE paid_until <= coalesce(:now, now()) - interval '1 hour' RETURNING 1
    )
    SELECT count(*) FROM forgotten
""")


async def pay(session_id: UUID, kind: PressKind, *, now: datetime | None = None) -> None:
    """Pay for one press behind a session's link, in one statement; raises TooManyPresses, with the seconds to wait."""
    limit = RateLimit.of_whole_minutes(_A_MINUTE[kind])
    row = await _PAY.row(session=session_id, kind=kind.value, now=now, burst=limit.burst, interval=limit.interval)
    if row is None or not row["is_paid"]:
        events.record_limit("presses", "refused")
        raise errors.TooManyPresses(retry_after_seconds=wait_seconds(row["ahead"] if row else None, limit))


async def forget_old(*, now: datetime | None = None) -> int:
    """Delete what is free again, and return how many rows that were."""
    forgotten: int = await _FORGET.value(now=now)
    return forgotten
