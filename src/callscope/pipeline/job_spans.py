"""Jobs as spans of the service's own traces, and the steps inside them."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from procrastinate import JobContext
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

from callscope.core.jobs import TRACE_ARGUMENT, JobName
from callscope.core.trace_parent import within_trace

UNTRACED = frozenset((JobName.DRAIN_TRACES.value,))
"""Reading what came in: where an installation traces into itself, its span would be what comes in next."""

_PROPAGATOR = TraceContextTextMapPropagator()


class JobSpans:
    """A worker middleware that makes each job a span of the trace it was queued in.

    What the job queues joins the same trace at the same place, so that the jobs of a call stand side by side.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    async def __call__(self, run: AsyncCallNext, context: JobContext, worker: Worker) -> object:
        """Run one job. Its function never sees where it is traced."""
        del worker
        job = context.job
        queued_in = job.task_kwargs.pop(TRACE_ARGUMENT, None)
        if job.task_name in UNTRACED:
            return await run()
        carrier = {} if queued_in is None else {TRACE_ARGUMENT: str(queued_in)}
        parent = _PROPAGATOR.extract(carrier, context=Context())
        with _span(self._tracer, job.task_name, _attributes_of(job), kind=SpanKind.CONSUMER, parent=parent):
            if not carrier:
                _PROPAGATOR.inject(carrier)
            with within_trace(carrier.get(TRACE_ARGUMENT)):
                return await run()


@contextmanager
def step(tracer: Tracer, name: str) -> Iterator[None]:
    """Make the block a span inside the job's."""
    with _span(tracer, name, {}):
        yield


def note(**attributes: str | int) -> None:
    """Let the span under way say more, each name under `callscope.`."""
    trace.get_current_span().set_attributes({f"callscope.{name}": value for name, value in attributes.items()})


def note_failure(outcome: str, kind: str) -> None:
    """Let the span under way say that its work failed, what became of it, and by what kind of error."""
    note(outcome=outcome)
    _fail(trace.get_current_span(), kind)


@contextmanager
def _span(
    tracer: Tracer,
    name: str,
    attributes: dict[str, str | int],
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
) -> Iterator[None]:
    """Make the block a span. Of an error it names the type alone: messages may quote what people said."""
    with tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            _fail(span, type(error).__qualname__)
            raise


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)


def _attributes_of(job: Job) -> dict[str, str | int]:
    ids = {f"callscope.{name}": str(value) for name, value in job.task_kwargs.items() if name.endswith("_id")}
    return {
        "callscope.job.name": job.task_name,
        "callscope.job.queue": job.queue,
        "callscope.job.attempt": job.attempts + 1,
        **ids,
    }
