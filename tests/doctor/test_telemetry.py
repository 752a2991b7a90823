"""OpenTelemetry's variables: which of those that are set have no effect."""

import pytest

from hireloop.doctor import telemetry
from hireloop.notify.diagnosis.findings import Level
from sample_settings import settings_for


def test_without_variables_there_is_nothing_to_say() -> None:
    found = telemetry.check(settings_for("postgresql://nowhere/d"))
    assert (found.check, found.level) == ("telemetry", Level.OK)


def test_all_variables_without_an_effect_are_in_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PROPAGATORS", "b3")
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "otlp")
    found = telemetry.check(settings_for("postgresql://nowhere/d"))
    assert found.level is Level.WARNING
    assert "OTEL_PROPAGATORS has no effect" in found.cause
    assert "OTEL_LOGS_EXPORTER has no effect" in found.cause


def test_several_variables_are_each_named_beside_what_to_do_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "zip")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "soon")
    found = telemetry.check(settings_for("postgresql://nowhere/d"))
    assert found.cause == (
        "OTEL_EXPORTER_OTLP_COMPRESSION is ignored: it must be one of gzip, none. "
        "OTEL_METRIC_EXPORT_INTERVAL is ignored: it must be a whole number of at least 1."
    )
    assert found.fix == ("Correct or remove each of these. See docs/reference/settings.md, under `Traces and metrics`.")
