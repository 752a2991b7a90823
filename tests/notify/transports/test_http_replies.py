"""What an HTTP answer comes to, as rules; each status on a real server is in transports/webhook/test_webhook.py."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transport import Evidence, Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.http_replies import outcome_of_status, seconds_to_wait

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=999), st.none() | st.text())
def test_every_status_has_an_outcome_and_only_2xx_is_sent(code: int, retry_after: str | None) -> None:
    outcome = outcome_of_status(Evidence(phase=Phase.HTTP, code=code), retry_after, NOW)
    assert isinstance(outcome, Sent) is (200 <= code < 300)
    assert isinstance(outcome, Held | Rejected) <= (300 <= code < 500)
    if isinstance(outcome, Retry):
        assert outcome.after_seconds is None or outcome.after_seconds >= 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 40, 9_999_999_999),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),  # a digit of another script
        ("Tue, 01 Dec 2026 10:05:00 GMT", 300),
        ("Tue, 01 Dec 2026 10:05:00 -0000", 300),
        ("Tue, 01 Dec 2026 09:00:00 GMT", 0),
        ("Tue, 01 Dec 99999 09:00:00 GMT", None),
        ("Tuesday", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
def test_a_date_is_read_to_the_second(ahead: timedelta) -> None:
    header = format_datetime(NOW + ahead, usegmt=True)
    assert seconds_to_wait(header, NOW) == int(ahead.total_seconds())
