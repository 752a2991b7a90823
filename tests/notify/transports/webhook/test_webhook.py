"""Webhooks, posted to real HTTP servers and verified by the specification's own library."""

import base64
import json
import logging
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.notify.transports import names
from hireloop.notify.transports.webhook import request, webhook
from hireloop.notify.transports.webhook.webhook import WebhookTransport
from hireloop.settings import Settings
from servers.certificates import Certificate
from servers.http import INFORMATIONAL, Does, Endless, Raw, Reply, ScriptedHttpServer
from servers.smtp import Drop, Hang, ScriptedSmtpServer

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_SECRET = "whsec_" + base64.b64encode(bytes(range(64))).decode()
LONG_TOKEN = "SECRETT0KEN-" + "0123456789abcdef" * 8
DATA = b'{"type": "alert", "data": {}}'
PARCEL = Parcel(
    recipient="webhook:1234abcd",
    kind="recruiter_copy",
    subject="Interview booked",
    text="Interview booked",
    html="<p>Interview booked</p>",
    message_id="<0193ae6c-7c00-7000-8000-000000000001@hire.example>",
    headers=(("Traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"),),
    data=json.dumps({"type": "recruiter_copy", "data": {"candidate_name": "Asha Räo", "revision": 1}}).encode(),
)


def settings(**values: Any) -> Settings:  # noqa: ANN401 (each setting has its own type)
    defaults: dict[str, Any] = {"_env_file": None, "webhook_secret": SECRET, "webhook_allow_private": True}
    return Settings(**(defaults | values))


def transport_to(server: ScriptedHttpServer, path: str = "/hooks", **values: Any) -> WebhookTransport:  # noqa: ANN401 (settings)
    return WebhookTransport(server.url + path, settings(**values))


def seen(outcome: Outcome) -> tuple[object, ...]:
    """Everything of an outcome that a test states."""
    reason = None if isinstance(outcome, Sent) else outcome.reason
    return type(outcome), reason, outcome.evidence.phase, outcome.evidence.code


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let names lead to given addresses, in turn, and note each look-up."""

    def begin(*answers: str) -> list[str]:
        asked: list[str] = []
        real = socket.getaddrinfo

        def look_up(name: str, port: int, **rest: Any) -> Any:  # noqa: ANN401 (the standard library's signature)
            asked.append(name)
            return real(answers[min(len(asked), len(answers)) - 1], port, **rest)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return begin


# What is posted


def test_a_webhook_arrives_signed_and_in_the_shape_of_the_specification() -> None:
    with ScriptedHttpServer(Reply(202, b"thank you")) as server:
        outcome = transport_to(server, "/hooks?team=1").send(PARCEL)

    assert seen(outcome) == (Sent, None, Phase.HTTP, 202)
    assert outcome.evidence.reply == "thank you"
    assert (outcome.evidence.host, outcome.evidence.port) == ("127.0.0.1", server.port)
    [received] = server.received
    assert (received.method, received.path) == ("POST", "/hooks?team=1")
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["Host"] == f"127.0.0.1:{server.port}"
    assert received.headers["Traceparent"] == PARCEL.headers[0][1]
    assert received.headers["webhook-id"] == "msg_0193ae6c-7c00-7000-8000-000000000001"
    assert Webhook(SECRET).verify(received.body, received.headers) == {
        "type": "recruiter_copy",
        "timestamp": "2024-12-10T02:36:05.504000Z",
        "data": {"candidate_name": "Asha Räo", "revision": 1},
    }


def test_a_repeated_try_has_the_same_id_and_body() -> None:
    with ScriptedHttpServer(Reply(500), Reply()) as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Retry)
        assert isinstance(transport.send(PARCEL), Sent)
    first, second = server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_message_id_without_a_time_in_it_gets_the_time_of_the_try() -> None:
    began = datetime.now(UTC)
    with ScriptedHttpServer() as server:
        transport_to(server).send(Parcel(recipient="x", subject="", text="", html="", message_id="<1@x>", data=DATA))
    posted = Webhook(SECRET).verify(server.received[0].body, server.received[0].headers)
    assert began <= datetime.fromisoformat(posted["timestamp"]) <= datetime.now(UTC)


def test_an_address_may_bring_a_secret_of_its_own_which_is_not_sent() -> None:
    with ScriptedHttpServer() as server:
        outcome = transport_to(server, f"/hooks#{OTHER_SECRET}").send(PARCEL)
    assert isinstance(outcome, Sent)
    assert server.received[0].path == "/hooks"
    assert Webhook(OTHER_SECRET).verify(server.received[0].body, server.received[0].headers)


def test_a_parcel_without_values_for_programs_is_rejected_unsent() -> None:
    with ScriptedHttpServer() as server:
        for data in (b"", b"[]", b'{"type": "x"}', b'{"type": 1, "data": {}}', b'{"a": ', b"\xff"):
            parcel = Parcel(recipient="x", subject="s", text="t", html="h", message_id="<1@x>", data=data)
            assert seen(transport_to(server).send(parcel)) == (Rejected, Reason.NO_DATA, Phase.CONFIGURE, None)
        assert server.connection_count == 0


def test_a_parcel_that_is_too_large_is_rejected_unsent() -> None:
    data = json.dumps({"type": "x", "data": "x" * 300_000}).encode()
    with ScriptedHttpServer() as server:
        outcome = transport_to(server).send(
            Parcel(recipient="x", subject="s", text="t", html="h", message_id="<1@x>", data=data)
        )
        assert server.connection_count == 0
    assert seen(outcome) == (Rejected, Reason.MESSAGE_TOO_LARGE, Phase.CONFIGURE, None)


# What the endpoint answers


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (200, Sent, None),
        (299, Sent, None),
        (301, Held, Reason.REDIRECTED),
        (307, Held, Reason.REDIRECTED),
        (400, Retry, Reason.ADDRESS_REFUSED),
        (401, Held, Reason.ENDPOINT_REFUSED),
        (402, Held, Reason.ENDPOINT_REFUSED),
        (403, Retry, Reason.ENDPOINT_REFUSED),
        (404, Retry, Reason.ENDPOINT_MISSING),
        (405, Held, Reason.ENDPOINT_MISSING),
        (408, Retry, Reason.TIMED_OUT),
        (410, Held, Reason.ENDPOINT_GONE),
        (413, Rejected, Reason.MESSAGE_TOO_LARGE),
        (422, Rejected, Reason.MESSAGE_REFUSED),
        (429, Retry, Reason.RATE_LIMITED),
        (500, Retry, Reason.ENDPOINT_BROKEN),
        (503, Retry, Reason.ENDPOINT_BROKEN),
    ],
)
def test_each_status_has_its_outcome(status: int, kind: type[Outcome], reason: Reason | None) -> None:
    with ScriptedHttpServer(Reply(status, b"words", {"Location": "/elsewhere"})) as server:
        outcome = transport_to(server).send(PARCEL)
        assert len(server.received) == 1
    assert seen(outcome) == (kind, reason, Phase.HTTP, status)
    assert outcome.evidence.reply == "words"
    assert not isinstance(outcome, Retry) or not outcome.maybe_accepted


@pytest.mark.parametrize("before", INFORMATIONAL)
@pytest.mark.parametrize(
    ("final", "kind", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthanks", Sent, 200),
        (b"HTTP/1.0 200\r\n\r\nthanks", Sent, 200),
        (b"HTTP/1.1 204\r\nConnection: close\r\n\r\n", Sent, 204),
        (b"HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n\r\n6\r\nthanks\r\n0\r\n\r\n", Held, 401),
        (b"HTTP/1.1 503 Later\r\nRetry-After: 7\r\n\r\nthanks", Retry, 503),
    ],
)
def test_informational_answers_are_read_past(before: bytes, final: bytes, kind: type[Outcome], code: int) -> None:
    with ScriptedHttpServer(Raw(before + final)) as server:
        outcome = transport_to(server).send(PARCEL)
        assert len(server.received) == 1
    assert isinstance(outcome, kind)
    assert (outcome.evidence.code, outcome.evidence.reply) == (code, "thanks" if code != 204 else "")
    assert not isinstance(outcome, Retry) or (outcome.after_seconds, outcome.maybe_accepted) == (7, False)


@pytest.mark.parametrize("status", [429, 503])
def test_the_endpoint_says_how_long_to_wait_in_seconds_or_as_a_date(status: int) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    with ScriptedHttpServer(
        Reply(status, b"", {"Retry-After": "120"}), Reply(status, b"", {"Retry-After": later}), Reply(status)
    ) as server:
        outcomes = [transport_to(server).send(PARCEL) for _ in range(3)]
    seconds = [outcome.after_seconds for outcome in outcomes if isinstance(outcome, Retry)]
    assert seconds[0] == 120
    assert 500 < (seconds[1] or 0) <= 600
    assert seconds[2] is None


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        (Drop(), Reason.CONNECTION_DROPPED),
        (Endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n" * 200), Reason.UNEXPECTED_REPLY),
        (Endless(b"", b"x" * 65_536), Reason.UNEXPECTED_REPLY),
        (Raw(b"220 mail.example ESMTP\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 abc\r\n\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 103 Early\r\n\r\n"), Reason.CONNECTION_DROPPED),
        (Raw(b"HTTP/1.1 103 Early\r\nLink: </a"), Reason.CONNECTION_DROPPED),
        (Raw(b"HTTP/1.1 103 Early\r\n\r\n220 mail.example ESMTP\r\n"), Reason.UNEXPECTED_REPLY),
        (Endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 50), Reason.UNEXPECTED_REPLY),
        (Endless(b"", b"HTTP/1.1 103 Early\r\nX-More: " + b"x" * 60_000 + b"\r\n\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"HTTP/1.1 200 OK\r\n" + (b"X-More: " + b"x" * 60_000 + b"\r\n") * 5 + b"\r\n"), Reason.UNEXPECTED_REPLY),
        (Raw(b"\x00\xff\r\n\r\n"), Reason.UNEXPECTED_REPLY),
    ],
)
def test_an_answer_that_makes_no_sense_may_have_been_an_acceptance(does: Does, reason: Reason) -> None:
    with ScriptedHttpServer(does) as server:
        outcome = transport_to(server).send(PARCEL)
        assert len(server.received) == 1
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase, outcome.maybe_accepted) == (reason, Phase.HTTP, True)


@pytest.mark.parametrize(
    "does",
    [
        Hang(),
        Endless(b"HTTP/1.1 ", b"2", 0.01),
        Endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n", 0.02),
        Endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    ],
)
def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_a_try_may_take(
    does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TRY_SECONDS", 0.5)
    with ScriptedHttpServer(does) as server:
        outcome = transport_to(server).send(PARCEL)
        assert len(server.received) == 1
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase, outcome.maybe_accepted) == (Reason.TIMED_OUT, Phase.HTTP, True)


@pytest.mark.parametrize(
    "does",
    [
        Endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
        Endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"x", 0.01),
        Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.01),
        Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"),
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort"),
    ],
)
def test_an_acceptance_counts_whatever_its_body_is_and_a_kibibyte_of_that_is_kept(
    does: Does, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "_BODY_SECONDS", 0.2)
    with ScriptedHttpServer(does) as server:
        outcome = transport_to(server).send(PARCEL)
    assert seen(outcome) == (Sent, None, Phase.HTTP, 200)
    assert len(outcome.evidence.reply) <= 1024


def test_a_reply_keeps_no_nul_and_no_token_of_the_address() -> None:
    with ScriptedHttpServer(
        Reply(400, b"Cannot POST /hooks/T0KEN-of-mine \x00 T0KEN-of-mine! key=s3cret%21word")
    ) as server:
        outcome = transport_to(server, "/hooks/T0KEN-of-mine?key=s3cret%21word").send(PARCEL)
    assert outcome.evidence.reply == "Cannot POST <address> \ufffd <address>! <address>"


@pytest.mark.parametrize(
    "said",
    [
        "abc%2FSECRETdefghi",
        "abc/SECRETdefghi",
        "key=abc%2FSECRETdefghi",
        "BAREKEY-0123456789",
        "ABCDEF7",
        LONG_TOKEN,
    ],
)
@pytest.mark.parametrize("before", ["", "p" * 1010, (LONG_TOKEN * 400)[:16_400]])
def test_no_part_of_the_address_is_kept_wherever_the_reply_is_cut(said: str, before: str) -> None:
    path = f"/{LONG_TOKEN}?key=abc%2FSECRETdefghi&BAREKEY-0123456789&s=ABCDEF7"
    with ScriptedHttpServer(Reply(400, f"{before}{said}!".encode())) as server:
        reply = transport_to(server, path).send(PARCEL).evidence.reply
    assert not any(part in reply for part in ("SECRET", "BAREKEY", "ABCD", "0123", "abc"))
    if not before:
        assert reply in {"<address>!", "key=<address>!"}


def test_a_token_that_is_cut_off_with_the_reply_is_not_kept_either() -> None:
    answer = b"HTTP/1.1 400 No\r\nContent-Length: 500\r\n\r\nCannot POST /hooks/" + LONG_TOKEN[:40].encode()
    with ScriptedHttpServer(Raw(answer)) as server:
        outcome = transport_to(server, f"/hooks/{LONG_TOKEN}").send(PARCEL)
    assert seen(outcome) == (Retry, Reason.ADDRESS_REFUSED, Phase.HTTP, 400)
    assert outcome.evidence.reply == "Cannot POST "


def test_a_look_up_that_hangs_ends_with_the_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TRY_SECONDS", 0.2)
    real, answers = socket.getaddrinfo, threading.Event()

    def look_up(name: str, port: int, **rest: Any) -> Any:  # noqa: ANN401 (the standard library's signature)
        if not rest.get("flags"):
            answers.wait(30)
        return real(name, port, **rest)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    outcome = WebhookTransport("https://hangs.invalid/", settings()).send(PARCEL)
    answers.set()
    assert seen(outcome) == (Retry, Reason.TIMED_OUT, Phase.CONNECT, None)


def test_a_webhook_goes_to_the_name_that_idna_2008_says(resolves: Callable[..., list[str]]) -> None:
    asked = resolves("127.0.0.1")
    WebhookTransport("https://faß.example:1/", settings()).send(PARCEL)
    assert asked[-1] == "xn--fa-hia.example"


def test_nobody_listening_is_tried_again_and_nothing_was_handed_over() -> None:
    with ScriptedHttpServer() as server:
        pass
    outcome = transport_to(server).send(PARCEL)
    assert seen(outcome) == (Retry, Reason.CONNECTION_REFUSED, Phase.CONNECT, None)
    assert isinstance(outcome, Retry)
    assert not outcome.maybe_accepted


def test_a_name_that_cannot_be_looked_up_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    outcome = WebhookTransport("https://hooks.invalid/", settings()).send(PARCEL)
    assert seen(outcome) == (Retry, Reason.NAME_NOT_FOUND, Phase.CONNECT, None)


def test_a_message_that_is_only_half_taken_was_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TRY_SECONDS", 0.5)
    monkeypatch.setattr(webhook, "LARGEST_BODY", 1 << 26)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it takes what fits its buffers, and no more
        transport = WebhookTransport(f"http://127.0.0.1:{deaf.getsockname()[1]}/", settings())
        data = json.dumps({"type": "x", "data": "x" * (1 << 24)}).encode()
        outcome = transport.send(Parcel(recipient="x", subject="", text="", html="", message_id="<1@x>", data=data))
    assert seen(outcome) == (Retry, Reason.TIMED_OUT, Phase.HTTP, None)
    assert isinstance(outcome, Retry)
    assert not outcome.maybe_accepted


# Where it may go


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "::ffff:127.0.0.1", "fe80::1", "0.0.0.0"],
)
def test_a_name_that_leads_to_a_private_address_holds_the_channel(
    address: str, resolves: Callable[..., list[str]]
) -> None:
    resolves(address)
    outcome = WebhookTransport("https://hooks.example/", settings(webhook_allow_private=False)).send(PARCEL)
    assert seen(outcome) == (Held, Reason.PRIVATE_ADDRESS, Phase.CONNECT, None)


def test_a_private_address_by_number_holds_the_channel_too() -> None:
    with ScriptedHttpServer() as server:
        for host in ("127.0.0.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "localhost"):
            url = f"https://{host}:{server.port}/"
            outcome = WebhookTransport(url, settings(webhook_allow_private=False)).send(PARCEL)
            assert seen(outcome) == (Held, Reason.PRIVATE_ADDRESS, Phase.CONNECT, None)
        assert server.connection_count == 0


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    resolves: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolves("93.184.216.34", "127.0.0.1")  # public when it is checked, private a moment later
    connected: list[object] = []

    def connect(_: socket.socket, where: object) -> None:
        connected.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    outcome = WebhookTransport("https://hooks.example/", settings(webhook_allow_private=False)).send(PARCEL)
    assert seen(outcome) == (Retry, Reason.CONNECTION_REFUSED, Phase.CONNECT, None)
    assert (asked, connected) == (["hooks.example"], [("93.184.216.34", 443)])


def test_the_next_address_is_taken_where_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHttpServer() as closed:
        pass
    with ScriptedHttpServer() as server:
        found = [names.ResolvedAddress(socket.AF_INET, ("127.0.0.1", port)) for port in (closed.port, server.port)]
        monkeypatch.setattr(webhook, "addresses_of", lambda *_, **__: found)
        assert isinstance(transport_to(server).send(PARCEL), Sent)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedHttpServer() as proxy, ScriptedHttpServer() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(transport_to(server).send(PARCEL), Sent)
    assert proxy.connection_count == 0


# TLS


def test_a_webhook_goes_over_tls_to_the_name_in_its_address(
    trusted: Certificate, resolves: Callable[..., list[str]]
) -> None:
    with ScriptedHttpServer(certificate=trusted) as server:
        resolves("127.0.0.1")
        outcome = WebhookTransport(f"https://hooks.example:{server.port}/x", settings()).send(PARCEL)
    assert seen(outcome) == (Sent, None, Phase.HTTP, 204)
    assert (outcome.evidence.tls_version or "").startswith("TLSv1.")
    assert server.received[0].headers["Host"] == f"hooks.example:{server.port}"


def test_a_certificate_that_is_not_trusted_holds_the_channel(certificate: Certificate) -> None:
    with ScriptedHttpServer(certificate=certificate) as server:
        outcome = transport_to(server).send(PARCEL)
        assert server.received == []
    assert seen(outcome) == (Held, Reason.CERTIFICATE_INVALID, Phase.TLS, None)


def test_a_certificate_of_another_host_holds_the_channel(
    trusted: Certificate, resolves: Callable[..., list[str]]
) -> None:
    with ScriptedHttpServer(certificate=trusted) as server:
        resolves("127.0.0.1")
        outcome = WebhookTransport(f"https://other.example:{server.port}/", settings()).send(PARCEL)
    assert seen(outcome) == (Held, Reason.CERTIFICATE_INVALID, Phase.TLS, None)


def test_tls_against_a_plain_server_holds_the_channel() -> None:
    with ScriptedSmtpServer() as server:
        outcome = WebhookTransport(f"https://127.0.0.1:{server.port}/", settings()).send(PARCEL)
    assert seen(outcome) == (Held, Reason.TLS_FAILED, Phase.TLS, None)


# What the settings say


@pytest.mark.parametrize(
    "url",
    [
        *["", "hooks.example/x", "ftp://hooks.example/", "https://", "https:///x", "https://user:pw@hooks.example/"],
        *["https://hooks.example:0/", "https://hooks.example:99999/", "https://hooks.example:x/", "https://a..b/"],
        *["https://hooks.example/a b", "https://hooks.example/ä", "https://hooks.example\\@evil/", "https://[::1/"],
        *["https://hooks.example/\r\nX: y", "https://" + "x" * 70 + ".example/", "https://ho%20oks.example/"],
        "http://hooks.example/",
    ],
)
def test_an_address_that_cannot_be_posted_to_holds_the_channel(url: str) -> None:
    transport = WebhookTransport(url, settings(webhook_allow_private=False))
    assert transport.refusal is Reason.BAD_WEBHOOK_URL
    assert seen(transport.send(PARCEL)) == (Held, Reason.BAD_WEBHOOK_URL, Phase.CONFIGURE, None)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, Reason.NO_WEBHOOK_SECRET),
        ("   ", Reason.NO_WEBHOOK_SECRET),
        ("whsec_short", Reason.BAD_WEBHOOK_SECRET),
        (f"{SECRET} whsec_short", Reason.BAD_WEBHOOK_SECRET),
    ],
)
def test_a_secret_that_cannot_sign_holds_the_channel(secret: str | None, reason: Reason) -> None:
    with ScriptedHttpServer() as server:
        transport = transport_to(server, webhook_secret=secret)
        assert seen(transport.send(PARCEL)) == (Held, reason, Phase.CONFIGURE, None)
        assert server.connection_count == 0


def test_many_threads_post_at_once() -> None:
    with ScriptedHttpServer() as server:
        transport = transport_to(server)
        with ThreadPoolExecutor(8) as threads:
            assert all(isinstance(outcome, Sent) for outcome in threads.map(transport.send, [PARCEL] * 100))
    assert len(server.received) == 100


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), ScriptedHttpServer(Reply(500), Drop(), Reply()) as server:
        transport = transport_to(server)
        for _ in range(3):
            transport.send(PARCEL)
    assert caplog.records == []
