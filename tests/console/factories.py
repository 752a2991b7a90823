"""How the console's API keys and bookings in every state are made: in the database, whose pool must be open."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from factories import OUTBOX, book, make_interview, soon
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from notify.factories import hold

UNKNOWN_MAILBOX = "550 5.1.1 <asha@example.com>: user unknown"


class BookingResult(msgspec.Struct, frozen=True, kw_only=True):
    """One booking, as its page knows it."""

    id: UUID
    session_id: UUID
    slot_id: UUID

    @property
    def path(self) -> str:
        return f"/console/bookings/{self.id}/"


async def key_of(role: Role, name: str = "Rita") -> str:
    """Make an API key."""
    _, key = await api_keys.create(name, role)
    return key


async def booked(
    name: str = "Asha Rao",
    *,
    starts_at: datetime | None = None,
    notes: str = "",
    outbox: Outbox = OUTBOX,
    **candidate: object,
) -> BookingResult:
    """Book an interview, tomorrow unless said otherwise."""
    interview = await make_interview(full_name=name, **candidate)
    made = (await book(interview, starts_at=starts_at or soon(24 * 60), notes=notes, outbox=outbox)).booking
    return BookingResult(id=made.id, session_id=made.session.id, slot_id=made.slot)


async def tried(
    booking: BookingResult,
    state: str,
    *,
    reason: str | None = "recipient_unknown",
    reply: str = UNKNOWN_MAILBOX,
    revision: int = 1,
) -> UUID:
    """Let a try of the booking's invitation have come to this; return the delivery."""
    delivery: UUID = await db.fetch_value(
        """
        WITH settled AS (
            UPDATE delivery SET state = $2, attempt_count = 1, tries = 1, last_reason = $3, last_reply = $4,
                sent_at = CASE WHEN $2 IN ('sent', 'bounced') THEN now() END,
                bounced_at = CASE WHEN $2 = 'bounced' THEN now() END
            WHERE schedule = $1 AND revision = $5 AND required RETURNING id
        ), attempted AS (
            INSERT INTO attempt
                (delivery, number, started_at, finished_at, outcome, reason, phase, code, enhanced_code, reply, worker)
            SELECT id, 1, now(), now(), CASE WHEN $2 = 'sent' THEN 'sent' ELSE 'rejected' END, $3,
                'recipient', 550, '5.1.1', $4, 'tests' FROM settled
        )
        SELECT id FROM settled
        """,
        booking.id,
        state,
        reason,
        reply,
        revision,
    )
    return delivery


async def at_risk(booking: BookingResult, reason: str = "connection_refused") -> UUID:
    """Let time run out for the booking's invitation, which was tried in vain."""
    delivery: UUID = await db.fetch_value(
        """
        UPDATE delivery SET at_risk_at = now() - interval '1 minute', last_reason = $2
        WHERE schedule = $1 AND required RETURNING id
        """,
        booking.id,
        reason,
    )
    return delivery


async def over(name: str, *, hours: float = 1, asked: bool = False) -> BookingResult:
    """Return a booking whose invitation was sent, and which nobody came to so many hours ago."""
    made = await booked(name)
    await tried(made, "sent", reason=None)
    await db.fetch(
        """
        WITH moved AS (
            UPDATE schedule SET starts_at = now() - $2::interval, ends_at = now() - $2::interval + interval '45 minutes'
            WHERE id = $1 RETURNING interview, starts_at
        ), missed AS (
            UPDATE interview SET state = 'no_show', started_at = moved.starts_at FROM moved WHERE id = moved.interview
        )
        UPDATE session SET opens_at = moved.starts_at, closes_at = moved.starts_at + interval '10 minutes',
            late_requested_at = CASE WHEN $3 THEN moved.starts_at + interval '20 minutes' END
        FROM moved WHERE schedule = $1
        """,
        made.id,
        timedelta(hours=hours),
        asked,
    )
    return made


async def failed_check(name: str) -> BookingResult:
    """Return a booking whose candidate was found to have no camera."""
    made = await booked(name)
    await tried(made, "sent", reason=None)
    await sessions.record_device_check(made.session_id, DeviceCheck(camera="NotFoundError", microphone="ok"))
    return made


async def unseen(name: str) -> BookingResult:
    """Return a booking that begins soon, and whose candidate seems not to have seen the invitation."""
    made = await booked(name, starts_at=soon(30))
    await tried(made, "sent", reason=None)
    await db.fetch("UPDATE delivery SET sent_at = now() - interval '1 hour' WHERE schedule = $1", made.id)
    return made


async def unheard(made: BookingResult) -> None:
    """Let the alert about a booking's message have reached nobody for five minutes."""
    await db.fetch(
        """
        WITH put AS (
            INSERT INTO alert
                (id, cause, occasion, schedule, revision, delivery, channel, payload, rank, put_at, unheard_since)
            SELECT gen_random_uuid(), 'at_risk', id::text, schedule, 1, id, channel, '{}', 1, now(),
                now() - interval '5 minutes'
            FROM delivery WHERE schedule = $1 AND required RETURNING id
        )
        UPDATE delivery SET alert = put.id FROM put WHERE schedule = $1
        """,
        made.id,
    )


async def every_kind() -> None:
    """Let there be a booking for each reason to need attention, and one that needs none."""
    await unseen("Unseen")
    await failed_check("Devices")
    await at_risk(await booked("Risky"))
    alarmed = await booked("Unheard")
    await at_risk(alarmed)
    await unheard(alarmed)
    interviewed = await booked("Interviewed")
    await tried(interviewed, "sent", reason=None)
    await interviewer_failed(interviewed)
    await over("Missed")
    await over("Asking", asked=True)
    await tried(await booked("Bounced"), "bounced")
    await tried(await booked("Fine"), "sent", reason=None)


async def interviewer_failed(made: BookingResult) -> None:
    """Let the interviewer of a booking's slot not have been reached."""
    await hold(made.slot_id)
    await db.fetch(
        """
        INSERT INTO delivery (id, slot, revision, kind, occasion, channel, recipient, required, payload,
            payload_version, state, first_due_at, due_at, deadline_at, message_id, traceparent, last_reason, created_at,
            attempt_count, tries)
        SELECT gen_random_uuid(), $1, notice_revision, 'interviewer_invitation', id::text, 'email', interviewer_email,
            true, '{}', 1, 'rejected', now(), now(), now() + interval '1 hour', gen_random_uuid()::text, '',
            'recipient_unknown', now(), 1, 1
        FROM slot WHERE id = $1
        """,
        made.slot_id,
    )


async def entered(booking: BookingResult) -> None:
    """Let the candidate be in the interview."""
    await db.fetch("UPDATE session SET entered_at = now() WHERE id = $1", booking.session_id)


async def held(channel: str, fingerprint: str, reason: str = "auth_refused") -> None:
    """Hold a channel."""
    await db.fetch(
        """
        INSERT INTO channel_health (channel, fingerprint, state, reason, since, next_probe_at)
        VALUES ($1, $2, 'held', $3, now(), now() + interval '1 minute')
        """,
        channel,
        fingerprint,
        reason,
    )


def in_days(days: float) -> datetime:
    return soon(0) + timedelta(days=days)
