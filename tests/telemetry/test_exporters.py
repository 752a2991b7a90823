"""How spans leave a process; what they lose on the way is in `test_spans.py`."""

from importlib.metadata import version

from hireloop.telemetry import exporters
from sample_settings import settings_for
from servers.http import Reply, ScriptedHttpServer


def test_the_headers_that_a_collector_wants_go_with_every_export_also_from_an_env_file() -> None:
    with ScriptedHttpServer(Reply(200)) as server:
        settings = settings_for(
            "postgresql://nowhere/d",
            otel_exporter_otlp_endpoint=server.url,
            otel_exporter_otlp_headers="api-key=a%20canary",
        )
        for exporter in exporters._span_exporters(settings):  # noqa: SLF001 (`install` is for a whole process)
            exporter.export([])
    [posted] = server.received
    assert {name.lower(): value for name, value in posted.headers.items()}["api-key"] == "a canary"


def test_what_is_exported_says_which_version_of_which_service_it_is_from() -> None:
    attributes = exporters.resource_of(settings_for("postgresql://nowhere/d"), "worker").attributes
    assert attributes["service.name"] == "hireloop-worker"
    assert attributes["service.version"] == version("hireloop")
    assert attributes["service.instance.id"]
