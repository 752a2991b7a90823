"""The page from which everything new is created: it says what comes first, and is there for those who may."""

import httpx
import pytest

from console.factories import booked, tried
from console.signing import sign_in, token_on
from factories import make_interview, rows
from hireloop import db
from hireloop.access.tables import Role

_FORM = "application/x-www-form-urlencoded"
PAGES = ("", "candidate/", "job/", "interview/", "slot/", "series/", "booking/")


async def test_an_empty_installation_is_told_what_comes_first(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)
    page = (await client.get("/console/new/")).text
    assert "Create a candidate and a job first." in page
    assert "No interview is waiting to be booked. Create one first." in page
    await make_interview()
    page = (await client.get("/console/new/")).text
    assert "first." not in page.partition("<h1>")[2]


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.ADMIN])
async def test_who_may_schedule_finds_every_form(client: httpx.AsyncClient, role: Role) -> None:
    await sign_in(client, role)
    assert 'href="/console/new/"' in (await client.get("/console/")).text
    for page in PAGES:
        answer = await client.get(f"/console/new/{page}")
        assert answer.status_code == 200, page
        assert 'aria-current="page">New' in answer.text


async def test_a_viewer_is_offered_no_form_and_gets_none(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await tried(booking, "rejected")
    await sign_in(client, Role.VIEWER)
    for page in ("/console/", "/console/attention/", booking.path):
        shown = (await client.get(page)).text
        for path in ("/console/new/", "correct", "revoke/"):
            assert path not in shown, (page, path)
    for page in PAGES:
        assert (await client.get(f"/console/new/{page}")).status_code == 403
    assert (await client.get(f"{booking.path}revoke/")).status_code == 403


async def test_a_form_of_another_kind_creates_nothing(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)
    token = await token_on(client)
    for page in PAGES[1:]:
        path = f"/console/new/{page}"
        for kind, body, status in (
            ("application/json", b"{}", 403),
            (_FORM, b"full_name=Asha", 403),
            (_FORM, f"token={token}&full_name=%FF".encode(), 400),
            (_FORM, f"token={token}&".encode() + b"&".join(b"a%d=" % number for number in range(30)), 400),
            (_FORM, f"token={token}&notes=".encode() + b"a" * 700_000, 413),
        ):
            answer = await client.post(path, content=body, headers={"Content-Type": kind})
            assert answer.status_code == status, (page, body[:40])
            assert "<h1>" in answer.text
        assert (await client.post(path, data={"token": token})).status_code == 400, page
    for table in ("candidate", "job", "interview", "slot", "schedule"):
        assert await rows(table) == []


async def test_what_was_typed_is_shown_to_who_was_signed_out_meanwhile(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)
    token = await token_on(client)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 hours'")
    typed = {"token": token, "full_name": "Asha <Rao>", "resume_text": "Ten years", "phone": ""}
    answer = await client.post("/console/new/candidate/", data=typed)
    assert "Nothing was changed." in answer.text
    assert "Asha &lt;Rao&gt;\nTen years</textarea>" in answer.text
    assert token not in answer.text
