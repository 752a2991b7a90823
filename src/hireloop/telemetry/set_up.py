"""What one process sets up for telemetry when it starts, and shuts down when it ends."""

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hireloop.settings import Settings
from hireloop.telemetry import redaction
from hireloop.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from hireloop.telemetry.exporters import Providers

# A span is dozens of objects that live for a second, until it is exported: by Python's own threshold of 700 the
# collector looks at them again and again, for an eighth of the time that a booking takes (bench/README.md).
_COLLECT_AFTER = (50_000, 20, 100)


@dataclass(frozen=True)
class Telemetry:
    """What one process records and exports; `shutdown` sends what is still waiting, at most 5 s long."""

    providers: "Providers | None" = None  # None: nothing leaves it

    def shutdown(self) -> None:
        """Flush and stop; later spans are dropped."""
        if self.providers is not None:
            self.providers.shutdown()


def set_up(settings: Settings, *, role: Literal["api", "worker", "cli"]) -> Telemetry:
    """Install the tracer, the meter and the logs of this process; call once, before the first span.

    A command whose spans nobody collects makes none: there is no booking whose trace would begin with it.
    """
    redaction.use_secret(settings.secrets[0])
    configure_logs()
    gc.set_threshold(*_COLLECT_AFTER)
    propagate.set_global_textmap(TraceContextTextMapPropagator() if settings.trust_traceparent else _LinkingOnly())
    if role == "cli" and not settings.exports_spans:
        return Telemetry()
    # Loads OpenTelemetry's SDK: only where spans are made.
    from hireloop.telemetry import exporters

    return Telemetry(exporters.install(settings, role))


class _LinkingOnly(TraceContextTextMapPropagator):
    """Reads no parent from a caller: their trace is linked (`link_caller`), ours begins here and is whole."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Any = None) -> Context:  # noqa: ANN401, ARG002 (the API's own types)
        return context if context is not None else Context()
