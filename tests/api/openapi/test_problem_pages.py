"""The `type` of a problem is an address, and leads to a page of this installation that explains it."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar

import openapi_file
from api.clients import NOWHERE, problem
from hireloop import app
from hireloop.api.openapi.problem_pages import EXPLANATIONS
from hireloop.web import problems
from sample_settings import settings_for


def test_every_problem_is_explained() -> None:
    assert set(EXPLANATIONS) == set(problems.statuses_by_code())


def test_each_advice_names_what_there_is() -> None:
    """Every method and path in an advice is one of the document, and a verb that moves a booking is `reschedule`."""
    operations = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path))
        for path, known in openapi_file.read()["paths"].items()
        for method in known
    }
    named = [
        (method, path.partition("?")[0])
        for explanation in EXPLANATIONS.values()
        for method, path in re.findall(r"\b(GET|POST|PATCH|DELETE)\b[a-z ]*`(/[^`]+)`", explanation.advice)
    ]
    assert len(named) > 15
    assert set(named) <= operations
    assert not re.search(r"\b[Mm]ove (it|or|the booking with)\b", " ".join(one.advice for one in EXPLANATIONS.values()))


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("interview-already-scheduled", "/api/interviews/schedules/{id}/reschedule/"),
        ("use-reschedule", "/api/interviews/schedules/{id}/reschedule/"),
        ("slot-in-use", "/api/interviews/schedules/{id}/reschedule/"),
        ("slot-full", "/api/interviews/slots/?available=true"),
        ("schedule-cancelled", "/api/interviews/slots/{id}/book_slot/"),
        ("interview-closed", "/api/interviews/"),
    ],
)
def test_an_advice_names_the_verb_that_helps(code: str, path: str) -> None:
    first = re.search(r"`(/[^`]+)`", EXPLANATIONS[code].advice)
    assert first is not None
    assert first[1] == path


async def test_a_type_leads_to_its_page(api: httpx.AsyncClient) -> None:
    for answer, code in (
        (await api.get("/api/jobs/?x=1"), "bad-input"),
        (await api.get(f"/api/jobs/{NOWHERE}/"), "not-found"),
        (await api.put("/api/jobs/"), "method-not-allowed"),
        (await api.get("/api/jobs/", headers={"Authorization": ""}), "not-signed-in"),
        (await api.get(f"/api/jobs/?{'a' * 5_000}"), "address-too-long"),
        (await api.get("/api/jobs/", headers={"Host": "a, b"}), "bad-input"),
    ):
        found = problem(
            answer, answer.status_code, code, *([] if code != "bad-input" or "errors" not in answer.json() else ["x"])
        )
        parts = urlsplit(found["type"])
        assert (parts.scheme, parts.netloc) == ("https", "hire.example")
        page = await api.get(parts.path, headers={"Authorization": ""})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert f"<code>{code}</code>" in page.text


async def test_every_page_and_the_list_of_them(user: httpx.AsyncClient) -> None:
    index = await user.get("/problems/")
    assert index.status_code == 200
    links = re.findall(r'href="(/problems/[^"]+)"', index.text)
    assert [link.removeprefix("/problems/") for link in links] == list(EXPLANATIONS)
    statuses = problems.statuses_by_code()
    for link, (code, explanation) in zip(links, EXPLANATIONS.items(), strict=True):
        page = await user.get(link)
        assert page.status_code == 200
        assert f"status {statuses[code]}" in page.text
        assert explanation.sentence.split("`")[0] in page.text.replace("&#39;", "'")
        for address in re.findall(r'href="(/[^"]+)"', page.text):
            assert (await user.get(address)).status_code == 200, address
        unchanged = await user.get(link, headers={"If-None-Match": page.headers["etag"]})
        assert unchanged.status_code == 304
        assert (await user.head(link)).status_code == 200
    for path in ("/problems/nothing", "/problems/slot-full/more", "/problems/%2e%2e"):
        assert (await user.get(path)).status_code == 404


async def test_the_type_is_below_base_url() -> None:
    built: Litestar = app.build(settings_for("postgresql:///nowhere", base_url="http://10.0.0.7:8080"))
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as client:
        found = (await client.get("/api/nothing/")).json()
    assert (found["type"], found["code"]) == ("http://10.0.0.7:8080/problems/not-found", "not-found")
