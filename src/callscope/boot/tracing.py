"""The service's own traces: on when there is somewhere to send them, and otherwise not even loaded."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry.trace import TracerProvider

from callscope.boot.settings import Settings

FLUSH_S = 3.0
"""What was not sent is given so long when the process stops; the grace of the requests and jobs before it is longer."""


@asynccontextmanager
async def open_tracing(settings: Settings, process: str) -> AsyncIterator[TracerProvider | None]:
    """Yield what makes the spans of this process (`server` or `worker`), None while they are to be sent nowhere."""
    if settings.otlp_endpoint is None:
        yield None
        return
    # Some fifty modules, for nothing where nothing is traced.
    from callscope.boot.span_sender import start_sending  # noqa: PLC0415

    headers = {name: value.get_secret_value() for name, value in settings.otlp_headers.items()}
    provider, sender = start_sending(settings.otlp_endpoint, headers, process=process)
    try:
        yield provider
    finally:
        if not sender.is_refused:
            # A thread that does not keep the process: the SDK itself waits as long as the collector lets it.
            flushing = threading.Thread(target=provider.shutdown, daemon=True)
            flushing.start()
            await asyncio.to_thread(flushing.join, FLUSH_S)
