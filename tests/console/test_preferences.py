"""Language and time zone as somebody wants them: kept in the browser, for every page from the sign-in on."""

import httpx
import pytest

from console.factories import booked
from console.signing import press, sign_in
from factories import soon
from hireloop.access.tables import Role
from hireloop.settings import Settings

PATH = "/console/preferences/"
COOKIE = "__Host-hireloop-reader"


async def test_a_language_and_a_zone_hold_for_every_page(client: httpx.AsyncClient, settings: Settings) -> None:
    starts_at = soon(26 * 60)
    booking = await booked("Asha Rao", starts_at=starts_at)
    await sign_in(client, Role.VIEWER)
    kept = await press(client, PATH, PATH, language="de", zone="Pacific/Kiritimati")
    assert (kept.status_code, kept.headers["location"]) == (303, f"{PATH}?done=preferences-kept")
    attributes = {part.strip().lower() for part in kept.headers["set-cookie"].split(";")[1:]}
    assert attributes >= {"httponly", "secure", "path=/", "samesite=lax"}

    page = (await client.get(kept.headers["location"])).text
    assert "Dieser Browser merkt sich Ihre Wahl." in page
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page
    there = starts_at.astimezone(settings.zone.__class__("Pacific/Kiritimati"))
    day = (await client.get(f"/console/?day={there.date()}")).text
    assert "Uhrzeiten gelten für die Zeitzone Pacific/Kiritimati." in day
    assert f">{there:%H:%M}–" in day  # noqa: RUF001 (en dash)
    assert (await client.get(booking.path)).text.count("Pacific/Kiritimati") >= 1


async def test_any_name_of_a_zone_is_taken_and_none_that_is_no_zone(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await press(client, PATH, PATH, language="", zone="India Standard Time")
    assert client.cookies[COOKIE] == ".Asia:Kolkata"
    answer = await press(client, PATH, PATH, language="hi", zone="<Mars>")
    assert (answer.status_code, "set-cookie" in answer.headers) == (400, False)
    assert "This is not a time zone." in answer.text
    assert 'value="&lt;Mars&gt;"' in answer.text
    assert '<option value="hi" lang="hi" selected>' in answer.text


async def test_an_empty_choice_takes_the_cookie_away(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await press(client, PATH, PATH, language="de", zone="")
    assert COOKIE in client.cookies
    await press(client, PATH, PATH, language="xx", zone="")
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("value", ["xx.Mars:Olympus", "nonsense", "de" * 60, "<script>.", "en.../../etc/passwd"])
async def test_a_cookie_that_is_not_ours_is_no_choice(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.get("/console/sign-in/", headers={"Cookie": f"{COOKIE}={value}"})
    assert answer.status_code == 200
    assert '<html lang="en" dir="ltr">' in answer.text
    assert value not in answer.text


async def test_the_language_can_be_chosen_before_signing_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/console/sign-in/?next=/console/channels/")
    assert '<button class="button small" name="language" value="hi" lang="hi">हिन्दी</button>' in page.text
    action = "/console/preferences/language/"
    kept = await press(client, "/console/sign-in/?next=/console/channels/", action, language="hi")
    assert (kept.status_code, kept.headers["location"]) == (303, "/console/sign-in/?next=%2Fconsole%2Fchannels%2F")
    assert "<h1>साइन इन करें</h1>" in (await client.get(kept.headers["location"])).text
    foreign = await client.post(action, data={"language": "de"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, "set-cookie" in foreign.headers) == (403, False)
    away = await press(client, "/console/sign-in/", action, language="de", next="https://evil.example/")
    assert away.headers["location"] == "/console/sign-in/"
