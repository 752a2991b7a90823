"""What OpenTelemetry's environment variables ask for: where each signal goes, and which of them have no effect.

The variables have the meaning that OpenTelemetry's specification gives them, with two exceptions: nothing is exported
unless an endpoint or an exporter is named, and every span is sampled. `docs/reference/settings.md` lists them.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from opentelemetry import trace

from hireloop.settings import AUTO_INSTRUMENTATION, Settings, secret_files

_EXPORTERS = ("otlp", "console")
_DEFAULT_ENDPOINTS = {"http/protobuf": "http://localhost:4318", "grpc": "http://localhost:4317"}


@dataclass(frozen=True)
class Signal:
    """Where the spans or the metrics of this process go."""

    name: Literal["traces", "metrics"]
    exporters: tuple[str, ...]  # some of `otlp` and `console`; none if it is off
    endpoint: str  # where an exporter of this protocol sends to
    protocol: str
    headers: Mapping[str, str]
    endpoint_setting: str  # the variable that decided, for messages
    headers_setting: str
    fault: str  # why nothing is exported over OTLP although that is asked for, in a sentence; empty if it is

    @property
    def over_otlp(self) -> bool:
        """Whether it goes to a collector."""
        return "otlp" in self.exporters


def traces(settings: Settings) -> Signal:
    """Return where spans go."""
    return _signal(
        settings,
        "traces",
        settings.otel_traces_exporter,
        settings.otel_exporter_otlp_traces_endpoint,
        settings.otel_exporter_otlp_traces_protocol,
    )


def metrics(settings: Settings) -> Signal:
    """Return where metrics go."""
    return _signal(
        settings,
        "metrics",
        settings.otel_metrics_exporter,
        settings.otel_exporter_otlp_metrics_endpoint,
        settings.otel_exporter_otlp_metrics_protocol,
    )


def _signal(
    settings: Settings,
    name: Literal["traces", "metrics"],
    exporter: str | None,
    own_endpoint: str | None,
    own_protocol: str | None,
) -> Signal:
    own, general = f"OTEL_EXPORTER_OTLP_{name.upper()}", "OTEL_EXPORTER_OTLP"
    protocol = own_protocol or settings.otel_exporter_otlp_protocol
    base = _stripped(settings.otel_exporter_otlp_endpoint)
    own_endpoint = _stripped(own_endpoint)
    headers = settings.otlp_headers(name)
    wanted = exporter if exporter is not None else "otlp" if own_endpoint or base else "none"
    named = tuple(one for one in _EXPORTERS if one in _listed(wanted))
    endpoint = own_endpoint or base or _DEFAULT_ENDPOINTS[protocol]
    setting = f"{own if own_endpoint else general}_ENDPOINT"
    fault = ""
    if "otlp" in named and address_of(endpoint, protocol) is None:
        fault = f"{setting} is not a URL, so nothing is exported to it. Set it to a URL such as http://collector:4318."
        named = tuple(one for one in named if one != "otlp")
    if protocol != "grpc" and not own_endpoint:
        endpoint = f"{endpoint.rstrip('/')}/v1/{name}"
    return Signal(
        name=name,
        exporters=() if settings.otel_sdk_disabled else named,
        endpoint=endpoint,
        protocol=protocol,
        headers=headers,
        endpoint_setting=setting,
        headers_setting=f"{own if settings.has_own_otlp_headers(name) else general}_HEADERS",
        fault="" if settings.otel_sdk_disabled else fault,
    )


def _stripped(value: str | None) -> str | None:
    return (value or "").strip() or None


def address_of(endpoint: str, protocol: str) -> SplitResult | None:
    """Return where an endpoint is, None if it is not a URL; over gRPC also `host:port`, whose scheme is then empty."""
    has_scheme = "://" in endpoint or protocol != "grpc"
    try:
        parts = urlsplit(endpoint if has_scheme else f"//{endpoint}")
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return None
    is_host = bool(host) and not host.isdecimal()  # a number alone is a port whose host was forgotten
    is_whole = is_host and port != 0 and endpoint.isprintable() and " " not in endpoint
    is_known = parts.scheme in {"http", "https"} if has_scheme else not parts.path
    return parts if is_whole and is_known else None


def _listed(value: str) -> list[str]:
    return [part.strip().lower() for part in value.split(",") if part.strip()]


def exports_spans(settings: Settings) -> bool:
    """Return whether spans go where somebody can look at them: to a collector, or to a receiver of copies."""
    copied = bool(settings.trace_copy_endpoint) and not settings.otel_sdk_disabled
    return copied or traces(settings).over_otlp


def trace_ui(settings: Settings) -> str:
    """Return the address of Jaeger, without a slash at its end; empty where no span goes, as the link would be dead."""
    return (settings.trace_ui_url or "").rstrip("/") if exports_spans(settings) else ""


def resource_attributes(settings: Settings) -> dict[str, str]:
    """Return what OTEL_RESOURCE_ATTRIBUTES says, by name; a pair that is not one is left out."""
    pairs = (part.partition("=") for part in settings.otel_resource_attributes.split(","))
    return {name.strip(): unquote(value.strip()) for name, equals, value in pairs if name.strip() and equals}


def service(settings: Settings) -> str:
    """Return the name of the service, to which each process adds its role."""
    return settings.otel_service_name or resource_attributes(settings).get("service.name") or "hireloop"


# --- What acts, and what does not --------------------------------------------------------------------------------

QUEUE_SIZE = 16_384  # spans that wait for their export, unless OTEL_BSP_MAX_QUEUE_SIZE says otherwise

# What has to be a whole number, and the least that it may be.
NUMBERS: Mapping[str, int] = {
    "OTEL_ATTRIBUTE_COUNT_LIMIT": 0,
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": 0,
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": 0,
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": 0,
    "OTEL_SPAN_EVENT_COUNT_LIMIT": 0,
    "OTEL_SPAN_LINK_COUNT_LIMIT": 0,
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": 0,
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": 0,
    "OTEL_BSP_SCHEDULE_DELAY": 1,
    "OTEL_BSP_EXPORT_TIMEOUT": 1,
    "OTEL_BSP_MAX_QUEUE_SIZE": 1,
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": 1,
    "OTEL_METRIC_EXPORT_INTERVAL": 1,
    "OTEL_METRIC_EXPORT_TIMEOUT": 1,
    "OTEL_EXPORTER_OTLP_TIMEOUT": 1,
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": 1,
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": 1,
}

_LARGEST = 2**31 - 1
_SIGNALS = ("", "TRACES_", "METRICS_")

# What has to be one of a few words, since the SDK refuses to start with any other, or takes another without a word.
WORDS: Mapping[str, tuple[str, ...]] = {
    "OTEL_METRICS_EXEMPLAR_FILTER": ("always_on", "always_off", "trace_based"),
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": ("cumulative", "delta", "lowmemory"),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": (
        "explicit_bucket_histogram",
        "base2_exponential_bucket_histogram",
    ),
    **{f"OTEL_EXPORTER_OTLP_{signal}COMPRESSION": ("gzip", "none") for signal in _SIGNALS},
    **{f"OTEL_EXPORTER_OTLP_{signal}INSECURE": ("true", "false") for signal in _SIGNALS},
}
_IN_ANY_CASE = ("INSECURE", "TEMPORALITY_PREFERENCE")

# What has to be the path of a PEM file.
FILES = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}{what}"
    for signal in _SIGNALS
    for what in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY")
)
_DETECTORS = "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS"

# What has no effect and a sentence of its own, with the values that ask only for what is done anyway.
_REFUSED: Mapping[str, tuple[frozenset[str], str]] = {
    "OTEL_TRACES_SAMPLER": (
        frozenset({"always_on", "parentbased_always_on"}),
        "every booking is traced. Sample in the collector, by trace ID.",
    ),
    "OTEL_LOGS_EXPORTER": (
        frozenset({"none", "console"}),
        "log lines go to standard error. Collect them from there.",
    ),
    "OTEL_PROPAGATORS": (
        frozenset({"tracecontext", "baggage"}),
        "only W3C Trace Context is read. Let callers send a traceparent.",
    ),
}
ACTING = frozenset(
    {name.upper() for name in Settings.model_fields if name.startswith("otel_")}
    | {f"{name.upper()}_FILE" for name in secret_files.names(Settings) if name.startswith("otel_")}
    | {*NUMBERS, *WORDS, *FILES, _DETECTORS}
)


def number(given: Mapping[str, str], name: str, default: int) -> int:
    """Return the value of one of `NUMBERS`, or the default if it is not set or no such number."""
    value = given.get(name, "").strip()
    return int(value) if _is_number(name, value) else default


def _is_number(name: str, value: str) -> bool:
    is_short = value.isascii() and value.isdecimal() and len(value) <= len(str(_LARGEST))
    return is_short and NUMBERS[name] <= int(value) <= _LARGEST


def usable(given: Mapping[str, str]) -> dict[str, str]:
    """Return those of these variables, by name, that the SDK can read: with some others it would not start."""
    return {name: value for name, value in given.items() if not _fault_of(name, value)}


def is_secure(signal: Signal, given: Mapping[str, str]) -> bool:
    """Return whether an endpoint is asked for over TLS: by its scheme or, if it has none, unless INSECURE is true."""
    parts = address_of(signal.endpoint, signal.protocol)
    if parts is not None and parts.scheme:
        return parts.scheme == "https"
    return (own_or_general(given, signal, "INSECURE") or "").lower() != "true"


def own_or_general(given: Mapping[str, str], signal: Signal, what: str) -> str | None:
    """Return the value of a variable of the exporters, such as CERTIFICATE: the signal's own, or the general one."""
    return given.get(_counting(given, signal, what))


def _counting(given: Mapping[str, str], signal: Signal, what: str) -> str:
    """Return the name of the variable that counts for a signal: its own if that is given, else the general one."""
    own = f"OTEL_EXPORTER_OTLP_{signal.name.upper()}_{what}"
    return own if own in given else f"OTEL_EXPORTER_OTLP_{what}"


def _fault_of(name: str, value: str) -> str:
    """Return why this value is ignored, in a sentence; empty if it is not."""
    if name in NUMBERS and not _is_number(name, value.strip()):
        return f"{name} is ignored: it must be a whole number of at least {NUMBERS[name]}."
    if name in WORDS and (value.lower() if name.endswith(_IN_ANY_CASE) else value) not in WORDS[name]:
        return f"{name} is ignored: it must be one of {', '.join(WORDS[name])}."
    if name in FILES and not (_is_pem(value) if name.endswith("KEY") else _holds_certificates(value)):
        return f"{name} is ignored: it must be the path of a PEM file that this process can read."
    if name == _DETECTORS:
        unknown = sorted({one.strip() for one in value.split(",") if one.strip()} - _detectors())
        them = "it" if len(unknown) == 1 else "them"
        return f"{name} is ignored: {', '.join(unknown)} cannot be found. Install or remove {them}." if unknown else ""
    return ""


def _is_pem(path: str) -> bool:
    try:
        return b"-----BEGIN " in Path(path).read_bytes()
    except (OSError, ValueError):  # a path with a NUL
        return False


def _holds_certificates(path: str) -> bool:
    # Takes OpenSSL a while to load: only where a certificate is given.
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):  # also for what is in PEM and no certificate
        return False
    return True


@cache
def _detectors() -> frozenset[str]:
    return frozenset({"*", *entry_points(group="opentelemetry_resource_detector").names})


def not_followed(settings: Settings, given: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each variable in `given`, the variables of OpenTelemetry by name, that has no effect."""
    for name, (harmless, instead) in _REFUSED.items():
        others = [value for value in _listed(given.get(name, "")) if value not in harmless]
        if others:
            yield f"{name} has no effect: {instead}"
    yield from dict.fromkeys(signal.fault for signal in (traces(settings), metrics(settings)) if signal.fault)
    yield from (fault for name, value in sorted(given.items()) if (fault := _fault_of(name, value)))
    yield from _mismatches(settings, given)
    if any(part.strip() and "=" not in part for part in settings.otel_resource_attributes.split(",")):
        yield "OTEL_RESOURCE_ATTRIBUTES is ignored in part: it must be name=value pairs, separated by commas."
    rest = sorted(given.keys() - ACTING - _REFUSED.keys())
    if rest:
        yield f"HireLoop ignores {', '.join(rest)}. Remove what is not meant for another program."


def _mismatches(settings: Settings, given: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with variables each of which is right by itself."""
    queue, batch = "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
    most = number(given, queue, QUEUE_SIZE)
    if number(given, batch, 0) > most:
        yield f"{batch} is larger than the queue. Set it to at most {most}, which is {queue}."
    without_certificate = dict.fromkeys(
        _counting(given, signal, "CLIENT_KEY")
        for signal in (traces(settings), metrics(settings))
        if signal.over_otlp and not own_or_general(given, signal, "CLIENT_CERTIFICATE")
    )
    for key in without_certificate:
        if given.get(key):
            yield f"{key} has no effect: set {key.removesuffix('KEY')}CERTIFICATE, too."


# --- Somebody else's agent ---------------------------------------------------------------------------------------

_WITHOUT_URLS = "Remove it, or check that it exports no URLs."
_AGENTS = {
    AUTO_INSTRUMENTATION: "OpenTelemetry's automatic instrumentation",
    "ddtrace": "Datadog's tracer",
    "elasticapm": "Elastic's agent",
    "instana": "Instana's tracer",
    "newrelic": "New Relic's agent",
    "sentry_sdk": "Sentry's SDK",
}


def foreign_agent() -> str:
    """Return a sentence about another program's telemetry in this process, empty if there is none that we know."""
    found = next((agent for module, agent in _AGENTS.items() if module in sys.modules), "")
    # Not `get_tracer_provider`, which may load and set one.
    if not found and trace._TRACER_PROVIDER is not None:  # noqa: SLF001
        found = "Another tracer provider"
    if not found:
        return ""
    return f"{found} also records this process, and HireLoop cannot redact its exports. {_WITHOUT_URLS}"


def warnings(settings: Settings) -> tuple[str, ...]:
    """Return what is said at startup and by the doctor: variables without an effect, and another agent."""
    agent = foreign_agent()
    return (*not_followed(settings, Settings.otel_variables()), *([agent] if agent else []))
