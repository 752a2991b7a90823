"""What an operator sees of HireLoop: spans, metrics, log lines, and what is taken out of them before they leave."""

import os


def _load_context() -> None:
    """Load OpenTelemetry's context without OTEL_PYTHON_CONTEXT: one that there is not would write a traceback."""
    named = {name: os.environ.pop(name) for name in ("OTEL_PYTHON_CONTEXT",) if name in os.environ}
    # Reads the variable when it is imported.
    import opentelemetry.context  # noqa: F401

    os.environ.update(named)  # the warnings name it


_load_context()
