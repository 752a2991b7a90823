"""Mail over SMTP, against real servers: what each answer, drop and silence comes to."""

import mailbox
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import structs

from hireloop.doctor import sample
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.mail.email import EmailTransport, from_address
from hireloop.settings import Settings
from servers.certificates import Certificate, self_signed
from servers.smtp import Drip, Drop, Hang, ScriptedSmtpServer, Step

PARCEL = Parcel(
    recipient="asha@example.com",
    subject="Interview scheduled: Engineer at Acme",
    text="Hello Asha,\n.a line that begins with a dot\n",
    html="<p>Hello Asha</p>",
    message_id="<1@hire.example>",
    calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
    headers=(("Traceparent", "00-" + "a" * 32 + "-" + "b" * 16 + "-01"),),
)

TransportTo = Callable[..., EmailTransport]


def settings(**values: Any) -> Settings:  # noqa: ANN401 (each setting has its own type)
    defaults: dict[str, Any] = {
        "default_from_email": "Acme Hiring <no-reply@hire.example>",
        "email_timeout": 2,
        "email_data_timeout": 2,
    }
    return Settings(**({"_env_file": None} | defaults | values))


@pytest.fixture
def transport_to() -> Iterator[TransportTo]:
    """Open transports to a server, and close them in the end."""
    opened = []

    def open_one(server: ScriptedSmtpServer, **values: Any) -> EmailTransport:  # noqa: ANN401 (settings)
        transport = EmailTransport("", settings(email_host="127.0.0.1", email_port=server.port, **values))
        opened.append(transport)
        return transport

    yield open_one
    for transport in opened:
        transport.close()


def seen(outcome: Outcome) -> tuple[object, ...]:
    """Everything of an outcome that a test states."""
    evidence = outcome.evidence
    reason = None if isinstance(outcome, Sent) else outcome.reason
    return type(outcome), reason, evidence.phase, evidence.code, evidence.enhanced_code, evidence.reply


# What a server says


def test_a_sender_with_a_comma_in_its_name_is_one_sender(transport_to: TransportTo) -> None:
    sender = "HireLoop, Inc. <interviews@hire.example>"
    with ScriptedSmtpServer() as server:
        transport_to(server, default_from_email=sender).send(
            sample.invitation(settings(default_from_email=sender), "asha@example.com")
        )
    [received] = server.received
    assert received.sender == "MAIL FROM:<interviews@hire.example>"
    mail = message_from_bytes(received.content, policy=policy.SMTP)
    (shown,) = mail["From"].addresses
    assert (shown.display_name, shown.addr_spec) == ("HireLoop, Inc.", "interviews@hire.example")
    (calendar,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert ":mailto:interviews@hire.example" in calendar.get_content().replace("\r\n ", "")


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("Acme, Inc. <a@bücher.example>", "Acme, Inc.", "a@xn--bcher-kva.example"),
        ("=?utf-8?b?QsO8Y2hlcg==?= <a@b.example>", "Bücher", "a@b.example"),
        ('"The \\"Loop\\", Inc." <a@b.example>', 'The "Loop", Inc.', "a@b.example"),
    ],
)
def test_a_sender_is_read_in_one_way_wherever_it_is_set(written: str, name: str, address: str) -> None:
    with ScriptedSmtpServer() as server:
        here = f"127.0.0.1:{server.port}"
        for values in (
            {"email_url": f"mailto://{here}?from={quote(written)}"},
            {"email_host": "127.0.0.1", "email_port": server.port, "default_from_email": written},
        ):
            transport = EmailTransport("", settings(**values))
            assert transport.sender == from_address(settings(**values)) == address
            transport.send(PARCEL)
            transport.close()
    for received in server.received:
        (shown,) = message_from_bytes(received.content, policy=policy.SMTP)["From"].addresses
        assert (shown.display_name, shown.addr_spec) == (name, address)
    assert len(server.received) == 2


def test_a_mail_arrives_as_the_parcel_says(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        outcome = transport_to(server).send(PARCEL)

    assert seen(outcome) == (Sent, None, Phase.REPLY, 250, "2.0.0", "2.0.0 Ok: queued as 4242")
    assert (outcome.evidence.host, outcome.evidence.port) == ("127.0.0.1", server.port)
    [received] = server.received
    assert received.sender == "MAIL FROM:<no-reply@hire.example>"
    assert received.recipient == "RCPT TO:<asha@example.com>"
    mail = message_from_bytes(received.content, policy=policy.SMTP)
    assert mail["From"] == "Acme Hiring <no-reply@hire.example>"
    assert mail["To"] == "asha@example.com"
    assert mail["Message-ID"] == "<1@hire.example>"
    assert mail["Traceparent"] == PARCEL.headers[0][1]
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content() == PARCEL.text.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            {"banner": "554 5.7.1 No mail from you"},
            (Held, Reason.SERVER_REFUSED, Phase.CONNECT, 554, "5.7.1", "5.7.1 No mail from you"),
        ),
        (
            {"banner": "421 4.3.2 Shutting down"},
            (Retry, Reason.SERVER_BUSY, Phase.CONNECT, 421, "4.3.2", "4.3.2 Shutting down"),
        ),
        (
            {"EHLO": "550 Go away"},
            (Held, Reason.SERVER_REFUSED, Phase.CONNECT, 550, None, "Go away"),
        ),
        (
            {"MAIL": "550 5.7.1 Sender refused"},
            (Held, Reason.SENDER_REFUSED, Phase.SENDER, 550, "5.7.1", "5.7.1 Sender refused"),
        ),
        (
            {"MAIL": "451 4.3.0 Later"},
            (Retry, Reason.SENDER_DEFERRED, Phase.SENDER, 451, "4.3.0", "4.3.0 Later"),
        ),
        (
            {"RCPT": "550 5.1.1 No such user"},
            (Rejected, Reason.RECIPIENT_UNKNOWN, Phase.RECIPIENT, 550, "5.1.1", "5.1.1 No such user"),
        ),
        (
            {"RCPT": "450 4.2.0 Greylisted"},
            (Retry, Reason.RECIPIENT_DEFERRED, Phase.RECIPIENT, 450, "4.2.0", "4.2.0 Greylisted"),
        ),
        (
            {"RCPT": "452 4.2.2 Mailbox full"},
            (Retry, Reason.MAILBOX_FULL, Phase.RECIPIENT, 452, "4.2.2", "4.2.2 Mailbox full"),
        ),
        (
            {"RCPT": "554 5.7.1 Blocked by a list"},
            (Retry, Reason.POLICY_BLOCK, Phase.RECIPIENT, 554, "5.7.1", "5.7.1 Blocked by a list"),
        ),
        (
            {"RCPT": "550 5.1.8 Sender's domain not found"},
            (Retry, Reason.SENDER_REFUSED, Phase.RECIPIENT, 550, "5.1.8", "5.1.8 Sender's domain not found"),
        ),
        (
            {"RCPT": "530 5.7.0 Authentication required"},
            (Retry, Reason.AUTH_REQUIRED, Phase.RECIPIENT, 530, "5.7.0", "5.7.0 Authentication required"),
        ),
        (
            {"DATA": "451 4.3.0 Queue is full"},
            (Retry, Reason.MESSAGE_DEFERRED, Phase.DATA, 451, "4.3.0", "4.3.0 Queue is full"),
        ),
        (
            {"end": "451 4.7.1 Try again"},
            (Retry, Reason.MESSAGE_DEFERRED, Phase.REPLY, 451, "4.7.1", "4.7.1 Try again"),
        ),
        (
            {"end": "552 5.3.4 Too big"},
            (Rejected, Reason.MESSAGE_TOO_LARGE, Phase.REPLY, 552, "5.3.4", "5.3.4 Too big"),
        ),
        (
            {"end": "554 5.7.1 Spam"},
            (Retry, Reason.POLICY_BLOCK, Phase.REPLY, 554, "5.7.1", "5.7.1 Spam"),
        ),
        (
            {"end": "554 Transaction failed"},
            (Rejected, Reason.MESSAGE_REFUSED, Phase.REPLY, 554, None, "Transaction failed"),
        ),
        (
            {"RCPT": "550-5.1.1 No such user\r\n550 5.1.1 Ask the postmaster"},
            (
                Rejected,
                Reason.RECIPIENT_UNKNOWN,
                Phase.RECIPIENT,
                550,
                "5.1.1",
                "5.1.1 No such user\n5.1.1 Ask the postmaster",
            ),
        ),
        (
            {"RCPT": b"550 5.1.1 \xff\x00 unknown"},
            (
                Rejected,
                Reason.RECIPIENT_UNKNOWN,
                Phase.RECIPIENT,
                550,
                "5.1.1",
                "5.1.1 \ufffd\ufffd unknown",
            ),
        ),
        (
            {"RCPT": "what?"},
            (Retry, Reason.UNEXPECTED_REPLY, Phase.RECIPIENT, None, None, "?"),
        ),
    ],
)
def test_each_answer_has_its_outcome(
    transport_to: TransportTo, script: dict[str, Step], expected: tuple[object, ...]
) -> None:
    with ScriptedSmtpServer(script) as server:
        assert seen(transport_to(server).send(PARCEL)) == expected


@pytest.mark.parametrize(
    ("step", "phase", "maybe_accepted"),
    [
        ("banner", Phase.CONNECT, False),
        ("EHLO", Phase.CONNECT, False),
        ("MAIL", Phase.SENDER, False),
        ("RCPT", Phase.RECIPIENT, False),
        ("DATA", Phase.DATA, False),
        ("end", Phase.REPLY, True),
    ],
)
@pytest.mark.parametrize(("does", "reason"), [(Drop(), Reason.CONNECTION_DROPPED), (Hang(), Reason.TIMED_OUT)])
def test_a_drop_or_a_silence_is_tried_again_and_may_have_been_accepted_only_after_the_last_dot(
    transport_to: TransportTo, step: str, phase: Phase, *, maybe_accepted: bool, does: Step, reason: Reason
) -> None:
    with ScriptedSmtpServer({step: does}) as server:
        outcome = transport_to(server, email_timeout=0.2, email_data_timeout=0.3).send(PARCEL)

    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase) == (reason, phase)
    assert (outcome.evidence.code, outcome.maybe_accepted) == (None, maybe_accepted)


def test_a_server_that_drips_its_answer_is_bounded_by_the_phase_and_not_by_each_byte(
    transport_to: TransportTo,
) -> None:
    with ScriptedSmtpServer({"MAIL": Drip()}) as server:
        began = time.monotonic()
        outcome = transport_to(server, email_timeout=0.3).send(PARCEL)
        assert time.monotonic() - began < 2
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.TIMED_OUT, Phase.SENDER)


def test_an_answer_without_end_is_given_up(transport_to: TransportTo) -> None:
    endless = "\r\n".join("250-still here" for _ in range(20_000))
    with ScriptedSmtpServer({"EHLO": endless}) as server:
        outcome = transport_to(server).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert outcome.reason == Reason.CONNECTION_DROPPED


def test_a_long_reply_is_kept_to_one_kibibyte(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"RCPT": "550 5.1.1 " + "ä" * 5000}) as server:
        outcome = transport_to(server).send(PARCEL)
    assert isinstance(outcome, Rejected)
    assert 1000 < len(outcome.evidence.reply.encode()) <= 1024


def test_nobody_listening_is_tried_again(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        pass
    outcome = transport_to(server).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.CONNECTION_REFUSED, Phase.CONNECT)


@pytest.mark.parametrize("host", ["mail.invalid", "a..b", "x" * 70 + ".example"])
def test_a_name_that_cannot_be_looked_up_is_tried_again(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def offline(name: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 (the standard library's signature)
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    outcome = EmailTransport("", settings(email_host=host)).send(PARCEL)
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.NAME_NOT_FOUND, Phase.CONNECT)


# Bounces

BOUNCING = structs.replace(PARCEL, recipient="asha+jobs=1@example.com", envelope_sender="bounces+abc=1@hire.example")


def spoken(server: ScriptedSmtpServer) -> list[str]:
    return [command for command in server.commands() if command.startswith(("MAIL", "RCPT"))]


def test_a_server_with_dsn_is_asked_to_report_failures_and_delays_to_the_envelope_sender(
    transport_to: TransportTo,
) -> None:
    with ScriptedSmtpServer(extensions=["DSN"]) as server:
        outcome = transport_to(server).send(structs.replace(BOUNCING, message_id="<0190-a=b+c@hire.example>"))
    assert isinstance(outcome, Sent)
    assert spoken(server) == [
        "MAIL FROM:<bounces+abc=1@hire.example> RET=HDRS ENVID=0190-a+3Db+2Bc@hire.example",
        "RCPT TO:<asha+jobs=1@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;asha+2Bjobs+3D1@example.com",
    ]
    assert message_from_bytes(server.received[0].content)["From"] == "Acme Hiring <no-reply@hire.example>"


def test_a_server_without_dsn_only_hears_the_envelope_sender(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        transport_to(server).send(BOUNCING)
    assert spoken(server) == ["MAIL FROM:<bounces+abc=1@hire.example>", "RCPT TO:<asha+jobs=1@example.com>"]


@pytest.mark.parametrize("nowhere", [None, "", "no address", "bounces@", "büro@hire.example"])
def test_without_a_place_for_bounces_no_report_is_asked_for(transport_to: TransportTo, nowhere: str | None) -> None:
    with ScriptedSmtpServer(extensions=["DSN"]) as server:
        transport_to(server).send(structs.replace(PARCEL, envelope_sender=nowhere))
    assert spoken(server) == ["MAIL FROM:<no-reply@hire.example>", "RCPT TO:<asha@example.com>"]


def test_a_message_id_too_long_for_a_report_is_left_out_of_it(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer(extensions=["DSN"]) as server:
        transport_to(server).send(structs.replace(BOUNCING, message_id=f"<1@{'x' * 120}.example>"))
    assert spoken(server)[0] == "MAIL FROM:<bounces+abc=1@hire.example> RET=HDRS"


def test_a_recipient_outside_ascii_is_reported_on_without_its_original_form(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer(extensions=["DSN", "SMTPUTF8"]) as server:
        transport_to(server).send(structs.replace(BOUNCING, recipient="आशा@example.com"))
    assert spoken(server) == [
        "MAIL FROM:<bounces+abc=1@hire.example> SMTPUTF8 RET=HDRS ENVID=1@hire.example",
        "RCPT TO:<आशा@example.com> NOTIFY=FAILURE,DELAY",
    ]


# Sign-in and TLS


def test_a_wrong_password_holds_the_channel(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"AUTH": "535 5.7.8 Bad credentials"}) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="wrong").send(PARCEL)
    assert seen(outcome) == (
        Held,
        Reason.AUTH_REFUSED,
        Phase.AUTH,
        535,
        "5.7.8",
        "5.7.8 Bad credentials",
    )


@pytest.mark.parametrize(
    ("offered", "echoed"),
    [
        ("AUTH PLAIN", "AUTH PLAIN AG1lAGdlaGVpbW5pcy00NzEx"),
        ("AUTH PLAIN", "me/geheimnis-4711"),
        ("AUTH LOGIN", "Z2VoZWltbmlzLTQ3MTE="),
        ("AUTH LOGIN", "Z2VoZWltbmlzLTQ3MTE"),  # its padding left out
    ],
)
@pytest.mark.parametrize("before", ["", "x" * 995])  # the second has the reply cut within what is echoed
def test_a_password_that_the_server_repeats_is_not_kept(
    transport_to: TransportTo, offered: str, echoed: str, before: str
) -> None:
    script: dict[str, Step] = {"AUTH": f"535 5.7.8 {before} Not {echoed}!"}
    if offered == "AUTH LOGIN":
        script = {"AUTH": "334 VXNlcm5hbWU6", "BWU=": "334 UGFzc3dvcmQ6", "Z2VOZWLTBMLZLTQ3MTE=": script["AUTH"]}
    with ScriptedSmtpServer(script, extensions=[offered]) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="geheimnis-4711").send(PARCEL)
    assert seen(outcome)[:5] == (Held, Reason.AUTH_REFUSED, Phase.AUTH, 535, "5.7.8")
    kept = outcome.evidence.reply
    assert not any(part in kept for part in ("AG1l", "geheim", "Z2Vo"))
    if not before:
        assert kept.endswith(("AUTH PLAIN …!", "me/…!", "Not …!", "Not …=!"))


def test_a_sign_in_that_cannot_be_checked_now_is_tried_again(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"AUTH": "454 4.7.0 Later"}) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="x").send(PARCEL)
    assert seen(outcome) == (Retry, Reason.AUTH_DEFERRED, Phase.AUTH, 454, "4.7.0", "4.7.0 Later")


def test_a_server_without_sign_in_holds_the_channel(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer(extensions=["8BITMIME"]) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="x").send(PARCEL)
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.AUTH_MISSING, Phase.AUTH)


@pytest.mark.parametrize("offered", ["AUTH PLAIN LOGIN", "AUTH=PLAIN", "auth plain"])
def test_signs_in_with_plain_and_utf8(transport_to: TransportTo, offered: str) -> None:
    with ScriptedSmtpServer(extensions=[offered]) as server:
        transport = transport_to(server, email_host_user="me", email_host_password="pä%41ss")
        assert isinstance(transport.send(PARCEL), Sent)
    assert "AUTH PLAIN AG1lAHDDpCU0MXNz" in server.commands()


def test_signs_in_with_login_where_plain_is_not_offered(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer(
        {"AUTH": "334 VXNlcm5hbWU6", "BWU=": "334 UGFzc3dvcmQ6", "CHC=": "235 2.7.0 Welcome"},
        extensions=["AUTH LOGIN"],
    ) as server:
        transport = transport_to(server, email_host_user="me", email_host_password="pw")
        assert isinstance(transport.send(PARCEL), Sent)
    assert server.commands()[1:4] == ["AUTH LOGIN", "bWU=", "cHc="]


@pytest.mark.parametrize(
    "refusal",
    [
        "504 5.7.4 Unrecognized authentication type",
        "504 5.5.4 Command parameter not implemented",
        "535 5.7.8 Error: authentication mechanism PLAIN is not supported",
        "534 5.7.9 Authentication mechanism is too weak",
    ],
)
def test_a_mechanism_that_is_offered_and_refused_gives_way_to_the_next(transport_to: TransportTo, refusal: str) -> None:
    script: dict[str, Step | list[Step]] = {
        "AUTH": [refusal, "334 VXNlcm5hbWU6"],
        "BWU=": "334 UGFzc3dvcmQ6",
        "CHC=": "235 2.7.0 Welcome",
    }
    with ScriptedSmtpServer(script) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="pw").send(PARCEL)
    assert isinstance(outcome, Sent)
    assert server.commands()[1:5] == ["AUTH PLAIN AG1lAHB3", "AUTH LOGIN", "bWU=", "cHc="]


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("535 5.7.8 Bad credentials", Reason.AUTH_REFUSED),
        ("534 5.7.9 Application-specific password required", Reason.APP_PASSWORD_REQUIRED),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
            Reason.PASSWORD_SIGN_IN_DISABLED,
        ),
    ],
)
def test_a_wrong_password_is_not_offered_twice(transport_to: TransportTo, refusal: str, reason: Reason) -> None:
    with ScriptedSmtpServer({"AUTH": refusal}) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="pw").send(PARCEL)
    assert seen(outcome)[:3] == (Held, reason, Phase.AUTH)
    assert [command.split(" ")[1] for command in server.commands() if command.startswith("AUTH")] == ["PLAIN"]


def test_a_server_that_refuses_every_mechanism_offers_no_password_sign_in(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"AUTH": "504 5.7.4 Unrecognized authentication type"}) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="pw").send(PARCEL)
    assert seen(outcome)[:4] == (Held, Reason.AUTH_MISSING, Phase.AUTH, 504)


def test_a_server_without_password_sign_in_is_quoted_with_what_it_offers(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer(extensions=["AUTH XOAUTH2 OAUTHBEARER"]) as server:
        outcome = transport_to(server, email_host_user="me", email_host_password="pw").send(PARCEL)
    assert seen(outcome) == (Held, Reason.AUTH_MISSING, Phase.AUTH, None, None, "AUTH XOAUTH2 OAUTHBEARER")


@pytest.mark.parametrize("refusal", ["502 5.5.1 Command not implemented", "500 5.5.2 unrecognized command"])
def test_a_server_that_does_not_know_ehlo_is_greeted_with_helo(transport_to: TransportTo, refusal: str) -> None:
    with ScriptedSmtpServer({"EHLO": refusal, "HELO": "250 mail.test"}) as server:
        outcome = transport_to(server).send(structs.replace(BOUNCING, recipient="asha@example.com"))
    assert isinstance(outcome, Sent)
    assert server.commands()[1].startswith("HELO ")
    assert spoken(server) == ["MAIL FROM:<bounces+abc=1@hire.example>", "RCPT TO:<asha@example.com>"]


def test_helo_refused_is_our_side(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"EHLO": "502 No", "HELO": "550 No"}) as server:
        outcome = transport_to(server).send(PARCEL)
    assert seen(outcome)[:4] == (Held, Reason.SERVER_REFUSED, Phase.CONNECT, 550)


@pytest.mark.parametrize("implicit", [False, True])
def test_mail_goes_over_tls(transport_to: TransportTo, trusted: Certificate, *, implicit: bool) -> None:
    with ScriptedSmtpServer(certificate=trusted, implicit_tls=implicit) as server:
        transport = transport_to(
            server,
            email_use_ssl=implicit,
            email_use_tls=not implicit,
            email_host_user="me",
            email_host_password="secret",
        )
        outcome = transport.send(PARCEL)
        transport.close()
    assert isinstance(outcome, Sent)
    assert (outcome.evidence.tls_version or "").startswith("TLSv1.")


def test_starttls_that_is_not_offered_holds_the_channel_and_nothing_is_sent_in_clear(
    transport_to: TransportTo,
) -> None:
    with ScriptedSmtpServer() as server:
        outcome = transport_to(server, email_use_tls=True, email_host_user="me", email_host_password="secret").send(
            PARCEL
        )
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.STARTTLS_MISSING, Phase.TLS)
    assert [command.split()[0] for command in server.commands()] == ["EHLO"]


def test_starttls_that_is_refused_holds_the_channel(transport_to: TransportTo, certificate: Certificate) -> None:
    with ScriptedSmtpServer({"STARTTLS": "554 5.3.0 Broken"}, certificate=certificate) as server:
        outcome = transport_to(server, email_use_tls=True).send(PARCEL)
    assert seen(outcome) == (Held, Reason.STARTTLS_REFUSED, Phase.TLS, 554, "5.3.0", "5.3.0 Broken")


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_that_is_not_trusted_holds_the_channel(
    transport_to: TransportTo, certificate: Certificate, *, implicit: bool
) -> None:
    with ScriptedSmtpServer(certificate=certificate, implicit_tls=implicit) as server:
        outcome = transport_to(server, email_use_ssl=implicit, email_use_tls=not implicit).send(PARCEL)
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.CERTIFICATE_INVALID, Phase.TLS)
    assert "self-signed" in outcome.evidence.reply


def test_a_certificate_of_another_host_holds_the_channel(
    transport_to: TransportTo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = self_signed(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.cert))
    with ScriptedSmtpServer(certificate=made) as server:
        outcome = transport_to(server, email_use_tls=True).send(PARCEL)
    assert isinstance(outcome, Held)
    assert outcome.reason == Reason.CERTIFICATE_INVALID


def test_tls_from_the_start_against_a_plain_server_holds_the_channel(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        outcome = transport_to(server, email_use_ssl=True).send(PARCEL)
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.TLS_FAILED, Phase.TLS)


def test_answers_smuggled_in_before_the_handshake_are_not_heard(
    transport_to: TransportTo, trusted: Certificate
) -> None:
    script = {"STARTTLS": "220 2.0.0 Ready\r\n250-evil\r\n250 AUTH PLAIN"}
    with ScriptedSmtpServer(script, certificate=trusted, extensions=[]) as server:
        outcome = transport_to(server, email_use_tls=True, email_host_user="me", email_host_password="secret").send(
            PARCEL
        )
    assert isinstance(outcome, Held)
    assert outcome.reason == Reason.AUTH_MISSING


# Kept connections


def test_a_connection_is_kept_and_used_again(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        transport = transport_to(server)
        assert all(isinstance(transport.send(PARCEL), Sent) for _ in range(5))
        transport.close()
        assert (server.connection_count, len(server.received)) == (1, 5)
    assert server.commands()[-1] == "QUIT"


def test_a_refused_recipient_leaves_the_connection_in_step(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"RCPT": ["550 5.1.1 No such user"]}) as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Rejected)
        assert isinstance(transport.send(PARCEL), Sent)
        assert server.connection_count == 1
    assert "RSET" in server.commands()


def test_a_kept_connection_that_says_421_is_replaced_once(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"MAIL": ["250 2.1.0 Ok", "421 4.4.2 Idle for too long"]}) as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Sent)
        assert isinstance(transport.send(PARCEL), Sent)
        assert server.connection_count == 2


def test_a_replaced_connection_is_not_replaced_again(transport_to: TransportTo) -> None:
    busy = "421 4.3.2 Shutting down"
    with ScriptedSmtpServer({"MAIL": ["250 2.1.0 Ok", busy, busy]}) as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Sent)
        outcome = transport.send(PARCEL)
        assert server.connection_count == 2
    assert seen(outcome) == (Retry, Reason.SERVER_BUSY, Phase.SENDER, 421, "4.3.2", "4.3.2 Shutting down")


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Sent)
        server.drop_connections()
        time.sleep(0.05)
        assert isinstance(transport.send(PARCEL), Sent)
        assert server.connection_count == 2


def test_a_kept_connection_that_fails_after_mail_is_not_replaced(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"end": ["250 2.0.0 Ok", Drop()]}) as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Sent)
        outcome = transport.send(PARCEL)
        assert server.connection_count == 1
    assert isinstance(outcome, Retry)
    assert outcome.maybe_accepted


def test_an_idle_connection_is_closed_instead_of_used(
    transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.notify.transports.mail.smtp_pool.IDLE_SECONDS", 0.01)
    with ScriptedSmtpServer() as server:
        transport = transport_to(server)
        assert isinstance(transport.send(PARCEL), Sent)
        time.sleep(0.05)
        assert isinstance(transport.send(PARCEL), Sent)
        assert server.connection_count == 2


def test_threads_never_share_a_connection(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer() as server:
        transport = transport_to(server)
        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(transport.send, [PARCEL] * 200))
        assert all(isinstance(outcome, Sent) for outcome in outcomes)
        assert len(server.received) == 200
        assert server.connection_count <= 8


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        *["", "asha", "@example.com", "a@b\r\nRCPT TO:<evil@x.example>", "a@b> NOTIFY=NEVER", "a @b.example"],
        *["a@b..c", "a@☕.de"],
    ],
)
def test_an_address_that_cannot_be_written_is_rejected_unsent(transport_to: TransportTo, address: str) -> None:
    with ScriptedSmtpServer() as server:
        parcel = Parcel(recipient=address, subject="x", text="x", html="x", message_id="<1@x>")
        outcome = transport_to(server).send(parcel)
        assert server.commands() == []
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.evidence.phase) == (Reason.BAD_RECIPIENT, Phase.RECIPIENT)


@pytest.mark.parametrize(
    ("domain", "written"),
    [("bücher.example", "xn--bcher-kva.example"), ("faß.de", "xn--fa-hia.de")],  # the second never to fass.de
)
def test_a_domain_in_another_script_needs_no_smtputf8(transport_to: TransportTo, domain: str, written: str) -> None:
    with ScriptedSmtpServer(extensions=[]) as server:
        parcel = Parcel(recipient=f"a@{domain}", subject="x", text="x", html="x", message_id="<1@x>")
        assert isinstance(transport_to(server).send(parcel), Sent)
    assert server.received[0].recipient == f"RCPT TO:<a@{written}>"


@pytest.mark.parametrize("offered", [True, False])
def test_a_name_in_another_script_needs_smtputf8(transport_to: TransportTo, *, offered: bool) -> None:
    with ScriptedSmtpServer(extensions=["SMTPUTF8"] if offered else []) as server:
        parcel = Parcel(recipient="आशा@example.com", subject="x", text="x", html="x", message_id="<1@x>")
        outcome = transport_to(server).send(parcel)
    if offered:
        assert isinstance(outcome, Sent)
        assert server.received[0].sender.endswith(" SMTPUTF8")
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.reason == Reason.RECIPIENT_NEEDS_SMTPUTF8


NAMED_IN_HINDI = Parcel(recipient="आशा@example.com", subject="x", text="x", html="x", message_id="<1@x>")


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ("MAIL", "550 5.6.7 Address requires SMTPUTF8"),
        ("MAIL", "553 5.6.7 Mailbox name not allowed"),
        ("MAIL", "555 5.5.4 Unsupported option: SMTPUTF8"),
        ("MAIL", "504 5.5.4 Parameter not implemented"),
        ("MAIL", "501 5.5.4 Syntax error in parameters"),
        ("RCPT", "550 5.6.7 The next server does not support SMTPUTF8"),
        ("RCPT", "553 5.6.7 Non-ASCII addresses are not permitted for that recipient"),
    ],
)
def test_a_server_that_refuses_smtputf8_refuses_that_message_alone(
    transport_to: TransportTo, step: str, refusal: str
) -> None:
    with ScriptedSmtpServer({step: [refusal]}, extensions=["SMTPUTF8"]) as server:
        transport = transport_to(server)
        refused = transport.send(NAMED_IN_HINDI)
        assert isinstance(transport.send(PARCEL), Sent)
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.evidence.reply) == (Reason.RECIPIENT_NEEDS_SMTPUTF8, refusal[4:])
    assert server.connection_count == 1


@pytest.mark.parametrize(
    "refusal", ["550 5.7.1 Sender not allowed", "501 5.1.7 Bad sender address syntax", "530 5.7.0 Sign in first"]
)
def test_a_refusal_of_our_sender_is_ours_whatever_the_recipients_name(transport_to: TransportTo, refusal: str) -> None:
    with ScriptedSmtpServer({"MAIL": refusal}, extensions=["SMTPUTF8"]) as server:
        assert isinstance(transport_to(server).send(NAMED_IN_HINDI), Held)


@pytest.mark.parametrize("refusal", ["555 5.5.4 Unsupported option", "501 5.5.4 Syntax error", "504 Not implemented"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_server_that_refuses_to_report_is_given_the_message_without_asking_for_reports(
    transport_to: TransportTo, step: str, refusal: str
) -> None:
    with ScriptedSmtpServer({step: [refusal]}, extensions=["DSN"]) as server:
        assert isinstance(transport_to(server).send(BOUNCING), Sent)
    asked = [command for command in spoken(server) if command.startswith(step)]
    assert [command.partition(">")[2] != "" for command in asked] == [True, False]
    assert server.connection_count == 1


def test_a_server_that_refuses_both_reports_and_smtputf8_refuses_the_message(transport_to: TransportTo) -> None:
    with ScriptedSmtpServer({"MAIL": "555 5.5.4 Unsupported option"}, extensions=["DSN", "SMTPUTF8"]) as server:
        outcome = transport_to(server).send(structs.replace(BOUNCING, recipient="आशा@example.com"))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == Reason.RECIPIENT_NEEDS_SMTPUTF8
    assert spoken(server) == [
        "MAIL FROM:<bounces+abc=1@hire.example> SMTPUTF8 RET=HDRS ENVID=1@hire.example",
        "MAIL FROM:<bounces+abc=1@hire.example> SMTPUTF8",
    ]


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ({"MAIL": "501 5.5.4 Syntax error"}, Held, Reason.SENDER_REFUSED),
        ({"RCPT": "501 5.1.3 Bad recipient address syntax"}, Rejected, Reason.RECIPIENT_UNKNOWN),
        ({"RCPT": ["555 5.5.4 Unsupported option", "550 5.1.1 No such user"]}, Rejected, Reason.RECIPIENT_UNKNOWN),
        ({"MAIL": ["555 5.5.4 Unsupported option", Drop()]}, Retry, Reason.CONNECTION_DROPPED),
    ],
)
def test_what_the_server_says_without_these_parameters_is_what_counts(
    transport_to: TransportTo, script: dict[str, Step], outcome: type[Outcome], reason: Reason
) -> None:
    with ScriptedSmtpServer(script, extensions=["DSN"]) as server:
        came = transport_to(server).send(BOUNCING)
    assert isinstance(came, outcome)
    assert not isinstance(came, Sent)
    assert came.reason == reason


# Settings that cannot send


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, Reason.NO_MAIL_HOST),
        ({"email_backend": "console", "email_host": "mail.example"}, Reason.CONSOLE_BACKEND),
        (
            {"email_backend": "django.core.mail.backends.filebased.EmailBackend", "email_host": "mail.example"},
            Reason.FILE_BACKEND,
        ),
        ({"email_host": "mail.example", "email_host_user": "me"}, Reason.INCOMPLETE_CREDENTIALS),
        ({"email_host": "mail.example", "email_host_password": "x"}, Reason.INCOMPLETE_CREDENTIALS),
        (
            {"email_host": "mail.example", "email_host_user": "me", "email_host_password": "x"},
            Reason.PASSWORD_WITHOUT_TLS,
        ),
        ({"email_host": "mail.example", "email_use_tls": True, "email_use_ssl": True}, Reason.TLS_AND_SSL),
        ({"email_url": "mailto://mail.example?from=nobody"}, Reason.BAD_SENDER),
        ({"email_url": "mailto://mail.example?from=a@b.example,%20c@d.example"}, Reason.BAD_SENDER),
        ({"email_url": "mailto://me:secret@mail.example"}, Reason.PASSWORD_WITHOUT_TLS),
        ({"email_url": "mailtos://me:secret@mail.example?mode=insecure"}, Reason.PASSWORD_WITHOUT_TLS),
        ({"email_url": "mailtos://me:secret@mail.example?verify=no"}, Reason.BAD_MAIL_URL),
        ({"email_url": "mailtos://me:secret@mail.example?retry=3"}, Reason.BAD_MAIL_URL),
        ({"email_url": "mailtos://me:secret@mail.example/boss@x.example"}, Reason.BAD_MAIL_URL),
        ({"email_url": "mailtos://me:secret@mail.example?mode=magic"}, Reason.BAD_MAIL_URL),
        ({"email_url": "json://mail.example"}, Reason.BAD_MAIL_URL),
        ({"email_url": "not a url"}, Reason.BAD_MAIL_URL),
    ],
)
def test_settings_that_cannot_send_hold_the_channel_without_touching_the_network(
    values: dict[str, Any], reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "create_connection", forbidden)
    transport = EmailTransport("", settings(**values))
    outcome = transport.send(PARCEL)
    assert isinstance(outcome, Held)
    assert (outcome.reason, outcome.evidence.phase) == (reason, Phase.CONFIGURE)
    assert transport.refusal is reason


@pytest.mark.parametrize(
    ("values", "host", "port"),
    [
        ({"email_host": "mail.example"}, "mail.example", 25),
        ({"email_host": "mail.example", "email_use_tls": True}, "mail.example", 587),
        ({"email_host": "mail.example", "email_use_ssl": True}, "mail.example", 465),
        ({"email_url": "mailtos://me:secret@gmail.com"}, "smtp.gmail.com", 587),
        ({"email_url": "mailtos://me:secret@x.example?mode=ssl&smtp=mx.x.example"}, "mx.x.example", 465),
    ],
)
def test_the_server_follows_from_the_settings(values: dict[str, Any], host: str, port: int) -> None:
    server = EmailTransport("", settings(**values)).server
    assert server is not None
    assert (server.host, server.port) == (host, port)
    assert "secret" not in repr(server)


def test_a_password_in_clear_may_go_to_loopback() -> None:
    with ScriptedSmtpServer() as server:
        url = f"mailto://me:secret@127.0.0.1:{server.port}?from=no-reply@hire.example"
        transport = EmailTransport(url, settings())
        assert isinstance(transport.send(PARCEL), Sent)
        transport.close()


# Another server than ours


def test_a_mail_reaches_a_mailbox_of_aiosmtpd(tmp_path: Path) -> None:
    pytest.importorskip("aiosmtpd", reason="aiosmtpd comes with the extra `local`")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path / "mail"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    program = subprocess.Popen([*command, "-c", "aiosmtpd.handlers.Mailbox", str(folder)])
    try:
        transport = EmailTransport("", settings(email_host="127.0.0.1", email_port=port))
        outcome = transport.send(PARCEL)
        while isinstance(outcome, Retry) and outcome.reason == Reason.CONNECTION_REFUSED:
            time.sleep(0.05)
            outcome = transport.send(PARCEL)
        transport.close()
    finally:
        program.terminate()
        program.wait()
    assert isinstance(outcome, Sent)
    [mail] = mailbox.Maildir(folder)
    assert mail["Message-ID"] == "<1@hire.example>"
    assert mail["X-RcptTo"] == "asha@example.com"
