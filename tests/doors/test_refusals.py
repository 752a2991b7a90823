"""Every way to be refused at every door: one line in the log and one count each, without a word of what was sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from structlog.testing import capture_logs

from console.factories import key_of
from console.signing import fields_of
from factories import job_fields
from hireloop import app, db, session_keys
from hireloop.access import api_keys
from hireloop.access.api_keys import create
from hireloop.access.refusals import RecordedRefusals, door_of
from hireloop.access.tables import Role
from hireloop.local.mailbox.gate import PATH as MAILBOX
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from hireloop.settings import Settings
from hireloop.telemetry import metrics
from hireloop.telemetry.refusals import Door, RefusalLog, WhyRefused
from hireloop.web.size_limits import LONGEST_ADDRESS, LONGEST_COOKIES
from portal.coming_in import PRESSED, come_in
from portal.factories import book
from sample_settings import SECRET, settings_for

Act = Callable[[httpx.AsyncClient], Awaitable[object]]

FORGED = f"hl_{'A' * 22}{'b' * 43}"
BOUNCES = "/api/notifications/bounces/"
SIGN_IN = "/console/sign-in/"
OURS = {"Sec-Fetch-Site": "same-origin"}
LONG = {"headers": {"Cookie": "c" * (LONGEST_COOKIES + 1)}}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def get(path: str, **sent: Any) -> Act:  # noqa: ANN401 (httpx's own)
    return lambda client: client.get(path, **sent)


def post(path: str, **sent: Any) -> Act:  # noqa: ANN401 (httpx's own)
    return lambda client: client.post(path, **sent)


async def with_revoked_key(client: httpx.AsyncClient) -> None:
    details, key = await create("gone", Role.ADMIN)
    await api_keys.revoke(details.id)
    await client.get("/api/interviews/slots/", headers=bearer(key))


async def as_viewer(client: httpx.AsyncClient) -> None:
    await client.post("/api/jobs/", json={}, headers=bearer(await key_of(Role.VIEWER)))


async def reporting_as_viewer(client: httpx.AsyncClient) -> None:
    await client.post(BOUNCES, json={}, headers=bearer(await key_of(Role.VIEWER)))


async def with_too_much(client: httpx.AsyncClient) -> None:
    await client.post("/api/jobs/", json={"title": "x" * 1_000_001}, headers=bearer(await key_of(Role.ADMIN)))


async def reporting_too_much(client: httpx.AsyncClient) -> None:
    mail = {**bearer(await key_of(Role.ADMIN)), "Content-Type": "message/rfc822"}
    await client.post(BOUNCES, content=b"x" * 1_000_001, headers=mail)


async def reporting_of_nothing(client: httpx.AsyncClient) -> None:
    body = {"message_id": "<nobody@elsewhere.example>"}
    await client.post(BOUNCES, json=body, headers=bearer(await key_of(Role.RECRUITER)))


async def reporting_no_report(client: httpx.AsyncClient) -> None:
    mail = {**bearer(await key_of(Role.RECRUITER)), "Content-Type": "message/rfc822"}
    await client.post(BOUNCES, content=b"Subject: hello\n\nhello\n", headers=mail)


async def too_often(client: httpx.AsyncClient) -> None:
    key = bearer(await key_of(Role.ADMIN))
    for _ in range(2):
        await client.get("/api/interviews/slots/", headers=key)


async def on_a_page_of_somebody_else(client: httpx.AsyncClient) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    await client.options("/api/interviews/slots/", headers=asks)


async def with_a_replaced_link(client: httpx.AsyncClient) -> None:
    booked = await book(settings_for("postgresql:///nowhere"))
    await db.fetch("UPDATE session SET key_version = 2")
    await client.get("/", params={"session_key": booked.key})


async def with_an_erased_persons_link(client: httpx.AsyncClient) -> None:
    booked = await book(settings_for("postgresql:///nowhere"))
    await db.fetch("UPDATE candidate SET erased_at = now()")
    await client.get("/", params={"session_key": booked.key})


async def with_a_forged_link(client: httpx.AsyncClient) -> None:
    await client.get("/", params={"session_key": session_keys.mint("another secret of nobody at all", db.new_id(), 1)})


async def without_the_cookie(client: httpx.AsyncClient) -> None:
    await client.get((await book(settings_for("postgresql:///nowhere"))).path)


async def pressing_elsewhere(client: httpx.AsyncClient) -> None:
    booked = await book(settings_for("postgresql:///nowhere"))
    await come_in(client, booked)
    await client.post(f"{booked.path}confirm", headers={"Sec-Fetch-Site": "cross-site"})


async def pressing_too_much(client: httpx.AsyncClient) -> None:
    booked = await book(settings_for("postgresql:///nowhere"))
    await come_in(client, booked)
    await client.post(f"{booked.path}cancel", data={"reason": "x" * 20_000}, headers=PRESSED)


async def guessing_links(client: httpx.AsyncClient) -> None:
    for _ in range(11):
        await client.get("/?session_key=guessed")


async def signed_in(client: httpx.AsyncClient, role: Role) -> None:
    answer = await client.post(SIGN_IN, data={"key": await key_of(role)}, headers=OURS)
    assert answer.status_code == 303


async def signing_in_with_a_bad_key(client: httpx.AsyncClient) -> None:
    await client.post(SIGN_IN, data={"key": FORGED}, headers=OURS)


async def signing_in_with_a_revoked_key(client: httpx.AsyncClient) -> None:
    details, key = await create("gone", Role.ADMIN)
    await api_keys.revoke(details.id)
    await client.post(SIGN_IN, data={"key": key}, headers=OURS)


async def guessing_keys(client: httpx.AsyncClient) -> None:
    for _ in range(11):
        await client.post(SIGN_IN, data={"key": "guessed"}, headers=OURS)


async def with_the_cookie_of_a_revoked_key(client: httpx.AsyncClient) -> None:
    details, key = await create("gone", Role.VIEWER)
    await client.post(SIGN_IN, data={"key": key}, headers=OURS)
    await client.delete(f"/api/keys/{details.id}/", headers=bearer(await key_of(Role.ADMIN)))
    await client.get("/console/")


async def replaying_as_viewer(client: httpx.AsyncClient) -> None:
    await signed_in(client, Role.VIEWER)
    await client.get("/console/replay/")


async def pressing_without_a_token(client: httpx.AsyncClient) -> None:
    await signed_in(client, Role.VIEWER)
    await client.post("/console/sign-out/", headers={"Sec-Fetch-Site": "cross-site"})


async def sending_the_console_too_much(client: httpx.AsyncClient) -> None:
    await client.post(SIGN_IN, data={"key": "x" * 70_000}, headers=OURS)


async def reading_mail_with_a_recruiters_key(client: httpx.AsyncClient) -> None:
    await client.get(MAILBOX, headers=bearer(await key_of(Role.RECRUITER)))


async def reading_mail_with_a_revoked_key(client: httpx.AsyncClient) -> None:
    details, key = await create("gone", Role.ADMIN)
    await api_keys.revoke(details.id)
    await client.post(f"{MAILBOX}/sign-in", data={"key": key})


async def guessing_keys_of_mail(client: httpx.AsyncClient) -> None:
    for _ in range(11):
        await client.get(MAILBOX, headers=bearer("guessed"))


# Where, why, and what is done for it.
WAYS: list[tuple[Door, WhyRefused, Act]] = [
    (Door.API, WhyRefused.NO_KEY, get("/api/interviews/slots/")),
    (Door.API, WhyRefused.BAD_KEY, get("/api/interviews/slots/", headers=bearer(FORGED))),
    (Door.API, WhyRefused.BAD_KEY, get("/api/interviews/slots/", headers=bearer("nonsense"))),
    (Door.API, WhyRefused.BAD_KEY, get("https://hire.example//api//interviews//slots/", headers=bearer("nonsense"))),
    (Door.API, WhyRefused.REVOKED_KEY, with_revoked_key),
    (Door.API, WhyRefused.WRONG_ROLE, as_viewer),
    (Door.API, WhyRefused.FOREIGN_ORIGIN, on_a_page_of_somebody_else),
    (Door.API, WhyRefused.RATE_LIMIT, too_often),
    (Door.API, WhyRefused.TOO_LARGE, with_too_much),
    (Door.API, WhyRefused.ADDRESS_TOO_LONG, get("/api/" + "a" * LONGEST_ADDRESS)),
    (Door.API, WhyRefused.HEAD_TOO_LARGE, get("/api/interviews/slots/", **LONG)),
    (Door.BOUNCES, WhyRefused.NO_KEY, post(BOUNCES)),
    (Door.BOUNCES, WhyRefused.BAD_KEY, post(BOUNCES, headers=bearer(FORGED))),
    (Door.BOUNCES, WhyRefused.WRONG_ROLE, reporting_as_viewer),
    (Door.BOUNCES, WhyRefused.UNKNOWN_REPORT, reporting_of_nothing),
    (Door.BOUNCES, WhyRefused.UNKNOWN_REPORT, reporting_no_report),
    (Door.BOUNCES, WhyRefused.TOO_LARGE, reporting_too_much),
    (Door.PORTAL, WhyRefused.FORGED_LINK, with_a_forged_link),
    (Door.PORTAL, WhyRefused.FORGED_LINK, get("/?session_key=nonsense")),
    (Door.PORTAL, WhyRefused.REPLACED_LINK, with_a_replaced_link),
    (Door.PORTAL, WhyRefused.ENDED_LINK, with_an_erased_persons_link),
    (Door.PORTAL, WhyRefused.NO_COOKIE, without_the_cookie),
    (Door.PORTAL, WhyRefused.CSRF, pressing_elsewhere),
    (Door.PORTAL, WhyRefused.TOO_LARGE, pressing_too_much),
    (Door.PORTAL, WhyRefused.SLOWED_DOWN, guessing_links),
    (Door.PORTAL, WhyRefused.ADDRESS_TOO_LONG, get("/" + "a" * LONGEST_ADDRESS)),
    (Door.PORTAL, WhyRefused.HEAD_TOO_LARGE, get("/", **LONG)),
    (Door.CONSOLE, WhyRefused.BAD_KEY, signing_in_with_a_bad_key),
    (Door.CONSOLE, WhyRefused.REVOKED_KEY, signing_in_with_a_revoked_key),
    (Door.CONSOLE, WhyRefused.REVOKED_KEY, with_the_cookie_of_a_revoked_key),
    (Door.CONSOLE, WhyRefused.BAD_COOKIE, get("/console/", headers={"Cookie": "__Host-hireloop-console=nonsense"})),
    (Door.CONSOLE, WhyRefused.WRONG_ROLE, replaying_as_viewer),
    (Door.CONSOLE, WhyRefused.CSRF, post(SIGN_IN, data={"key": FORGED}, headers={"Sec-Fetch-Site": "cross-site"})),
    (Door.CONSOLE, WhyRefused.CSRF, pressing_without_a_token),
    (Door.CONSOLE, WhyRefused.SLOWED_DOWN, guessing_keys),
    (Door.CONSOLE, WhyRefused.TOO_LARGE, sending_the_console_too_much),
    (Door.CONSOLE, WhyRefused.HEAD_TOO_LARGE, get("/console/", **LONG)),
    (Door.HEALTH, WhyRefused.ADDRESS_TOO_LONG, get("/health/live/?" + "a" * LONGEST_ADDRESS)),
    (Door.HEALTH, WhyRefused.HEAD_TOO_LARGE, get("/health/live/", **LONG)),
    (Door.DOCS, WhyRefused.HEAD_TOO_LARGE, get("/docs/", **LONG)),
    (Door.DOCS, WhyRefused.HEAD_TOO_LARGE, get("/schema/openapi.json", **LONG)),
    (Door.MAILBOX, WhyRefused.BAD_HOST, get(MAILBOX, headers={"Host": "evil.example"})),
    (Door.MAILBOX, WhyRefused.FORGED_LINK, get(f"{MAILBOX}?ticket=nonsense")),
    (Door.MAILBOX, WhyRefused.BAD_COOKIE, get(MAILBOX, headers={"Cookie": "hireloop-mailbox-80=nonsense"})),
    (Door.MAILBOX, WhyRefused.BAD_KEY, get(MAILBOX, headers=bearer(FORGED))),
    (Door.MAILBOX, WhyRefused.BAD_KEY, post(f"{MAILBOX}/sign-in", data={"key": "nonsense"})),
    (Door.MAILBOX, WhyRefused.NO_KEY, post(f"{MAILBOX}/sign-in", data={"key": ""})),
    (Door.MAILBOX, WhyRefused.REVOKED_KEY, reading_mail_with_a_revoked_key),
    (Door.MAILBOX, WhyRefused.WRONG_ROLE, reading_mail_with_a_recruiters_key),
    (Door.MAILBOX, WhyRefused.SLOWED_DOWN, guessing_keys_of_mail),
]
# Refused by a layer of its own, or by the status alone.
ELSEWHERE = {WhyRefused.EXPIRED_KEY, WhyRefused.TOO_SLOW, WhyRefused.OTHER}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[tuple[str, str], int]]:
    """Return what the metric holds, by door and cause."""
    reader = InMemoryMetricReader()
    monkeypatch.setattr(metrics.REFUSALS, "_instrument", None)
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    metrics.REFUSALS.use(provider.get_meter("hireloop"))

    def read() -> dict[tuple[str, str], int]:
        data = reader.get_metrics_data()
        if data is None:
            return {}
        points: list[Any] = list(data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points)
        return {(point.attributes["door"], point.attributes["why"]): point.value for point in points}

    return read


@asynccontextmanager
async def visitor(url: str, folder: Path, door: Door, why: WhyRefused) -> AsyncIterator[httpx.AsyncClient]:
    """Serve everything there is, and stop it at the end."""
    limits = {"rate_limit": 1} if why is WhyRefused.RATE_LIMIT else {}
    settings = settings_for(url, secret_key=SECRET, cors_origins="https://hiring.example", **limits)
    built = app.build(settings, extra_routes=[mailbox_router(folder / "mail")], extra_headers={MAILBOX: HEADERS})
    base_url = "http://localhost" if door is Door.MAILBOX else settings.base_url
    transport = httpx.ASGITransport(app=app.traced(built))  # type: ignore[arg-type] # Litestar's ASGI types
    async with built.lifespan(), httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client


@pytest.mark.parametrize(
    ("door", "why", "act"), WAYS, ids=[f"{door}-{why}-{n}" for n, (door, why, _) in enumerate(WAYS)]
)
async def test_every_refusal_is_one_line_and_one_count(
    door: Door,
    why: WhyRefused,
    act: Act,
    database_url: str,
    tmp_path: Path,
    counts: Callable[[], dict[tuple[str, str], int]],
) -> None:
    with capture_logs() as lines:
        async with visitor(database_url, tmp_path, door, why) as client:
            await act(client)
    said = [line for line in lines if line["event"] == "request.refused"]
    (line,) = [line for line in said if line["why"] == why]
    assert (line["door"], line["suppressed"], line["log_level"]) == (door, 0, "warning")
    found = counts()
    assert found[door, why] == 1
    beside = {(line["door"], line["why"]) for line in said} - {(door, why)}
    assert not beside or why is WhyRefused.SLOWED_DOWN
    assert found.keys() == {(line["door"], line["why"]) for line in said}
    for line in said:
        assert set(line) <= {"event", "log_level", "door", "why", "suppressed", "key_id"}
        assert "key_id" not in line or str(UUID(line["key_id"])) == line["key_id"]


def test_every_door_and_every_cause_is_tried() -> None:
    assert {door for door, _, _ in WAYS} == set(Door)
    assert {why for _, why, _ in WAYS} | ELSEWHERE == set(WhyRefused)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RECRUITER])
async def test_the_line_names_the_key_and_nothing_that_opens(role: Role, api: httpx.AsyncClient) -> None:
    details, key = await create("tests", role)
    secret = key[len("hl_") + 22 :]
    broken = key[:-1] + ("A" if key[-1] != "A" else "B")
    with capture_logs() as lines:
        await api.post("/api/keys/", json={}, headers=bearer(key))
        await api.get("/api/interviews/slots/", headers=bearer(broken))
    assert [(line["why"], line["key_id"]) for line in lines if line["event"] == "request.refused"] == [
        ("wrong_role", str(details.id)),
        ("bad_key", str(details.id)),
    ]
    assert secret[:-1] not in str(lines)


async def test_a_key_is_named_too_where_its_response_would_have_been_stored(
    settings: Settings, user: httpx.AsyncClient
) -> None:
    bounded = app.build(settings.model_copy(update={"stored_responses_per_key_and_day": 1}))
    transport = httpx.ASGITransport(app=bounded)  # type: ignore[arg-type] # Litestar's ASGI types
    details, key = await create("tests", Role.ADMIN)
    with capture_logs() as lines:
        async with httpx.AsyncClient(transport=transport, base_url=str(user.base_url), headers=bearer(key)) as client:
            made = [
                await client.post("/api/jobs/", json=job_fields(), headers={"Idempotency-Key": f"k{n}"}) for n in (1, 2)
            ]
    assert [answer.status_code for answer in made] == [201, 429]
    (line,) = [line for line in lines if line["event"] == "request.refused"]
    assert (line["why"], line["key_id"]) == ("rate_limit", str(details.id))


async def test_signing_in_with_a_key_that_another_server_has_just_revoked_is_told_as_that(
    api: httpx.AsyncClient,
) -> None:
    details, key = await create("tests", Role.VIEWER)
    assert (await api.get("/api/interviews/slots/", headers=bearer(key))).status_code == 200  # from now on it is cached
    await db.fetch("UPDATE api_key SET revoked_at = now() WHERE id = $1", details.id)
    with capture_logs() as lines:
        assert (await api.post(SIGN_IN, data={"key": key}, headers=OURS)).status_code == 403
    (line,) = [line for line in lines if line["event"] == "request.refused"]
    assert (line["door"], line["why"], line["key_id"]) == ("console", "revoked_key", str(details.id))


async def test_who_is_asked_for_a_key_for_the_first_time_is_not_refused(api: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        assert (await api.get("/console/")).status_code == 303
        assert fields_of((await api.get(SIGN_IN)).text)
        assert (await api.get("/api/interviews/slots/")).status_code == 200
        assert (await api.get("/api/nowhere/")).status_code == 404
        assert (await api.get("/api/interviews/slots/?limit=none")).status_code == 400
    assert [line for line in lines if line["event"] == "request.refused"] == []


@pytest.mark.parametrize(
    ("status", "why"), [(401, "other"), (403, "other"), (408, "too_slow"), (421, "bad_host"), (429, "rate_limit")]
)
async def test_a_refusal_that_nobody_has_recorded_is_seen_by_its_status(status: int, why: str) -> None:
    async def refuse(_scope: object, _receive: object, send: Any) -> None:  # noqa: ANN401 (ASGI)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=RecordedRefusals(refuse, RefusalLog()))  # type: ignore[arg-type] # ASGI types
    with capture_logs() as lines:
        async with httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
            await client.get("/console/anything")
    assert [(line["door"], line["why"]) for line in lines] == [("console", why)]


def test_doors_are_told_apart_by_whole_words() -> None:
    assert {path: door_of(path) for path in ("/apiary", "/consoles/x", "/dev", "/healthy", "/i/x")} == dict.fromkeys(
        ("/apiary", "/consoles/x", "/dev", "/healthy", "/i/x"), Door.PORTAL
    )
    assert door_of("/console") is Door.CONSOLE
    assert door_of("/api/notifications/bounces") is Door.BOUNCES
