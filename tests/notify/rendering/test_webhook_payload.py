"""What webhooks say: every field by name, so that nothing gets out by itself."""

import json
from typing import Any

import pytest

from hireloop.notify import messages
from hireloop.notify.messages import (
    AlertMessage,
    InterviewerUnreachableMessage,
    NewsMessage,
    NoShowMessage,
    RecruiterCopyMessage,
)
from hireloop.notify.next_steps import NextStep
from hireloop.notify.rendering import preview, webhook_payload

URL = "https://hire.example/api/interviews/schedules/1/"
BOOKING = {
    "schedule", "revision", "booking_url", "candidate_name", "job_title", "company", "starts_at", "ends_at",
}  # fmt: skip

LACKING = {"alert": {"ends_at"}, "interviewer_unreachable": {"candidate_name", "job_title", "company"}}


def written(kind: str) -> dict[str, Any]:
    said: messages.Message = preview.sample(kind)
    match said:
        case RecruiterCopyMessage():
            raw = webhook_payload.of_copy(said, booking_url=URL, invitation_state="sent")
        case NewsMessage():
            raw = webhook_payload.of_news(said, booking_url=URL)
        case InterviewerUnreachableMessage():
            raw = webhook_payload.of_interviewer_unreachable(said, booking_url=URL)
        case NoShowMessage():
            raw = webhook_payload.of_no_show(said, said.missed[0], booking_url=URL)
        case AlertMessage():
            raw = webhook_payload.of_alert(said, booking_url=URL, next_step=NextStep.CORRECT_ADDRESS)
        case _:
            raise AssertionError(kind)
    read: dict[str, Any] = json.loads(raw)
    assert set(read) == {"type", "data"}
    assert read["type"] == kind
    assert read["data"]["booking_url"] == URL
    return read["data"]  # type: ignore[no-any-return] # JSON


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("recruiter_copy", {"change", "by", "invitation_state"}),
        ("late_request", {"asked_at"}),
        ("confirmed", {"confirmed_at", "by"}),
        ("declined", {"declined_at", "reason"}),
        ("entered", {"entered_at"}),
        ("finished", {"entered_at", "finished_at", "by"}),
        ("no_show", {"cause", "sentence", "reason", "camera", "microphone"}),
        ("interviewer_unreachable", {"slot", "interviewer_email", "delivery", "reason", "sentence", "reply"}),
        (
            "alert",
            {"cause", "channel", "reason", "sentence", "delivery", "about", "others", "deadline_at", "trace_id"}
            | {"alert", "next_step", "advice", "party", "more_candidates"},
        ),
    ],
)
def test_a_message_has_these_fields_and_no_other(kind: str, more: set[str]) -> None:
    assert set(written(kind)) == BOOKING - LACKING.get(kind, set()) | more


def test_an_alert_says_which_delivery_and_why() -> None:
    data = written("alert")
    assert data["delivery"] == "01939f6e-7b00-7000-8000-000000000003"
    assert (data["reason"], data["sentence"]) == ("recipient_unknown", "The recipient's address does not exist.")
    assert (data["next_step"], data["advice"]) == ("correct_address", NextStep.CORRECT_ADDRESS.sentence)
    assert data["party"] == "candidate"
    assert data["alert"] == "01939f6e-7b00-7000-8000-000000000004"
