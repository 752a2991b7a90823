"""Alerts that nobody has heard of, on every page of those who can do something, and their acknowledgement."""

import httpx
import pytest

from console.signing import press, sign_in
from factories import rows
from hireloop import db
from hireloop.access.tables import Role
from notify.factories import alerted

PAGES = ["/console/", "/console/attention/", "/console/failures/", "/console/channels/"]
BANNER = "This alert has not reached anyone yet."


@pytest.mark.parametrize(("role", "is_shown"), [(Role.VIEWER, False), (Role.RECRUITER, True), (Role.ADMIN, True)])
async def test_what_nobody_has_heard_of_is_on_every_page_of_those_who_can_act(
    client: httpx.AsyncClient, role: Role, *, is_shown: bool
) -> None:
    await alerted()
    booking = await db.fetch_value("SELECT schedule FROM alert")
    await sign_in(client, role)
    for path in [*PAGES, f"/console/bookings/{booking}/"]:
        page = (await client.get(path)).text
        assert (BANNER in page) is is_shown, path
        assert (f'<a href="/console/bookings/{booking}/"><bdi>Asha Rao</bdi>, ' in page) is is_shown
        assert ("Correct the candidate&#39;s address" in page) is is_shown


async def test_what_was_put_a_moment_ago_may_still_be_heard(client: httpx.AsyncClient) -> None:
    await alerted(minutes_ago=1)
    await sign_in(client, Role.RECRUITER)
    assert BANNER not in (await client.get("/console/")).text


async def test_a_press_acknowledges_an_alert_once_and_leads_to_its_booking(client: httpx.AsyncClient) -> None:
    alert = await alerted()
    booking = await db.fetch_value("SELECT schedule FROM alert")
    await sign_in(client, Role.RECRUITER)
    path = f"/console/alerts/{alert}/acknowledge/"
    answer = await press(client, "/console/", path)
    assert answer.headers["location"] == f"/console/bookings/{booking}/?done=acknowledged"
    assert BANNER not in (await client.get(answer.headers["location"])).text
    (row,) = await rows("alert")
    assert (row["acknowledged_by"], row["unheard_since"]) == ("Rita", None)
    (entry,) = [entry for entry in await rows("audit_entry") if entry["action"] == "alert.acknowledged"]
    assert (entry["actor"], entry["subject"]) == ("Rita", alert)
    again = await press(client, "/console/", path)
    assert again.headers["location"].endswith("?done=not-acknowledged")


async def test_a_viewer_and_a_press_from_elsewhere_acknowledge_nothing(client: httpx.AsyncClient) -> None:
    alert = await alerted()
    path = f"/console/alerts/{alert}/acknowledge/"
    await sign_in(client, Role.VIEWER)
    assert (await press(client, "/console/", path)).status_code == 403
    await sign_in(client, Role.RECRUITER)
    assert (await client.post(path, data={"token": "guessed"})).status_code == 403
    assert (await rows("alert"))[0]["acknowledged_at"] is None


async def test_an_alert_about_a_channel_leads_to_the_channels(client: httpx.AsyncClient) -> None:
    await alerted()
    await db.fetch(
        """
        UPDATE alert SET cause = 'held', delivery = NULL, schedule = NULL, fingerprint = 'f', held_since = now(),
            channel = 'failures', reason = 'endpoint_missing', payload = payload || '{"cause": "held"}'
        """
    )
    await sign_in(client, Role.ADMIN)
    page = (await client.get("/console/")).text
    assert '<a href="/console/channels/">The channel <bdi>failures</bdi></a>' in page
    assert "Not working" in page
    assert "Run <code>hireloop doctor</code>, which says how to fix the channel." in page
