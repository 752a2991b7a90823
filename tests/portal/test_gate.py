"""Keys, cookies, and who may press what."""

import asyncio
import string
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.testing import RequestFactory
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from pydantic import SecretStr

from factories import rows
from hireloop import app, db, session_keys
from hireloop.portal import gate
from hireloop.portal.gate import Refusal
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from hireloop.telemetry import current
from hireloop.telemetry import spans as telemetry
from hireloop.web.context import context_of
from hireloop.web.csrf import form_token
from portal.coming_in import PRESSED, come_in
from portal.factories import OUTBOX, Person, book
from portal.records import everything

CHECK = {"camera": "ok", "microphone": "ok"}
BASE64URL = string.ascii_letters + string.digits + "-_"
OLD = "the secret before it, which is as long as it takes"
SOMEBODY = UUID("01a1fd9e-8cf2-76ba-b101-c652a4ce31e8")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that has changed its secret."""
    return settings.model_copy(update={"secret_key_fallbacks": [SecretStr(OLD)]})


# --- The exchange ----------------------------------------------------------------------------------------------


async def test_the_link_gives_a_cookie_of_its_session_and_leads_to_it(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    answer = await client.get("/", params={"session_key": booked.key})
    assert (answer.status_code, answer.headers["location"]) == (303, booked.path)
    cookie, *flags = answer.headers["set-cookie"].split("; ")
    assert cookie == f"__Host-hireloop-{booked.session_id}={booked.key}"
    assert {flag.lower() for flag in flags if not flag.startswith("Max-Age")} == {
        "httponly",
        "secure",
        "samesite=lax",
        "path=/",
    }
    assert (await client.get(booked.path)).status_code == 200


async def test_on_plain_http_the_cookie_works_without_the_prefix(settings: Settings, database: None) -> None:  # noqa: ARG001 (the pool is open)
    plain = app.build(settings.model_copy(update={"base_url": "http://localhost:8000"}))
    booked = await book(settings)
    visit = await gate.check(booked.key, settings.secrets)
    assert not isinstance(visit, Refusal)
    cookie = gate.cookie(context_of(RequestFactory(app=plain).get("/")), booked.key, visit)
    assert cookie.key == f"hireloop-{booked.session_id}"
    assert not cookie.secure
    assert cookie.httponly


async def test_the_cookie_lives_until_a_day_after_the_end(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=1000)
    answer = await client.get("/", params={"session_key": booked.key})
    age = int(answer.headers["set-cookie"].split("Max-Age=")[1].split(";")[0])
    assert age == pytest.approx(1000 + 3600 + 86_400, abs=5)


async def test_head_answers_as_get_everywhere(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    paths = [
        "/",
        "/?session_key=nonsense",
        f"/?session_key={booked.key}",
        booked.path,
        "/i/nonsense/",
        f"/i/{uuid4()}/",
    ]
    for path in paths:
        plain = {"Accept-Encoding": "identity"}  # a page says when it was made: compressed, its length differs
        get, head = await client.get(path, headers=plain), await client.head(path, headers=plain)
        assert head.content == b""
        assert (head.status_code, head.headers) == (get.status_code, get.headers)


async def test_get_and_head_change_no_row(client: httpx.AsyncClient, settings: Settings) -> None:
    for n, starts_in in enumerate((86_400, 10, -5, -700)):
        booked = await book(settings, _person(n), starts_in=starts_in)
        before = await everything()
        for path in (f"/?session_key={booked.key}", booked.path, booked.path.rstrip("/")):
            for _ in range(2):
                await client.get(path)
                await client.head(path)
        for act in ("start", "finish", "devices"):
            assert (await client.get(f"{booked.path}{act}/")).status_code == 405
        assert await everything() == before


def _person(n: int) -> Person:
    return Person(email=f"candidate{n}@example.com")


# --- Keys that were genuine ------------------------------------------------------------------------------------


async def test_a_replaced_key_is_told_so_at_the_link_and_at_the_cookie(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    await db.fetch("UPDATE session SET key_version = 2 WHERE id = $1", booked.session_id)
    before = await everything()
    answers = [
        await client.get("/", params={"session_key": booked.key}),
        await client.get(booked.path),
        await client.post(f"{booked.path}start/", headers={"Sec-Fetch-Site": "same-origin"}),
    ]
    for answer in answers:
        assert answer.status_code == 410
        assert "This link has been replaced" in answer.text
    assert await everything() == before
    newer = session_keys.mint(settings.secrets[0], booked.session_id, 2)
    assert (await client.get("/", params={"session_key": newer})).status_code == 303


async def test_a_key_from_the_future_is_unknown(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    future = session_keys.mint(settings.secrets[0], booked.session_id, 2)
    assert (await client.get("/", params={"session_key": future})).status_code == 404


async def test_a_key_of_an_older_secret_still_opens(settings: Settings, database: None) -> None:  # noqa: ARG001 (the pool is open)
    booked = await book(settings)
    changed = Settings.read(
        _env_file=None,
        secret_key="a newer secret, which opens nothing else",
        secret_key_fallbacks=[settings.secrets[0]],
    )
    visit = await gate.check(booked.key, changed.secrets)
    assert not isinstance(visit, Refusal)
    assert visit.session_id == booked.session_id


async def test_bad_keys_count_together_at_whatever_page_they_are_tried(
    application: Litestar, settings: Settings
) -> None:
    """No pool is open: a bad key is known by its signature."""
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
        client.cookies.set(f"__Host-hireloop-{SOMEBODY}", "guess")
        for path in ("/?session_key=guess", f"/i/{SOMEBODY}/", f"/i/{SOMEBODY}/move/") * 3:
            assert (await client.get(path)).status_code == 404
    limiter, now = context_of(RequestFactory(app=application).get("/")).bad_keys, time.monotonic()
    assert [limiter.delay_seconds("127.0.0.1", now=now) for _ in range(2)] == [0.0, 0.25]  # the tenth, and one more


# --- Cookies ---------------------------------------------------------------------------------------------------


async def test_two_links_in_one_browser_do_not_mix(client: httpx.AsyncClient, settings: Settings) -> None:
    first = await book(settings, Person(email="a@example.com", title="First job"), starts_in=5)
    second = await book(settings, Person(email="b@example.com", title="Second job"), starts_in=5)
    for booked in (first, second):
        await client.get("/", params={"session_key": booked.key})
    assert "First job" in (await client.get(first.path)).text
    assert "Second job" in (await client.get(second.path)).text
    await client.post(f"{first.path}start/", headers={"Sec-Fetch-Site": "same-origin"})
    assert await _entered() == [first.session_id]


async def _entered() -> list[UUID]:
    rows = await db.fetch("SELECT id FROM session WHERE entered_at IS NOT NULL")
    return [UUID(str(row["id"])) for row in rows]


async def test_the_key_of_one_session_is_no_key_to_another(client: httpx.AsyncClient, settings: Settings) -> None:
    first = await book(settings, Person(email="a@example.com"))
    second = await book(settings, Person(email="b@example.com"))
    client.cookies.set(f"__Host-hireloop-{second.session_id}", first.key)
    assert (await client.get(second.path)).status_code == 404


async def test_without_a_cookie_it_says_how_to_come_in_whether_or_not_the_session_exists(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=5)
    answers = [
        await client.get(booked.path),
        await client.get(f"/i/{uuid4()}/"),
        await client.post(f"{booked.path}start/", headers={"Sec-Fetch-Site": "same-origin"}),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert "blocks cookies" in answers[0].text
    assert await _entered() == []


# --- Presses from elsewhere ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://hire.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://hire.example.evil.example"},
        {"Origin": "http://hire.example"},  # a page that anybody on the wire could have written
        {"Origin": "http://["},
        {"Origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("act", ["start", "finish", "devices"])
async def test_a_press_on_another_page_does_nothing(
    client: httpx.AsyncClient, settings: Settings, headers: dict[str, str], act: str
) -> None:
    booked = await book(settings, starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    before = await everything()
    answer = await client.post(f"{booked.path}{act}/", headers=headers, content=b"")
    assert answer.status_code == 403
    assert "did not come from your interview page" in answer.text
    assert await everything() == before


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://hire.example"}, {"Origin": "null"}, {}]
)
async def test_a_press_on_our_page_counts_in_browsers_old_and_new(
    client: httpx.AsyncClient, settings: Settings, headers: dict[str, str]
) -> None:
    booked = await book(settings, starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    token = form_token(booked.key)
    assert f'value="{token}"' in (await client.get(booked.path)).text
    answer = await client.post(f"{booked.path}start/", headers=headers, data={"token": token})
    assert answer.status_code == 303
    assert await _entered() == [booked.session_id]


async def test_a_page_that_was_open_when_the_secret_was_changed_works(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings.model_copy(update={"secret_key": SecretStr(OLD)}), starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    token = form_token(booked.key)
    assert (await client.post(f"{booked.path}start/", data={"token": token})).status_code == 303
    assert await _entered() == [booked.session_id]
    assert f'value="{token}"' in (await client.get(booked.path)).text


async def test_the_token_of_one_session_does_not_press_for_another(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    other = form_token(session_keys.mint(settings.secrets[0], SOMEBODY, 1))
    answer = await client.post(f"{booked.path}start/", data={"token": other})
    assert answer.status_code == 403


# --- Its trace -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_the_span_of_a_visit_links_to_the_booking_and_reading_it_does_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("hireloop")
    monkeypatch.setattr(telemetry, "_tracer", tracer)
    booked = await book(settings, starts_in=60)
    stored = await db.fetch_value("SELECT traceparent FROM delivery WHERE schedule = $1", booked.schedule_id)
    for visit, links in ((gate.check(booked.key, settings.secrets), 1), (sessions.visit(booked.session_id), 0)):
        with current.during(tracer.start_span("GET /session")):
            await visit
            span = current.span()
        assert isinstance(span, ReadableSpan)
        assert [f"{one.context.trace_id:032x}" for one in span.links] == [telemetry.trace_id_of(stored)] * links
    with current.during(tracer.start_span("POST /session/enter")):
        await sessions.enter(booked.session_id, 1, outbox=OUTBOX)
        await sessions.leave(booked.session_id, 1, outbox=OUTBOX)
        span = current.span()
    assert isinstance(span, ReadableSpan)
    assert len(span.links) == 1


async def test_an_erased_persons_link_leads_to_a_page_that_names_nobody(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=5)
    await client.get("/", params={"session_key": booked.key})
    await db.fetch("UPDATE session SET key_version = 2")
    await db.fetch("UPDATE candidate SET erased_at = now(), full_name = 'Erased', email = 'erased@erased.invalid'")
    newer = session_keys.mint(settings.secrets[0], booked.session_id, 2)
    pages = [await client.get("/", params={"session_key": key}) for key in (booked.key, newer)]
    pages += [await client.get(booked.path), await client.get(f"{booked.path}move/")]
    pages += [await client.post(f"{booked.path}{verb}/", headers=PRESSED) for verb in ("start", "confirm", "cancel")]
    for page in pages:
        assert page.status_code == 410
        assert "This invitation has ended" in page.text
        for word in ("Erased", "erased.invalid", "Backend Engineer", "Acme", "rita@acme.example", "Hello"):
            assert word not in page.text
        assert "set-cookie" not in page.headers


Responses = list[httpx.Response]


async def pressed_at_once(
    presses: list[Coroutine[Any, Any, httpx.Response]], *, a_minute: int
) -> tuple[Responses, Responses]:
    """Return what was taken, a minute's presses and what has become free meanwhile, and what was too much."""
    began = time.monotonic()
    answers = await asyncio.gather(*presses)
    freed = (time.monotonic() - began) * a_minute / 60
    taken = [answer for answer in answers if answer.status_code != 429]
    assert a_minute <= len(taken) <= a_minute + freed + 1
    return taken, [answer for answer in answers if answer.status_code == 429]


async def test_a_link_alone_does_not_fill_the_server_with_device_checks(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}devices/"
    presses = [client.post(path, json=CHECK, headers=PRESSED) for _ in range(90)]
    taken, (refused, *_) = await pressed_at_once(presses, a_minute=30)
    assert {answer.status_code for answer in taken} == {204}
    assert int(refused.headers["retry-after"]) in {1, 2}
    assert "Please wait a moment" in refused.text
    # What the candidate presses is counted apart.
    assert (await client.post(f"{booked.path}confirm/", headers=PRESSED)).status_code in {303, 409}


async def test_nor_does_it_at_two_processes(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}devices/"
    second = httpx.ASGITransport(app=app.build(settings))  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(transport=second, base_url=settings.base_url, cookies=client.cookies) as other:
        doors = [client, other] * 45
        presses = [door.post(path, json=CHECK, headers=PRESSED) for door in doors]
        taken, refused = await pressed_at_once(presses, a_minute=30)
    assert {answer.status_code for answer in taken} == {204}
    assert refused


@pytest.mark.parametrize("act", ["confirm", "move", "cancel", "ask", "start", "finish"])
async def test_nobody_presses_a_thousand_times(client: httpx.AsyncClient, settings: Settings, act: str) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    path = f"{booked.path}{act}/"
    presses = [client.post(path, headers=PRESSED, data={"revision": "1"}) for _ in range(120)]
    _, refused = await pressed_at_once(presses, a_minute=60)
    assert refused
    assert len(await rows("press_rate")) == 1
