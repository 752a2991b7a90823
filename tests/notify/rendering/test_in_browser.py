"""Every mail in a real browser: nothing is hidden, small or pale, on a narrow screen or a wide one, by day or night.

`make pictures` keeps a picture of each.
"""

from typing import Literal

import pytest

from hireloop.notify.messages import KINDS
from hireloop.wording.languages import LANGUAGES
from notify.rendering.test_preview import parcel
from web.browsers import Launch, launch, needs_chromium
from web.pictures import Pictures

__all__ = ["launch"]
pytestmark = needs_chromium
SCREENS: dict[tuple[int, Literal["light", "dark"]], str] = {
    (320, "light"): "narrow",
    (700, "light"): "wide",
    (320, "dark"): "narrow-dark",
}
# Returns what is wrong with each text: its size, its contrast with what is behind it (WCAG 2, 1.4.3), or that it has no
# place. Elements are taken as the page has them, so an empty one that is hidden is found too.
FAULTS = """() => {
  const luminance = ([r, g, b]) => [r, g, b]
    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faults = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.data.trim()) continue;
    const element = text.parentElement, style = getComputedStyle(element), words = text.data.trim().slice(0, 40);
    const range = document.createRange();
    range.selectNode(text);
    const { width, height } = range.getBoundingClientRect();
    const [low, high] = [numbers(style.color), behind(element)].map(luminance).sort((a, b) => a - b);
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || !width || !height)
      faults.push(`hidden: ${words}`);
    if (parseFloat(style.fontSize) < 14) faults.push(`${style.fontSize}: ${words}`);
    if ((high + 0.05) / (low + 0.05) < 4.5) faults.push(`pale: ${words}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen");
  return faults;
}"""


@pytest.mark.pictures
@pytest.mark.parametrize("language", list(LANGUAGES))
async def test_everything_in_a_mail_can_be_seen(launch: Launch, language: str) -> None:
    browser = await launch()
    kept = Pictures("mails", language)
    faults: dict[str, list[str]] = {}
    for (width, scheme), screen in SCREENS.items():
        context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = await context.new_page()
        for kind in KINDS:
            await page.set_content(parcel(kind, language).html)
            faults[f"{kind} {screen}"] = await page.evaluate(FAULTS)
            if screen == "narrow":
                await kept.keep(page, kind)
        await context.close()
    await kept.lay_out(browser)
    await browser.close()
    assert {mail: found for mail, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    ("style", "fault"),
    [("display:none", "hidden"), ("font-size:1px", "1px"), ("color:#eee", "pale"), ("opacity:0", "hidden")],
)
async def test_what_is_hidden_is_found(launch: Launch, style: str, fault: str) -> None:
    browser = await launch()
    page = await browser.new_page()
    await page.set_content(f'<body style="background:#fff"><p style="{style}">preview</p></body>')
    assert [said.partition(":")[0] for said in await page.evaluate(FAULTS)] == [fault]
    await browser.close()
