import re
from collections.abc import Iterator, Sequence

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from structlog.testing import capture_logs

from factories import post_all
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.local.traces.spans import SpanReceiver
from hireloop.settings import Settings
from processes import Server, environment
from sample_settings import settings_for
from servers.databases import as_owner

ANY_ID = "01990000-0000-7000-8000-000000000000"
CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{CALLERS_TRACE}-b7ad6b7169203331-00"  # which asks not to be recorded


async def test_a_trailing_slash_is_optional_on_every_path(api: httpx.AsyncClient, application: Litestar) -> None:
    tried = 0
    for route in application.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(("/api/", "/health/")):
            continue
        path = "/" + "/".join(ANY_ID if not isinstance(part, str) else part for part in route.path_components)
        for method in sorted(route.methods - {"OPTIONS", "DELETE"}):
            bare, slashed = await api.request(method, path), await api.request(method, f"{path}/")
            assert bare.status_code == slashed.status_code, (method, path)
            assert not bare.is_redirect
            assert bare.json().get("detail") != "Not Found"
            tried += 1
    assert tried > 20


async def test_an_application_without_a_secret_or_a_database_is_not_built(database_url: str) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        app.build(settings_for(database_url, secret_key=None))
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        app.build(settings_for(database_url, database_url=None))


async def test_an_application_with_another_secret_does_not_start(database_url: str) -> None:
    other = app.build(settings_for(database_url, secret_key="another secret, which is long enough too"))
    with pytest.RaisesGroup(pytest.RaisesExc(SettingsError, match="SECRET_KEY differs from the one")):
        async with other.lifespan():
            pass
    assert db.DB.pool is None


async def test_an_application_on_a_database_that_is_behind_does_not_start(
    settings: Settings, database_url: str
) -> None:
    await as_owner(database_url, "DELETE FROM migration")
    with pytest.RaisesGroup(pytest.RaisesExc(DatabaseNotReady, match="Run `hireloop migrate`")):
        async with app.build(settings).lifespan():
            pass


async def test_what_is_wrong_with_the_installation_is_said_at_the_start_and_on_a_booking(database_url: str) -> None:
    settings = settings_for(database_url, email_backend="console", base_url="http://hire.example")
    with capture_logs() as logs:
        async with app.build(settings).lifespan():
            pass
    said = [line["sentence"] for line in logs if line["event"] == "settings.warning"]
    assert [sentence.split()[0] for sentence in said] == ["EMAIL_BACKEND", "BASE_URL", "If"]


async def test_the_kept_uses_of_keys_are_recorded_when_it_stops(settings: Settings) -> None:
    built = app.build(settings)
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    async with built.lifespan():
        known, key = await api_keys.create("tests", Role.VIEWER)
        async with httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
            answered = await client.get("/api/jobs/", headers={"Authorization": f"Bearer {key}"})
            assert answered.status_code == 200
    async with db.opened(str(settings.database_url)):
        assert await db.fetch_value("SELECT last_used_at FROM api_key WHERE id = $1", known.id) is not None


# --- Traces, from a real process --------------------------------------------------------------------------------------


@pytest.fixture
def spans() -> Iterator[SpanReceiver]:
    receiver = SpanReceiver()
    yield receiver
    receiver.stop()


async def _key(database_url: str) -> str:
    async with db.opened(database_url, pool_size=1):
        return (await api_keys.create("tests", Role.ADMIN))[1]


def _book(server: Server, key: str) -> httpx.Response:
    with httpx.Client(base_url=server.url, headers=_headers(key)) as client:
        return post_all(client)


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "traceparent": CALLER, "X-Request-ID": "order-7"}


def _is_whole(found: Sequence[ReceivedSpan]) -> bool:
    return {"schedule.book", "delivery.put"} <= {span.name for span in found} and any(
        span.name.startswith("POST") and "book_slot" in span.name for span in found
    )


@pytest.mark.parametrize("trusted", [False, True])
async def test_a_callers_trace_is_linked_and_joined_only_with_trust(
    database_url: str, spans: SpanReceiver, *, trusted: bool
) -> None:
    settings = {"TRACE_COPY_ENDPOINT": spans.start(), "TRUST_TRACEPARENT": str(trusted)}
    key = await _key(database_url)
    with Server(environment(database_url, **settings)) as server:
        answered = _book(server, key)
        trace_id = answered.json()["trace_id"]
        found = spans.wait_for(trace_id, _is_whole)
    assert (trace_id == CALLERS_TRACE) is trusted
    requests = [span for span in found if "book_slot" in span.name]
    (request,) = requests
    assert request.name == "POST /api/interviews/slots/{slot_id}/book_slot"
    assert request.attributes["http.route"] == "/api/interviews/slots/{slot_id}/book_slot"
    assert request.service == "hireloop-api"
    assert request.attributes["hireloop.request.id"] == answered.headers["x-request-id"] == "order-7"
    assert CALLERS_TRACE in [link.trace_id for link in request.links]
    assert request.parent_id == ("b7ad6b7169203331" if trusted else "")
    assert re.fullmatch(rf"00-{trace_id}-{request.span_id}-[0-9a-f]{{2}}", answered.headers["traceresponse"])
    _assert_one_tree(request, found)
    session_key = answered.json()["session"]["session_key"]
    for secret in (session_key, key, "asha."):
        assert secret not in str(found)


def _assert_one_tree(request: ReceivedSpan, found: list[ReceivedSpan]) -> None:
    (book,) = [span for span in found if span.name == "schedule.book"]
    (put,) = [span for span in found if span.name == "delivery.put"]
    assert book.parent_id == request.span_id
    assert put.parent_id == book.span_id
    assert book.attributes["hireloop.outcome"] == "booked"
