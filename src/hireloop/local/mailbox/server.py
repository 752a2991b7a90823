"""The program of the development mailbox: a real SMTP server that keeps what it takes in a folder.

It writes one line to standard output, `{"host": …, "port": …}` once it listens or `{"error": …}`, and ends
when its standard input ends: so it never outlives the process that started it, whatever that one died of.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from hireloop.local.mailbox.mail_folder import MailFolder

_LARGEST_MESSAGE = 50_000_000  # bytes


class KeepEverything:
    """Answers the SMTP server's questions: every recipient is welcome."""

    def __init__(self, folder: MailFolder) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd calls it by this name)
        """Store the message, and only then take responsibility for it."""
        try:
            ident = self._folder.add(
                sender=envelope.mail_from or "",
                recipients=[*envelope.rcpt_tos],
                raw=envelope.original_content or b"",
            )
        except OSError as error:
            return f"452 4.3.1 Not kept, try again later: {error.strerror}"
        return f"250 2.0.0 Ok: kept as {ident}"


async def serve(folder: Path, host: str, port: int) -> None:
    """Receive mail until standard input ends; raises OSError if the address is taken."""
    loop = asyncio.get_running_loop()
    keeper = KeepEverything(MailFolder(folder))

    def connection() -> SMTP:
        return SMTP(
            keeper,
            hostname="mailbox.localhost",  # without a name, the library asks the DNS for one
            ident="HireLoop development mailbox",
            data_size_limit=_LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    server = await loop.create_server(connection, host, port)
    bound_host, bound_port = server.sockets[0].getsockname()[:2]
    _say({"host": bound_host, "port": bound_port})
    await asyncio.to_thread(sys.stdin.buffer.read)
    # Not waited for: a client that keeps its connection open would keep us.
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="the Maildir to keep mail in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.folder, options.host, options.port))
    except OSError as error:
        _say({"error": str(error)})
        sys.exit(1)


def _say(facts: dict[str, str | int]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
