"""Every page of the console in its reader's language: which one that is, and that no word of it stays English."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from babel.dates import get_day_names, get_month_names

from console.factories import booked, entered, tried
from console.signing import press, sign_in
from console.test_in_browser import everything
from factories import soon
from hireloop.access.tables import Role
from hireloop.settings import Settings
from hireloop.web import templates
from hireloop.wording import languages

LETTERS = re.compile(r"[^\W\d_]{2,}")
OURS = re.compile("«[^»]*»")
PIECES = re.compile(r"(%\(\w+\)s|<[^>]*>|`[^`]*`)")
ADDRESS = re.compile(r"\S+@\S+|\S+/\S+|\S+_\S+")
# Data: of the sample bookings, of Babel, of people, and of programs.
NAMES = {"HireLoop", "Asha", "Rao", "Backend", "Engineer", "Bo", "Berg", "Off", "Samsung", "Internet", "Android"}
NAMES |= {"Example", "Labs", "Featherstonehaugh", "Wolfeschlegelsteinhausenbergerdorff", "Asking"}
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
def pseudo_german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """German with the English words of its catalogue, each between guillemets."""
    known = languages.catalogue("de")
    words = {phrase: marked(phrase) for phrase in known}
    templates._environment.cache_clear()  # noqa: SLF001 (it holds the words)
    monkeypatch.setattr(languages, "catalogue", lambda language: words if language == "de" else {})
    yield
    templates._environment.cache_clear()  # noqa: SLF001 (as above)


@pytest.mark.usefixtures("pseudo_german")
async def test_no_page_has_a_word_that_no_catalogue_has(client: httpx.AsyncClient, settings: Settings) -> None:
    client.headers["Accept-Language"] = "de"
    booking = await booked("Asha Rao", starts_at=soon(60), notes="Mind the gap")
    await tried(booking, "rejected")
    pages = await everything(settings)
    begun = await booked("Bo Berg", starts_at=soon(30))
    await entered(begun)
    found = {"sign-in": english_in((await client.get("/console/sign-in/")).text)}
    found["wrong key"] = english_in((await client.post("/console/sign-in/", data={"key": "hl_wrong"})).text)
    await sign_in(client, Role.ADMIN)
    pages["begun"] = lambda _: begun.path
    for name, path in pages.items():
        answer = await client.get(path(booking))
        assert '<html lang="de" dir="ltr">' in answer.text, name
        found[name] = english_in(answer.text)
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("asked", "default", "lang", "heading"),
    [
        ("de-AT,en;q=0.5", "en", "de-AT", "Anmelden"),
        ("hi", "en", "hi", "साइन इन करें"),
        ("fr, de;q=0.3", "en", "de", "Anmelden"),
        ("fr", "de", "de", "Anmelden"),
        ("fr", "fr", "en", "Sign in"),
        ("", "hi-IN", "hi-IN", "साइन इन करें"),
        ("en-GB", "de", "en-GB", "Sign in"),
    ],
)
async def test_a_page_is_in_the_language_that_the_browser_asks_for(
    client: httpx.AsyncClient, settings: Settings, asked: str, default: str, lang: str, heading: str
) -> None:
    object.__setattr__(settings, "default_locale", default)
    answer = await client.get("/console/sign-in/", headers={"Accept-Language": asked})
    assert f'<html lang="{lang}" dir="ltr">' in answer.text
    assert f"<h1>{heading}</h1>" in answer.text


async def test_what_is_refused_is_said_in_the_readers_language(client: httpx.AsyncClient) -> None:
    client.headers["Accept-Language"] = "de"
    booking = await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    stale = await press(client, booking.path, f"{booking.path}confirm/", revision="7")
    assert (stale.status_code, "Jemand hat diese Buchung geändert" in stale.text) == (409, True)
    unchosen = await press(client, f"{booking.path}move/", f"{booking.path}move/", slot="")
    assert (unchosen.status_code, "Wählen Sie einen neuen Termin." in unchosen.text) == (400, True)
    gone = await client.get("/console/bookings/00000000-0000-0000-0000-000000000000/")
    assert (gone.status_code, "Es gibt keine Buchung mit der ID 00000000" in gone.text) == (404, True)
    role = await client.get("/console/replay/?reason=recipient_unknown")
    assert (role.status_code, "Dafür ist ein API-Schlüssel mit der Rolle admin nötig" in role.text) == (403, True)


async def test_what_no_catalogue_has_is_marked_as_english(client: httpx.AsyncClient) -> None:
    client.headers["Accept-Language"] = "de"
    booking = await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    answer = await press(client, f"{booking.path}cancel/", f"{booking.path}cancel/", reason="a\0b")
    assert answer.status_code == 400
    assert re.search(r'<strong>Nicht ausgeführt\.</strong> <span lang="en">[^<]+</span>', answer.text)
