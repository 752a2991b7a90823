"""Every page of the portal speaks one language: the candidate's own, else one that the browser asks for, else ours."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from hireloop import app, db
from hireloop.settings import Settings
from portal.coming_in import PRESSED, come_in
from portal.factories import Person, book, offer

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
