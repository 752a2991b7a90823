"""What somebody who gets an alert can do about it."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from hireloop.notify.messages import AlertCause, AlertMessage
from hireloop.notify.next_steps import NextStep, next_step
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.translations import source

SAMPLE = preview.sample("alert")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, NextStep.CORRECT_ADDRESS),
        ({"reason": "mailbox_disabled"}, NextStep.CORRECT_ADDRESS),
        ({"reason": "mailbox_full"}, NextStep.REPLAY),
        ({"reason": "of_a_plugin"}, NextStep.REPLAY),
        ({"reason": "came_back"}, NextStep.READ),
        ({"reason": "complaint"}, NextStep.READ),
        ({"reason": None}, NextStep.REPLAY),
        ({"about": "cancelled"}, NextStep.CALL),
        ({"deadline_at": preview.SENT_AT}, NextStep.CALL),
        ({"cause": AlertCause.AT_RISK, "reason": "timed_out"}, NextStep.CALL_IF_SOON),
        ({"cause": AlertCause.AT_RISK, "reason": None}, NextStep.CALL_IF_SOON),
        ({"cause": AlertCause.HELD, "reason": "auth_refused", "deadline_at": None}, NextStep.FIX_CHANNEL),
    ],
)
def test_the_next_step_follows_from_the_cause_the_reason_and_the_time(
    changed: dict[str, Any], expected: NextStep
) -> None:
    assert isinstance(SAMPLE, AlertMessage)
    assert next_step(structs.replace(SAMPLE, **changed), now=preview.SENT_AT) is expected


@pytest.mark.parametrize("part", ["alert/body.txt", "alert/body.mjml"])
def test_the_templates_say_each_step_in_the_same_words(part: str) -> None:
    assert [step for step in NextStep if step.sentence not in source(part)] == []


def test_a_step_before_its_deadline_is_not_past() -> None:
    assert isinstance(SAMPLE, AlertMessage)
    before = structs.replace(SAMPLE, deadline_at=preview.SENT_AT + timedelta(seconds=1))
    assert next_step(before, now=preview.SENT_AT) is NextStep.CORRECT_ADDRESS
