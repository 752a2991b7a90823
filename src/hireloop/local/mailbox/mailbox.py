"""The development mailbox: receives over real SMTP in a separate process, and shows what has arrived."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hireloop.errors import SettingsError
from hireloop.local.mailbox.mail_folder import MailFolder, ReceivedMail

_HOST = "127.0.0.1"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.02


class Mailbox:
    """A development mailbox that keeps its mail in `folder`, also across restarts.

    It listens on a free port of 127.0.0.1. Its process ends with the one that started it, even by kill -9.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mail = MailFolder(folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._address: tuple[str, int] | None = None

    def start(self) -> tuple[str, int]:
        """Start receiving and return host and port; if it already receives, only return them.

        Raises SettingsError if the server does not come up.
        """
        if self._address is None:
            program = ["-P", "-m", "hireloop.local.mailbox.server"]
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [sys.executable, *program, "--host", _HOST, "--folder", str(self._folder.absolute())],
                stdin=subprocess.PIPE,  # its end is what tells the server that we are gone
                stdout=subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C reaches us first: what is being sent may still arrive
            )
            self._address = self._wait_until_it_listens(self._process)
        return self._address

    def stop(self) -> None:
        """Stop receiving; the mail stays. Does nothing if it does not receive."""
        process, self._process, self._address = self._process, None, None
        if process is None:
            return
        try:
            process.communicate(timeout=_STOP_SECONDS)  # closes its standard input
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def messages(self) -> list[ReceivedMail]:
        """Return every message ever received into the folder, the newest first."""
        return self._mail.messages()

    def wait_for(
        self, count: int = 1, *, where: Callable[[ReceivedMail], bool] | None = None, timeout: float = 10.0
    ) -> list[ReceivedMail]:
        """Return the messages that `where` chooses (all without it), once there are `count` of them.

        The newest is first. Blocks for at most `timeout` seconds, then raises TimeoutError.
        """
        deadline = time.monotonic() + timeout
        while True:
            found = [mail for mail in self.messages() if where is None or where(mail)]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                msg = f"{len(found)} of {count} expected messages arrived within {timeout:g} s."
                raise TimeoutError(msg)
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> tuple[str, int]:
        said: dict[str, Any] = {}
        if process.stdout is not None and select.select([process.stdout], [], [], _START_SECONDS)[0]:
            said = json.loads(process.stdout.readline() or "{}")
        if "port" in said:
            return said["host"], said["port"]
        self._process = None
        process.kill()
        process.communicate()
        reason = said.get("error", "it gave no reason")
        msg = f"The development mailbox could not listen on {_HOST}: {reason}"
        raise SettingsError(msg)
