"""Check that OpenTelemetry's variables have an effect, and that no other agent is in this process."""

from hireloop.notify.diagnosis.findings import Finding, of_sentence, ok, warning
from hireloop.settings import Settings
from hireloop.telemetry import variables

CHECK = "telemetry"


def check(settings: Settings) -> Finding:
    """Return the one finding about variables of OpenTelemetry that have no effect, and about another agent."""
    said = variables.traces(settings).fault  # by the check of the collector
    found = [of_sentence(CHECK, sentence) for sentence in variables.warnings(settings) if sentence != said]
    if not found:
        return ok(CHECK, "Every variable of OpenTelemetry that is set has an effect.")
    return warning(CHECK, " ".join(one.cause for one in found), " ".join(one.fix for one in found))
