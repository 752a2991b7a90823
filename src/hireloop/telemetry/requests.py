"""The layers that record a request: the outermost one, and the innermost one, which tells it the route.

They belong to no framework and take the place of OpenTelemetry's, which would use the process's global providers and
write the client's address and the query on each span.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

from opentelemetry.trace import INVALID_SPAN, Span

from hireloop.telemetry import spans
from hireloop.telemetry.spans import RecordedRequest

# ASGI's own types are those of a framework, and this layer knows none.
AsgiScope: TypeAlias = Any
AsgiReceive: TypeAlias = Any
AsgiSend: TypeAlias = Any
AsgiMessage: TypeAlias = Any
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

_RECORD = "hireloop.request"  # its key in the scope, which layers may copy
_PROBES = "/health/"


class RecordedRequests:
    """The outermost layer: a SERVER span and the metrics of each request, and its trace in `traceresponse`.

    A probe of `/health/` has no span, since there is one every few seconds and nobody looks for it.
    """

    def __init__(self, app: AsgiApp, *, joins_callers: bool) -> None:
        self._app, self._joins = app, joins_callers

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Handle one request; what is not HTTP passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = RecordedRequest(scope["method"], scope.get("scheme", "http"))
        opened = nullcontext(INVALID_SPAN) if scope["path"].startswith(_PROBES) else self._span(request, scope)
        with opened as span:
            headers = _trace_headers(span)

            async def answer(message: AsgiMessage) -> None:
                if message["type"] == "http.response.start":
                    request.status = message["status"]
                    message = {**message, "headers": [*message.get("headers", ()), *headers]}
                await send(message)

            failure: BaseException | None = None
            request.begin()
            try:
                await self._app({**scope, _RECORD: request}, receive, answer)
            except BaseException as error:
                failure = error
                raise
            finally:
                request.end(span, failure)

    def _span(self, request: RecordedRequest, scope: AsgiScope) -> AbstractContextManager[Span]:
        return spans.request_span(
            request,
            path=scope["path"],
            version=str(scope.get("http_version", "")),
            caller=spans.caller_of(scope.get("headers", ())),
            joins=self._joins,
        )


class RouteName:
    """The innermost layer: tells the outermost one which route the router has found."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: AsgiScope, receive: AsgiReceive, send: AsgiSend) -> None:
        """Handle one request; nothing is told for a path that there is not."""
        try:
            await self._app(scope, receive, send)
        finally:
            request: RecordedRequest | None = scope.get(_RECORD)
            if request is not None:
                request.route = scope.get("path_template", "")


def _trace_headers(span: Span) -> list[tuple[bytes, bytes]]:
    context = span.get_span_context()
    return [(b"traceresponse", spans.traceparent(context).encode())] if context.is_valid else []
