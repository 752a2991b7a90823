from typing import Any

import msgspec
import pytest

from hireloop.notify import messages

# As they are stored, with every field that a payload of this version has.
BOOKING = {
    "schedule_id": "01939f6e-7b00-7000-8000-000000000001",
    "revision": 2,
    "candidate_name": "Asha Rao",
    "candidate_email": "asha@example.com",
    "time_zone": "Asia/Kolkata",
    "locale": None,
    "job_title": "Backend Engineer",
    "company": "Example Labs",
    "recruiter_email": None,
    "starts_at": "2026-12-01T04:30:00Z",
    "ends_at": "2026-12-01T05:30:00Z",
}
INVITATION = BOOKING | {
    "session_id": "01939f6e-7b00-7000-8000-000000000002",
    "key_version": 1,
    "opens_at": "2026-12-01T04:29:30Z",
    "closes_at": "2026-12-01T04:40:00Z",
    "booking_notes": "",
    "interviewer_name": "Ivan Petrov",
}
SLOT_NOTICE = {
    "slot_id": "01939f6e-7b00-7000-8000-000000000005",
    "revision": 1,
    "interviewer_email": "ivan@example.com",
    "interviewer_name": "Ivan Petrov",
    "time_zone": None,
    "locale": "de",
    "starts_at": "2026-12-01T04:30:00Z",
    "ends_at": "2026-12-01T05:30:00Z",
    "attendees": [
        {
            "schedule_id": BOOKING["schedule_id"],
            "name": "Asha Rao",
            "email": "asha@example.com",
            "job_title": "Backend Engineer",
            "company": "Example Labs",
            "coding_language": "python",
            "has_resume": True,
            "booking_notes": "",
        }
    ],
    "recruiter_email": None,
}
STORED: dict[str, dict[str, Any]] = {
    "invitation": INVITATION,
    "rescheduled": INVITATION | {"previous_starts_at": "2026-11-30T03:30:00Z", "reason": "Travelling."},
    "cancelled": BOOKING | {"reason": ""},
    "reminder": INVITATION | {"lead": "24h", "until": None},
    "recruiter_copy": BOOKING | {"change": "booked", "by": "careers site"},
    "interviewer_invitation": SLOT_NOTICE,
    "interviewer_update": SLOT_NOTICE | {"may_wait": False},
    "interviewer_cancelled": SLOT_NOTICE,
    "interviewer_reminder": SLOT_NOTICE | {"lead": "24h", "until": None},
    "late_request": BOOKING | {"asked_at": "2026-12-01T04:42:00Z", "send_to": None},
    "confirmed": BOOKING | {"confirmed_at": "2026-11-30T04:30:00Z", "by": "the candidate", "send_to": None},
    "declined": BOOKING | {"declined_at": "2026-11-30T04:30:00Z", "reason": "Ill.", "send_to": None},
    "entered": BOOKING | {"entered_at": "2026-12-01T04:30:00Z", "send_to": None},
    "finished": BOOKING
    | {"entered_at": "2026-12-01T04:30:00Z", "finished_at": "2026-12-01T05:20:00Z", "by": "HireLoop", "send_to": None},
    "no_show": {
        "schedule_id": BOOKING["schedule_id"],
        "revision": 2,
        "starts_at": "2026-12-01T04:30:00Z",
        "ends_at": "2026-12-01T05:30:00Z",
        "address": None,
        "missed": [
            {
                "schedule_id": BOOKING["schedule_id"],
                "revision": 2,
                "candidate_name": "Asha Rao",
                "candidate_email": "asha@example.com",
                "job_title": "Backend Engineer",
                "company": "Example Labs",
                "cause": "not_delivered",
                "failure": "recipient_unknown",
                "camera": None,
                "microphone": None,
            }
        ],
        "more": 0,
    },
    "interviewer_unreachable": {
        "schedule_id": BOOKING["schedule_id"],
        "revision": 2,
        "starts_at": "2026-12-01T04:30:00Z",
        "ends_at": "2026-12-01T05:30:00Z",
        "address": None,
        "about_slot": "01939f6e-7b00-7000-8000-000000000004",
        "interviewer_email": "ivo@example.com",
        "delivery_id": "01939f6e-7b00-7000-8000-000000000003",
        "failure": "recipient_unknown",
        "reply": "550 5.1.1 No such user",
    },
    "alert": {
        "cause": "failed",
        "subject": "01939f6e-7b00-7000-8000-000000000003",
        "channel": "email",
        "reason": "recipient_unknown",
        "send_to": None,
        "schedule_id": BOOKING["schedule_id"],
        "revision": 2,
        "trace_id": "",
        "about": "invitation",
        "candidate_name": "Asha Rao",
        "job_title": "Backend Engineer",
        "company": "Example Labs",
        "starts_at": "2026-12-01T04:30:00Z",
        "deadline_at": None,
        "first_due_at": None,
        "more_candidates": 0,
        "others": 0,
        "alert_id": None,
    },
}


@pytest.mark.parametrize("kind", sorted(messages.KNOWN_KINDS))
def test_what_is_stored_is_read_and_would_be_stored_the_same(kind: str) -> None:
    message = messages.decode(kind, msgspec.json.encode(STORED[kind]).decode())
    assert isinstance(message, messages.KINDS[kind])
    assert msgspec.json.decode(messages.encode(message)) == STORED[kind]


def test_a_message_says_of_a_meeting_what_everybody_may_know_of_it_and_nothing_else() -> None:
    known = msgspec.convert(INVITATION, messages.InvitationMessage)
    told = messages.CancelledMessage.about(known, schedule_id=known.schedule_id, revision=3, reason="Filled.")
    expected = BOOKING | {"revision": 3, "reason": "Filled."}
    assert msgspec.json.decode(messages.encode(told)) == expected
