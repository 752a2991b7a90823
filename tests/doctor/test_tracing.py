"""The OTLP endpoint: what its answers to an empty export mean."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import grpc  # type: ignore[import-untyped] # there are no types of it
import pytest

from hireloop.doctor import telemetry, tracing
from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Finding, Level
from sample_settings import settings_for
from servers.certificates import self_signed
from servers.http import Raw, Reply, ScriptedHttpServer


def checked(server: ScriptedHttpServer, **more: object) -> Finding:
    endpoint = f"http://127.0.0.1:{server.port}"
    return tracing.check(settings_for("postgresql://nowhere/d", otel_exporter_otlp_endpoint=endpoint, **more))


@pytest.mark.parametrize(
    ("does", "level", "cause"),
    [
        (Reply(200), Level.OK, "127.0.0.1 port {port} accepts traces."),
        (Reply(404), Level.FAILURE, "127.0.0.1 port {port} does not accept traces (404)."),
        (Reply(503), Level.FAILURE, "The collector at 127.0.0.1 port {port} failed (503)."),
        (Raw(b"220 mail.test ESMTP\r\n"), Level.FAILURE, "127.0.0.1 port {port} does not speak HTTP."),
        (Reply(401), Level.FAILURE, "The collector at 127.0.0.1 port {port} denied access (401)."),
        (Reply(403), Level.FAILURE, "The collector at 127.0.0.1 port {port} denied access (403)."),
        (Reply(400), Level.FAILURE, "127.0.0.1 port {port} does not accept traces (400)."),
        (Reply(302, b"", {"Location": "/elsewhere"}), Level.FAILURE, "127.0.0.1 port {port} redirects (302)."),
        (Reply(308, b"", {"Location": "/elsewhere"}), Level.FAILURE, "127.0.0.1 port {port} redirects (308)."),
    ],
)
def test_each_answer_has_its_finding(does: Reply | Raw, level: Level, cause: str) -> None:
    with ScriptedHttpServer(does) as server:
        found = checked(server)
        assert (found.level, found.cause) == (level, cause.format(port=server.port))
        assert [(one.method, one.path, one.body) for one in server.received] == [("POST", "/v1/traces", b"")]


def test_the_headers_that_the_collector_wants_are_sent() -> None:
    with ScriptedHttpServer(Reply(200)) as server:
        found = checked(server, otel_exporter_otlp_headers="api-key=a%20canary")
    assert found.level is Level.OK
    assert {name.lower(): value for name, value in server.received[0].headers.items()}["api-key"] == "a canary"


def test_without_or_with_the_wrong_headers_the_fix_names_them() -> None:
    with ScriptedHttpServer(Reply(401)) as server:
        without, wrong = checked(server), checked(server, otel_exporter_otlp_headers="api-key=canary")
    assert (
        without.fix == "Set OTEL_EXPORTER_OTLP_HEADERS to the headers that the collector requires, such as api-key=…."
    )
    assert wrong.fix == "Correct OTEL_EXPORTER_OTLP_HEADERS."
    assert "canary" not in repr(wrong)


def test_a_server_of_grpc_is_ok_and_one_of_http_is_found_out() -> None:
    with grpc_server() as port:
        assert over_grpc(f"http://127.0.0.1:{port}").cause == f"127.0.0.1 port {port} accepts spans over gRPC."
    with ScriptedHttpServer() as server:
        found = over_grpc(f"http://127.0.0.1:{server.port}")
    assert (found.level, found.cause) == (Level.FAILURE, f"127.0.0.1 port {server.port} does not speak gRPC.")
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" in found.fix


def test_a_server_that_says_nothing_is_no_grpc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "SECONDS", 0.2)
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert over_grpc(f"http://127.0.0.1:{port}").cause == f"127.0.0.1 port {port} does not speak gRPC."


def test_over_tls_what_this_machine_trusts_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path, "localhost")
    credentials = grpc.ssl_server_credentials([(certificate.key.read_bytes(), certificate.cert.read_bytes())])
    with grpc_server(credentials) as port:
        refused = over_grpc(f"https://localhost:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
        trusted = over_grpc(f"https://localhost:{port}")
    assert refused.cause.startswith(f"The certificate of localhost port {port} is not trusted: ")
    assert trusted.cause == f"localhost port {port} accepts spans over gRPC."


def test_the_certificate_that_the_variable_names_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path, "localhost")
    credentials = grpc.ssl_server_credentials([(certificate.key.read_bytes(), certificate.cert.read_bytes())])
    with grpc_server(credentials) as port, ScriptedHttpServer(Reply(200), certificate=certificate) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(certificate.cert))
        grpc_found = over_grpc(f"https://localhost:{port}")
        endpoint = f"https://localhost:{server.port}"
        http_found = tracing.check(settings_for("postgresql://nowhere/d", otel_exporter_otlp_endpoint=endpoint))
    assert grpc_found.cause == f"localhost port {port} accepts spans over gRPC."
    assert http_found.cause == f"localhost port {server.port} accepts traces."


def test_an_endpoint_that_is_no_url_is_one_failure_and_not_said_twice() -> None:
    settings = settings_for("postgresql://nowhere/d", otel_exporter_otlp_endpoint="collector:4317")
    found = tracing.check(settings)
    assert (found.level, found.cause, found.fix) == (
        Level.FAILURE,
        "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL, so nothing is exported to it.",
        "Set it to a URL such as http://collector:4318.",
    )
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in telemetry.check(settings).cause


@contextmanager
def grpc_server(credentials: grpc.ServerCredentials | None = None) -> Iterator[int]:
    theirs = grpc.server(ThreadPoolExecutor(1))
    address = "127.0.0.1:0"
    port = theirs.add_secure_port(address, credentials) if credentials else theirs.add_insecure_port(address)
    theirs.start()
    try:
        yield port
    finally:
        theirs.stop(None).wait()


def over_grpc(endpoint: str) -> Finding:
    given = {"otel_exporter_otlp_endpoint": endpoint, "otel_exporter_otlp_protocol": "grpc"}
    return tracing.check(settings_for("postgresql://nowhere/d", **given))


def test_where_tracing_is_off_nobody_is_asked() -> None:
    with ScriptedHttpServer() as server:
        assert checked(server, otel_sdk_disabled=True).cause == "Off: OTEL_SDK_DISABLED is set."
        assert server.connection_count == 0
