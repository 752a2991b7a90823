"""Which language a page of the console is in; that no word of it stays English, `test_every_state` says."""

import httpx
import pytest

from console.factories import booked
from console.signing import press, sign_in
from hireloop.access.tables import Role
from hireloop.settings import Settings


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
    unstorable = await press(client, f"{booking.path}cancel/", f"{booking.path}cancel/", reason="a\0b")
    assert (unstorable.status_code, "das Zeichen U+0000" in unstorable.text) == (400, True)
    gone = await client.get("/console/bookings/00000000-0000-0000-0000-000000000000/")
    assert (gone.status_code, "Es gibt keine Buchung mit der ID 00000000" in gone.text) == (404, True)
    role = await client.get("/console/replay/?reason=recipient_unknown")
    assert (role.status_code, "Dafür ist ein API-Schlüssel mit der Rolle „admin“ nötig" in role.text) == (403, True)
