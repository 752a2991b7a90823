"""Checks that wait on the network, each in a separate thread that the process does not wait for when it ends."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from hireloop.notify.diagnosis.findings import Finding, failure
from hireloop.telemetry import current

DiagnosisCheck = Callable[[], Finding]


def start(name: str, check: DiagnosisCheck) -> asyncio.Future[Finding]:
    """Start a check and return the future of its finding; an error that it raises becomes a finding too.

    Its thread ends with the process, whatever it is doing: the system's name look-up may take longer than we wait.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Finding] = loop.create_future()

    def settle(finding: Finding) -> None:
        if not found.done():
            found.set_result(finding)

    def run() -> None:
        try:
            with current.unrecorded():
                finding = check()
        except Exception as error:  # noqa: BLE001 (one broken check stops no other; its text may hold a secret)
            cause = f"This check failed unexpectedly ({type(error).__name__})."
            finding = failure(name, cause, "Report it as a bug. The other checks still hold.")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, finding)

    threading.Thread(target=run, name=f"check: {name}", daemon=True).start()
    return found


async def finished(name: str, found: asyncio.Future[Finding], *, until: float) -> Finding:
    """Wait for a finding until the loop's clock says `until`; then say that it took too long."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout_at(max(until, loop.time() + 0.01)):
            return await asyncio.shield(found)
    except TimeoutError:
        return failure(name, "This check did not finish in time.", "Check this machine's DNS and network.")


def names_of(running: Sequence[tuple[str, asyncio.Future[Finding]]]) -> list[str]:
    """Return the names of the checks that have not ended."""
    return [name for name, found in running if not found.done()]
