"""Findings: a sentence that is told elsewhere becomes a cause and a fix."""

import pytest

from hireloop.notify.diagnosis.findings import Level, of_reason, of_sentence
from hireloop.notify.reasons import Reason


@pytest.mark.parametrize(
    ("sentence", "cause", "fix"),
    [
        ("It is so: fix it.", "It is so.", "Fix it."),
        ("It is so: for two: fix it.", "It is so: for two.", "Fix it."),
        ("It is so: for good. Fix it, or leave it: now.", "It is so: for good.", "Fix it, or leave it: now."),
        ("It is so.", "It is so.", "See docs/how-to/fix-a-held-channel.md."),
    ],
)
def test_a_sentence_is_split_into_its_cause_and_its_fix(sentence: str, cause: str, fix: str) -> None:
    found = of_sentence("x", sentence)
    assert (found.check, found.level, found.cause, found.fix) == ("x", Level.FAILURE, cause, fix)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_cause_and_a_fix(reason: Reason) -> None:
    found = of_reason("x", reason)
    assert found.cause.endswith(".")
    assert found.fix.endswith(".")
