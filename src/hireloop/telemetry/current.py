"""HireLoop's own current span, kept apart from OpenTelemetry's.

A span of somebody else's that is current, as an instrumented server leaves one, is never the parent of ours: ours would
lose its root, which goes to another backend. Nor is ours the parent of theirs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context as theirs
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, set_span_in_context

_span: ContextVar[Span] = ContextVar("hireloop_span", default=INVALID_SPAN)

# What OpenTelemetry's instrumentations ask for before they record a call: the second is an older name of the first.
_SUPPRESSING = (theirs._SUPPRESS_INSTRUMENTATION_KEY, "suppress_instrumentation")  # noqa: SLF001 (it has no public name)


def span() -> Span:
    """Return the current span of HireLoop, or one that records nothing."""
    return _span.get()


def context() -> Context:
    """Return a context that holds the current span of HireLoop and nothing else."""
    return set_span_in_context(_span.get(), Context())


@contextmanager
def during(opened: Span) -> Iterator[None]:
    """Make a span the current one, in this thread or task."""
    token = _span.set(opened)
    try:
        yield
    finally:
        _span.reset(token)


@contextmanager
def unrecorded() -> Iterator[None]:
    """Keep somebody else's instrumentation from recording the calls made in this thread or task.

    The address of a chat is a secret, and an agent would export it with each request.
    """
    suppressed = theirs.get_current()
    for key in _SUPPRESSING:
        suppressed = theirs.set_value(key, True, suppressed)  # noqa: FBT003 (their signature)
    token = theirs.attach(suppressed)
    try:
        yield
    finally:
        theirs.detach(token)
