"""Which sessions have changed is said once the change is committed, and never if it is undone."""

from collections.abc import Collection
from uuid import UUID

import pytest

from factories import book
from hireloop import db, errors
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings import announcements, cancellations, confirmations
from portal.factories import OUTBOX

pytestmark = pytest.mark.usefixtures("database")


async def test_a_change_is_heard_once_it_is_committed_and_not_by_who_has_gone() -> None:
    booking = (await book(outbox=OUTBOX)).booking
    heard: list[UUID] = []

    def hear(sessions: Collection[UUID]) -> None:
        heard.extend(sessions)

    with announcements.heard_by(hear):
        async with db.DB.transaction():
            await confirmations.confirm(booking.id, by=CANDIDATE, outbox=OUTBOX)
            assert heard == []
        assert set(heard) == {booking.session.id}
        heard.clear()
        with pytest.raises(errors.ScheduleCancelled):
            await cancel_twice(booking.id)
        assert heard == []
    await cancellations.cancel(booking.id, by=CANDIDATE, reason="", outbox=OUTBOX)
    assert heard == []


@db.transactional
async def cancel_twice(schedule: UUID) -> None:
    await cancellations.cancel(schedule, by=CANDIDATE, reason="", outbox=OUTBOX)
    await confirmations.confirm(schedule, by=CANDIDATE, outbox=OUTBOX)
