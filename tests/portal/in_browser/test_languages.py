"""Every page of the portal speaks one language: the candidate's own, else one that the browser asks for, else ours."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from hireloop import app, db, session_keys
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from hireloop.wording.languages import catalogue
from portal.browsing import FAKE_CONSENT, FAKE_DEVICES, NARROW, expect_accessible, expect_picture, expect_stage, link
from portal.coming_in import PRESSED, come_in
from portal.factories import OUTBOX, BookingResult, Person, book, offer
from web.browsers import Launch, needs_chromium, visiting

START = datetime(2099, 12, 1, 4, 30, tzinfo=UTC)
ELSEWHERE = {"sec-fetch-site": "cross-site"}
NOWHERE = "/i/01a1fd9e-8cf2-76ba-b101-c652a4ce31e8/"
TRANSLATED = ["de", "hi"]


def _language(page: httpx.Response) -> str:
    [spoken] = re.findall(r'<html lang="([^"]*)" dir="ltr">', page.text)
    assert page.headers["content-language"] == spoken
    return str(spoken)


# --- Which language --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "asked", "default", "spoken"),
    [
        ("de-AT", "hi", "en", "de-AT"),
        ("en-US", "de", "hi", "en-US"),
        (None, "hi-IN,en;q=0.5", "en", "hi-IN"),
        ("fr", "fr,de;q=0.5", "en", "de"),
        ("fr", "fr", "hi", "hi"),
        ("fr", "", "ta", "en"),
    ],
)
async def test_a_page_is_in_the_candidates_language_or_the_browsers_or_the_default_one(
    settings: Settings, database: None, own: str | None, asked: str, default: str, spoken: str
) -> None:
    assert database is None  # the pool is open
    application: Any = app.build(settings.model_copy(update={"default_locale": default}))
    booked = await book(settings, Person(locale=own))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.base_url, headers={"Accept-Language": asked}
    ) as client:
        await come_in(client, booked)
        page = await client.get(booked.path)
    assert _language(page) == spoken
    chosen = own is not None and own == spoken
    assert page.headers.get("vary", "").startswith("Accept-Language") is not chosen


async def test_where_there_is_no_candidate_the_browser_chooses(client: httpx.AsyncClient) -> None:
    for path in ("/", "/?session_key=guess", NOWHERE, "/nowhere"):
        page = await client.get(path, headers={"Accept-Language": "de-CH,de;q=0.9"})
        assert _language(page) == "de-CH"
        assert "Accept-Language" in page.headers["vary"]
        assert _language(await client.get(path)) == "en"


async def test_what_goes_wrong_is_said_in_the_candidates_language(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, Person(locale="hi"))
    await come_in(client, booked)
    found = [
        await client.post(f"{booked.path}start/", headers=ELSEWHERE),
        await client.get(f"{booked.path}move/?after=nonsense"),
        *[await client.post(f"{booked.path}ask/", headers=PRESSED) for _ in range(70)],
    ]
    refused = [page for page in found if page.status_code >= 400]
    assert {page.status_code for page in refused} == {403, 400, 429}
    await db.fetch("UPDATE session SET key_version = 2")
    refused += [await client.get(booked.path), await client.get("/", params={"session_key": booked.key})]
    assert refused[-1].status_code == 410
    assert {_language(page) for page in refused} == {"hi"}


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("de", ["Dienstag, 1. Dezember 2099", "05:30 CET", "60 Minuten, bis <time", "Tage"]),
        ("de-AT", ["Dienstag, 1. Dezember 2099", "05:30 CET"]),
        ("hi", ["मंगलवार, 1 दिसंबर 2099", "5:30 am CET", "60 मिनट, <time", "दिन"]),
        ("fr", ["Tuesday, 1 December 2099", "05:30 CET", "60 minutes, until <time", "days"]),
    ],
)
async def test_dates_and_lengths_of_time_are_in_the_language_of_the_page(
    client: httpx.AsyncClient, settings: Settings, locale: str, said: list[str]
) -> None:
    booked = await book(settings, Person(time_zone="Europe/Berlin", locale=locale), at=START)
    await come_in(client, booked)
    page = (await client.get(booked.path)).text.replace("\u202f", " ")
    for words in said:
        assert words in page


async def test_a_refused_move_is_said_in_the_candidates_language(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, Person(locale="de", time_zone="Europe/Berlin"))
    await come_in(client, booked)
    await offer(datetime.now(UTC) + timedelta(days=2))
    page = await client.post(f"{booked.path}move/", headers=PRESSED, data={"revision": "1"})
    assert page.status_code == 409
    assert "Bitte wählen Sie einen der Termine." in page.text
    await booked.move(starts_in=3600)
    page = await client.get(f"{booked.path}move/")
    assert re.search(r"Das war bis [A-Z][a-z]+tag, \d+\. \w+ 20\d\d, \d\d:\d\d(:\d\d)? CES?T möglich\.", page.text)
    page = await client.get(booked.path)
    assert "subject=Mein%20Vorstellungsgespr%C3%A4ch%3A%20Backend%20Engineer" in page.text


# --- Every page in a browser -----------------------------------------------------------------------------------


def _english(language: str) -> tuple[set[str], set[str]]:
    """Return what no page in this language says: stretches of English phrases, and short ones as a line of its own."""
    stretches, lines = set(), set()
    for phrase, said in catalogue(language).items():
        pieces = {piece.strip(" .,:;") for piece in re.split(r"%\(\w+\)s|\{\w+\}|<[^>]*>", phrase)}
        stretches |= {piece for piece in pieces if piece.count(" ") > 1 and piece not in said}
        lines |= {phrase} if phrase != said else set()
    return stretches, lines


async def _expect_language(page: Page, language: str) -> None:
    """Expect that the page says what it is in, and nothing in English, and that everybody can use it."""
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    labels = "[...document.querySelectorAll('[aria-label]')].map(it => it.ariaLabel).join('\\n')"
    text = f"{await page.title()}\n{await page.locator('body').inner_text()}\n{await page.evaluate(labels)}"
    stretches, lines = _english(language)
    assert [piece for piece in stretches if piece in text] == []
    assert lines & {line.strip() for line in text.split("\n")} == set()
    await expect_accessible(page)


async def _bookings(settings: Settings, locale: str) -> dict[str, BookingResult]:
    """Book one interview for each stage."""
    starts = {"early": 200_000, "open": 20, "started": 20, "late": -700, "finished": 20, "cancelled": 20, "revoked": 20}
    booked = {
        stage: await book(settings, Person(email=f"{stage}@example.com", locale=locale, title=stage), starts_in=seconds)
        for stage, seconds in starts.items()
    }
    for stage in ("started", "finished"):
        await sessions.enter(booked[stage].session_id, 1, outbox=OUTBOX)
    await sessions.leave(booked["finished"].session_id, 1, outbox=OUTBOX)
    await db.fetch("UPDATE schedule SET state = 'cancelled' WHERE id = $1", booked["cancelled"].schedule_id)
    await db.fetch("UPDATE session SET revoked_at = now() WHERE id = $1", booked["revoked"].session_id)
    return booked


@needs_chromium
@pytest.mark.parametrize("language", TRANSLATED)
async def test_every_stage_speaks_the_candidates_language(
    address: str, launch: Launch, settings: Settings, language: str
) -> None:
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    narrow = {"viewport": {"width": NARROW, "height": 700}, "timezone_id": "America/New_York"}
    for stage, booked in (await _bookings(settings, language)).items():
        async with visiting(browser, link(address, booked), **narrow) as (page, seen):
            await expect_stage(page, stage)
            if stage == "started":  # in no tab yet
                await page.locator("#elsewhere button").click()
            if stage == "open":
                await page.locator("#check-devices").click()
            if stage in {"open", "started"}:
                await expect_picture(page)
            await _expect_language(page, language)
            assert seen.weight < 75_000
            if stage == "early":
                await expect(page.locator(".when-local")).to_contain_text("(America/New_York)")
                await expect(page.locator("#countdown")).to_contain_text({"de": "2 Tage", "hi": "2 दिन"}[language])
            if stage == "late":
                await page.locator("form button").click()
                await expect(page.locator(".badge")).to_be_visible()
                await _expect_language(page, language)


@needs_chromium
@pytest.mark.parametrize("language", TRANSLATED)
async def test_moving_and_cancelling_speak_the_candidates_language(
    address: str, launch: Launch, settings: Settings, language: str
) -> None:
    browser = await launch()
    person = Person(email="own@example.com", locale=language, time_zone="America/Argentina/Buenos_Aires")
    booked = await book(settings, person, starts_in=200_000)
    async with visiting(browser, link(address, booked), viewport={"width": NARROW, "height": 700}) as (page, seen):
        for act in ("cancel", "move"):  # with a form, and without an open time
            await page.goto(f"{address}{booked.path}{act}/")
            await _expect_language(page, language)
        for n in range(22):
            await offer(datetime.now(UTC) + timedelta(days=3, hours=n))
        await page.reload()
        await expect(page.get_by_role("radio")).to_have_count(20)
        await _expect_language(page, language)
        await page.locator("a[href*=after]").click()
        await expect(page.get_by_role("radio")).to_have_count(2)
        await _expect_language(page, language)
        await page.get_by_role("radio").first.check()
        await db.fetch("UPDATE slot SET taken = 1 WHERE taken = 0")
        await offer(datetime.now(UTC) + timedelta(days=9))
        await page.locator("button.main").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await _expect_language(page, language)
        await page.get_by_role("radio").check()
        await page.locator("button.main").click()
        await expect(page.locator(".moved")).to_be_visible()
        await _expect_language(page, language)
        await page.goto(f"{address}{booked.path}cancel/")
        await page.locator("button.main").click()
        await expect_stage(page, "cancelled")
        await _expect_language(page, language)
        seen.complaints.clear()  # one answer was 409


@needs_chromium
@pytest.mark.parametrize("language", TRANSLATED)
async def test_a_page_without_a_candidate_speaks_the_browsers_language(
    address: str, launch: Launch, settings: Settings, language: str
) -> None:
    browser = await launch()
    narrow = {"viewport": {"width": NARROW, "height": 700}, "locale": language}
    booked = await book(settings, starts_in=5)
    erased = session_keys.mint(settings.secrets[0], booked.session_id, 2)
    async with visiting(browser, link(address, booked), **narrow) as (page, seen):
        await page.goto(f"{address}{booked.path}")
        await _expect_language(page, language)
        await db.fetch("UPDATE session SET key_version = 2")
        for path in ("/", "/?session_key=guess", NOWHERE, booked.path):
            await page.goto(address + path)
            await _expect_language(page, language)
        await db.fetch("UPDATE candidate SET erased_at = now(), full_name = 'Erased', email = 'erased@erased.invalid'")
        await page.goto(f"{address}/?session_key={erased}")
        await _expect_language(page, language)
        await db.fetch("ALTER TABLE session RENAME TO elsewhere")
        await page.goto(f"{address}/?session_key={erased}")
        await _expect_language(page, language)
        seen.complaints.clear()  # most answers were refusals
