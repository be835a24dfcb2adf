"""Requests as spans of the service's own traces: FastAPI makes the span, this says whose request it is."""

from collections.abc import MutableMapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callscope.api.routes import livekit_observability, otlp
from callscope.core.trace_parent import within_trace

UNTRACED = frozenset(
    (
        "/health",
        "/metrics",
        *otlp.PATHS,
        livekit_observability.TRACES_PATH,
        *livekit_observability.UNKEPT_PATHS,
    )
)
"""What probes ask all the time, and where traces come in: tracing those would make a trace of every trace."""
UNTRACED_FILES = "/static/"

NOTHING = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


def tracing_with(tracers: TracerProvider | None) -> TelemetryConfig:
    """Return what FastAPI is to trace: requests, or with None nothing.

    Logs, which quote errors, and spans of the framework's own steps are not asked for.
    """
    if tracers is None:
        return NOTHING
    return {**NOTHING, "tracing": True, "tracer_provider": tracers, "exclude": _is_untraced}


class RequestSpanMiddleware:
    """Names request and project on the span of a request, and lets the jobs it queues join the trace.

    It stands inside the middleware that gives requests their ids.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        span = trace.get_current_span()
        if not span.get_span_context().is_valid:
            await self._app(scope, receive, send)
            return
        state = scope["state"]
        span.set_attribute("callscope.request_id", state["request_id"])

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start" and "project_id" in state:
                span.set_attribute("callscope.project_id", str(state["project_id"]))
            await send(message)

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        with within_trace(carrier.get("traceparent")):
            await self._app(scope, receive, send_noting)


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    path = scope.get("path", "")
    return path in UNTRACED or path.startswith(UNTRACED_FILES)
