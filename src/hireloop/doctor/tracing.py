"""Check that a collector accepts traces, by posting an empty export, which it answers like any other."""

import email.message
import http.client
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import IO
from urllib.parse import urlsplit

from hireloop.doctor import http2
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
    return _greeted(host, port, secure=secure) if over_grpc else _posted(settings, endpoint, f"{host} port {port}")


def _greeted(host: str, port: int, *, secure: bool) -> Finding:
    where = f"{host} port {port}"
    try:
        if http2.is_spoken(host, port, secure=secure, seconds=reach.SECONDS):
            return ok(CHECK, f"{where} speaks HTTP/2, as gRPC requires.")
    except (OSError, UnicodeError) as error:
        return failure(CHECK, *reach.trouble(error, host, port, setting=_SETTING, seconds=reach.SECONDS))
    fix = f"Set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf, or the port in {_SETTING} to 4317."
    return failure(CHECK, f"{where} does not speak gRPC.", fix)


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a POST would become a GET, and the traces would be lost."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002 (the standard library's signature, here and below)
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: email.message.Message,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        """Leave the redirect as the answer."""
        return


def _posted(settings: Settings, endpoint: str, where: str) -> Finding:
    request = urllib.request.Request(  # noqa: S310 (http or https, checked above)
        f"{endpoint.rstrip('/')}/v1/traces",
        data=b"",
        headers={**settings.otlp_headers, "Content-Type": "application/x-protobuf"},
    )
    try:
        with urllib.request.build_opener(_Staying).open(request, timeout=reach.SECONDS) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, ValueError, http.client.HTTPException):
        return failure(
            CHECK, f"{where} does not speak HTTP.", f"Correct {_SETTING}. OTLP over gRPC uses a different port."
        )
    return _answered(status, where, with_headers=bool(settings.otlp_headers))


def _answered(status: int, where: str, *, with_headers: bool) -> Finding:
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
