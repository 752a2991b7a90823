"""Bookings that need attention for what their candidates did or did not do. Each list is read along an index.

Whether one needs attention as it is now is for `web.bookings.headline` to say: these lists are no narrower.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.scheduling.audit import CANDIDATE
from hireloop.statements import Statement


class WaitingBooking(msgspec.Struct, frozen=True, kw_only=True):
    """A booking in such a list, and the time by which it has its place there."""

    schedule: UUID
    at: datetime


_LIVE = "sc.state <> 'cancelled' AND c.erased_at IS NULL AND se.entered_at IS NULL AND se.revoked_at IS NULL"
_OF_SESSION = "schedule sc ON sc.id = se.schedule JOIN candidate c ON c.id = sc.candidate"
# Bookings whose candidates came too late and ask for another time, in the order in which they asked.
_ASKING = Statement(f"""
    SELECT se.schedule, se.late_requested_at AS at FROM session se JOIN {_OF_SESSION}
    WHERE se.late_requested_at > se.closes_at AND {_LIVE}
      AND se.late_requested_at > coalesce(:now, now()) - :matters::interval
      AND (:after::uuid IS NULL OR (se.late_requested_at, se.schedule) > (:after_at::timestamptz, :after))
    ORDER BY se.late_requested_at, se.schedule LIMIT :limit
""")  # noqa: S608 (our own words)
# Bookings that nobody came to and whose candidates do not ask for another time, the latest first.
_MISSED = Statement(f"""
    SELECT sc.id AS schedule, i.started_at AS at
    FROM interview i JOIN schedule sc ON sc.interview = i.id JOIN session se ON se.schedule = sc.id
        JOIN candidate c ON c.id = sc.candidate
    WHERE i.state = 'no_show' AND i.started_at > coalesce(:now, now()) - :matters::interval - interval '1 day'
      AND se.closes_at > coalesce(:now, now()) - :matters::interval AND {_LIVE}
      AND (se.late_requested_at > se.closes_at) IS NOT TRUE
      AND (:after::uuid IS NULL OR (i.started_at, sc.id) < (:after_at::timestamptz, :after))
    ORDER BY i.started_at DESC, sc.id DESC LIMIT :limit
""")  # noqa: S608 (our own words)
# Bookings that can still be entered and whose candidates' last check of their devices failed, the next one first.
_FAILED_DEVICES = Statement(f"""
    SELECT se.schedule, se.closes_at AS at FROM session se JOIN {_OF_SESSION}
    WHERE se.closes_at >= coalesce(:now, now()) AND {_LIVE}
      AND (se.device_check ->> 'camera' <> 'ok' OR se.device_check ->> 'microphone' <> 'ok')
      AND (:after::uuid IS NULL OR (se.closes_at, se.schedule) > (:after_at::timestamptz, :after))
    ORDER BY se.closes_at, se.schedule LIMIT :limit
""")  # noqa: S608 (our own words)
# Bookings that are near and can still be entered, and whose candidates have neither checked their devices for this time
# nor pressed anything since the last change, in their order.
_UNCHECKED = Statement(f"""
    SELECT sc.id AS schedule, sc.starts_at AS at FROM schedule sc JOIN session se ON se.schedule = sc.id
        JOIN candidate c ON c.id = sc.candidate
    WHERE sc.starts_at > coalesce(:now, now()) - interval '1 day'
      AND sc.starts_at <= coalesce(:now, now()) + :near::interval
      AND se.closes_at >= coalesce(:now, now()) AND {_LIVE}
      AND (se.device_check IS NULL OR (se.device_check ->> 'checked_at')::timestamptz <= (
          SELECT max((past ->> 'at')::timestamptz) FROM jsonb_array_elements(sc.changes) past
          WHERE past ->> 'change' = 'rescheduled'
      ))
      AND NOT EXISTS (
          SELECT FROM jsonb_array_elements(sc.changes) past
          WHERE past ->> 'by' = '{CANDIDATE.name}' AND (past ->> 'revision')::int = sc.revision
      )
      AND (:after::uuid IS NULL OR (sc.starts_at, sc.id) > (:after_at::timestamptz, :after))
    ORDER BY sc.starts_at, sc.id LIMIT :limit
""")  # noqa: S608 (our own words)


async def asking(
    matters: timedelta, *, limit: int, after: WaitingBooking | None, now: datetime | None = None
) -> list[WaitingBooking]:
    """Return at most `limit` bookings whose candidates have asked for another time within `matters`, the first first.

    `after` is the last one of the page before, as in the other lists.
    """
    return await _ASKING.structs(WaitingBooking, matters=matters, limit=limit, now=now, **_place(after))


async def missed(
    matters: timedelta, *, limit: int, after: WaitingBooking | None, now: datetime | None = None
) -> list[WaitingBooking]:
    """Return at most `limit` bookings that nobody came to within `matters`, the latest first."""
    return await _MISSED.structs(WaitingBooking, matters=matters, limit=limit, now=now, **_place(after))


async def failed_devices(
    *, limit: int, after: WaitingBooking | None, now: datetime | None = None
) -> list[WaitingBooking]:
    """Return at most `limit` bookings that lie ahead and whose candidates' last device check failed, in their order."""
    return await _FAILED_DEVICES.structs(WaitingBooking, limit=limit, now=now, **_place(after))


async def unchecked(
    near: timedelta, *, limit: int, after: WaitingBooking | None, now: datetime | None = None
) -> list[WaitingBooking]:
    """Return at most `limit` bookings that begin within `near` and whose candidates did nothing, in order."""
    return await _UNCHECKED.structs(WaitingBooking, near=near, limit=limit, now=now, **_place(after))


def _place(after: WaitingBooking | None) -> dict[str, object]:
    return {"after": after and after.schedule, "after_at": after and after.at}
