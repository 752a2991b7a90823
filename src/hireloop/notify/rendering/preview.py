"""A sample of every kind of message, and the files in which a person can look at one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.mail_addresses import Sender
from hireloop.notify import messages
from hireloop.notify.messages import AlertCause, CopiedChange
from hireloop.notify.no_show import NoShowCause
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail import mime

STARTS_AT = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
SENT_AT = STARTS_AT - timedelta(days=1)
_HOUR = timedelta(hours=1)
_SCHEDULE = UUID("01939f6e-7b00-7000-8000-000000000001")
_SESSION = UUID("01939f6e-7b00-7000-8000-000000000002")
_DELIVERY = UUID("01939f6e-7b00-7000-8000-000000000003")
_ALERT = UUID("01939f6e-7b00-7000-8000-000000000004")
_SLOT = UUID("01939f6e-7b00-7000-8000-000000000005")
_OTHER_SCHEDULE = UUID("01939f6e-7b00-7000-8000-000000000006")
_RECIPIENTS = {
    messages.Audience.CANDIDATE: "asha.rao@example.com",
    messages.Audience.INTERVIEWER: "ivan.petrov@example.com",
    messages.Audience.RECRUITERS: "rita@example.com",
    messages.Audience.OPERATORS: "operations@example.com",
}
_PERSON = {
    "schedule_id": _SCHEDULE,
    "revision": 1,
    "candidate_name": "Asha Rao",
    "job_title": "Backend Engineer",
    "company": "Example Labs",
    "starts_at": STARTS_AT,
}
_BOOKING = _PERSON | {
    "candidate_email": _RECIPIENTS[messages.Audience.CANDIDATE],
    "time_zone": None,
    "recruiter_email": _RECIPIENTS[messages.Audience.RECRUITERS],
    "ends_at": STARTS_AT + _HOUR,
}
_INVITATION = _BOOKING | {
    "session_id": _SESSION,
    "key_version": 1,
    "opens_at": STARTS_AT - timedelta(seconds=30),
    "closes_at": STARTS_AT + timedelta(minutes=10),
    "booking_notes": "Please have a project at hand that you would like to show.",
    "interviewer_name": "Ivan Petrov",
}
_ASHA = messages.Attendee(
    schedule_id=_SCHEDULE,
    name="Asha Rao",
    email="asha.rao@example.com",
    job_title="Backend Engineer",
    company="Example Labs",
    coding_language="python",
    has_resume=True,
    booking_notes="Please have a project at hand that you would like to show.",
)
_BEN = messages.Attendee(
    schedule_id=_OTHER_SCHEDULE,
    name="Ben Kim",
    email="ben.kim@example.com",
    job_title="Backend Engineer",
    company="Example Labs",
)
_SLOT_NOTICE: dict[str, object] = {
    "slot_id": _SLOT,
    "revision": 1,
    "interviewer_email": _RECIPIENTS[messages.Audience.INTERVIEWER],
    "interviewer_name": "Ivan Petrov",
    "starts_at": STARTS_AT,
    "ends_at": STARTS_AT + _HOUR,
    "attendees": [_ASHA],
    "recruiter_email": _RECIPIENTS[messages.Audience.RECRUITERS],
}
_MISSED = {
    "schedule_id": _SCHEDULE,
    "revision": 1,
    "candidate_name": "Asha Rao",
    "candidate_email": _RECIPIENTS[messages.Audience.CANDIDATE],
    "job_title": "Backend Engineer",
    "company": "Example Labs",
    "cause": NoShowCause.NOT_DELIVERED,
    "failure": Reason.RECIPIENT_UNKNOWN.value,
}
_VALUES: dict[str, dict[str, object]] = {
    "invitation": _INVITATION,
    "rescheduled": _INVITATION
    | {"revision": 2, "previous_starts_at": STARTS_AT - 25 * _HOUR, "reason": "The interviewer is travelling."},
    "cancelled": _BOOKING | {"revision": 2, "reason": "The position has been filled."},
    "reminder": _INVITATION | {"lead": "24h"},
    "recruiter_copy": _BOOKING | {"change": CopiedChange.BOOKED, "by": "careers site"},
    "late_request": _BOOKING | {"asked_at": STARTS_AT + timedelta(minutes=12)},
    "interviewer_invitation": _SLOT_NOTICE,
    "interviewer_update": _SLOT_NOTICE | {"revision": 2, "attendees": [_ASHA, _BEN]},
    "interviewer_cancelled": _SLOT_NOTICE | {"revision": 3},
    "interviewer_reminder": _SLOT_NOTICE | {"revision": 2, "lead": "24h", "attendees": [_ASHA, _BEN]},
    "confirmed": _BOOKING | {"confirmed_at": STARTS_AT - 30 * _HOUR, "by": "the candidate"},
    "declined": _BOOKING
    | {"revision": 2, "declined_at": STARTS_AT - 20 * _HOUR, "reason": "I have accepted another offer."},
    "entered": _BOOKING | {"entered_at": STARTS_AT + timedelta(minutes=1)},
    "finished": _BOOKING
    | {
        "entered_at": STARTS_AT + timedelta(minutes=1),
        "finished_at": STARTS_AT + timedelta(minutes=52),
        "by": "the candidate",
    },
    "no_show": {
        "schedule_id": _SCHEDULE,
        "revision": 1,
        "starts_at": STARTS_AT,
        "ends_at": STARTS_AT + _HOUR,
        "address": _RECIPIENTS[messages.Audience.RECRUITERS],
        "missed": [_MISSED],
    },
    "interviewer_unreachable": {
        "schedule_id": _SCHEDULE,
        "revision": 1,
        "starts_at": STARTS_AT,
        "ends_at": STARTS_AT + _HOUR,
        "address": _RECIPIENTS[messages.Audience.RECRUITERS],
        "about_slot": _SLOT,
        "interviewer_email": "ivo@example.com",
        "delivery_id": _DELIVERY,
        "failure": Reason.RECIPIENT_UNKNOWN.value,
        "reply": "550 5.1.1 No such user",
    },
    "alert": _PERSON
    | {
        "cause": AlertCause.FAILED,
        "subject": str(_DELIVERY),
        "channel": "email",
        "reason": Reason.RECIPIENT_UNKNOWN.value,
        "send_to": _RECIPIENTS[messages.Audience.OPERATORS],
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "about": "invitation",
        "alert_id": _ALERT,
        "deadline_at": STARTS_AT + timedelta(minutes=10),
    },
}


def sample(kind: str, *, locale: str | None = None) -> messages.Message:
    """Return a message of this kind with values as they may be; raises KeyError for an unknown kind."""
    return msgspec.convert({"locale": locale} | _VALUES[kind], messages.KINDS[kind])


def rendered(message: messages.Message, renderer: Renderer) -> Parcel:
    """Return a sample's parcel, the same on every call: sent a day before the interview, to an example address."""
    return renderer.render(
        message,
        recipient=_RECIPIENTS[message.audience],
        message_id=f"<{_DELIVERY}@hire.example>",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        invitation_state="sent",
        now=SENT_AT,
    )


def files(parcel: Parcel, *, sender: Sender) -> dict[str, bytes]:
    """Return what a person can look at, by file name: the parts of a message, and all of it as a mail."""
    parts = {
        "subject.txt": f"{parcel.subject}\n".encode(),
        "body.txt": parcel.text.encode(),
        "body.html": parcel.html.encode(),
        "invite.ics": parcel.calendar,
        "data.json": parcel.data,
        "message.eml": mime.to_bytes(parcel, parcel.recipient, mime.sender_header(*sender), SENT_AT),
    }
    return {name: content for name, content in parts.items() if content}
