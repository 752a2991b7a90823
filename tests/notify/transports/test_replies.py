"""The outcome table, answer by answer."""

import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.replies import enhanced_code, kept_reply, outcome_of_failure, outcome_of_reply

SMTP = [phase for phase in Phase if phase not in {Phase.CONFIGURE, Phase.HTTP}]
BEFORE_RECIPIENT = [Phase.CONNECT, Phase.TLS, Phase.AUTH, Phase.SENDER]
FROM_RECIPIENT = [Phase.RECIPIENT, Phase.DATA, Phase.REPLY]


def outcome(phase: Phase, code: int, text: str = "") -> Outcome:
    return outcome_of_reply(Evidence(phase=phase, code=code, enhanced_code=enhanced_code(text), reply=text))


def test_250_after_the_message_is_sent() -> None:
    assert isinstance(outcome(Phase.REPLY, 250, "2.0.0 Ok"), Sent)


@pytest.mark.parametrize("phase", SMTP)
@given(code=st.integers(400, 499), text=st.sampled_from(["", "4.7.1 x", "4.1.1 x", "5.1.1 x", "4.2.2 x"]))
def test_4xx_is_always_tried_again(phase: Phase, code: int, text: str) -> None:
    assert isinstance(outcome(phase, code, text), Retry)


@pytest.mark.parametrize("phase", BEFORE_RECIPIENT)
@given(code=st.integers(500, 599), text=st.sampled_from(["", "5.7.1 x", "5.1.1 x", "5.3.4 x"]))
def test_5xx_before_the_recipient_is_our_own_side(phase: Phase, code: int, text: str) -> None:
    assert isinstance(outcome(phase, code, text), Held)


@pytest.mark.parametrize("phase", FROM_RECIPIENT)
@pytest.mark.parametrize(
    ("code", "text", "kind", "reason"),
    [
        (550, "5.1.1 x", Rejected, Reason.RECIPIENT_UNKNOWN),
        (550, "5.1.10 x", Rejected, Reason.RECIPIENT_UNKNOWN),
        (550, "5.2.1 x", Rejected, Reason.MAILBOX_DISABLED),
        (552, "5.2.2 x", Rejected, Reason.MAILBOX_FULL),
        (552, "5.3.4 x", Rejected, Reason.MESSAGE_TOO_LARGE),
        (550, "5.7.1 x", Retry, Reason.POLICY_BLOCK),
        (554, "5.7.26 x", Retry, Reason.POLICY_BLOCK),
        (550, "5.1.7 x", Retry, Reason.SENDER_REFUSED),
        (550, "5.1.8 x", Retry, Reason.SENDER_REFUSED),
        (530, "5.7.0 x", Retry, Reason.AUTH_REQUIRED),
        (530, "Authenticate first", Retry, Reason.AUTH_REQUIRED),
    ],
)
def test_5xx_about_the_message(phase: Phase, code: int, text: str, kind: type[Outcome], reason: Reason) -> None:
    found = outcome(phase, code, text)
    assert isinstance(found, kind)
    assert not isinstance(found, Sent)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("phase", "code", "reason"),
    [
        (Phase.RECIPIENT, 550, Reason.RECIPIENT_REFUSED),
        (Phase.RECIPIENT, 552, Reason.MAILBOX_FULL),
        (Phase.DATA, 554, Reason.MESSAGE_REFUSED),
        (Phase.REPLY, 552, Reason.MESSAGE_TOO_LARGE),
        (Phase.REPLY, 554, Reason.MESSAGE_REFUSED),
    ],
)
def test_5xx_without_an_enhanced_code_is_rejected(phase: Phase, code: int, reason: Reason) -> None:
    found = outcome(phase, code, "no")
    assert isinstance(found, Rejected)
    assert found.reason == reason


@given(st.sampled_from(SMTP), st.integers(0, 999), st.text(max_size=20))
def test_every_answer_has_an_outcome_and_a_listed_reason(phase: Phase, code: int, text: str) -> None:
    found = outcome(phase, code, text)
    assert isinstance(found, Sent) == (phase is Phase.REPLY and 200 <= code < 300)
    if not isinstance(found, Sent):
        assert found.reason in set(Reason)


@pytest.mark.parametrize(
    ("error", "phase", "kind", "reason"),
    [
        (TimeoutError(), Phase.CONNECT, Retry, Reason.TIMED_OUT),
        (socket.gaierror(-2, "unknown"), Phase.CONNECT, Retry, Reason.NAME_NOT_FOUND),
        (ConnectionRefusedError(), Phase.CONNECT, Retry, Reason.CONNECTION_REFUSED),
        (OSError(113, "No route to host"), Phase.CONNECT, Retry, Reason.CONNECTION_FAILED),
        (ConnectionResetError(), Phase.DATA, Retry, Reason.CONNECTION_DROPPED),
        (BrokenPipeError(), Phase.DATA, Retry, Reason.CONNECTION_DROPPED),
        (ssl.SSLCertVerificationError("self-signed"), Phase.TLS, Held, Reason.CERTIFICATE_INVALID),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), Phase.TLS, Held, Reason.TLS_FAILED),
        (ssl.SSLEOFError(8, "EOF"), Phase.TLS, Retry, Reason.CONNECTION_DROPPED),
        (TimeoutError("handshake"), Phase.TLS, Retry, Reason.TIMED_OUT),
        (ssl.SSLError(1, "bad record"), Phase.REPLY, Retry, Reason.CONNECTION_DROPPED),
    ],
)
def test_a_failure_of_the_connection(error: OSError, phase: Phase, kind: type[Outcome], reason: Reason) -> None:
    found = outcome_of_failure(error, Evidence(phase=phase))
    assert isinstance(found, kind)
    assert not isinstance(found, Sent)
    assert found.reason == reason
    assert getattr(found, "maybe_accepted", False) == (phase is Phase.REPLY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1 No such user", "5.1.1"),
        ("4.7.26", "4.7.26"),
        ("5.1.1\n5.1.1 two", "5.1.1"),
        ("127.0.0.1 says no", None),
        ("5.1.1.1 no code", None),
        ("3.1.1 no class", None),
        ("", None),
    ],
)
def test_enhanced_codes(text: str, code: str | None) -> None:
    assert enhanced_code(text) == code


@given(st.binary(max_size=5000))
def test_a_kept_reply_fits_the_attempt_row(raw: bytes) -> None:
    reply = kept_reply(raw)
    assert len(reply.encode()) <= 1024
    assert "\x00" not in reply


def test_every_reason_is_a_slug_with_one_sentence() -> None:
    for reason in Reason:
        assert reason.value.replace("_", "").isalnum()
        assert reason.sentence.endswith(".")
        assert reason == reason.value
