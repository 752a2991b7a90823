"""The OTLP endpoint: what its answers to an empty export mean."""

import pytest

from conftest import settings_for
from hireloop.doctor import tracing
from hireloop.notify.diagnosis.findings import Finding, Level
from http_servers import Raw, Reply, ScriptedHttpServer


def checked(server: ScriptedHttpServer, **more: object) -> Finding:
    endpoint = f"http://127.0.0.1:{server.port}"
    return tracing.check(settings_for("postgresql://nowhere/d", otel_exporter_otlp_endpoint=endpoint, **more))


@pytest.mark.parametrize(
    ("does", "level", "cause"),
    [
        (Reply(200), Level.OK, "127.0.0.1 port {port} takes traces."),
        (Reply(404), Level.FAILURE, "What answers at 127.0.0.1 port {port} takes no traces (404)."),
        (Reply(503), Level.FAILURE, "The collector at 127.0.0.1 port {port} fails (503)."),
        (Raw(b"220 mail.test ESMTP\r\n"), Level.FAILURE, "127.0.0.1 port {port} does not speak HTTP."),
        (
            Reply(401),
            Level.OK,
            "127.0.0.1 port {port} answers, and wants the headers that OTEL_EXPORTER_OTLP_HEADERS gives.",
        ),
    ],
)
def test_each_answer_has_its_finding(does: Reply | Raw, level: Level, cause: str) -> None:
    with ScriptedHttpServer(does) as server:
        found = checked(server)
        assert (found.level, found.cause) == (level, cause.format(port=server.port))
        assert [(one.method, one.path, one.body) for one in server.received] == [("POST", "/v1/traces", b"")]


def test_where_tracing_is_off_nobody_is_asked() -> None:
    with ScriptedHttpServer() as server:
        assert checked(server, otel_sdk_disabled=True).cause == "Off: OTEL_SDK_DISABLED is set."
        assert server.connection_count == 0
