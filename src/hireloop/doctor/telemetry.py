"""Check that OpenTelemetry's variables have an effect, and that no other agent is in this process."""

from hireloop.notify.diagnosis.findings import Finding, Level, of_sentence, ok, warning
from hireloop.settings import Settings
from hireloop.telemetry import variables

CHECK = "telemetry"
# Each sentence says what to do; put together apart from their causes, the fixes would not say of what they are.
_CORRECT_EACH = "Correct or remove each of these. See docs/reference/settings.md, under `Traces and metrics`."


def check(settings: Settings) -> Finding:
    """Return the one finding about variables of OpenTelemetry that have no effect, and about another agent."""
    said = variables.traces(settings).fault  # by the check of the collector
    found = [sentence for sentence in variables.warnings(settings) if sentence != said]
    if not found:
        return ok(CHECK, "Every variable of OpenTelemetry that is set has an effect.")
    if len(found) == 1:
        return of_sentence(CHECK, found[0], Level.WARNING)
    return warning(CHECK, " ".join(found), _CORRECT_EACH)
