"""Check that a collector accepts traces, by posting an empty export, which is handled like any other.

Over gRPC a channel is opened, and nothing is sent.
"""

import ssl
from contextlib import suppress
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import urllib3

from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Finding, failure, ok
from hireloop.settings import Settings

CHECK = "tracing"

_SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"
_HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
_PORTS = {"http": 80, "https": 443}
_GRPC_PORT = 4317


def check(settings: Settings) -> Finding:
    """Return the one finding about the OTLP endpoint; blocking, a few seconds."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if settings.otel_sdk_disabled or not endpoint:
        unset = "OTEL_SDK_DISABLED is set" if settings.otel_sdk_disabled else f"{_SETTING} is not set"
        return ok(CHECK, f"Off: {unset}.")
    over_grpc = settings.otel_exporter_otlp_protocol == "grpc"
    try:
        parts = urlsplit(endpoint if "://" in endpoint or not over_grpc else f"http://{endpoint}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _PORTS:
        return failure(CHECK, f"{_SETTING} is not a URL.", "Set it to a URL such as http://collector:4318.")
    secure = parts.scheme == "https"
    port = port or (_GRPC_PORT if over_grpc else _PORTS[parts.scheme])
    found = reach.check(CHECK, host, port, secure=secure, setting=_SETTING)
    if found.level != "ok":
        return found
    return _opened(host, port, secure=secure) if over_grpc else _posted(settings, endpoint, f"{host} port {port}")


def _opened(host: str, port: int, *, secure: bool) -> Finding:
    where = f"{host} port {port}"
    if _is_ready(host, port, secure=secure):
        return ok(CHECK, f"{where} accepts spans over gRPC.")
    fix = f"Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, or the port in {_SETTING} to 4317."
    return failure(CHECK, f"{where} does not speak gRPC.", fix)


def _is_ready(host: str, port: int, *, secure: bool) -> bool:
    """Return whether a channel to the server, whose certificate is checked, is established at the first try."""
    # As in `telemetry.exporters`: only where it is asked for.
    import grpc  # type: ignore[import-untyped]  # there are no types of it

    settled = {grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.TRANSIENT_FAILURE}
    states: SimpleQueue[grpc.ChannelConnectivity] = SimpleQueue()
    state = None
    with suppress(OSError, Empty), _channel(host, port, secure=secure) as channel:
        channel.subscribe(states.put, try_to_connect=True)
        while state not in settled:
            state = states.get(timeout=reach.SECONDS)
    return state is grpc.ChannelConnectivity.READY


def _channel(host: str, port: int, *, secure: bool) -> Any:  # noqa: ANN401 (grpc has no types)
    import grpc

    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = [("grpc.enable_http_proxy", 0)]  # none was used when the connection was checked
    if not secure:
        return grpc.insecure_channel(target, options)
    # Not gRPC's own list of authorities: this one is checked already, by what this machine and SSL_CERT_FILE trust.
    trusted = ssl.get_server_certificate((host, port), timeout=reach.SECONDS)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(trusted.encode()), options)


def _posted(settings: Settings, endpoint: str, where: str) -> Finding:
    headers = {**settings.otlp_headers, "Content-Type": "application/x-protobuf"}
    try:
        response = urllib3.request(
            "POST",
            f"{endpoint.rstrip('/')}/v1/traces",
            body=b"",
            headers=headers,
            redirect=False,  # a POST would become a GET, and the traces would be lost
            retries=False,
            timeout=reach.SECONDS,
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return failure(
            CHECK, f"{where} does not speak HTTP.", f"Correct {_SETTING}. OTLP over gRPC uses a different port."
        )
    return _finding(response.status, where, with_headers=bool(settings.otlp_headers))


def _finding(status: int, where: str, *, with_headers: bool) -> Finding:
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return ok(CHECK, f"{where} accepts traces.")
    if status < HTTPStatus.BAD_REQUEST:
        return failure(CHECK, f"{where} redirects ({status}).", f"Set {_SETTING} to the URL that it redirects to.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        fix = f"Set {_HEADERS} to the headers that the collector requires, such as api-key=…."
        fix = f"Correct {_HEADERS}." if with_headers else fix
        return failure(CHECK, f"The collector at {where} denied access ({status}).", fix)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return failure(CHECK, f"The collector at {where} failed ({status}).", "Check the collector's log.")
    fix = f"Set {_SETTING} to the URL without /v1/traces, such as http://collector:4318."
    return failure(CHECK, f"{where} does not accept traces ({status}).", fix)
