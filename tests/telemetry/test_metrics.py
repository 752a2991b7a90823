"""Metrics that keep something of their own."""

from opentelemetry.metrics import CallbackOptions

from hireloop.telemetry.metrics import LedgerAge


def test_the_age_of_the_ledger_counts_from_the_first_look_and_then_from_the_last_success() -> None:
    clock = [100.0]
    age = LedgerAge(lambda: clock[0])
    assert age.seconds is None
    assert list(age.observe(CallbackOptions())) == []
    age.begin()
    clock[0] += 60
    age.begin()  # it could not be read
    assert age.seconds == 60
    age.note_read()
    clock[0] += 5
    assert age.seconds == 5
    assert [one.value for one in age.observe(CallbackOptions())] == [5]
