"""What changes while a page is open, as server-sent events."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from callscope.services import calls
from callscope.web.call_listing import LIVE_LIMIT
from callscope.web.live import Subject, event
from callscope.web.page_route import PageRoute
from callscope.web.pages import Pages, PagesDependency, SignedIn
from callscope.web.templating import render
from callscope.web.views.call_list import view_live
from callscope.web.views.live import view_live_call

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Some proxies hold answers back until they are whole unless told not to."""


@router.get("/calls/live")
async def stream_running_calls(pages: PagesDependency, visitor: SignedIn) -> Response:
    """Send the list of running calls whenever it changes."""

    async def read() -> bytes:
        async with pages.reads() as session:
            running = await calls.list_live(session, visitor.project_id, limit=LIVE_LIMIT)
        return event("content", render("_running_calls.html", live=view_live(running)))

    return _streaming(pages.changes.stream((visitor.project_id, None), read))


@router.get("/calls/{call_id}/live")
async def stream_call(pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Send what is new of a running call, and of its analysis afterwards; last, that the page may be loaded anew."""
    async with pages.reads() as session:
        await calls.require_call(session, visitor.project_id, call_id)
    subject: Subject = (visitor.project_id, call_id)
    return _streaming(pages.changes.stream(subject, lambda: _read_call(pages, visitor.project_id, call_id)))


async def _read_call(pages: Pages, project_id: UUID, call_id: UUID) -> bytes:
    record = await pages.reader.read_call(project_id, call_id)
    newest = record.first_part
    if record.transcript is not None and len(record.transcript.part_starts_ms) > 1:
        last = len(record.transcript.part_starts_ms) - 1
        newest = await pages.reader.read_transcript_part(project_id, call_id, last)
    call = view_live_call(record, newest)
    return event("over", call.id) if call.is_over else event("content", render("_live_call.html", live=call))


def _streaming(events: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)
