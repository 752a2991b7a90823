"""Nobody reads the development mailbox who has neither the link that `up` printed nor an admin's key."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from hireloop import app
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.gate import PATH, TICKET, cookie_of, ticket_of
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from hireloop.settings import Settings
from sample_settings import settings_for

OLD = "the secret before it, which is as long as it takes"
LINK = "http://localhost:8000/?session_key=a.1.b"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """An installation that has changed its secret."""
    return settings_for(database_url, secret_key_fallbacks=[OLD])


@pytest.fixture
def mail(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mail")


@pytest.fixture
async def application(settings: Settings, mail: MailFolder, tmp_path: Path) -> Litestar:
    """The application with the mailbox, in which a mail with a link lies."""
    mail.add(sender="a@hire.example", recipients=["asha@example.com"], raw=f"Subject: Hi\r\n\r\n{LINK}\r\n".encode())
    routes = [mailbox_router(tmp_path / "mail")]
    return app.build(settings, extra_routes=routes, extra_headers={PATH: HEADERS})


@pytest.fixture
def browser(user: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser without anything, on this machine."""
    user.base_url = httpx.URL("http://localhost:8000")
    return user


def now(**later: float) -> datetime:
    return datetime.now(UTC) + timedelta(**later)


async def key_of(role: Role) -> str:
    return (await api_keys.create("tests", role))[1]


async def test_without_a_ticket_every_page_asks_for_a_key_and_shows_nothing(
    browser: httpx.AsyncClient, mail: MailFolder
) -> None:
    ident = mail.messages()[0].id
    for part in ("", "/", f"/{ident}", f"/{ident}/html", f"/{ident}/source", f"/{ident}/files/1", "/nothing"):
        answer = await browser.get(f"/dev/mailbox{part}")
        assert answer.status_code == 401, part
        assert "enter an API key with the role admin" in answer.text
        assert "session_key" not in answer.text
        assert "asha" not in answer.text
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


async def test_the_link_that_up_prints_opens_it_and_leaves_the_ticket_out_of_the_address(
    browser: httpx.AsyncClient, settings: Settings, mail: MailFolder
) -> None:
    ident = mail.messages()[0].id
    answer = await browser.get(f"/dev/mailbox/{ident}", params={TICKET: ticket_of(settings, now=now())})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/dev/mailbox/{ident}")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/dev/mailbox" in cookie
    assert LINK in (await browser.get(f"/dev/mailbox/{ident}")).text
    assert "Hi" in (await browser.get("/dev/mailbox/")).text


async def test_an_admins_key_opens_it_in_the_form_and_leads_where_one_was_going(
    browser: httpx.AsyncClient, mail: MailFolder
) -> None:
    ident = mail.messages()[0].id
    asked = await browser.get(f"/dev/mailbox/{ident}")
    assert f'name="next" value="/dev/mailbox/{ident}"' in asked.text
    fields = {"key": f" {await key_of(Role.ADMIN)} ", "next": f"/dev/mailbox/{ident}"}
    entered = await browser.post("/dev/mailbox/sign-in", data=fields)
    assert (entered.status_code, entered.headers["location"]) == (303, f"/dev/mailbox/{ident}")
    assert LINK in (await browser.get(f"/dev/mailbox/{ident}")).text


async def test_a_program_shows_an_admins_key_as_a_bearer_token(browser: httpx.AsyncClient) -> None:
    for role, status in ((Role.ADMIN, 200), (Role.RECRUITER, 401), (Role.VIEWER, 401)):
        answer = await browser.get("/dev/mailbox", headers={"Authorization": f"Bearer {await key_of(role)}"})
        assert answer.status_code == status, role
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.VIEWER, None])
async def test_another_key_is_refused_in_words(browser: httpx.AsyncClient, role: Role | None) -> None:
    key = await key_of(role) if role else "hl_nonsense"
    answer = await browser.post("/dev/mailbox/sign-in", data={"key": key, "next": "https://evil.example/"})
    assert answer.status_code == 401
    assert "This is not an API key with the role admin, or it has been revoked." in answer.text
    assert key not in answer.text
    assert "evil" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "goal", ["https://evil.example/", "//evil.example", "/dev/mailbox/../../console/", "/api/", ""]
)
async def test_a_sign_in_leads_nowhere_but_into_the_mailbox(browser: httpx.AsyncClient, goal: str) -> None:
    entered = await browser.post("/dev/mailbox/sign-in", data={"key": await key_of(Role.ADMIN), "next": goal})
    assert (entered.status_code, entered.headers["location"]) == (303, "/dev/mailbox")


async def test_a_ticket_that_is_old_forged_or_of_another_kind_opens_nothing(
    browser: httpx.AsyncClient, settings: Settings
) -> None:
    good = ticket_of(settings, now=now())
    until, _, mac = good.partition(".")
    other = settings_for("postgresql:///nowhere", secret_key="another secret, which is as long as the first one")
    tickets = [
        ticket_of(settings, now=now(hours=-12, seconds=-1)),
        ticket_of(other, now=now()),
        f"{int(until) + 1}.{mac}",
        f"{until}.{mac[:-1]}",
        f"0{good}",
        f"{good}=",
        f"٣{good}",
        "9" * 2_000,
        "",
    ]
    for ticket in tickets:
        answer = await browser.get("/dev/mailbox", params={TICKET: ticket})
        assert answer.status_code == 401, ticket
        assert "set-cookie" not in answer.headers
        assert "This link is older than 12 hours" in answer.text
    browser.cookies.set("hireloop-mailbox-8000", good)  # a ticket is no cookie
    assert (await browser.get("/dev/mailbox")).status_code == 401


async def test_a_ticket_and_a_cookie_from_before_the_secret_was_changed_still_open_it(
    browser: httpx.AsyncClient, database_url: str
) -> None:
    before = settings_for(database_url, secret_key=OLD)
    answer = await browser.get("/dev/mailbox", params={TICKET: ticket_of(before, now=now())})
    assert answer.status_code == 303
    browser.cookies.clear()
    browser.cookies.set("hireloop-mailbox-8000", cookie_of(before, now=now()))
    assert (await browser.get("/dev/mailbox")).status_code == 200


async def test_two_installations_on_one_machine_have_cookies_of_their_own(
    browser: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await browser.get("/dev/mailbox", params={TICKET: ticket_of(settings, now=now())})
    assert answer.headers["set-cookie"].startswith("hireloop-mailbox-8000=")
    other = await browser.get("http://localhost:8001/dev/mailbox", params={TICKET: ticket_of(settings, now=now())})
    assert other.headers["set-cookie"].startswith("hireloop-mailbox-8001=")
