"""Every page and state of the portal, in every language: it is in that language alone, and for everybody.

`make pictures` keeps a picture of each.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, meta
from msgspec import structs
from playwright.async_api import Page, expect

from hireloop.portal import render
from hireloop.portal.stages import Stage
from hireloop.settings import Settings
from hireloop.wording.languages import LANGUAGES, catalogue
from portal.browsing import FAKE_CONSENT, FAKE_DEVICES, NARROW, expect_accessible, expect_contrast_in_the_dark
from portal.factories import WIDEST, Person
from portal.in_browser.every_state import ANOTHER_ZONE, Walk
from web import pictures
from web.browsers import Launch, needs_chromium, visiting

PICTURED = {  # what is long in the tests would hide on pictures how everything else looks
    "en": Person(time_zone="Europe/London"),
    "de": Person(
        name="Jana Weiß",
        title="Softwareentwicklerin (w/m/d)",
        company="Beispielwerke GmbH",
        notes="Bitte halten Sie einen Stift bereit.",
        time_zone="Europe/Berlin",
    ),
    "hi": Person(
        name="आशा राव",
        title="बैकएंड इंजीनियर",
        company="उदाहरण लैब्स",
        notes="कृपया एक पेन साथ रखें।",
        time_zone="Asia/Kolkata",
    ),
}
# Contrasts are the same in every language: English is looked at in both lights, and each other one in one of them.
LIGHTS = {"en": "light", "de": "light", "hi": "dark"}
TWO_DAYS = {"en": "2 days", "de": "2 Tage", "hi": "2 दिन"}  # as the script says it
HEAVIEST = 75_000  # bytes: a page with all that it loads


def pages() -> set[str]:
    """Return the templates that are pages: neither included by others, nor what others extend."""
    loader = FileSystemLoader(Path(render.__file__).parent / "templates")
    environment = Environment(loader=loader, extensions=["jinja2.ext.i18n"], autoescape=True)
    names = {name.removesuffix(".html") for name in loader.list_templates() if not name.startswith("_")}
    sources = [loader.get_source(environment, f"{name}.html")[0] for name in names]
    named = {str(one) for source in sources for one in meta.find_referenced_templates(environment.parse(source))}
    return names - {name.removeprefix("portal/").removesuffix(".html") for name in named}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates of all responses so far."""
    names: list[str] = []
    page = render.page

    def noting(request: Any, template: str, **values: Any) -> Any:  # noqa: ANN401 (as `page` has them)
        names.append(template)
        return page(request, template, **values)

    monkeypatch.setattr(render, "page", noting)
    return names


@needs_chromium
@pytest.mark.pictures
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_state_speaks_one_language_and_is_for_everybody(
    address: str, launch: Launch, settings: Settings, rendered: list[str], language: str
) -> None:
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    person = PICTURED[language] if pictures.ARE_WANTED else WIDEST
    kept = pictures.Pictures("portal", language)
    options: dict[str, Any] = {
        "viewport": {"width": NARROW, "height": 700},
        "reduced_motion": "reduce",
        "timezone_id": ANOTHER_ZONE,
        "locale": language,
        "color_scheme": LIGHTS[language],
    }
    shown = set()
    async with visiting(browser, address, **options) as (page, seen):
        walk = Walk(page, seen, address, settings, structs.replace(person, locale=language))
        async for state in walk.states():
            template = state.partition(",")[0]
            assert rendered[-1] == template, state
            shown.add(template)
            await expect_language(page, language)
            await expect_accessible(page)
            if language == "en":
                await expect_contrast_in_the_dark(page)
            if state == "early":
                await expect(page.locator("#countdown")).to_contain_text(TWO_DAYS[language])
            assert seen.weight < HEAVIEST, state
            await kept.keep(page, state)
        # Refusals and a lost connection are what some states are about; an error of a script, or what the policy of
        # the page does not allow, would be said in other words.
        seen.complaints = [it for it in seen.complaints if not it.startswith(("Failed to load", "WebSocket"))]
    await kept.lay_out(browser)
    assert shown == pages()
    assert shown >= set(Stage)


async def expect_language(page: Page, language: str) -> None:
    """Expect that the page says what it is in, and nothing in English unless that is English."""
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    labels = "[...document.querySelectorAll('[aria-label]')].map(it => it.ariaLabel).join('\\n')"
    text = f"{await page.title()}\n{await page.locator('body').inner_text()}\n{await page.evaluate(labels)}"
    stretches, lines = _english(language)
    assert [piece for piece in stretches if piece in text] == []
    assert lines & {line.strip() for line in text.split("\n")} == set()


@cache
def _english(language: str) -> tuple[set[str], set[str]]:
    """Return what no page in this language says: stretches of English phrases, and short ones as a line of its own."""
    stretches, lines = set(), set()
    for phrase, said in catalogue(language).items():
        pieces = {piece.strip(" .,:;") for piece in re.split(r"%\(\w+\)s|\{\w+\}|<[^>]*>", phrase)}
        stretches |= {piece for piece in pieces if piece.count(" ") > 1 and piece not in said}
        lines |= {phrase} if phrase != said else set()
    return stretches, lines
