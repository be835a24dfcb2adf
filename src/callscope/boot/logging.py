"""Logs: constant events with typed fields, on stderr. They hold ids, never what people said, numbers or secrets."""

import logging
import sys
import traceback

import pydantic
import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.typing import EventDict, Processor, WrappedLogger

TALKATIVE = ("procrastinate", "httpx", "httpcore", "uvicorn.access", "alembic")
"""Libraries whose information-level lines name URLs or job arguments, or come by the thousand."""

QUOTING = ("psycopg",)
"""Packages whose error messages quote rows."""


def configure_logging(log_format: str) -> None:
    """Send every log line of this process to stderr, as `json`, for a `console`, or `auto`: what stderr is."""
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderer: Processor = structlog.dev.ConsoleRenderer() if is_console else structlog.processors.JSONRenderer()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        render_exception,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def render_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the error and the way to it, without messages that quote data."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if given is True:
        error = sys.exc_info()[1]
    if error is not None:
        event["error"] = describe(error)
        event["error_frames"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ]
    return event


def describe(error: BaseException) -> str:
    """Return type and message of an error, the type alone where messages quote what they failed on."""
    kind = type(error)
    quotes = isinstance(error, SQLAlchemyError | pydantic.ValidationError) or kind.__module__.startswith(QUOTING)
    cause = error.__cause__
    text = kind.__qualname__ if quotes else f"{kind.__qualname__}: {error}"
    return text if cause is None else f"{text} <- {describe(cause)}"
