"""Every page of the console in every state, as everybody has to be able to use it."""

import pytest
from playwright.async_api import Browser

from console.in_browser.browsing import (
    NARROW,
    WIDE,
    bring_into,
    expect_accessible_in_both_lights,
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

pytestmark = needs_chromium


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_every_channel(settings)


@pytest.mark.parametrize("language", list(LANGUAGES))
async def test_every_page_is_for_everybody_in_every_state(
    address: str, browser: Browser, settings: Settings, language: str
) -> None:
    """How long words are depends on the language, but not what axe looks at: it looks at English pages.

    It does not look again at one that has nothing but what it has seen on the pages before.
    """
    local = settings.model_copy(update={"base_url": "http://localhost"})
    still = {"locale": language, "reduced_motion": "reduce"}  # else a button takes on its colours by and by
    known = set[str]()
    opening = visiting(browser, f"{address}/console/sign-in/", **still)
    async with opening as (page, seen), refusals_expected(seen):
        async for state in every_state(local):
            await bring_into(page, address, state)
            await expect_page(page, state.name, language)
            await expect_room(page, state.name, WIDE)
            kinds = await kinds_on(page)
            if language == "en" and not kinds <= known:
                await expect_accessible_in_both_lights(page, state.name)
                known |= kinds
            await expect_room(page, state.name, NARROW)
