"""What people do on the page of a call: write notes, change properties, have it analysed again, read it raw."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter

from callscope.core.call import Call, PropertyValue, ToolInvocation
from callscope.core.metric import MetricValue
from callscope.core.roles import Role
from callscope.core.transcript import Transcript
from callscope.services import analyses, call_notes, call_properties, calls, transcripts
from callscope.web.page_route import PageRoute
from callscope.web.pages import FROM_OUR_FORM, PagesDependency, RequiresRole, SignedIn, Visitor, show
from callscope.web.views.surroundings import parse_clock

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Editor = Annotated[Visitor, Depends(RequiresRole(Role.MEMBER, "call:update"))]

_call = TypeAdapter(Call)
_transcript = TypeAdapter(Transcript | None)
_values = TypeAdapter(tuple[MetricValue, ...])
_tools = TypeAdapter(tuple[ToolInvocation, ...])


@router.post("/calls/{call_id}/notes", dependencies=[FROM_OUR_FORM])
async def write_note(
    pages: PagesDependency,
    visitor: Editor,
    call_id: UUID,
    text: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
) -> Response:
    """Write a note, on a moment of the call if one is given."""
    at_offset_ms = parse_clock(at)
    async with pages.transactions.begin() as session:
        await call_notes.add(
            session,
            visitor.project_id,
            call_id,
            author=visitor.name,
            text=text,
            at_offset_ms=at_offset_ms,
            now=pages.clock.now(),
        )
    return _back(call_id, "notes")


@router.post("/calls/{call_id}/notes/{note_id}/remove", dependencies=[FROM_OUR_FORM])
async def remove_note(pages: PagesDependency, visitor: Editor, call_id: UUID, note_id: UUID) -> Response:
    """Remove a note."""
    async with pages.transactions.begin() as session:
        await call_notes.remove(session, visitor.project_id, call_id, note_id)
    return _back(call_id, "notes")


@router.post("/calls/{call_id}/properties", dependencies=[FROM_OUR_FORM])
async def change_property(
    pages: PagesDependency,
    visitor: Editor,
    call_id: UUID,
    name: Annotated[str, Form()] = "",
    value: Annotated[str, Form()] = "",
) -> Response:
    """Write one property in the type it has in this call, an empty value removes it."""
    async with pages.transactions.begin() as session:
        call = await calls.get_call(session, visitor.project_id, call_id)
        sent = {name: _typed(value.strip(), call.properties.get(name))}
        await call_properties.change_properties(session, visitor.project_id, call_id, sent, now=pages.clock.now())
    return _back(call_id, "facts")


@router.post("/calls/{call_id}/analyses", dependencies=[FROM_OUR_FORM])
async def analyse_again(pages: PagesDependency, visitor: Editor, call_id: UUID) -> Response:
    """Queue another analysis."""
    async with pages.transactions.begin() as session:
        await analyses.rerun(session, visitor.project_id, call_id, at=pages.clock.now())
    return _back(call_id, "analyses")


@router.get("/calls/{call_id}/standings")
async def show_standings(request: Request, pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Show where the call's values stand among the project's newest calls, each at its value."""
    async with pages.reads() as session:
        await calls.require_call(session, visitor.project_id, call_id)
        found = await analyses.standings(session, visitor.project_id, call_id)
    return show(request, "_standings.html", standings=found)


@router.get("/calls/{call_id}/raw")
async def read_raw(pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Return everything stored of the call, recording and traces left out, as JSON to read."""
    async with pages.reads() as session:
        call = await calls.get_call(session, visitor.project_id, call_id)
        document: dict[str, Any] = {
            "call": _call.dump_python(call, mode="json"),
            "transcript": _transcript.dump_python(
                await transcripts.read_transcript(session, visitor.project_id, call_id), mode="json"
            ),
            "tools": _tools.dump_python(
                await calls.list_tool_invocations(session, visitor.project_id, call_id), mode="json"
            ),
            "metrics": _values.dump_python(
                tuple(one.value for one in await analyses.read_values(session, visitor.project_id, call_id)),
                mode="json",
            ),
        }
    return Response(json.dumps(document, indent=2, ensure_ascii=False), media_type="application/json; charset=utf-8")


def _back(call_id: UUID, section: str) -> Response:
    return RedirectResponse(f"/calls/{call_id}#{section}", status_code=303)


def _typed(text: str, before: PropertyValue | None) -> PropertyValue | None:
    """Return what a field's text means: of the type the property has, a string when it is new."""
    if not text:
        return None
    if before is None or isinstance(before, str):
        return text
    try:
        found: PropertyValue = json.loads(text)
    except ValueError:
        return text
    return found
