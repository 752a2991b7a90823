"""Firefox as a second browser, driven over WebDriver BiDi by `clients/firefox/drive.js`."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import node

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
FOLDER = Path(node.__file__).parent / "firefox"
# A camera and a microphone that Firefox makes up, and no question whether a page may have them.
FAKE_DEVICES = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}
DENIES_DEVICES = {"permissions.default.camera": 2, "permissions.default.microphone": 2}
NO_AUDIO_OUTPUT = {"media.cubeb.backend": "none"}  # a sound system that there is not
HIDES_WHO_IT_IS = {"privacy.resistFingerprinting": True}
_QUIET = {
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "ui.prefersReducedMotion": 1,  # colours that fade are pale for a moment, which axe would find
}

needs_firefox = pytest.mark.skipif(
    (FIREFOX is None or not node.is_installed(FOLDER)) and not os.environ.get("CI"),
    reason="no Firefox, or not npm's packages that drive it (Debian: firefox-esr; `make test` installs both)",
)


class FirefoxError(AssertionError):
    """What Firefox could not do, in its own words."""


class Firefox:
    """One Firefox with a fresh profile, which several tests may share: each works in a tab of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    async def do(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 (JSON)
        """Have it do one thing, which `drive.js` lists, and return what comes of it."""
        return await asyncio.to_thread(self._do, command, arguments)

    def _do(self, command: str, arguments: dict[str, object]) -> Any:  # noqa: ANN401 (JSON)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise FirefoxError("Firefox has ended")
        result = json.loads(line)
        if "error" in result:
            raise FirefoxError(f"{command} {str(arguments)[:500]}: {result['error']}")
        return result["value"]


class Tab:
    """One tab of a Firefox."""

    def __init__(self, browser: Firefox, name: str) -> None:
        self._browser, self._name = browser, name

    async def open(self, url: str) -> int:
        """Open an address, and return the status of the response."""
        status: int = await self._do("open", url=url)
        return status

    async def press(self, selector: str) -> None:
        """Click an element, once it is there and can be clicked."""
        await self._do("press", selector=selector)

    async def key(self, key: str) -> None:
        """Press a key."""
        await self._do("key", key=key)

    async def ask(self, script: str) -> Any:  # noqa: ANN401 (whatever the page says)
        """Return the value of a JavaScript expression."""
        return await self._do("ask", script=script)

    async def until(self, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        await self._do("until", script=script)

    async def until_said(self, selector: str, words: str) -> None:
        """Wait until an element that can be seen says these words."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"{found}?.checkVisibility() && {found}.innerText.includes({json.dumps(words)})")

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        await self._do("resize", width=width, height=height)

    async def set_offline(self, offline: bool) -> None:  # noqa: FBT001 (as Playwright's own)
        """Take the connection away, or give it back."""
        await self._do("offline", **{"is": offline})

    async def reload(self) -> None:
        """Load the page again."""
        await self._do("reload")

    async def close(self) -> None:
        """Close it, which ends its connections."""
        await self._do("close")

    async def complaints(self) -> list[str]:
        """Return the errors and warnings of its pages so far."""
        said: list[str] = await self._do("complaints")
        return said

    async def _do(self, command: str, **arguments: object) -> Any:  # noqa: ANN401 (JSON)
        return await self._browser.do(command, tab=self._name, **arguments)


@contextmanager
def firefox(profile: Path, **preferences: bool | int | str) -> Iterator[Firefox]:
    """Start Firefox with a fresh profile and these preferences besides; end it afterwards."""
    profile.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [node.node(), FOLDER / "drive.js", FIREFOX or "firefox-esr", profile, json.dumps({**_QUIET, **preferences})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1"},
    )
    try:
        yield Firefox(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()  # it closes the browser, and ends
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
