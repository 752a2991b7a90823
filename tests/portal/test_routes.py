"""What every answer of the portal has in common, and what it says when things go wrong."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from hireloop import app, db, session_keys
from hireloop.api.openapi.document import document_of
from hireloop.portal import render
from hireloop.settings import Settings
from hireloop.web import look
from portal.factories import Person, book

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TEMPLATES = Path(render.__file__).parent / "templates"


async def test_without_a_key_it_points_to_the_invitation(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Open your interview from your invitation" in answer.text


async def test_every_answer_has_the_strict_headers_errors_and_redirects_too(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=5)
    same = {"Sec-Fetch-Site": "same-origin"}
    answers = [
        await client.get("/"),
        await client.get(booked.path),  # 403: no cookie yet
        await client.get("/", params={"session_key": booked.key}),
        await client.get(booked.path),
        await client.head(booked.path),
        await client.options(booked.path),
        await client.post(f"{booked.path}start/"),
        await client.post(f"{booked.path}devices/", headers=same, content=b"{}"),
        await client.post(f"{booked.path}devices/", headers=same, content=b"x" * 100_000),
        await client.post(f"{booked.path}devices/", headers=same, json={"camera": "ok", "microphone": "ok"}),
        await client.post(f"{booked.path}start/", headers=same),
        await client.get(booked.path),
        await client.get("/?session_key=guess"),
        await client.get("/i/nonsense/"),
        await client.get("/nowhere"),
        await client.delete("/"),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200, 403, 303, 200, 200, 204, 403, 400, 413, 204, 303, 200, 404, 404, 404, 405]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["permissions-policy"] == "camera=(self), microphone=(self)"
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.content:
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert set(answers[-1].headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


async def test_static_files_may_be_kept_while_their_content_lasts(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    paths = re.findall(r'"(/portal/[^"]+)"', page)
    assert paths
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        older = await client.get(path.replace(render.STATIC.version, "0" * 16))
        assert older.headers["cache-control"] == "no-cache"
    for wrong in ("/portal/0/routes.py", "/portal/0/..%2Froutes.py", "/portal/0/"):
        assert (await client.get(wrong)).status_code == 404


async def test_what_people_wrote_is_escaped(client: httpx.AsyncClient, settings: Settings) -> None:
    nasty = "<script>alert('1')</script>\"&{{ 7*7 }}"
    person = Person(name=nasty, title=nasty, company=nasty, notes=nasty, recruiter_email='"<b>@x"@acme.example')
    booked = await book(settings, person)
    await client.get("/", params={"session_key": booked.key})
    for starts_in in (1000, 5, -700):
        await booked.move(starts_in=starts_in)
        page = (await client.get(booked.path)).text
        assert "<script>alert" not in page
        assert "<b>@x" not in page
        assert "{{ 7*7 }}" in page


async def test_a_failure_of_ours_is_said_without_a_word_from_inside(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    await db.fetch("ALTER TABLE session RENAME TO elsewhere")
    with capture_logs() as logs:
        answer = await client.get("/", params={"session_key": booked.key})
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "session" not in answer.text.lower()
    said = [(log["event"], log["path"], log["cause"]) for log in logs]
    assert said == [("portal.failed", "/", "UndefinedTableError 42P01")]
    assert booked.key not in str(logs)


async def test_no_answer_but_the_cookie_holds_the_key(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=5)
    link = await client.get("/", params={"session_key": booked.key})
    assert booked.key not in link.headers["location"]
    page = await client.get(booked.path)
    assert booked.key not in page.text + str(page.headers)


def test_the_machines_schema_knows_nothing_of_the_portal(settings: Settings) -> None:
    paths = document_of(app.build(settings))["paths"]
    assert [path for path in paths if not path.startswith(("/api/", "/health/"))] == ["/"]  # the link alone


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.iterdir()))
def test_no_template_has_inline_script_or_style(template: str) -> None:
    text = (TEMPLATES / template).read_text()
    text = text.replace('<script type="application/json"', "")  # data, which no browser runs
    assert not re.search(r"<style|style=|\son[a-z]+=|javascript:|<script(?![^>]* src=)", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_all_static_files_and_the_longest_page_stay_small() -> None:
    files = [*render.STATIC.files.values(), *look.STATIC.files.values()]  # its own, and what it shares with the console
    assert sum(len(file.body) for file in files) < 60_000


async def test_a_key_is_never_checked_with_a_query_before_its_signature(settings: Settings) -> None:
    """No pool is open: only a genuine key may notice."""
    application: Any = app.build(settings)
    genuine = session_keys.mint(settings.secrets[0], db.new_id(), 1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="https://hire.example") as client:
        assert (await client.get("/", params={"session_key": genuine[:-2]})).status_code == 404
        with capture_logs():
            answer = await client.get("/", params={"session_key": genuine})
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
