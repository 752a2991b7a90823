"""Every page of the console in every state, as everybody has to be able to use it.

`make pictures` keeps a picture of each.
"""

import pytest
from playwright.async_api import Browser

from console.in_browser.browsing import (
    NARROW,
    WIDE,
    bring_into,
    expect_accessible,
    expect_contrast_in_the_dark,
    expect_keyboard_reaches_everything,
    expect_page,
    expect_room,
    kinds_on,
    refusals_expected,
)
from console.states.every_state import every_state
from console.states.scene import with_every_channel
from hireloop.settings import Settings
from hireloop.wording.languages import LANGUAGES
from web.browsers import needs_chromium, visiting
from web.pictures import Pictures

pytestmark = needs_chromium

_REMOVE_ALERTS = "() => document.querySelectorAll('.urgent[aria-label]').forEach((it) => it.remove())"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_every_channel(settings)


@pytest.mark.parametrize(
    ("language", "anew"),
    [
        *(pytest.param(language, False, marks=pytest.mark.pictures, id=language) for language in LANGUAGES),
        pytest.param("en", True, marks=pytest.mark.long, id="each as if it were the first"),
    ],
)
async def test_every_page_is_for_everybody_in_every_state(
    address: str, browser: Browser, settings: Settings, language: str, *, anew: bool
) -> None:
    """How long words are depends on the language, but neither what axe looks at nor where Tab leads: see English pages.

    Those are not looked at again if they have nothing but what the pages before had, except in the long form.
    """
    local = settings.model_copy(update={"base_url": "http://localhost"})
    still = {"locale": language, "reduced_motion": "reduce"}  # else a button takes on its colours by and by
    known = set[str]()
    kept = Pictures("console", language)
    opening = visiting(browser, f"{address}/console/sign-in/", **still)
    async with opening as (page, seen), refusals_expected(seen):
        async for state in every_state(local):
            await bring_into(page, address, state)
            await expect_page(page, state.name, language)
            await expect_room(page, state.name, WIDE)
            kinds = await kinds_on(page)
            is_examined = language == "en" and (anew or not kinds <= known)
            known |= kinds
            if is_examined:
                await expect_accessible(page, state.name)
                await expect_contrast_in_the_dark(page, state.name)
            await expect_room(page, state.name, NARROW)
            if is_examined:
                await expect_keyboard_reaches_everything(page, state.name)
            if state.name != "signed in":  # alerts are above every page, and would be most of each picture
                await page.evaluate(_REMOVE_ALERTS)
            await kept.keep(page, state.name)
    await kept.lay_out(browser)
