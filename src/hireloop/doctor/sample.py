"""A real invitation with sample values, clearly marked as a test; the portal refuses its link."""

import secrets
from datetime import UTC, datetime, timedelta

from msgspec import structs

from hireloop import db
from hireloop.notify.messages import InvitationMessage
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail.email import from_address
from hireloop.settings import Settings

MARK = "[Test]"

_IN = timedelta(days=1)
_LENGTH = timedelta(minutes=45)
_NOTES = (
    "This is a test of the mail settings, sent by `hireloop send-test`. There is no interview; the link is invalid."
)


def invitation(settings: Settings, recipient: str, *, url: str = "", now: datetime | None = None) -> Parcel:
    """Return an invitation to `recipient` for an interview that there is not, a day from now.

    `url` is the mail URL that it is for, by default that of the first provider.

    It needs neither a database nor SECRET_KEY: its session key is signed with a secret that nobody keeps.
    """
    starts_at = (now or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0) + _IN
    parcel = Renderer.of(settings, secret=secrets.token_urlsafe(32), sender=from_address(settings, url)).render(
        _message(settings, recipient, starts_at),
        recipient=recipient,
        message_id=f"<{db.new_id()}@{settings.message_id_domain}>",
    )
    return structs.replace(parcel, subject=f"{MARK} {parcel.subject}", envelope_sender=settings.bounce_address or None)


def _message(settings: Settings, recipient: str, starts_at: datetime) -> InvitationMessage:
    return InvitationMessage(
        schedule_id=db.new_id(),
        revision=1,
        candidate_name="Test Candidate",
        candidate_email=recipient,
        time_zone=None,
        locale=None,
        job_title="Test Engineer (a test)",
        company="Example Labs",
        recruiter_email=None,
        starts_at=starts_at,
        ends_at=starts_at + _LENGTH,
        session_id=db.new_id(),
        key_version=1,
        opens_at=starts_at - timedelta(seconds=settings.portal_early_seconds),
        closes_at=starts_at + timedelta(seconds=settings.portal_late_seconds),
        booking_notes=_NOTES,
    )
