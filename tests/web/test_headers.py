"""The headers of every kind of answer, door by door, to the letter: whatever responds, they are those of its door."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, get

from api.clients import NOWHERE
from console.factories import booked, key_of
from console.signing import token_on
from factories import job_fields
from hireloop import app
from hireloop.access.tables import Role
from hireloop.local.mailbox import pages
from hireloop.local.mailbox.gate import PATH, TICKET, cookie_of, ticket_of
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from hireloop.settings import Settings
from hireloop.web.headers import as_routed
from hireloop.web.size_limits import LONGEST_COOKIES
from local.mailbox.test_pages import invitation
from portal.factories import book

GENERAL = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cross-origin-opener-policy": "same-origin",
}
PORTAL = GENERAL | {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "permissions-policy": "camera=(self), microphone=(self)",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
CONSOLE = GENERAL | {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
DOCS = GENERAL | {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
STYLE = (Path(pages.__file__).parent / "templates" / "mailbox.css").read_bytes()
MAILBOX = GENERAL | {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(STYLE).digest()).decode()}'; img-src data:; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
API = {**GENERAL, "vary": "Authorization"}
A_YEAR = {"cache-control": "public, max-age=31536000, immutable"}
COMPRESSED = {"content-encoding": "gzip", "vary": "Accept-Encoding"}  # where it is long enough
ASKED_AGAIN = {"cache-control": "no-cache", **COMPRESSED}
# What says something of one answer alone.
OWN = {
    *(
        "accept-patch",
        "allow",
        "content-language",
        "content-length",
        "content-type",
        "etag",
        "idempotency-replayed",
        "location",
        "set-cookie",
    ),
    *("traceresponse", "www-authenticate", "x-request-id"),
}
PRESSED = {"Sec-Fetch-Site": "same-origin"}
FILE = "attachment; filename*=UTF-8''invite%20me.ics"


def with_policy(policy: str) -> dict[str, str]:
    return {**MAILBOX, "content-security-policy": policy}


def expect(answer: httpx.Response, status: int, headers: Mapping[str, str]) -> None:
    """Assert that the answer has this status and exactly these headers, each of them once, beside its own.

    A page also has those of its language, and of `hireloop.web.http.compression` if it is long.
    """
    assert answer.status_code == status, answer.text
    if answer.headers.get("content-type", "").startswith("text/html"):
        headers = {**headers, **_of_a_page(answer)}
    names = [name for name, _ in answer.headers.multi_items() if name not in OWN]
    assert sorted(names) == sorted(headers), (answer.request.method, answer.url)
    assert {name: answer.headers[name] for name in names} == headers


def _of_a_page(answer: httpx.Response) -> dict[str, str]:
    is_long = len(answer.content) > 1024 or (answer.request.method == "HEAD" and "content-encoding" in answer.headers)
    is_ours = not answer.request.url.query or "sec-fetch-site" in answer.request.headers
    varies = ["Accept-Language"] if "content-language" in answer.headers else []
    varies += ["Accept-Encoding"] if is_long else []
    coding = {"content-encoding": "gzip"} if is_long and is_ours else {}
    return {**coding, **({"vary": ", ".join(varies)} if varies else {})}


@get("/api/breaks")
async def breaks() -> None:
    """Fail."""
    raise RuntimeError


@get("/breaks")
async def breaks_for_people() -> None:
    """Fail."""
    raise RuntimeError


@pytest.fixture
def mail(tmp_path: Path) -> str:
    return MailFolder(tmp_path / "mail").add(sender="", recipients=["asha@example.com"], raw=invitation())


@pytest.fixture
async def application(settings: Settings, tmp_path: Path) -> Litestar:
    return app.build(
        settings,
        extra_routes=[mailbox_router(tmp_path / "mail"), breaks, breaks_for_people],
        extra_headers={PATH: HEADERS},
    )


async def test_every_answer_of_the_portal(user: httpx.AsyncClient, settings: Settings) -> None:
    page = await user.get("/")
    expect(page, 200, PORTAL)
    for path in re.findall(r'(?:href|src)="(/[^"]+)"', page.text):
        compressed = {} if path.endswith("/icon.svg") else COMPRESSED
        sent = await user.get(path)
        expect(sent, 200, {**PORTAL, **A_YEAR, **compressed})
        head = await user.head(path)
        for one in (sent, head):
            one.headers.pop("traceresponse", None)  # of each request, where another test has begun to trace
        assert head.headers == sent.headers
        other = re.sub(r"/[0-9a-f]{16}/", "/0/", path)
        expect(await user.get(other), 200, {**PORTAL, "cache-control": "no-cache", **compressed})
    booking = await book(settings, starts_in=5)
    expect(await user.get(booking.path), 403, PORTAL)
    expect(await user.get("/", params={"session_key": booking.key}), 303, PORTAL)
    expect(await user.get(booking.path), 200, PORTAL)
    expect(await user.head(booking.path), 200, PORTAL)
    expect(await user.options(booking.path), 204, PORTAL)
    devices = f"{booking.path}devices/"
    expect(await user.post(devices, headers=PRESSED, json={"camera": "ok", "microphone": "ok"}), 204, PORTAL)
    expect(await user.post(devices, headers=PRESSED, content=b"{}"), 400, PORTAL)
    expect(await user.post(devices, headers=PRESSED, content=b"x" * 100_000), 413, PORTAL)
    expect(await user.post(f"{booking.path}start/", headers=PRESSED), 303, PORTAL)
    for path in ("/?session_key=guess", "/i/nonsense/", "/nowhere", "/portal/0/nothing.js", "/static/0/nothing.css"):
        expect(await user.get(path), 404, PORTAL)
    expect(await user.delete("/"), 405, PORTAL)
    expect(await user.get("/breaks"), 500, PORTAL)


async def test_every_answer_of_the_console(user: httpx.AsyncClient) -> None:
    user.headers.update(PRESSED)
    booking = await booked()
    page = await user.get("/console/sign-in/")
    expect(page, 200, CONSOLE)
    (style,) = re.findall(r'"(/console/[^"]+\.css)"', page.text)
    expect(await user.get(style), 200, {**CONSOLE, **A_YEAR, **COMPRESSED})
    other = re.sub(r"/[0-9a-f]{16}/", "/0/", style)
    expect(await user.get(other), 200, {**CONSOLE, "cache-control": "no-cache", **COMPRESSED})
    expect(await user.get(booking.path), 303, CONSOLE)
    expect(await user.post("/console/sign-in/", data={"key": "hl_wrong"}), 403, CONSOLE)
    expect(await user.post("/console/sign-in/", data={"key": await key_of(Role.VIEWER)}), 303, CONSOLE)
    expect(await user.get(booking.path), 200, CONSOLE)
    expect(await user.head(booking.path), 200, CONSOLE)
    expect(await user.options(booking.path), 204, CONSOLE)
    expect(await user.post(f"{booking.path}confirm/"), 403, CONSOLE)
    expect(await user.post("/console/sign-in/", data={"key": await key_of(Role.RECRUITER)}), 303, CONSOLE)
    file = await user.post("/console/search/export/", data={"token": await token_on(user), "q": "asha"})
    expect(file, 200, {**CONSOLE, "content-disposition": file.headers["content-disposition"]})
    expect(await user.get("/console/?day=nonsense"), 400, CONSOLE)
    for path in ("/console/nowhere/", f"/console/bookings/{NOWHERE}/", "/console/static/0/nothing.css"):
        expect(await user.get(path), 404, CONSOLE)
    expect(await user.delete("/console/"), 405, CONSOLE)
    expect(await user.post("/console/sign-in/", data={"key": "x" * 100_000}), 413, CONSOLE)


async def test_every_answer_of_the_docs(user: httpx.AsyncClient) -> None:
    page = await user.get("/docs")
    expect(page, 200, {**DOCS, **ASKED_AGAIN})
    expect(await user.head("/docs"), 200, {**DOCS, **ASKED_AGAIN})
    unchanged = {**DOCS, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    expect(await user.get("/docs", headers={"If-None-Match": page.headers["etag"]}), 304, unchanged)
    (style,) = re.findall(r'"(/docs/[^"]+\.css)"', page.text)
    expect(await user.get(style), 200, {**DOCS, **A_YEAR, **COMPRESSED})


async def test_every_answer_of_the_development_mailbox(user: httpx.AsyncClient, settings: Settings, mail: str) -> None:
    user.base_url = httpx.URL("http://localhost:8000/dev/")
    closed = with_policy("sandbox; default-src 'none'; frame-ancestors 'none'")
    key_page = with_policy(MAILBOX["content-security-policy"].replace("form-action 'none'", "form-action 'self'"))
    framed = with_policy(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    expect(await user.get("mailbox"), 401, key_page)
    expect(await user.post("mailbox/sign-in", data={"key": "hl_wrong"}), 401, key_page)
    expect(await user.get("mailbox", headers={"Host": "rebound.example"}), 404, MAILBOX)
    ticket = ticket_of(settings, now=datetime.now(UTC))
    expect(await user.get("mailbox", params={TICKET: ticket}), 303, closed)
    expect(await user.get("mailbox"), 200, MAILBOX)
    expect(await user.get(f"mailbox/{mail}"), 200, MAILBOX)
    expect(await user.get(f"mailbox/{mail}/html"), 200, framed)
    expect(await user.get(f"mailbox/{mail}/source"), 200, closed)
    expect(await user.get(f"mailbox/{mail}/files/1"), 200, {**closed, "content-disposition": FILE})
    expect(await user.get(f"mailbox/{mail}/files/99"), 404, MAILBOX)
    # Where none of its handlers is asked, the page is the portal's, and needs the portal's own style.
    expect(await user.get("mailbox/a/b/c"), 404, PORTAL)
    expect(await user.delete("mailbox"), 405, PORTAL)


async def test_every_answer_to_a_program(api: httpx.AsyncClient) -> None:
    made = await api.post("/api/jobs/", json=job_fields(), headers={"Idempotency-Key": "1"})
    expect(made, 201, API)
    expect(await api.post("/api/jobs/", json=job_fields(), headers={"Idempotency-Key": "1"}), 201, API)
    listed = await api.get("/api/jobs/")
    expect(listed, 200, API)
    expect(await api.head("/api/jobs/"), 200, API)
    expect(await api.get("/api/jobs/", headers={"If-None-Match": listed.headers["etag"]}), 304, API)
    expect(await api.options("/api/jobs/"), 204, API)
    expect(await api.get("/api/jobs/?x=1"), 400, API)
    expect(await api.get("/api/jobs/", headers={"Authorization": "no"}), 401, API)
    for path in ("/api/nothing/", f"/api/jobs/{NOWHERE}/"):
        expect(await api.get(path), 404, API)
    expect(await api.put("/api/jobs/"), 405, API)
    expect(await api.post("/api/jobs/", json=job_fields(description="d" * 1_100_000)), 413, API)
    expect(await api.get(f"/api/jobs/?{'a' * 5_000}"), 414, API)
    expect(await api.get("/api/jobs/", headers={"Cookie": "a" * (LONGEST_COOKIES + 1)}), 431, API)
    expect(await api.get("/api/breaks"), 500, API)
    for path, status in (("/health/live", 200), ("/health/nothing", 404), ("/schema/nothing", 404)):
        expect(await api.get(path), status, GENERAL)
    expect(await api.get("/schema/openapi.json"), 200, {**GENERAL, **ASKED_AGAIN})


async def test_an_answer_that_no_handler_gave_has_them_too(user: httpx.AsyncClient, settings: Settings) -> None:
    """These had none, or `no-store` alone, while each handler and router set its own."""
    doors = {"/": PORTAL, "/console/": CONSOLE, "/docs": DOCS, "/problems/": DOCS, "/dev/mailbox": MAILBOX}
    for path, policy in doors.items():
        expect(await user.get(f"{path}?{'a' * 5_000}"), 414, policy)
        expect(await user.get(path, headers={"Cookie": "a" * (LONGEST_COOKIES + 1)}), 431, policy)
    mailbox = "http://localhost:8000/dev/mailbox"
    await user.get(mailbox, params={TICKET: ticket_of(settings, now=datetime.now(UTC))})
    expect(await user.options(mailbox), 204, MAILBOX)
    expect(await user.options("/breaks"), 204, PORTAL)
    expect(await user.options("/docs"), 204, DOCS)
    expect(await user.get("/docs/nothing"), 404, DOCS)
    expect(await user.put("/docs"), 405, DOCS)


async def test_a_path_has_the_policy_of_where_it_leads_however_it_is_spelled(
    user: httpx.AsyncClient, settings: Settings, mail: str
) -> None:
    expect(await user.get("http://localhost:8000//console/sign-in/"), 200, CONSOLE)
    expect(await user.get("http://localhost:8000/%2Fconsole/sign-in/"), 200, CONSOLE)
    expect(await user.get("http://localhost:8000//docs"), 200, {**DOCS, **ASKED_AGAIN})
    expect(await user.get("http://localhost:8000///i/nonsense/"), 404, PORTAL)
    cookie = {"Cookie": f"hireloop-mailbox-8000={cookie_of(settings, now=datetime.now(UTC))}"}
    expect(await user.get(f"http://localhost:8000/{PATH}/{mail}", headers=cookie), 200, MAILBOX)
    answer = await user.get("http://localhost:8000//api/candidates/")
    expect(answer, 401, API)
    assert answer.headers["x-request-id"]
    assert (await user.head("http://localhost:8000//api/candidates/")).status_code == 401


@pytest.mark.parametrize(
    ("path", "routed"), [("", "/"), ("/", "/"), ("//", "/"), ("a", "/a"), ("//a//b/", "/a/b/"), ("/a/b", "/a/b")]
)
def test_slashes_side_by_side_are_one(path: str, routed: str) -> None:
    assert as_routed(path) == routed
