"""What routes need of the running service, put into `app.state` once at start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from callscope.core.clock import Clock
from callscope.services.ingest import RecordingProbe
from callscope.services.judging import Judge
from callscope.services.recent_keys import RecentKeys
from callscope.storage.engine import SessionFactory
from callscope.storage.statements import Statements

RecordingUrlSigner = Callable[[Request, UUID], str]
"""Makes the signed address, good for an hour, under which a recording of that id can be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """The parts of the service that routes use.

    `transactions` makes sessions whose work is committed at the end of `async with …begin()`, which is always before
    the answer is sent. `reads` makes sessions for reading, `statements` runs single statements without a session.
    """

    transactions: SessionFactory
    reads: SessionFactory
    statements: Statements
    recent_keys: RecentKeys
    probe_recording: RecordingProbe
    sign_recording_url: RecordingUrlSigner
    is_database_reachable: Callable[[], Awaitable[bool]]
    clock: Clock
    version: str
    judge: Judge


def context_of(request: Request) -> ApiContext:
    """Return the context `boot` put into the app."""
    context = request.app.state.api
    if not isinstance(context, ApiContext):
        raise TypeError("app.state.api is not an ApiContext")
    return context


async def _context(request: Request) -> ApiContext:
    # The framework runs plain functions in a thread each, which costs more than this one does.
    return context_of(request)


Context = Annotated[ApiContext, Depends(_context)]
