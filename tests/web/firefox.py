"""Firefox as a second browser, driven over WebDriver BiDi by `clients/firefox/drive.js`."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import node

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
FOLDER = Path(node.__file__).parent / "firefox"
# A camera and a microphone that Firefox makes up, and no question whether a page may have them.
FAKE_DEVICES = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}
_QUIET = {"network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False}
_LONGEST_LINE = 10_000_000

needs_firefox = pytest.mark.skipif(
    (FIREFOX is None or not node.is_installed(FOLDER)) and not os.environ.get("CI"),
    reason="no Firefox, or not npm's packages that drive it (Debian: firefox-esr; `make test` installs both)",
)


class FirefoxError(AssertionError):
    """What Firefox could not do, in its own words."""


class Firefox:
    """One Firefox with a fresh profile; `tab` in each call names one of its windows."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def open(self, url: str, *, tab: str = "first") -> int:
        """Open an address, and return the status of the response."""
        status: int = await self._do("open", tab=tab, url=url)
        return status

    async def press(self, selector: str, *, tab: str = "first") -> None:
        """Click an element, once it is there and can be clicked."""
        await self._do("press", tab=tab, selector=selector)

    async def ask(self, script: str, *, tab: str = "first") -> Any:  # noqa: ANN401 (whatever the page says)
        """Return the value of a JavaScript expression."""
        return await self._do("ask", tab=tab, script=script)

    async def until(self, script: str, *, tab: str = "first") -> None:
        """Wait until a JavaScript expression is true."""
        await self._do("until", tab=tab, script=script)

    async def reload(self, *, tab: str = "first") -> None:
        """Load the page again."""
        await self._do("reload", tab=tab)

    async def screenshot(self, path: Path, *, tab: str = "first") -> None:
        """Write a picture of the whole page."""
        await self._do("screenshot", tab=tab, path=str(path))

    async def complaints(self) -> list[str]:
        """Return the errors and warnings of all pages so far."""
        said: list[str] = await self._do("complaints")
        return said

    async def _do(self, command: str, **arguments: str) -> Any:  # noqa: ANN401 (JSON)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise FirefoxError("Firefox has ended")
        result = json.loads(line)
        if "error" in result:
            raise FirefoxError(f"{command} {arguments}: {result['error']}")
        return result["value"]


@asynccontextmanager
async def firefox(profile: Path, **preferences: bool | int | str) -> AsyncIterator[Firefox]:
    """Start Firefox with a fresh profile and these preferences besides; end it afterwards."""
    await asyncio.to_thread(profile.mkdir, parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        node.node(),
        FOLDER / "drive.js",
        FIREFOX or "firefox-esr",
        profile,
        json.dumps({**_QUIET, **preferences}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1"},
    )
    try:
        yield Firefox(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it closes the browser, and ends
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
