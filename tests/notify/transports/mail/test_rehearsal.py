"""A conversation that is watched, and one that stops before any message."""

from pydantic import SecretStr

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Phase
from hireloop.notify.transports.mail.rehearsal import WatchedConnection, rehearse
from hireloop.notify.transports.mail.smtp import Envelope, MailServer, Security
from servers.smtp import Drop, ScriptedSmtpServer, Step

PASSWORD = "canary"


def at(server: ScriptedSmtpServer, *, user: str = "", password: str = "") -> MailServer:
    return MailServer(
        host="127.0.0.1",
        port=server.port,
        security=Security.NONE,
        user=user,
        password=SecretStr(password),
        timeout=2,
    )


def test_a_rehearsal_ends_with_the_sender_accepted_and_hands_nothing_in() -> None:
    with ScriptedSmtpServer(extensions=["DSN", "STARTTLS"]) as server:
        rehearsal = rehearse(at(server), None, "jobs@hire.example")
    assert rehearsal.outcome is None
    assert (rehearsal.evidence.phase, rehearsal.evidence.code) == (Phase.SENDER, 250)
    assert rehearsal.extensions >= {"DSN", "STARTTLS"}
    assert server.commands()[1:] == ["MAIL FROM:<jobs@hire.example>", "RSET", "QUIT"]
    assert server.received == []


def test_a_rehearsal_says_what_a_delivery_would_come_to() -> None:
    with ScriptedSmtpServer({"MAIL": "550 5.7.1 Who?"}) as server:
        rehearsal = rehearse(at(server), None, "jobs@hire.example")
    assert isinstance(rehearsal.outcome, Held)
    assert rehearsal.outcome.reason == Reason.SENDER_REFUSED
    assert rehearsal.connected


def test_a_rehearsal_keeps_what_ended_it() -> None:
    with ScriptedSmtpServer({"EHLO": Drop()}) as server:
        rehearsal = rehearse(at(server), None, "jobs@hire.example")
        assert rehearsal.connected
        assert isinstance(rehearsal.failure, ConnectionError)
    rehearsal = rehearse(at(server), None, "jobs@hire.example")
    assert not rehearsal.connected
    assert isinstance(rehearsal.failure, ConnectionRefusedError)


def test_a_watched_connection_tells_of_every_answer_and_of_no_password() -> None:
    told: list[tuple[str, Evidence]] = []
    script: dict[str, Step] = {
        "AUTH": "334 VXNlcm5hbWU6",
        "BWU=": "334 UGFzc3dvcmQ6",
        "Y2FUYXJ5": "235 2.7.0 Welcome",
        "MAIL": f"250 2.1.0 {PASSWORD} is it",
    }
    with ScriptedSmtpServer(script, extensions=["AUTH LOGIN"]) as server:
        connection = WatchedConnection(
            at(server, user="me", password=PASSWORD), None, lambda said, evidence: told.append((said, evidence))
        )
        connection.deliver(Envelope("jobs@hire.example", "asha@example.com", b"Subject: x\r\n\r\n"))
        connection.close()
    assert [(said, evidence.code) for said, evidence in told] == [
        ("the greeting", 220),
        (server.commands()[0], 250),
        ("AUTH LOGIN", 235),
        ("MAIL FROM:<jobs@hire.example>", 250),
        ("RCPT TO:<asha@example.com>", 250),
        ("DATA", 354),
        ("the message", 250),
        ("QUIT", 221),
    ]
    assert PASSWORD not in repr(told)
    assert told[3][1].reply == "2.1.0 … is it"
