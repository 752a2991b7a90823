"""Checks that wait on the network, each in a thread of its own that nobody has to wait for in the end."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from hireloop.notify.diagnosis.findings import Finding, failure

Check = Callable[[], Finding]


def start(name: str, check: Check) -> asyncio.Future[Finding]:
    """Start a check and return the future of its finding; an error of its own is a finding too.

    Its thread ends with the process, wherever it is: the system may look a name up for longer than anybody waits.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Finding] = loop.create_future()

    def settle(finding: Finding) -> None:
        if not found.done():
            found.set_result(finding)

    def run() -> None:
        try:
            finding = check()
        except Exception as error:  # noqa: BLE001 (one broken check stops no other; its text may hold a secret)
            cause = f"This check broke down ({type(error).__name__})."
            finding = failure(name, cause, "Report it; the others do not need it.")
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, finding)

    threading.Thread(target=run, name=f"check: {name}", daemon=True).start()
    return found


async def finished(name: str, found: asyncio.Future[Finding], *, until: float) -> Finding:
    """Wait for a finding until the loop's clock says `until`; then say that it took too long."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(asyncio.shield(found), max(until - loop.time(), 0.01))
    except TimeoutError:
        return failure(name, "This check did not end in time.", "Look at this machine's DNS and its network.")


def names_of(running: Sequence[tuple[str, asyncio.Future[Finding]]]) -> list[str]:
    """Return the names of the checks that have not ended."""
    return [name for name, found in running if not found.done()]
