"""Jobs as spans of the service's own traces, and the steps inside them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from procrastinate import JobContext
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext
from procrastinate.worker import Worker

from callscope.core.jobs import TRACE_ARGUMENT, JobName
from callscope.core.trace_parent import within_trace

UNTRACED = frozenset((JobName.DRAIN_TRACES.value,))
"""Reading what came in: where an installation traces into itself, its span would be what comes in next."""

REPEATING = frozenset((JobName.COLLECT_METRICS.value, JobName.HEAR_LIVE_CALL.value))
"""Jobs that queue themselves again, thousands of times over days: each is a trace that points to where it all began."""

_PROPAGATOR = TraceContextTextMapPropagator()


class JobSpans:
    """A worker middleware for Procrastinate that makes each job a span of the trace it was queued in.

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
        origin = _PROPAGATOR.extract(carrier, context=Context())
        with _job_span(self._tracer, job, origin):
            if not carrier:
                _PROPAGATOR.inject(carrier)
            with within_trace(carrier.get(TRACE_ARGUMENT)):
                return await run()


def step(tracer: Tracer, name: str) -> AbstractContextManager[None]:
    """Make a block a span inside the job's."""
    return _within(tracer.start_span(name))


def note(**attributes: str | int) -> None:
    """Let the span under way say more, each name under `callscope.`."""
    trace.get_current_span().set_attributes({f"callscope.{name}": value for name, value in attributes.items()})


def note_failure(outcome: str, kind: str) -> None:
    """Let the span under way say that its work failed, what became of it, and by what kind of error."""
    note(outcome=outcome)
    _fail(trace.get_current_span(), kind)


def _job_span(tracer: Tracer, job: Job, origin: Context) -> AbstractContextManager[None]:
    begun = trace.get_current_span(origin).get_span_context()
    is_apart = job.task_name in REPEATING and begun.is_valid
    span = tracer.start_span(
        job.task_name,
        context=Context() if is_apart else origin,
        kind=SpanKind.CONSUMER,
        attributes=_attributes_of(job),
        links=[Link(begun)] if is_apart else None,
    )
    return _within(span)


@contextmanager
def _within(span: Span) -> Iterator[None]:
    """End the span with the block. Of an error it names the type alone: messages may quote what people said."""
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
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
