"""The mail server keeps what it has taken, whether or not it could still answer for it."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from chaos.facts import mails_in
from chaos.parts.installation import free_ports
from chaos.parts.mail_server import SLOW, Answer, answer_to
from chaos.parts.programs import Program
from processes import environment
from waiting import until_true

SEED = 1
MAIL = "Message-ID: <{}@hire.example>\r\n\r\nHello\r\n"


class Server:
    """The program, and where it listens."""

    def __init__(self, folder: Path) -> None:
        self.port, self.mails = free_ports(1)[0], folder / "mails"
        tests = str(Path(__file__).parents[2])
        arguments = ["--folder", str(self.mails), "--port", str(self.port), "--seed", str(SEED)]
        env = environment("", PYTHONPATH=tests)
        self.program = Program("mail-server", "chaos.parts.mail_server", *arguments, env=env, folder=folder)

    async def send(self, recipient: str) -> None:
        """Send it a mail whose Message-ID is its recipient; raises what smtplib raises for its answers."""

        def connected() -> None:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                client.sendmail("interviews@hire.example", recipient, MAIL.format(recipient.partition("@")[0]))

        await asyncio.to_thread(connected)

    async def is_up(self) -> None:
        def listens() -> bool:
            with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.port, timeout=30):
                return True
            return False

        await until_true(listens, "the mail server listens")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    started = Server(tmp_path)
    started.program.start()
    await started.is_up()
    yield started
    await started.program.stop()


def somebody(answer: Answer) -> str:
    """Return an address whose first mail gets this answer."""
    return next(f"n{n}@x.example" for n in count() if answer_to(SEED, f"n{n}@x.example", 1) is answer)


async def test_what_was_answered_for_outlives_a_kill_9_and_the_next_server_is_at_the_same_port(server: Server) -> None:
    recipient = somebody(Answer.TAKEN)
    await server.send(recipient)
    server.program.kill()
    await until_true(lambda: not server.program.is_running, "it is dead")
    await server.is_up()
    assert [mail.recipient for mail in mails_in(server.mails)] == [recipient]
    assert server.program.own_ends == []


async def test_a_mail_is_taken_without_an_answer_or_answered_without_being_taken(server: Server) -> None:
    dropped, later = somebody(Answer.TAKEN_AND_DROPPED), somebody(Answer.LATER)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await server.send(dropped)
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        await server.send(later)
    assert [mail.recipient for mail in mails_in(server.mails)] == [dropped]


@pytest.mark.parametrize("prefix", ["", SLOW])
def test_every_recipient_gets_an_answer_sooner_or_later(prefix: str) -> None:
    answers = [[answer_to(SEED, f"{prefix}n{n}@x.example", time) for time in range(1, 20)] for n in range(200)]
    assert all(Answer.TAKEN in one for one in answers)
    assert any(one[0] is Answer.TAKEN_AND_DROPPED for one in answers)
