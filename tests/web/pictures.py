"""Pictures of pages, to be looked at: `HIRELOOP_PICTURES=DIRECTORY` keeps them, and contact sheets of each language.

A test that shows every page of a door keeps one of each state; without the variable nothing is kept.
"""

import os
from html import escape
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

PHONE = {"width": 360, "height": 740}
LIGHTS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_FOLDER = os.environ.get("HIRELOOP_PICTURES", "")
_COLUMNS, _A_SHEET = 10, 60  # Chromium takes no picture that is higher than some 16,000 pixels
_MARGIN = 16
_SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: {margin}px; columns: {columns}; column-gap: {margin}px; background: #888; font: 14px sans-serif; }}
figure {{ margin: 0 0 {margin}px; break-inside: avoid; }}
img {{ display: block; width: 100%; }}
</style>{figures}"""

ARE_WANTED = bool(_FOLDER)


class Pictures:
    """The pictures of one door's pages in one language."""

    def __init__(self, door: str, language: str) -> None:
        self._name = f"{door}-{language}"
        self._folder = Path(_FOLDER)
        self._states: list[str] = []

    async def keep(self, page: Page, state: str) -> None:
        """Take a picture of this state in each light, on a phone."""
        if not ARE_WANTED:
            return
        self._states.append(state)
        size, was_dark = page.viewport_size, await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # Playwright's own type of a size
        for light in LIGHTS:
            await page.emulate_media(color_scheme=light)
            await page.screenshot(path=self._picture(light, state), full_page=True)
        await page.emulate_media(color_scheme="dark" if was_dark else "light")
        if size is not None:
            await page.set_viewport_size(size)

    async def lay_out(self, browser: Browser) -> None:
        """Lay all of them out, 60 a sheet: `<door>-<language>-<light>.png`, then `-2.png` and so on."""
        if not ARE_WANTED:
            return
        width = _COLUMNS * (PHONE["width"] + _MARGIN) + _MARGIN
        page = await browser.new_page(viewport={"width": width, "height": 800})
        for light in LIGHTS:
            for first in range(0, len(self._states), _A_SHEET):
                number = f"-{first // _A_SHEET + 1}" if first else ""
                states = self._states[first : first + _A_SHEET]
                shown = [(state, self._picture(light, state).absolute().as_uri()) for state in states]
                figures = "".join(f'<figure>{escape(state)}<img src="{url}"></figure>' for state, url in shown)
                sheet = self._folder / f"{self._name}-{light}{number}.html"
                sheet.write_text(_SHEET.format(margin=_MARGIN, columns=_COLUMNS, figures=figures))
                await page.goto(sheet.absolute().as_uri())
                await page.screenshot(path=sheet.with_suffix(".png"), full_page=True)

    def _picture(self, light: str, state: str) -> Path:
        folder = self._folder / f"{self._name}-{light}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{state}.png"
