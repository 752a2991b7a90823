"""What one process sets up for telemetry when it starts, and shuts down when it ends."""

import gc
import os
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from hireloop.settings import Settings
from hireloop.telemetry import metrics, redaction, spans, variables
from hireloop.telemetry.dropped import DroppedSpans
from hireloop.telemetry.logs import configure_logs, log

if TYPE_CHECKING:
    from hireloop.telemetry.providers import Providers

# A span is dozens of objects that live for a second, until it is exported: by Python's own threshold of 700 the
# collector looks at them again and again, for an eighth of the time that a booking takes (bench/README.md).
_COLLECT_AFTER = (50_000, 20, 100)


@dataclass(frozen=True)
class Telemetry:
    """What one process records and exports; `shutdown` sends what is still waiting, at most 5 s long."""

    providers: "Providers | None" = None  # None: nothing is recorded
    dropped: DroppedSpans = field(default_factory=DroppedSpans)

    def shutdown(self) -> None:
        """Flush and stop; later spans are dropped."""
        if self.providers is not None:
            self.providers.shutdown()


def set_up(settings: Settings, *, role: Literal["api", "worker", "cli"]) -> Telemetry:
    """Make the tracer, the meter and the logs of this process; call once, before the first span.

    A command whose spans nobody collects makes none: there is no booking whose trace would begin with it.
    """
    redaction.use_secret(settings.secrets[0])
    configure_logs()
    gc.set_threshold(*_COLLECT_AFTER)
    for sentence in variables.warnings(settings):
        log.warning("settings.warning", sentence=sentence)
    if settings.otel_sdk_disabled or (role == "cli" and not variables.exports_spans(settings)):
        return Telemetry()
    given = Settings.otel_variables()
    for name in given.keys() - variables.usable(given).keys():
        os.environ.pop(name, None)  # it is named above, and the SDK would raise an error when it is imported
    # Loads OpenTelemetry's SDK: only where spans are made.
    from hireloop.telemetry import providers

    dropped = DroppedSpans()
    made = providers.made(settings, role, dropped)
    spans.use(made.tracing.get_tracer("hireloop", version("hireloop"), schema_url=spans.SCHEMA_URL))
    metrics.use(made.measuring.get_meter("hireloop", version("hireloop"), schema_url=spans.SCHEMA_URL))
    return Telemetry(made, dropped)
