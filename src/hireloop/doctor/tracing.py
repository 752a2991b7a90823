"""Is anybody there to take the traces? An export of nothing is posted, which a collector answers like any other."""

import http.client
import urllib.error
import urllib.request
from http import HTTPStatus
from urllib.parse import urlsplit

from hireloop.notify.diagnosis import reach
from hireloop.notify.diagnosis.findings import Finding, failure, ok
from hireloop.settings import Settings

CHECK = "tracing"

_SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"
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
        return failure(CHECK, f"{_SETTING} is no address.", "Write it as http://collector:4318.")
    if over_grpc:
        return reach.check(CHECK, host, port or _GRPC_PORT, secure=parts.scheme == "https", setting=_SETTING)
    where = reach.check(CHECK, host, port or _PORTS[parts.scheme], secure=parts.scheme == "https", setting=_SETTING)
    return where if where.level != "ok" else _posted(endpoint, host, port or _PORTS[parts.scheme])


def _posted(endpoint: str, host: str, port: int) -> Finding:
    where = f"{host} port {port}"
    request = urllib.request.Request(  # noqa: S310 (http or https, checked above)
        f"{endpoint.rstrip('/')}/v1/traces", data=b"", headers={"Content-Type": "application/x-protobuf"}
    )
    try:
        with urllib.request.urlopen(request, timeout=reach.SECONDS) as answer:  # noqa: S310 (as above)
            status: int = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, ValueError, http.client.HTTPException):
        return failure(CHECK, f"{where} does not speak HTTP.", f"Correct {_SETTING}; OTLP over gRPC is another port.")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        mend = f"Set {_SETTING} to the address before /v1/traces, such as http://collector:4318."
        return failure(CHECK, f"What answers at {where} takes no traces ({status}).", mend)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return failure(CHECK, f"The collector at {where} fails ({status}).", "Look into the collector's log.")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ok(CHECK, f"{where} answers, and wants the headers that OTEL_EXPORTER_OTLP_HEADERS gives.")
    return ok(CHECK, f"{where} takes traces.")
