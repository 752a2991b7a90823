"""`hireloop send-test` as a user runs it: no database, and a real mail server."""

import os
from email import message_from_bytes, policy

import pytest

from processes import free_port
from servers.smtp import ScriptedSmtpServer
from test_cli import hireloop

PASSWORD = "canary-password"
NO_DATA = "/nonexistent/hireloop"


def environment(**settings: object) -> dict[str, str]:
    """Return the settings of nothing but mail: neither a database nor a secret."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    values = {"EMAIL_HOST": "localhost", "BASE_URL": "https://hire.example", "DEFAULT_FROM_EMAIL": "jobs@hire.example"}
    values["HIRELOOP_DATA_DIR"] = NO_DATA
    return kept | {name: str(value) for name, value in (values | settings).items()}


def test_the_invitation_arrives_and_every_answer_is_shown() -> None:
    with ScriptedSmtpServer() as server:
        env = environment(EMAIL_PORT=server.port, EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD=PASSWORD)
        ran = hireloop("send-test", "asha@example.com", env=env)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == (
        f"The settings of this environment: DATABASE_URL is not set, and there is no database in {NO_DATA}.\n"
        f"configure  localhost port {server.port}, unencrypted\n"
        "connect    the greeting\n"
        "             220 mail.test ESMTP\n"
        f"connect    {server.commands()[0]}\n"
        "             250 mail.test\n"
        "             250 8BITMIME\n"
        "             250 SMTPUTF8\n"
        "             250 AUTH PLAIN LOGIN\n"
        "auth       AUTH PLAIN\n"
        "             235 2.7.0 Welcome\n"
        "sender     MAIL FROM:<jobs@hire.example>\n"
        "             250 2.1.0 Ok\n"
        "recipient  RCPT TO:<asha@example.com>\n"
        "             250 2.1.5 Ok\n"
        "data       DATA\n"
        "             354 Go ahead\n"
        "reply      the message\n"
        "             250 2.0.0 Ok: queued as 4242\n"
        "reply      QUIT\n"
        "             221 2.0.0 Bye\n"
        "\nAccepted by the mail server. Check the mailbox, including its spam folder.\n"
    )
    [received] = server.received
    mail = message_from_bytes(received.content, policy=policy.SMTP)
    assert mail["Subject"] == "[Test] Interview scheduled: Test Engineer (a test) at Example Labs"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert "There is no interview; the link is invalid." in " ".join(body.get_content().split())
    assert [
        part["Content-Type"].params["method"] for part in mail.walk() if part.get_content_subtype() == "calendar"
    ] == ["REQUEST"]


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    with ScriptedSmtpServer({"AUTH": f"535 5.7.8 Not with {PASSWORD}"}) as server:
        env = environment(EMAIL_PORT=server.port, EMAIL_HOST_USER="me", EMAIL_HOST_PASSWORD=PASSWORD)
        ran = hireloop("send-test", "asha@example.com", env=env)
    assert ran.returncode == 1
    assert PASSWORD not in ran.stdout + ran.stderr
    assert "535 5.7.8 Not with …" in ran.stdout
    assert "Not accepted: localhost refused the user name or the password.\n→ Correct EMAIL_HOST_USER" in ran.stdout


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"RCPT": "550 5.1.1 No such user"}, "Not accepted: The recipient's address does not exist."),
        ({"end": "554 5.7.1 Spam"}, "Not accepted: The recipient's server blocked the message"),
        ({"MAIL": "550 5.7.1 Who?"}, "Not accepted: localhost does not accept mail from our sender's address."),
    ],
)
def test_what_is_refused_ends_1_with_the_servers_words_and_the_cause(script: dict[str, str], said: str) -> None:
    with ScriptedSmtpServer(script) as server:
        ran = hireloop("send-test", "asha@example.com", env=environment(EMAIL_PORT=server.port))
    assert ran.returncode == 1
    assert said in ran.stdout
    [reply] = script.values()
    assert reply in ran.stdout


def test_nobody_listening_ends_1_with_the_doctors_words() -> None:
    port = free_port()
    ran = hireloop("send-test", "asha@example.com", env=environment(EMAIL_PORT=port))
    assert ran.returncode == 1
    assert f"Not accepted: Nothing is listening at localhost port {port}." in ran.stdout


def test_settings_that_cannot_send_end_1_with_their_fix() -> None:
    ran = hireloop("send-test", "asha@example.com", env=environment(EMAIL_BACKEND="console"))
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "EMAIL_BACKEND is console, so no mail leaves this machine.\n→ Set it to smtp.\n" in ran.stdout


def test_the_fallback_is_tried_where_it_is_asked_for() -> None:
    with ScriptedSmtpServer() as server:
        url = f"mailto://localhost:{server.port}?from=jobs@hire.example"
        env = environment(EMAIL_PORT=free_port(), EMAIL_FALLBACK_URL=url)
        ran = hireloop("send-test", "--fallback", "asha@example.com", env=env)
    assert ran.returncode == 0, ran.stdout
    assert len(server.received) == 1


def test_a_simulated_recipient_is_refused_as_it_is_never_written_to() -> None:
    with ScriptedSmtpServer() as server:
        ran = hireloop("send-test", "sent@Simulated.test", env=environment(EMAIL_PORT=server.port))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "sent@Simulated.test is a simulated recipient, which no mail server ever sees" in " ".join(
        ran.stderr.split()
    )
    assert server.connection_count == 0


@pytest.mark.parametrize(
    "arguments", [["asha"], ["asha@"], ["a b@example.com"], [], ["--fallback", "asha@example.com"], ["a@b.c", "d@e.f"]]
)
def test_wrong_usage_is_2_and_sends_nothing(arguments: list[str]) -> None:
    with ScriptedSmtpServer() as server:
        ran = hireloop("send-test", *arguments, env=environment(EMAIL_PORT=server.port))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Usage: ")
    assert server.connection_count == 0
