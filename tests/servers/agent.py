"""Somebody else's agent, as `opentelemetry-instrument` loads one: a package that is installed in a folder of its own.

It sets global providers, and records what a program does in its database and over `requests`.
"""

import sys
from pathlib import Path

_SOURCE = '''
import os
from functools import wraps

import asyncpg
import requests
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.distro import BaseDistro
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled, is_instrumentation_enabled
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor


class Distro(BaseDistro):
    """Sets for itself what OpenTelemetry's own distribution sets, in the environment that HireLoop reads, too."""

    def _configure(self, **_):
        for name in ("OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"):
            os.environ.setdefault(name, "otlp")
        os.environ.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")


class Agent:
    def configure(self, **_):
        out = open(os.environ["FOREIGN_AGENT_LOG"], "a", buffering=1)
        tracing = TracerProvider()
        tracing.add_span_processor(
            SimpleSpanProcessor(ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\\n"))
        )
        trace.set_tracer_provider(tracing)
        exporter = ConsoleMetricExporter(out=out, formatter=lambda said: said.to_json(indent=None) + "\\n")
        metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(exporter, 200)]))
        tracer = trace.get_tracer("foreign")
        metrics.get_meter("foreign").create_counter("foreign.starts").add(1)
        send, fetch = requests.Session.send, asyncpg.Connection.fetch

        @wraps(send)
        def recorded_send(self, request, **options):
            if not is_http_instrumentation_enabled():
                return send(self, request, **options)
            with tracer.start_as_current_span("requests", attributes={"http.url": request.url}):
                return send(self, request, **options)

        @wraps(fetch)
        async def recorded_fetch(self, query, *values, **options):
            with tracer.start_as_current_span("asyncpg", attributes={"db.query.text": query}):
                return await fetch(self, query, *values, **options)

        requests.Session.send = recorded_send
        asyncpg.Connection.fetch = recorded_fetch
'''
_ENTRY_POINTS = """
[opentelemetry_distro]
foreign = foreign_agent:Distro
[opentelemetry_configurator]
foreign = foreign_agent:Agent
"""
_METADATA = "Metadata-Version: 2.1\nName: foreign-agent\nVersion: 1.0\n"

UNDER = (str(Path(sys.executable).parent / "opentelemetry-instrument"),)


class ForeignAgent:
    """The agent in a folder; `env` makes the processes that are started `UNDER` it load it."""

    def __init__(self, folder: Path) -> None:
        (folder / "foreign_agent.py").write_text(_SOURCE)
        information = folder / "foreign_agent-1.0.dist-info"
        information.mkdir()
        (information / "entry_points.txt").write_text(_ENTRY_POINTS)
        (information / "METADATA").write_text(_METADATA)
        self._log = folder / "exported.log"
        self.env = {"PYTHONPATH": str(folder), "FOREIGN_AGENT_LOG": str(self._log)}

    def exported(self) -> str:
        """Return everything that it has exported, as lines of JSON."""
        return self._log.read_text() if self._log.exists() else ""
