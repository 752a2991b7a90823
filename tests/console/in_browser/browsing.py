"""What the console's tests ask a browser: somebody signed in, a state of a page, and whether everybody can use it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.async_api import Browser, Page, expect

from console.factories import key_of
from console.states.every_state import State
from hireloop.access.tables import Role
from web.browsers import ExpectedVersion, visiting

NARROW, WIDE = 320, 1280  # pixels; at 320 a page of 1280 is seen at 400 percent (WCAG 1.4.10)
_MOST_ROUNDS = 4  # past the end of a page is its beginning; some fields have several parts
_TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
_AXE: str = Axe().axe_script
_OF_REFUSALS = ("Failed to load resource", "does not conform to the required format")
# Send a form of the page, with these fields in the place of its own; nothing of it is checked before.
_SEND = """([action, fields]) => {
    const forms = [...document.querySelectorAll("form[method=post]")];
    const form = forms.find((it) => new URL(it.action).pathname === action) ?? forms.at(-1);
    form.action = action;
    for (const [name, value] of Object.entries(fields)) {
        for (const own of form.querySelectorAll(`[name="${name}"]`)) own.disabled = true;
        const field = document.createElement("textarea");
        Object.assign(field, { name, value, hidden: true });
        form.append(field);
    }
    form.submit();
}"""
# What is wrong with a page in any language: what has no name, what is too small to be pressed (WCAG 2.5.8), how wide
# the page is if it is wider than its window.
_WRONG = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const nameless = all("a[href], button").filter((it) => !it.textContent.trim() && !it.ariaLabel);
    const small = all("main .button, input, select, summary, .bar a").filter((it) => {
        const { width, height } = it.getBoundingClientRect();
        const least = ["radio", "checkbox"].includes(it.type) ? 20 : 24; // those are in a label that is larger
        return width > 1 && Math.min(width, height) < least;
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    return [...nameless, ...small].map((it) => it.outerHTML).concat(scrollWidth > clientWidth ? [scrollWidth] : []);
}"""
# Note what can have the focus and has not had it, a question with several choices counting as one; and what had no ring
# when Tab led to it. A page that refreshes itself may replace what it shows.
_WATCH_FOCUS = """() => {
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
    const seen = all.filter((it) => it.checkVisibility() && !it.disabled && it.tabIndex >= 0);
    const isSame = (it, other) => it === other || (it.type === "radio" && it.name === other.name);
    let pressed = false;
    Object.assign(window, { unreached: seen, ringless: [] });
    document.addEventListener("keydown", () => { pressed = true; });
    document.addEventListener("focusin", ({ target }) => {
        window.unreached = window.unreached.filter((it) => it.isConnected && !isSame(it, target));
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        const hasRing = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        if (pressed && !hasRing) window.ringless.push(target.outerHTML);
        pressed = false;
    });
    return seen.length;
}"""
_UNREACHED = "() => window.unreached.filter((it) => it.isConnected).map((it) => it.outerHTML)"
_FACTS = "() => [document.documentElement.lang, document.title, document.querySelectorAll('h1').length]"
# Each kind of element of a page: its tag, classes, role and state, in what it stands, and its id but for numbers.
_KINDS = """() => {
    const telling = /^(aria-|role|lang|dir|disabled)/;
    const kind = (it) => [
        it.tagName, it.className, it.id.replace(/[0-9a-f]{2,}|\\d/g, ""), it.getAttribute("type"),
        ...[...it.attributes].map((one) => one.name).filter((name) => telling.test(name)),
    ].join(" ");
    const all = [...document.querySelectorAll("body *")];
    return [...new Set(all.map((it) => `${kind(it.parentElement)} > ${kind(it)}`))];
}"""


async def sign_in(page: Page, key: str) -> None:
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@asynccontextmanager
async def signed_in(
    browser: Browser,
    url: str,
    role: Role = Role.RECRUITER,
    **options: Any,  # noqa: ANN401 (the context's own options)
) -> AsyncIterator[tuple[Page, ExpectedVersion]]:
    """Open a page of the console for somebody who signs in on the way there."""
    async with visiting(browser, url, **options) as (page, seen):
        await sign_in(page, await key_of(role))
        yield page, seen


@asynccontextmanager
async def refusals_expected(seen: ExpectedVersion) -> AsyncIterator[None]:
    """Let Chromium say of answers that are meant to be refusals what it likes, and of what was typed in vain."""
    yield
    seen.complaints[:] = [text for text in seen.complaints if not any(words in text for words in _OF_REFUSALS)]


async def bring_into(page: Page, address: str, state: State) -> None:
    """Open the page of a state, or send its form; and open whatever on it can be opened."""
    if "done=" in state.path:  # which counts only on the way from another page of ours
        async with page.expect_navigation():
            await page.evaluate("(url) => location.assign(url)", address + state.path)
    else:
        await page.goto(address + state.path)
    if state.meanwhile is not None:
        await state.meanwhile()
    if state.sent is not None:
        async with page.expect_navigation():
            await page.evaluate(_SEND, [state.action, dict(state.sent)])
    await page.evaluate("() => document.querySelectorAll('details').forEach((it) => { it.open = true; })")


async def kinds_on(page: Page) -> set[str]:
    """Return what rules and style sheets tell apart on a page: each kind of element, and in what it stands."""
    return set(await page.evaluate(_KINDS))


async def expect_contrast_in_the_dark(page: Page, name: str) -> None:
    """Expect that axe finds no text too pale in the dark: nothing else that it looks at depends on the light."""
    await page.emulate_media(color_scheme="dark")
    await expect_accessible(page, name, rules=("color-contrast",))
    await page.emulate_media(color_scheme="light")


async def expect_accessible(page: Page, name: str, *, rules: tuple[str, ...] = ()) -> None:
    """Expect that axe finds nothing, by these rules or by all."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE)
    options = json.dumps({"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})})
    found = await page.evaluate(f"() => axe.run({options}).then((it) => it.violations)")
    said = [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]
    assert said == [], name


async def expect_keyboard_reaches_everything(page: Page, name: str) -> None:
    """Expect that Tab leads to all that can be pressed or filled in, and that whatever has the focus has a ring."""
    browser = await page.context.new_cdp_session(page)
    stops = await page.evaluate(_WATCH_FOCUS)
    for _ in range(_MOST_ROUNDS):
        # All at once, in their order: each on its own would wait for an answer twice, hundreds of times.
        await asyncio.gather(*(browser.send("Input.dispatchKeyEvent", _TAB) for _ in range(stops + 1)))
        unreached = await page.evaluate(_UNREACHED)
        if not unreached:
            break
    await browser.detach()
    ringless = await page.evaluate("() => window.ringless")
    assert (unreached, ringless) == ([], []), name


async def expect_page(page: Page, name: str, language: str) -> None:
    """Expect a page with one heading and a title, in this language."""
    lang, title, headings = await page.evaluate(_FACTS)
    assert (lang, headings) == (language, 1), name
    assert title.removesuffix("HireLoop").strip(" –"), name  # noqa: RUF001 (en dash)


async def expect_room(page: Page, name: str, width: int) -> None:
    """Expect at this width that nobody has to scroll sideways, and that what is pressed has a name and room enough."""
    await page.set_viewport_size({"width": width, "height": 800})
    assert await page.evaluate(_WRONG) == [], (name, width)
