"""The mail server of a run: real SMTP at a fixed port, which writes each mail to the disk before it answers.

What it has answered for therefore survives its own kill -9. Some recipients' mail is answered late, and some answers
never come although the mail was taken: both are a matter of the recipient, of the seed and of how often it was sent.
"""

import argparse
import asyncio
import hashlib
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Session

from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.server import KeepEverything

SLOW = "slow."  # how the addresses begin whose mail is answered late
SLOW_SECONDS = 8.0
_HOST = "127.0.0.1"


class Answer(StrEnum):
    """What becomes of one mail."""

    TAKEN = "taken"
    TAKEN_AND_DROPPED = "taken and dropped"  # written, and the connection ends without an answer
    LATER = "later"  # 451, and nothing is written


# How many of a hundred mails get an answer other than `TAKEN`.
_ORDINARY = {Answer.TAKEN_AND_DROPPED: 4, Answer.LATER: 3}
_SLOW = {Answer.TAKEN_AND_DROPPED: 40}


def answer_to(seed: int, recipient: str, time: int) -> Answer:
    """Return what becomes of a mail that is sent to this recipient for the `time`-th time."""
    drawn = hashlib.sha256(f"{seed} {recipient} {time}".encode()).digest()
    left = int.from_bytes(drawn[:4]) % 100
    for answer, share in (_SLOW if recipient.startswith(SLOW) else _ORDINARY).items():
        if left < share:
            return answer
        left -= share
    return Answer.TAKEN


class ChaoticServer:
    """Answers the SMTP server's questions by `answer_to`."""

    def __init__(self, folder: MailFolder, seed: int, slow_seconds: float = SLOW_SECONDS) -> None:
        self._keeper = KeepEverything(folder)
        self._seed, self._slow_seconds = seed, slow_seconds
        self._times: Counter[str] = Counter()

    async def handle_DATA(self, server: SMTP, session: Session, mail: Any) -> str:  # noqa: N802, ANN401 (the library's name and type)
        """Write the mail, wait if its recipient is slow, and answer or not."""
        recipient = mail.rcpt_tos[0]
        self._times[recipient] += 1
        answer = answer_to(self._seed, recipient, self._times[recipient])
        if answer is Answer.LATER:
            return "451 4.3.0 Ask again later"
        said = await self._keeper.handle_DATA(server, session, mail)
        if recipient.startswith(SLOW):
            await asyncio.sleep(self._slow_seconds)
        if answer is Answer.TAKEN_AND_DROPPED and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return said


async def serve(folder: Path, port: int, seed: int) -> None:
    """Receive mail until the process ends."""
    loop = asyncio.get_running_loop()
    handler = ChaoticServer(MailFolder(folder), seed)

    def connection() -> SMTP:
        return SMTP(handler, hostname="mail.chaos.example", enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(connection, _HOST, port)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the Maildir to keep mail in")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.port, options.seed))


if __name__ == "__main__":
    main()
