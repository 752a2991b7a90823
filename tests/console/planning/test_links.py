"""A link is revoked after a question, with a reason that stays in the history, and the candidate invited again."""

import httpx
import pytest

from console.factories import booked, entered
from console.planning.pressing import faults_on, said_on
from console.signing import fields_of, press, sign_in
from factories import rows
from hireloop.access.tables import Role


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def test_a_link_is_revoked_with_a_reason_and_the_candidate_invited_again(client: httpx.AsyncClient) -> None:
    booking = await booked()
    revoke = f"{booking.path}revoke/"
    assert f'href="{revoke}"' in (await client.get(booking.path)).text
    answer = await press(client, revoke, revoke, reason="Forwarded to\r\na <friend>")
    assert await said_on(client, answer) == "The link was revoked. Nobody is notified."
    page = (await client.get(booking.path)).text
    for shown in (
        "Link revoked (<bdi>Rita</bdi>)",
        "Forwarded to\na &lt;friend&gt;",
    ):
        assert shown in page, shown
    assert f'href="{revoke}"' not in page
    assert "The candidate’s link" not in page  # noqa: RUF001 (as it is written)
    (entry,) = [one for one in await rows("audit_entry") if one["action"] == "session.revoked"]
    assert entry["actor"] == "Rita"
    assert "Forwarded to" in str(entry["details"])

    again = await press(client, booking.path, f"{booking.path}reissue/")
    assert (await said_on(client, again)).startswith("A new link is on its way")
    (session,) = await rows("session")
    assert (session["revoked_at"], session["key_version"]) == (None, 2)


async def test_a_second_press_and_a_page_that_is_out_of_date_change_nothing_more(client: httpx.AsyncClient) -> None:
    booking = await booked()
    revoke = f"{booking.path}revoke/"
    fields = fields_of((await client.get(revoke)).text)
    first, second = [await client.post(revoke, data=fields) for _ in range(2)]
    assert first.headers["location"] == f"{booking.path}?done=revoked"
    assert await said_on(client, second) == "The link had already been revoked. Nothing was changed."
    await press(client, booking.path, f"{booking.path}reissue/")
    stale = await client.post(revoke, data={**fields, "reason": "Kept"})
    assert stale.status_code == 409
    assert "Someone changed this booking after you opened its page" in stale.text
    assert "Kept" in stale.text
    (session,) = await rows("session")
    assert session["revoked_at"] is None


async def test_a_reason_that_cannot_be_kept_comes_back(client: httpx.AsyncClient) -> None:
    booking = await booked()
    revoke = f"{booking.path}revoke/"
    answer = await press(client, revoke, revoke, reason="x" * 2_001)
    assert answer.status_code == 400
    assert faults_on(answer)["reason"].startswith("This text has 2001 characters.")
    assert "x" * 2_001 in answer.text


async def test_once_the_interview_has_begun_no_link_is_revoked(client: httpx.AsyncClient) -> None:
    booking = await booked()
    revoke = f"{booking.path}revoke/"
    fields = fields_of((await client.get(revoke)).text)
    await entered(booking)
    answer = await client.post(revoke, data={**fields, "reason": "Kept"})
    assert answer.status_code == 409
    assert "This link can no longer be revoked" in answer.text
    assert "Kept" in answer.text
