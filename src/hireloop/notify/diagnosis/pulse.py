"""The mail check for the health endpoint: its last finding, refreshed once a minute, or when workers saw otherwise."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from hireloop.notify.diagnosis import background, mail
from hireloop.notify.diagnosis.findings import Finding
from hireloop.notify.diagnosis.latest import LOOK_BACK_SECONDS, Latest
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

    async def findings(
        self, latest: Mapping[str, Latest] | None = None, *, patience: float = PATIENCE_SECONDS
    ) -> tuple[Finding, ...]:
        """Return the last findings, none of a check that has never ended; waits for newer ones `patience` seconds.

        `latest` is what workers saw last, by the name of the check. A finding that it contradicts is never returned:
        the check is made again at once, and left out if it takes longer.
        """
        seen = latest or {}
        until = time.monotonic() + patience
        if time.monotonic() - self._asked_at >= SECONDS_BETWEEN:
            self._ask()
        await self._wait(until)
        if len(self._holding(seen)) < len(self._known):
            self._ask()
            await self._wait(until)
        return tuple(self._holding(seen))

    def _ask(self) -> None:
        """Start the checks, if none is running."""
        if all(asked.done() for asked in self._asking):
            self._asked_at = time.monotonic()
            self._asking = [background.start(name, check) for name, check in self._checks]

    async def _wait(self, until: float) -> None:
        if self._asking:
            done, _ = await asyncio.wait(self._asking, timeout=max(0.0, until - time.monotonic()))
            self._known |= {finding.check: finding for finding in (asked.result() for asked in done)}

    def _holding(self, latest: Mapping[str, Latest]) -> list[Finding]:
        """Return the findings that nothing newer contradicts, and that are not too old to know."""
        oldest = time.monotonic() - LOOK_BACK_SECONDS
        return [
            finding
            for name, finding in self._known.items()
            if (finding.observed_at is None or finding.observed_at > oldest)
            and not (name in latest and latest[name].contradicts(finding))
        ]
