"""What OpenTelemetry's variables ask for, and which of them are named because they have no effect."""

import pytest
from opentelemetry import trace

from hireloop.telemetry import variables
from sample_settings import settings_for

URL = "postgresql://nowhere/d"
BASE, OWN = "http://c.example:4318", "http://own.example/otlp/traces"


def traces(**given: object) -> tuple[tuple[str, ...], str, str]:
    signal = variables.traces(settings_for(URL, **{f"otel_{name}": value for name, value in given.items()}))
    return signal.exporters, signal.endpoint if signal.exporters else "", signal.protocol


HTTP = "http/protobuf"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ((), "", HTTP)),
        ({"exporter_otlp_endpoint": BASE}, (("otlp",), f"{BASE}/v1/traces", HTTP)),
        ({"exporter_otlp_endpoint": f"{BASE}/"}, (("otlp",), f"{BASE}/v1/traces", HTTP)),
        ({"exporter_otlp_traces_endpoint": OWN}, (("otlp",), OWN, HTTP)),
        ({"exporter_otlp_endpoint": BASE, "exporter_otlp_traces_endpoint": OWN}, (("otlp",), OWN, HTTP)),
        ({"exporter_otlp_metrics_endpoint": OWN}, ((), "", HTTP)),
        ({"traces_exporter": "otlp"}, (("otlp",), "http://localhost:4318/v1/traces", HTTP)),
        (
            {"traces_exporter": "otlp", "exporter_otlp_traces_protocol": "grpc"},
            (("otlp",), "http://localhost:4317", "grpc"),
        ),
        ({"exporter_otlp_endpoint": BASE, "exporter_otlp_protocol": "grpc"}, (("otlp",), BASE, "grpc")),
        (
            {"exporter_otlp_endpoint": BASE, "exporter_otlp_protocol": "grpc", "exporter_otlp_traces_protocol": HTTP},
            (("otlp",), f"{BASE}/v1/traces", HTTP),
        ),
        ({"exporter_otlp_endpoint": BASE, "traces_exporter": "none"}, ((), "", HTTP)),
        ({"traces_exporter": "console"}, (("console",), "http://localhost:4318/v1/traces", HTTP)),
        (
            {"exporter_otlp_endpoint": BASE, "traces_exporter": "console, OTLP"},
            (("otlp", "console"), f"{BASE}/v1/traces", HTTP),
        ),
        ({"exporter_otlp_endpoint": BASE, "traces_exporter": "zipkin"}, ((), "", HTTP)),
        ({"exporter_otlp_endpoint": BASE, "sdk_disabled": True}, ((), "", HTTP)),
    ],
)
def test_where_spans_go(given: dict[str, object], expected: tuple[tuple[str, ...], str, str]) -> None:
    assert traces(**given) == expected


def test_metrics_go_by_their_own_variables() -> None:
    settings = settings_for(URL, otel_exporter_otlp_metrics_endpoint="http://m.example/x", otel_traces_exporter="none")
    signal = variables.metrics(settings)
    assert (signal.exporters, signal.endpoint) == (("otlp",), "http://m.example/x")
    assert not variables.metrics(settings_for(URL, otel_exporter_otlp_traces_endpoint=OWN)).exporters


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        ({}, False),
        ({"otel_exporter_otlp_endpoint": BASE}, True),
        ({"otel_exporter_otlp_traces_endpoint": OWN}, True),
        ({"otel_exporter_otlp_metrics_endpoint": OWN}, False),
        ({"otel_exporter_otlp_endpoint": BASE, "otel_traces_exporter": "none"}, False),
        ({"otel_traces_exporter": "console"}, False),
        ({"trace_copy_endpoint": BASE}, True),
        ({"trace_copy_endpoint": BASE, "otel_sdk_disabled": True}, False),
    ],
)
def test_a_link_to_a_trace_is_given_only_where_spans_go(given: dict[str, object], leads: bool) -> None:  # noqa: FBT001
    settings = settings_for(URL, trace_ui_url="https://jaeger.example/", **given)
    assert variables.trace_ui(settings) == ("https://jaeger.example" if leads else "")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "hireloop"),
        ({"otel_resource_attributes": "team=a,service.name=hiring%20staging,broken"}, "hiring staging"),
        ({"otel_resource_attributes": "service.name=hiring", "otel_service_name": "named"}, "named"),
    ],
)
def test_the_services_name_is_its_own_variable_or_of_the_resource(given: dict[str, object], name: str) -> None:
    assert variables.service(settings_for(URL, **given)) == name


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OTEL_TRACES_SAMPLER", "traceidratio", "OTEL_TRACES_SAMPLER has no effect: every booking is traced."),
        ("OTEL_TRACES_SAMPLER", "always_on", ""),
        ("OTEL_TRACES_SAMPLER_ARG", "0.1", "HireLoop ignores OTEL_TRACES_SAMPLER_ARG."),
        ("OTEL_LOGS_EXPORTER", "otlp", "OTEL_LOGS_EXPORTER has no effect: log lines go to standard error."),
        ("OTEL_LOGS_EXPORTER", "none", ""),
        ("OTEL_PROPAGATORS", "b3", "OTEL_PROPAGATORS has no effect: only W3C Trace Context is read."),
        ("OTEL_PROPAGATORS", "tracecontext,baggage", ""),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "OTEL_BSP_MAX_QUEUE_SIZE is ignored: it must be a whole number of at"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100", ""),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem", ""),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://c", "HireLoop ignores OTEL_EXPORTER_OTLP_LOGS_ENDPOINT."),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", "http://c", "HireLoop ignores OTEL_EXPORTER_JAEGER_ENDPOINT."),
    ],
)
def test_a_variable_without_effect_is_named(name: str, value: str, said: str) -> None:
    sentences = list(variables.not_followed(settings_for(URL), {name: value}))
    assert [sentence[: len(said)] for sentence in sentences] == ([said] if said else [])


def test_an_exporter_that_there_is_not_is_named() -> None:
    (sentence,) = variables.not_followed(settings_for(URL, otel_traces_exporter="zipkin"), {})
    assert sentence == "OTEL_TRACES_EXPORTER names zipkin, which is not supported. Set it to otlp, console or none."


def test_a_number_that_is_none_is_the_default() -> None:
    assert variables.number({"OTEL_BSP_SCHEDULE_DELAY": "soon"}, "OTEL_BSP_SCHEDULE_DELAY", 7) == 7
    assert variables.number({"OTEL_BSP_SCHEDULE_DELAY": " 5 "}, "OTEL_BSP_SCHEDULE_DELAY", 7) == 5


def test_another_tracer_provider_is_named_and_ours_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert variables.foreign_agent() == ""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", trace.NoOpTracerProvider())
    assert variables.foreign_agent().startswith("Another tracer provider also records this process, and HireLoop")
