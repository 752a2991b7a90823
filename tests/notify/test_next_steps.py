"""What somebody who gets an alert can do about it."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markupsafe import escape
from msgspec import structs

from hireloop.notify.messages import AlertCause, AlertMessage
from hireloop.notify.next_steps import NextStep, next_step
from hireloop.notify.rendering import preview, values
from hireloop.notify.rendering.translations import wording
from hireloop.notify.rendering.values import Reader
from hireloop.wording import languages

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
        ({"about": "interviewer_invitation"}, NextStep.CORRECT_INTERVIEWER),
        ({"about": "interviewer_update"}, NextStep.CORRECT_INTERVIEWER),
        ({"about": "interviewer_cancelled"}, NextStep.CALL),
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


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("step", NextStep)
def test_an_alert_says_each_step_in_the_readers_language(step: NextStep, language: str) -> None:
    assert isinstance(SAMPLE, AlertMessage)
    reader = Reader(ZoneInfo("Asia/Kolkata"), language)
    said = {"subject": "", **values.of_alert(SAMPLE, reader, booking_url="", trace_url="", next_step=step)}
    alone = wording("alert", language)
    sentence = languages.in_language(step.sentence, language)
    assert (sentence == step.sentence) is (language == "en")
    assert sentence in alone.text.render(said)
    assert escape(sentence) in alone.html.render(said)


def test_a_step_before_its_deadline_is_not_past() -> None:
    assert isinstance(SAMPLE, AlertMessage)
    before = structs.replace(SAMPLE, deadline_at=preview.SENT_AT + timedelta(seconds=1))
    assert next_step(before, now=preview.SENT_AT) is NextStep.CORRECT_ADDRESS
