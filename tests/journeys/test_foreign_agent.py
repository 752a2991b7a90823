"""An installation whose processes somebody else's agent records too: neither gets what belongs to the other."""

import time
from pathlib import Path

import httpx
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from api.factories import post_booking
from factories import post_interview
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.telemetry import spans as telemetry
from processes import Server, WorkerProcess, environment
from servers.agent import UNDER, ForeignAgent
from servers.collector import Collector
from servers.http import Reply, ScriptedHttpServer

CANARY = "canary-address-of-a-chat"
OURS = {
    *("schedule.book", "delivery.put", "delivery.attempt", "smtp.send", "chat.post", "schedule.cancel"),
    *("POST /api/interviews/", "POST /api/interviews/slots/", "POST /api/interviews/slots/{slot_id}/book_slot"),
    *("POST /api/interviews/schedules/{schedule_id}/cancel", "GET /", "GET /api/notifications/deliveries", "HTTP"),
}
MEASURED = {
    *(
        "hireloop.bookings",
        "hireloop.delivery.attempts",
        "hireloop.delivery.attempt.duration",
        "hireloop.delivery.wait",
    ),
    *("hireloop.ledger.unaccounted", "hireloop.deliveries", "http.server.request.duration"),
    "http.server.active_requests",
}


def metrics_in(collector: ScriptedHttpServer) -> set[str]:
    requests = [ExportMetricsServiceRequest.FromString(one.body) for one in collector.received]
    return {
        metric.name
        for request in requests
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


async def test_an_agent_gets_nothing_of_ours_and_ours_is_whole(
    database_url: str, mailbox: Mailbox, collector: Collector, tmp_path: Path
) -> None:
    host, port = mailbox.start()
    agent = ForeignAgent(tmp_path)
    with ScriptedHttpServer(Reply(200)) as chat, ScriptedHttpServer(Reply(200)) as measured:
        env = environment(
            database_url,
            **agent.env,
            EMAIL_HOST=host,
            EMAIL_PORT=str(port),
            CHAT_URLS=f"json://127.0.0.1:{chat.port}/{CANARY}",
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.http}/v1/traces",
            OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{measured.url}/v1/metrics",
            OTEL_PROPAGATORS="tracecontext",
        )
        async with db.opened(database_url, pool_size=2):
            _, key = await api_keys.create("journey", Role.ADMIN)
            with Server(env, under=UNDER) as server, WorkerProcess(env, under=UNDER) as worker:
                headers = {"Authorization": f"Bearer {key}"}
                async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as api:
                    booked = await post_booking(api, await post_interview(api), minutes=0)
                    session_key = booked["session"]["session_key"]
                    assert (await api.get("/", params={"session_key": session_key})).status_code in {200, 303}
                    assert (await api.get(f"/nothing/{session_key}")).status_code == 404
                    trace = collector.trace(booked["trace_id"], spans=8)
                    until = time.monotonic() + 30
                    while not chat.received and time.monotonic() < until:
                        time.sleep(0.05)  # noqa: ASYNC251 (nothing else runs here)
                assert worker.stop() == 0
                assert server.stop() == 0
                logs = server.log.read_text() + worker.log.read_text()
        theirs, spans = agent.exported(), collector.received()
        assert chat.received
        assert metrics_in(measured) >= MEASURED
    assert {span.name for span in trace} >= {
        "schedule.book",
        "delivery.put",
        "delivery.attempt",
        "smtp.send",
        "chat.post",
    }
    _are_whole_and_ours(spans)
    assert "foreign.starts" in theirs
    assert "asyncpg" in theirs, "the agent records the database"
    for secret in (session_key, CANARY, "hireloop.outcome", "hireloop.delivery.id", *(OURS - {"HTTP"}), *MEASURED):
        assert secret not in theirs
    assert CANARY not in str(spans)
    assert session_key not in str(spans)
    assert "also records this process, and HireLoop cannot redact its exports." in logs


def _are_whole_and_ours(spans: list[ReceivedSpan]) -> None:
    ids = {span.span_id for span in spans}
    assert [span.name for span in spans if span.parent_id and span.parent_id not in ids] == []
    assert {span.service for span in spans} == {"hireloop-api", "hireloop-worker"}
    named = {telemetry.SPAN_BOOK, telemetry.SPAN_PUT, telemetry.SPAN_ATTEMPT, *telemetry.SPAN_SEND.values()}
    requests = {span.name for span in spans if span.kind.name == "SERVER"}
    assert {span.name for span in spans} - requests <= named | {telemetry.SPAN_SEND_DEFAULT}
    assert all(name.partition(" ")[0] in {"GET", "POST"} for name in requests)
