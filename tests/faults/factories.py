"""How the bookings of the fault tests, and the keys of who books, are made."""

from datetime import datetime
from typing import Any
from uuid import UUID

import factories
from factories import soon
from faults.scene import wake_workers
from hireloop.access import api_keys
from hireloop.access.tables import Role


async def book(
    *,
    starts_at: datetime | None = None,
    interview: UUID | None = None,
    **candidate: Any,  # noqa: ANN401 (each field has its own type)
) -> UUID:
    """Book as the API does, for tomorrow unless told otherwise, wake-up included; return the delivery's id."""
    booked = await factories.book(interview, starts_at=starts_at or soon(24 * 60), **candidate)
    await wake_workers()
    return booked.deliveries[0].id


async def new_key() -> str:
    """Return a recruiter's API key; the pool must be open."""
    return (await api_keys.create("bookers", Role.RECRUITER))[1]
