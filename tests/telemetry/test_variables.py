"""What OpenTelemetry's variables ask for: each acts or is named, and no value of one ends a process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import certifi
import pytest
from opentelemetry import trace

from hireloop.errors import SettingsError
from hireloop.settings import Settings
from hireloop.telemetry import exporters, variables
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
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://c", "HireLoop ignores OTEL_EXPORTER_OTLP_LOGS_ENDPOINT."),
        ("OTEL_EXPORTER_JAEGER_ENDPOINT", "http://c", "HireLoop ignores OTEL_EXPORTER_JAEGER_ENDPOINT."),
    ],
)
def test_a_variable_without_effect_is_named(name: str, value: str, said: str) -> None:
    sentences = list(variables.not_followed(settings_for(URL), {name: value}))
    assert [sentence[: len(said)] for sentence in sentences] == ([said] if said else [])


def test_a_number_that_is_none_is_the_default() -> None:
    assert variables.number({"OTEL_BSP_SCHEDULE_DELAY": "soon"}, "OTEL_BSP_SCHEDULE_DELAY", 7) == 7
    assert variables.number({"OTEL_BSP_SCHEDULE_DELAY": " 5 "}, "OTEL_BSP_SCHEDULE_DELAY", 7) == 5


def test_another_tracer_provider_is_named_and_ours_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert variables.foreign_agent() == ""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", trace.NoOpTracerProvider())
    assert variables.foreign_agent().startswith("Another tracer provider also records this process, and HireLoop")


# --- The specification's variables -------------------------------------------------------------------------------

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
NOT_A_URL = "is not a URL, so nothing is exported to it. Set it to a URL such as http://collector:4318."

# By the pages "Environment Variable Specification" and "OTLP exporter configuration", version 1.53: a value that acts
# (None: the variable never acts), and one that does not. Those of logs, which we do not export, are at the end.
SPECIFIED: dict[str, tuple[str | None, str]] = {
    "OTEL_SERVICE_NAME": ("hiring", ""),
    "OTEL_RESOURCE_ATTRIBUTES": ("team=a,stage=b", "team=a,stage"),
    "OTEL_ENTITIES": (None, "service{service.name=a}"),
    "OTEL_LOG_LEVEL": (None, "debug"),
    "OTEL_PROPAGATORS": ("tracecontext,baggage", "b3multi"),
    "OTEL_TRACES_SAMPLER": ("always_on", "parentbased_traceidratio"),
    "OTEL_TRACES_SAMPLER_ARG": (None, "0.25"),
    "OTEL_BSP_SCHEDULE_DELAY": ("5000", "5s"),
    "OTEL_BSP_EXPORT_TIMEOUT": ("30000", "-1"),
    "OTEL_BSP_MAX_QUEUE_SIZE": ("2048", "1e3"),
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": ("512", "20000"),
    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("100", "none"),
    "OTEL_ATTRIBUTE_COUNT_LIMIT": ("128", "12.5"),
    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": ("100", "x"),
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": ("128", "-5"),
    "OTEL_SPAN_EVENT_COUNT_LIMIT": ("128", "x"),
    "OTEL_SPAN_LINK_COUNT_LIMIT": ("128", "x"),
    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": ("128", "x"),
    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": ("128", "99999999999"),
    "OTEL_METRICS_EXEMPLAR_FILTER": ("trace_based", "sometimes"),
    "OTEL_METRIC_EXPORT_INTERVAL": ("60000", "0"),
    "OTEL_METRIC_EXPORT_TIMEOUT": ("30000", "30s"),
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT": (None, "http://localhost:9411/api/v2/spans"),
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT": (None, "10000"),
    "OTEL_EXPORTER_PROMETHEUS_HOST": (None, "localhost"),
    "OTEL_EXPORTER_PROMETHEUS_PORT": (None, "9464"),
    "OTEL_CONFIG_FILE": (None, "/etc/otel.yaml"),
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": ("process,os", "ec2"),
    **{
        f"OTEL_EXPORTER_OTLP_{signal}{what}": values
        for signal in ("", "TRACES_", "METRICS_")
        for what, values in {
            "ENDPOINT": ("http://collector:4318", "collector:4318"),
            "CERTIFICATE": ("good.pem", "/nowhere/ca.pem"),
            "CLIENT_CERTIFICATE": ("good.pem", "cut.pem"),
            "CLIENT_KEY": ("good.pem", "."),
            "COMPRESSION": ("gzip", "zstd"),
            "TIMEOUT": ("10000", "10s"),
            "INSECURE": ("TRUE", "yes"),
        }.items()
    },
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": ("Delta", "deltas"),
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": ("explicit_bucket_histogram", "linear"),
    "OTEL_LOGS_EXPORTER": ("none", "otlp"),
    "OTEL_BLRP_SCHEDULE_DELAY": (None, "1000"),
    "OTEL_BLRP_EXPORT_TIMEOUT": (None, "30000"),
    "OTEL_BLRP_MAX_QUEUE_SIZE": (None, "2048"),
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": (None, "512"),
    "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": (None, "128"),
    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": (None, "100"),
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": (None, "http://collector:4318"),
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": (None, "grpc"),
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS": (None, "api-key=x"),
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": (None, "10000"),
}
# What stops a process with one sentence, since everything else would go to the wrong place or without a password.
STOPS = {
    "OTEL_TRACES_EXPORTER": ("otlp, console", "jaeger-canary"),
    "OTEL_METRICS_EXPORTER": ("otlp", "prometheus,canary"),
    "OTEL_SDK_DISABLED": ("true", "perhaps"),
    **{
        f"OTEL_EXPORTER_OTLP_{signal}{what}": values
        for signal in ("", "TRACES_", "METRICS_")
        for what, values in {
            "PROTOCOL": (" grpc ", "http/json"),
            "HEADERS": ("api-key=x,tenant=a%20b", "a-canary-of-a-key"),
        }.items()
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a PEM file, one that is none, and one whose certificate is none."""
    (tmp_path / "good.pem").symlink_to(certifi.where())
    (tmp_path / "bad.pem").write_text("nothing\n")
    (tmp_path / "cut.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    return tmp_path


def warned_of(**given: str) -> list[str]:
    """Return what is said at the start of a process with these variables."""
    fields: dict[str, Any] = {name.lower(): it for name, it in given.items() if name.lower() in Settings.model_fields}
    return list(variables.not_followed(settings_for(URL, **fields), given))


def test_a_key_without_its_certificate_is_named_as_it_was_set(folder: Path) -> None:
    endpoint, key = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, str(folder / "good.pem")
    assert warned_of(**endpoint, OTEL_EXPORTER_OTLP_CLIENT_KEY=key) == [
        "OTEL_EXPORTER_OTLP_CLIENT_KEY has no effect: set OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, too."
    ]
    assert warned_of(**endpoint, OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY=key) == [
        "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY has no effect: set OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE, too."
    ]


@pytest.mark.parametrize(("name", "values"), SPECIFIED.items(), ids=SPECIFIED)
def test_a_variable_of_the_specification_acts_or_is_named(
    name: str, values: tuple[str | None, str], folder: Path
) -> None:
    acts, does_not = (str(folder / value) if value and value.endswith(".pem") else value for value in values)
    client = {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": str(folder / "good.pem")} if "CLIENT_KEY" in name else {}
    if acts is not None:
        assert warned_of(**client, **{name: acts}) == []
    if does_not:
        [sentence] = warned_of(**client, **{name: does_not})
        assert name in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize("signal", ["", "TRACES_", "METRICS_"])
def test_a_key_without_its_certificate_is_named_as_it_was_given(signal: str, folder: Path) -> None:
    key = f"OTEL_EXPORTER_OTLP_{signal}CLIENT_KEY"
    certificate = f"OTEL_EXPORTER_OTLP_{signal}CLIENT_CERTIFICATE"
    pem = str(folder / "good.pem")
    assert warned_of(**{ENDPOINT: "https://c", key: pem}) == [f"{key} has no effect: set {certificate}, too."]
    assert warned_of(**{ENDPOINT: "https://c", key: pem, certificate: pem}) == []


@pytest.mark.parametrize(("name", "values"), STOPS.items(), ids=STOPS)
def test_what_must_not_be_guessed_stops_with_one_sentence(
    name: str, values: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acts, does_not = values
    monkeypatch.setenv(name, acts)
    Settings.read(_env_file=None)
    monkeypatch.setenv(name, does_not)
    with pytest.raises(SettingsError) as told:
        Settings.read(_env_file=None)
    assert name in str(told.value)
    assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    ("endpoint", "over_http", "over_grpc"),
    [
        ("http://collector:4318", True, True),
        (" https://collector ", True, True),
        ("http://user:a-canary@collector:4318/otlp", True, True),
        ("http://[::1]:4318", True, True),
        ("collector:4317", False, True),
        ("collector", False, True),
        ("[::1]:4317", False, True),
        (":4317", False, False),
        ("4317", False, False),
        ("http://:4318", False, False),
        ("http://", False, False),
        ("http://4318", False, False),
        ("http://collector:port", False, False),
        ("http://collector:99999", False, False),
        ("http://collector:0", False, False),
        ("http://my collector:4318", False, False),
        ("http://collector\t:4318", False, False),
        ("http:/collector:4318", False, False),
        ("tcp://collector:4317", False, False),
        ("grpc://collector:4317", False, False),
        ("http://[::1:4318", False, False),
        ("http://a.example:4318,http://b.example:4318", False, False),
    ],
)
def test_an_endpoint_is_used_or_named_and_never_both(endpoint: str, *, over_http: bool, over_grpc: bool) -> None:
    for protocol, is_used in (("http/protobuf", over_http), ("grpc", over_grpc)):
        given = {ENDPOINT: endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}
        settings = settings_for(URL, otel_exporter_otlp_endpoint=endpoint, otel_exporter_otlp_protocol=protocol)
        for signal in (variables.traces(settings), variables.metrics(settings)):
            assert signal.over_otlp is is_used
            assert signal.endpoint == signal.endpoint.strip()
        assert warned_of(**given) == ([] if is_used else [f"{ENDPOINT} {NOT_A_URL}"])
        assert variables.exports_spans(settings) is is_used


def test_a_bad_endpoint_of_one_signal_keeps_the_other_going() -> None:
    settings = settings_for(
        URL, otel_exporter_otlp_endpoint="http://c:4318", otel_exporter_otlp_metrics_endpoint="c:4318"
    )
    assert variables.traces(settings).over_otlp
    assert not variables.metrics(settings).over_otlp
    assert variables.metrics(settings).fault.startswith("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is not a URL")
    off = settings_for(URL, otel_exporter_otlp_endpoint="c:4318", otel_sdk_disabled=True)
    assert (variables.traces(off).fault, variables.metrics(off).fault) == ("", "")


@pytest.mark.parametrize(
    ("endpoint", "insecure", "secure"),
    [
        ("https://c:4317", "true", True),  # the scheme goes first
        ("http://c:4317", "false", False),
        ("c:4317", "", True),
        ("c:4317", "False", True),
        ("c:4317", "True", False),
    ],
)
def test_over_grpc_the_scheme_says_whether_tls_is_used_and_else_the_variable(
    endpoint: str, insecure: str, *, secure: bool
) -> None:
    settings = settings_for(URL, otel_exporter_otlp_endpoint=endpoint, otel_exporter_otlp_protocol="grpc")
    given = {"OTEL_EXPORTER_OTLP_INSECURE": insecure}
    assert variables.is_secure(variables.traces(settings), given) is secure
    assert exporters._over_grpc(variables.traces(settings), given)["insecure"] is not secure  # noqa: SLF001 (what it says)


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_no_process_dies_of_all_the_bad_values_together(protocol: str, tmp_path: Path) -> None:
    bad = {name: values[1] for name, values in SPECIFIED.items() if values[1]}
    python = {
        f"OTEL_PYTHON_EXPORTER_OTLP_{what}CREDENTIAL_PROVIDER": "nothing"
        for what in ("HTTP_", "GRPC_", "HTTP_TRACES_", "GRPC_TRACES_", "HTTP_METRICS_", "GRPC_METRICS_")
    }
    good = {ENDPOINT: "https://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_TRACES_EXPORTER": "otlp"}
    wanted = {name: bad[name] for name in bad if not name.endswith("ENDPOINT")} | python | good
    wanted |= {
        "OTEL_PYTHON_CONTEXT": "nothing",
        "DATABASE_URL": URL,
        "SECRET_KEY": "a secret that is as long as it has to be",
        "PATH": os.environ["PATH"],
    }
    program = (
        "from hireloop.settings import Settings\n"
        "from hireloop.telemetry.set_up import set_up\n"
        "made = set_up(Settings.read(), role='api')\n"
        "assert made.providers and len(made.providers.batches) == 1\n"
        "print('started', flush=True)\n"
        "import os; os._exit(0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=wanted,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "started\n"), ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count('"event": "settings.warning"') >= len(set(bad) & variables.ACTING) - 6
