"""One call: its page, and what the page's script asks for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from callscope.audio.peaks import encode_peaks
from callscope.core.errors import NotFound
from callscope.web.call_surroundings import read_surroundings
from callscope.web.list_address import parse_query
from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, show
from callscope.web.views.call import view_call
from callscope.web.views.surroundings import view_surroundings
from callscope.web.views.timeline import event_tables, timeline_document, timing_note
from callscope.web.views.transcript import view_part
from callscope.web.waveform import MAX_BUCKET_COUNT, slice_peaks

router = APIRouter(route_class=PageRoute, include_in_schema=False)

DAY_MS = 24 * 3600 * 1000


@router.get("/calls/{call_id}")
async def show_call(
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    call_id: UUID,
    from_query: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """Show the page of a call; `from` names the list it was opened from."""
    record = await pages.reader.read_call(visitor.project_id, call_id)
    address = parse_query(from_query)
    async with pages.reads() as session:
        found = await read_surroundings(session, visitor.project_id, record.call, address)
    return show(request, "call.html", page=view_call(record), around=view_surroundings(found, address))


@router.get("/calls/{call_id}/timeline")
async def read_timeline(pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Return what the page draws, as JSON."""
    return JSONResponse(timeline_document(await pages.reader.read_timed_call(visitor.project_id, call_id)))


@router.get("/calls/{call_id}/events")
async def show_events(request: Request, pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Show what the timeline draws as tables."""
    conversation = (await pages.reader.read_timed_call(visitor.project_id, call_id)).conversation
    if conversation is None:
        raise NotFound("Nobody could be timed in this call.")
    tables, note = event_tables(conversation), timing_note(conversation)
    return show(request, "_event_tables.html", tables=tables, timing_note=note)


@router.get("/calls/{call_id}/transcript/{index}")
async def show_transcript_part(
    request: Request, pages: PagesDependency, visitor: SignedIn, call_id: UUID, index: int
) -> Response:
    """Show one part of the transcript."""
    part = await pages.reader.read_transcript_part(visitor.project_id, call_id, index)
    return show(request, "_transcript_items.html", items=view_part(part))


class WaveformWindow(BaseModel):
    """The part of the waveform a page asks for, in as many buckets as it has columns."""

    start_ms: int = Field(ge=0, le=DAY_MS)
    end_ms: int = Field(ge=0, le=DAY_MS)
    buckets: int = Field(ge=1, le=MAX_BUCKET_COUNT)


@router.get("/calls/{call_id}/peaks")
async def read_peaks(
    pages: PagesDependency, visitor: SignedIn, call_id: UUID, window: Annotated[WaveformWindow, Query()]
) -> Response:
    """Return a slice of the waveform in the form of `audio.peaks`; `x-start-ms` says where it starts."""
    peaks = await pages.reader.read_peaks(visitor.project_id, call_id)
    if peaks is None:
        raise NotFound("The recording of this call was not measured yet.")
    first_ms, part = slice_peaks(peaks, start_ms=window.start_ms, end_ms=window.end_ms, bucket_count=window.buckets)
    headers = {"x-start-ms": str(first_ms), "cache-control": "private, max-age=60"}
    return Response(encode_peaks(part), media_type="application/octet-stream", headers=headers)


@router.get("/calls/{call_id}/recording")
async def play_recording(pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Lead to the recording by a fresh signed address; it answers range requests."""
    visitor.require("recording:read")
    return RedirectResponse(await pages.reader.recording_address(visitor.project_id, call_id), status_code=307)
