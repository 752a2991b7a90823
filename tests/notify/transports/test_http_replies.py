"""What an HTTP answer comes to, as rules; each status on a real server is in transports/webhook/test_webhook.py."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transport import Evidence, Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.http_replies import ADDRESS_REASONS, outcome_of_status, seconds_to_wait

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=999), st.none() | st.text())
def test_every_status_has_an_outcome_and_only_2xx_is_sent(code: int, retry_after: str | None) -> None:
    outcome = outcome_of_status(Evidence(phase=Phase.HTTP, code=code), retry_after, NOW)
    assert isinstance(outcome, Sent) is (200 <= code < 300)
    assert isinstance(outcome, Held | Rejected) <= (300 <= code < 500)
    assert (isinstance(outcome, Retry) and outcome.reason in ADDRESS_REASONS) is (code in {400, 403, 404})
    if isinstance(outcome, Retry):
        assert outcome.after_seconds is None or outcome.after_seconds >= 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        (" 120 ", 120),
        ("3600", 3600),
        ("99999999999", 3600),
        ("1796119200", 3600),  # a time as an epoch, which the header can't be
        ("9" * 40, 3600),
        ("-5", None),
        ("-0", None),
        ("NaN", None),
        ("inf", None),
        ("1e3", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),  # a digit of another script
        ("Tue, 01 Dec 2026 10:05:00 GMT", 300),
        ("Tue, 01 Dec 2026 10:05:00 -0000", 300),
        ("Tue, 01 Dec 2026 09:00:00 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 01 Dec 2099 09:00:00 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
        ("Tue, 01 Dec 99999 09:00:00 GMT", None),
        ("Tuesday", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOW) == seconds


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
def test_a_date_is_read_to_the_second_and_no_later_than_an_hour_from_now(ahead: timedelta) -> None:
    header = format_datetime(NOW + ahead, usegmt=True)
    assert seconds_to_wait(header, NOW) == min(int(ahead.total_seconds()), 3600)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":35}}', 35),
        (b'{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}', 64.57),
        (b'{"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests", "retry_after_ms": 2500}', 2.5),
        (b'{"retry_after": "30"}', 30),
        (b'{"retry_after": 0}', 0),
        (b'{"parameters": {"retry_after": 99999999999}}', 3600),
        (b'{"retry_after": 1796119200}', 3600),
        (b'{"retry_after_ms": 1e300}', 3600),
        (b'{"retry_after": "9999999999999999999999999999"}', 3600),
        (b'{"retry_after": ' + b"9" * 5000 + b"}", None),
        (b'{"retry_after": 1e999}', None),
        (b'{"retry_after": -1}', None),
        (b'{"retry_after": NaN}', None),
        (b'{"retry_after": "NaN"}', None),
        (b'{"retry_after": "soon"}', None),
        (b'{"retry_after": true}', None),
        (b'{"retry_after": null, "retry_after_ms": [5]}', None),
        (b'{"parameters": [{"retry_after": 5}]}', None),
        (b'[{"retry_after": 5}]', None),
        (b'{"retry_after": 5', None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_a_chat_may_say_how_long_to_wait_in_its_body(body: bytes, seconds: float | None) -> None:
    assert seconds_to_wait(None, NOW, body) == seconds
    assert seconds_to_wait("soon", NOW, body) == seconds
    assert seconds_to_wait("7", NOW, body) == 7


_NUMBERS = st.integers() | st.floats() | st.text() | st.none() | st.booleans()
_BODIES = st.binary() | st.recursive(
    st.dictionaries(st.sampled_from(["retry_after", "retry_after_ms", "parameters", "other"]), _NUMBERS),
    lambda inner: st.dictionaries(st.sampled_from(["parameters", "retry_after"]), inner),
).map(lambda value: json.dumps(value).encode())


@given(
    st.sampled_from([408, 425, 429, 500, 503]),
    st.none() | st.text() | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(format_datetime),
    _BODIES,
)
def test_no_stranger_delays_a_message_by_more_than_an_hour(code: int, header: str | None, body: bytes) -> None:
    outcome = outcome_of_status(Evidence(phase=Phase.HTTP, code=code), header, NOW, body)
    assert isinstance(outcome, Retry)
    assert outcome.after_seconds is None or 0 <= outcome.after_seconds <= 3600
