"""What this server counts of its own requests, in the form Prometheus reads."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.process_collector import ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callscope.core.jobs import QUEUE_OF_JOB
from callscope.storage.queue_state import WorkState

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Telemetry:
    """Counters of one server process, and gauges of the installation that are set when they are asked for."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels = ["method", "route", "status"]
        self._requests = Counter("callscope_requests", "Requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "callscope_request_seconds", "Time to answer.", ["method", "route"], buckets=BUCKETS_S, registry=registry
        )
        self._due = Gauge("callscope_jobs_due", "Jobs that could start now.", ["queue"], registry=registry)
        self._running = Gauge("callscope_jobs_running", "Jobs under way.", ["queue"], registry=registry)
        self._oldest = Gauge(
            "callscope_jobs_oldest_due_seconds", "Wait of the oldest due job.", ["queue"], registry=registry
        )
        self._lines = Gauge(
            "callscope_worker_lines", "Lines of workers that gave a sign of life within a minute.", registry=registry
        )
        self._deliveries = Gauge("callscope_webhook_deliveries", "Messages to webhooks.", ["status"], registry=registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request. `route` is its pattern, never its path, which holds ids."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def render(self, work: WorkState) -> bytes:
        """Return everything, with the installation's gauges as they stand now."""
        state_of = {state.queue: state for state in work.queues}
        for queue in {*QUEUE_OF_JOB.values(), *state_of}:
            state = state_of.get(queue)
            self._due.labels(queue).set(0 if state is None else state.due_count)
            self._running.labels(queue).set(0 if state is None else state.running_count)
            self._oldest.labels(queue).set(0 if state is None else state.oldest_due_s)
        self._lines.set(work.worker_line_count)
        self._deliveries.labels("waiting").set(work.deliveries_waiting_count)
        self._deliveries.labels("dead").set(work.deliveries_dead_count)
        return generate_latest(self._registry)


class TelemetryMiddleware:
    """Counts every request."""

    def __init__(self, app: ASGIApp, *, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            route = getattr(scope.get("route"), "path", "(none)")
            self._telemetry.count(scope["method"], route, status, time.perf_counter() - began)
