"""Which of the service's own traces the work under way belongs to, so that the jobs it queues can join it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CURRENT: ContextVar[str | None] = ContextVar("trace_parent", default=None)


def current_trace_parent() -> str | None:
    """Return the span to go on from, as a W3C `traceparent`; None where nothing is traced."""
    return _CURRENT.get()


@contextmanager
def within_trace(trace_parent: str | None) -> Iterator[None]:
    """Let what is queued inside the block go on from that span."""
    token = _CURRENT.set(trace_parent)
    try:
        yield
    finally:
        _CURRENT.reset(token)
