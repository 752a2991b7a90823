"""A HireLoop transport that hands each message to a program on the worker's machine.

The channel is `command:///absolute/path?timeout=30`. The program gets one line of JSON on its standard input and says
by its exit status what came of it, as programs that take mail do (sysexits.h): 0 is sent, 65 and 67 mean never, 77 and
78 that the program itself is not set up, anything else later.
"""

import json
import math
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.settings import Settings

_LONGEST_TIMEOUT, _LONGEST_REPLY = 300.0, 1_024
# The worker's own environment holds SECRET_KEY and passwords.
_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}


class CommandTransport:
    """The transport `command`: one run of a program for each message."""

    def __init__(self, url: str, settings: Settings) -> None:  # noqa: ARG002 (the protocol's signature)
        """Read the program's path and its time-out from the channel's URL; nothing is run."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self._program = Path(unquote(parts.path))
        self._timeout = _seconds(options.pop("timeout", "30"))
        self._is_good = parts.scheme == "command" and not parts.netloc and self._timeout > 0 and not options

    def send(self, parcel: Parcel) -> Outcome:
        """Run the program once, blocking, from any thread."""
        is_there = self._program.is_absolute() and self._program.is_file() and os.access(self._program, os.X_OK)
        if not self._is_good or not is_there:
            return Held(reason="command_missing", evidence=Evidence(phase=Phase.CONFIGURE))
        with tempfile.TemporaryFile() as output:
            try:
                status = self._run(_line(parcel), output.fileno())
            except OSError as error:  # it is no program, or there is no process left for it
                evidence = Evidence(phase=Phase.CONFIGURE, reply=error.strerror or "")
                return Held(reason="command_not_run", evidence=evidence)
            output.seek(0)
            return _outcome(status, output.read(_LONGEST_REPLY).decode("utf-8", "replace"))

    def _run(self, line: bytes, output: int) -> int | None:
        """Return the exit status, negative where a signal ended it; None where it had to be killed."""
        with subprocess.Popen(  # noqa: S603 (the program is the operator's choice)
            [self._program],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        ) as process:
            try:
                process.communicate(line, timeout=self._timeout)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # and what it has started
                return None
            return process.returncode


def _outcome(status: int | None, said: str) -> Outcome:
    code = status if status is not None and status >= 0 else None
    evidence = Evidence(phase=Phase.REPLY, code=code, reply=said)
    match status:
        case os.EX_OK:
            return Sent(evidence=evidence)
        case None:
            return Retry(reason=Reason.TIMED_OUT, evidence=evidence, maybe_accepted=True)
        case os.EX_DATAERR | os.EX_NOUSER:
            return Rejected(reason=Reason.MESSAGE_REFUSED, evidence=evidence)
        case os.EX_NOPERM | os.EX_CONFIG:
            return Held(reason="command_not_set_up", evidence=evidence)
        case os.EX_UNAVAILABLE | os.EX_TEMPFAIL:
            return Retry(reason=Reason.MESSAGE_DEFERRED, evidence=evidence)
        case _:  # it says nothing of how far it came
            return Retry(reason="command_failed", evidence=evidence, maybe_accepted=True)


def _line(parcel: Parcel) -> bytes:
    """Return what the program reads: one line of ASCII JSON. `message_id` is the same when a message comes again."""
    try:
        for_programs = json.loads(parcel.data)
    except ValueError:
        for_programs = None
    told = {
        "message_id": parcel.message_id,
        "kind": parcel.kind,
        "recipient": parcel.recipient,
        "subject": parcel.subject,
        "text": parcel.text,
        "data": for_programs["data"] if isinstance(for_programs, dict) and "data" in for_programs else None,
    }
    return json.dumps(told).encode() + b"\n"


def _seconds(text: str) -> float:
    """Return a time-out; 0 for what is none."""
    try:
        seconds = float(text)
    except ValueError:
        return 0
    return min(seconds, _LONGEST_TIMEOUT) if math.isfinite(seconds) else 0
