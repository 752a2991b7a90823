"""Every page of the console in every state: which those are, and that no word of them stays English."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.dates import get_day_names, get_month_names
from jinja2 import Environment
from jinja2.ext import GETTEXT_FUNCTIONS, babel_extract
from litestar import Litestar

from console.signing import fields_of
from console.states.every_state import State, every_state
from console.states.routes import known_route, routes_of
from console.states.scene import UNBROKEN, with_every_channel
from hireloop.console import render
from hireloop.settings import Settings
from hireloop.web import templates
from hireloop.wording import languages

TEMPLATES = Path(render.__file__).parent / "templates"
# What only leads to a page that another route shows, whatever becomes of it.
LEADS_ON = {
    ("POST", "/console/alerts/{alert_id:uuid}/acknowledge"),
    ("POST", "/console/deliveries/{delivery_id:uuid}/replay"),
    ("POST", "/console/keys/{key_id:uuid}/end-sign-ins"),
    ("POST", "/console/preferences/language"),
    ("POST", "/console/replay"),
    ("POST", "/console/sign-ins/end-others"),
    ("POST", "/console/sign-ins/{sign_in_id:uuid}/end"),
}
# What no state of ours shows: a channel without messages, an alert about very many, a message nobody has tried to send.
RARE = {"nothing", "and %(others)s more", "No attempt has finished yet."}
LETTERS = re.compile(r"[^\W\d_]{2,}")
OURS = re.compile("«[^»]*»")
PIECES = re.compile(r"(%\(\w+\)s|<[^>]*>|`[^`]*`)")
ADDRESS = re.compile(r"\S+@\S+|\S+/\S+|\S+_\S+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\w+\.example")
# Data: of the sample bookings, of Babel, of people, and of programs.
NAMES = {"HireLoop", "Asha", "Rao", "Backend", "Engineer", "Bo", "Berg", "Samsung", "Internet", "Android", "JSON"}
NAMES |= {"Example", "Labs", "Featherstonehaugh", "Wolfeschlegelsteinhausenbergerdorff", "Begun", "Off", "Shut"}
NAMES |= {"Told", "Late", "Often", "Asking", "again", "nobody", "One", "Another", "UTC", "EST", "EDT", UNBROKEN}
NAMES |= {"DTSTART", "RRULE", "RDATE", "EXDATE", "every", "tuesday"}
DATES = {
    word.strip(".")
    for width in ("wide", "abbreviated")
    for names in (get_day_names(width, locale="de"), get_month_names(width, locale="de"))
    for word in names.values()
}


def marked(phrase: str) -> str:
    """Return a phrase with each of its words between guillemets, and its values and markup as they are."""
    return "".join(
        f"«{one}»" if LETTERS.search(one) and not n % 2 else one for n, one in enumerate(PIECES.split(phrase))
    )


class WordsOfPage(HTMLParser):
    """Collects what a reader sees or hears of a page, but not the data in it."""

    DATA = frozenset({"bdi", "code", "time", "textarea", "datalist", "style"})
    VOID = frozenset({"meta", "link", "input", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        is_data = tag in self.DATA or said.get("class") in {"reply", "notes"} or (tag != "html" and "lang" in said)
        self.words += [text for name in ("aria-label", "alt", "title") if (text := said.get(name))]
        if tag not in self.VOID:
            self.open.append((tag, is_data))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not any(is_data for _, is_data in self.open):
            self.words.append(data)


def english_in(html: str) -> set[str]:
    page = WordsOfPage()
    page.feed(html)
    rest = " ".join(OURS.sub(" ", text) for text in page.words)
    return set(LETTERS.findall(ADDRESS.sub(" ", rest))) - NAMES - DATES


@pytest.fixture
def _pseudo_german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """German with the English words of its catalogue, each between guillemets."""
    known = languages.catalogue("de")
    words = {phrase: marked(phrase) for phrase in known}
    templates._environment.cache_clear()  # noqa: SLF001 (it holds the words)
    monkeypatch.setattr(languages, "catalogue", lambda language: words if language == "de" else {})
    yield
    templates._environment.cache_clear()  # noqa: SLF001 (as above)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return with_every_channel(settings)


async def answers(client: httpx.AsyncClient, state: State) -> list[httpx.Response]:
    """Bring a page into this state; return every answer on the way there."""
    read = await client.get(state.path, follow_redirects=True)
    found = [*read.history, read]
    if state.meanwhile is not None:
        await state.meanwhile()
    if state.sent is not None:
        data = {**fields_of(read.text), **state.sent}
        sent = await client.post(state.action, data=data, headers={"Referer": str(read.url)}, follow_redirects=True)
        found += [*sent.history, sent]
    assert found[-1].status_code == state.status, (state.name, found[-1].text)
    return found


def phrases_of(template: Path) -> Iterator[tuple[str, ...]]:
    """Yield each phrase of a template, in every form that it has."""
    with template.open("rb") as source:
        for _, _, text, _ in babel_extract(source, GETTEXT_FUNCTIONS, [], {"trimmed": "true"}):
            yield tuple(str(one) for one in text if one is not None) if isinstance(text, tuple) else (str(text),)


def is_shown(phrase: str, pages: str) -> bool:
    pieces = [one.strip() for one in re.split(r"%\(\w+\)s|<[^>]*>|`[^`]*`", marked(phrase))]
    return all(one in pages for one in pieces)


@pytest.mark.usefixtures("_pseudo_german")
async def test_every_page_is_known_in_every_state_and_no_word_of_it_stays_english(
    application: Litestar, client: httpx.AsyncClient, settings: Settings
) -> None:
    """A route, a template or a phrase that is new has to be in a state of `console.states`."""
    client.headers["Accept-Language"] = "de"
    routes = routes_of(application)
    seen, english, pages = set[tuple[str, str]](), dict[str, set[str]](), list[str]()
    async for state in every_state(settings):
        found = await answers(client, state)
        asked = [(answer.request.method, answer.request.url.path) for answer in found]
        seen |= {route for method, path in asked if (route := known_route(routes, method, path))}
        page = found[-1].text
        assert '<html lang="de" dir="ltr">' in page, state.name
        if words := english_in(page):
            english[state.name] = words
        pages.append(html.unescape(page))
    assert sorted(f"{name}: {words}" for name, words in english.items()) == []
    assert set(routes) - seen - LEADS_ON == set()
    environment: Environment = templates._environment("de")  # noqa: SLF001 (it knows what was loaded)
    loaded: Any = environment.cache
    every = {f"console/{file.relative_to(TEMPLATES)}" for file in TEMPLATES.rglob("*.html")}
    assert every - {name for _, name in loaded} == set()
    whole = re.sub(r"\s+", " ", "\n".join(pages))
    hidden = {
        forms[0]
        for file in TEMPLATES.rglob("*.html")
        for forms in phrases_of(file)
        if not any(is_shown(form, whole) for form in forms)
    }
    assert hidden - RARE == set()
