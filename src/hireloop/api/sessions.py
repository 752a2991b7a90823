"""`/api/interviews/sessions/`: what the portal has seen of one booking."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.params import FromPath

from hireloop.api.auth import READS
from hireloop.api.door import door_of
from hireloop.scheduling import sessions


class SessionDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The window, the device check, entry and end of one session."""

    id: UUID
    schedule: UUID
    interview: UUID
    state: str
    key_version: int
    opens_at: datetime
    closes_at: datetime
    device_check: dict[str, str] | None
    entered_at: datetime | None
    left_at: datetime | None
    revoked_at: datetime | None


@get("/{session_id:uuid}/", opt=READS)
async def get_session(request: Request[Any, Any, Any], session_id: FromPath[UUID]) -> SessionDetails:
    """Show one session."""
    visit = await sessions.visit(session_id)
    door = door_of(request)
    return SessionDetails(
        id=visit.session_id,
        schedule=visit.schedule_id,
        interview=visit.interview_id,
        state=visit.state.value,
        key_version=visit.key_version,
        opens_at=door.local(visit.opens_at),
        closes_at=door.local(visit.closes_at),
        device_check=visit.device_check,
        entered_at=door.local_or_none(visit.entered_at),
        left_at=door.local_or_none(visit.left_at),
        revoked_at=door.local_or_none(visit.revoked_at),
    )


router = Router("/interviews/sessions", route_handlers=[get_session], tags=["sessions"])
