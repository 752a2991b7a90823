"""What the start of a process does with a hostile environment, in processes of their own."""

import json
import subprocess
import sys

import pytest

from processes import environment

_IMPORTS = """
import sys
import hireloop.app, hireloop.cli.work
from hireloop.settings import Settings
from hireloop.telemetry.set_up import set_up
set_up(Settings.read(), role="worker").shutdown()
print("opentelemetry.propagate" in sys.modules)
"""


def ran(**variables: str) -> subprocess.CompletedProcess[str]:
    env = environment("postgresql://nowhere/d", **variables)
    return subprocess.run(
        [sys.executable, "-c", _IMPORTS], env=env, capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OTEL_PROPAGATORS", "b3", "OTEL_PROPAGATORS has no effect: only W3C Trace Context is read."),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0", "OTEL_METRIC_EXPORT_INTERVAL is ignored: it must be"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "many", "OTEL_SPAN_LINK_COUNT_LIMIT is ignored: it must be"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT is ignored: it must be"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "9" * 20, "OTEL_BSP_MAX_QUEUE_SIZE is ignored: it must be"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "some", "OTEL_METRICS_EXEMPLAR_FILTER is ignored: it must be one of"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "OTEL_EXPORTER_OTLP_TIMEOUT is ignored: it must be"),
        ("OTEL_PYTHON_TRACER_PROVIDER", "none_such", "HireLoop ignores OTEL_PYTHON_TRACER_PROVIDER."),
    ],
)
def test_a_variable_that_the_sdk_would_stumble_over_stops_nothing_and_is_named(
    variable: str, value: str, said: str
) -> None:
    done = ran(**{variable: value}, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    sentences = [json.loads(line).get("sentence", "") for line in done.stderr.splitlines()]
    assert [sentence for sentence in sentences if sentence.startswith(said)], sentences


@pytest.mark.parametrize("value", ["none", "gzip", "zstd"])
def test_a_compression_over_grpc_acts_or_is_named(value: str) -> None:
    done = ran(
        OTEL_EXPORTER_OTLP_COMPRESSION=value,
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert done.returncode == 0, done.stderr
    assert ("OTEL_EXPORTER_OTLP_COMPRESSION is ignored" in done.stderr) is (value == "zstd")
