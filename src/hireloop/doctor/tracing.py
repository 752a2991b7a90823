"""Check that a collector accepts traces, by posting an empty export, which is handled like any other.

Over gRPC a channel is opened, and nothing is sent.
"""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any

import urllib3

from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Finding, failure, of_sentence, ok
from hireloop.settings import Settings
from hireloop.telemetry import variables
from hireloop.telemetry.variables import Signal

CHECK = "tracing"

_WITHOUT_PATH = "without /v1/traces, such as http://collector:4318"
_PORTS = {"http": 80, "https": 443}
_GRPC_PORT = 4317
# What urllib3 calls the files that the variables name.
_FILES = {"ca_certs": "CERTIFICATE", "cert_file": "CLIENT_CERTIFICATE", "key_file": "CLIENT_KEY"}


def check(settings: Settings) -> Finding:
    """Return the one finding about the OTLP endpoint; blocking, a few seconds."""
    signal = variables.traces(settings)
    if signal.fault:
        return of_sentence(CHECK, signal.fault)
    parts = variables.address_of(signal.endpoint, signal.protocol)
    if not signal.over_otlp or parts is None or not parts.hostname:
        return ok(CHECK, f"Off: {_why_off(settings)}.")
    over_grpc = signal.protocol == "grpc"
    given = variables.usable(Settings.otel_variables())
    host, secure = parts.hostname, variables.is_secure(signal, given)
    port = parts.port or (_GRPC_PORT if over_grpc else _PORTS[parts.scheme])
    files = {name: variables.own_or_general(given, signal, what) for name, what in _FILES.items()}
    found = reach.check(CHECK, host, port, secure=secure, setting=signal.endpoint_setting, trusted=files["ca_certs"])
    if found.level != "ok":
        return found
    where = f"{host} port {port}"
    return _opened(signal, host, port, secure=secure) if over_grpc else _posted(signal, where, files)


def _why_off(settings: Settings) -> str:
    if settings.otel_sdk_disabled:
        return "OTEL_SDK_DISABLED is set"
    if settings.otel_traces_exporter is not None:
        return f"OTEL_TRACES_EXPORTER is {settings.otel_traces_exporter}"
    return "OTEL_EXPORTER_OTLP_ENDPOINT is not set"


def _opened(signal: Signal, host: str, port: int, *, secure: bool) -> Finding:
    where = f"{host} port {port}"
    if _is_ready(host, port, secure=secure):
        return ok(CHECK, f"{where} accepts spans over gRPC.")
    fix = f"Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, or the port in {signal.endpoint_setting} to 4317."
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


def _posted(signal: Signal, where: str, files: Mapping[str, str | None]) -> Finding:
    headers = {**signal.headers, "Content-Type": "application/x-protobuf"}
    try:
        response = urllib3.PoolManager(**files).request(  # type: ignore[arg-type] # which takes anything
            "POST",
            signal.endpoint,
            body=b"",
            headers=headers,
            redirect=False,  # a POST would become a GET, and the traces would be lost
            retries=False,
            timeout=reach.SECONDS,
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return failure(
            CHECK,
            f"{where} does not speak HTTP.",
            f"Correct {signal.endpoint_setting}. OTLP over gRPC uses a different port.",
        )
    return _finding(signal, response.status, where)


def _finding(signal: Signal, status: int, where: str) -> Finding:
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return ok(CHECK, f"{where} accepts traces.")
    if status < HTTPStatus.BAD_REQUEST:
        return failure(
            CHECK, f"{where} redirects ({status}).", f"Set {signal.endpoint_setting} to the URL that it redirects to."
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        fix = f"Set {signal.headers_setting} to the headers that the collector requires, such as api-key=…."
        fix = f"Correct {signal.headers_setting}." if signal.headers else fix
        return failure(CHECK, f"The collector at {where} denied access ({status}).", fix)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return failure(CHECK, f"The collector at {where} failed ({status}).", "Check the collector's log.")
    own = "_TRACES_" in signal.endpoint_setting
    example = "with /v1/traces, such as http://collector:4318/v1/traces" if own else _WITHOUT_PATH
    fix = f"Set {signal.endpoint_setting} to the URL {example}."
    return failure(CHECK, f"{where} does not accept traces ({status}).", fix)
