"""The mail check for the health endpoint: its last finding, refreshed at most once a minute in each process."""

import asyncio
from collections.abc import Sequence

from hireloop.notify.diagnosis import background, mail
from hireloop.notify.diagnosis.findings import Finding
from hireloop.settings import Settings

SECONDS_BETWEEN = 60.0
PATIENCE_SECONDS = 2.0


class MailPulse:
    """Knows whether the mail server would accept mail; for one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._checks = mail.checks_of(settings)
        self._asked_at = float("-inf")
        self._asking: Sequence[asyncio.Future[Finding]] = ()
        self._known: dict[str, Finding] = {}

    async def findings(self, *, patience: float = PATIENCE_SECONDS) -> tuple[Finding, ...]:
        """Return the last findings, none of a check that has never ended; waits for newer ones `patience` seconds."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= SECONDS_BETWEEN and all(asked.done() for asked in self._asking):
            self._asked_at = now
            self._asking = [background.start(name, check) for name, check in self._checks]
        if self._asking:
            done, _ = await asyncio.wait(self._asking, timeout=patience)
            self._known |= {finding.check: finding for finding in (asked.result() for asked in done)}
        return tuple(self._known.values())
