"""What an open page follows: where a session stands now, and which of its candidate's tabs is in the interview.

A tab has a random id of its own. The one that pressed Start or Take over holds a lease, which it renews; reading
changes nothing.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column

from hireloop import db
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import LEASE, SessionState
from hireloop.scheduling.tables import ScheduleState, Session
from hireloop.statements import Statement, as_structs


class FollowedSession(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands at `now`, by the database's clock; nothing of it says who the candidate is."""

    session_id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    revoked_at: datetime | None
    late_requested_at: datetime | None
    schedule_state: ScheduleState
    revision: int
    starts_at: datetime
    ends_at: datetime
    is_erased: bool
    active_client: UUID | None
    active_until: datetime | None
    now: datetime

    @property
    def state(self) -> SessionState:
        """The state of the session at `now`."""
        return sessions.state_of(
            now=self.now,
            closes_at=self.closes_at,
            entered_at=self.entered_at,
            left_at=self.left_at,
            revoked_at=self.revoked_at,
        )


# Where these sessions stand.
_LIVE = Statement("""
    SELECT se.id AS session_id, se.key_version, se.opens_at, se.closes_at, se.entered_at, se.left_at, se.revoked_at,
        se.late_requested_at, sc.state AS schedule_state, sc.revision, sc.starts_at, sc.ends_at,
        c.erased_at IS NOT NULL AS is_erased, se.active_client, se.active_until, coalesce(:now, now()) AS now
    FROM session se JOIN schedule sc ON sc.id = se.schedule JOIN candidate c ON c.id = sc.candidate
    WHERE se.id = ANY(:sessions::uuid[])
""")


async def read(session_ids: Collection[UUID], *, now: datetime | None = None) -> dict[UUID, FollowedSession]:
    """Return where these sessions stand, by their ids; those that there are not are left out. Changes nothing."""
    rows = await _LIVE.rows(sessions=list(session_ids), now=now)
    return {one.session_id: one for one in as_structs(rows, FollowedSession)}


@db.transactional
async def take_over(session_id: UUID, key_version: int, client: UUID, *, now: datetime | None = None) -> bool:
    """Make this tab the one that is in the interview, and return whether it could be: it goes on, and is theirs."""
    lease: dict[Column | str, Any] = {
        Session.active_client: client,
        Session.active_until: db.sql_now(now, offset=LEASE),
    }
    taken = await (
        Session.update(lease)
        .where(
            Session.id == session_id,
            Session.key_version == key_version,
            Session.entered_at.is_not_null(),
            Session.left_at.is_null(),
            Session.revoked_at.is_null(),
        )
        .returning(Session.id)
    )
    if not taken:
        return False
    announcements.announce([session_id])
    return True


async def renew(session_id: UUID, client: UUID, *, now: datetime | None = None) -> None:
    """Prolong the lease of the tab that has it, also one that has run out meanwhile; nobody else's."""
    until = db.sql_now(now, offset=LEASE)
    await Session.update({Session.active_until: until}).where(
        Session.id == session_id, Session.active_client == client, Session.left_at.is_null()
    )


def holder_at(session: FollowedSession, now: datetime) -> UUID | None:
    """Return which tab is known to be in the interview at this moment; pure."""
    return session.active_client if session.active_until and session.active_until > now else None


def at(session: FollowedSession, now: datetime) -> FollowedSession:
    """Return the session as the clock alone makes it at this moment; pure."""
    return msgspec.structs.replace(session, now=now)
