"""The explorer of traces, and the waterfall of a call."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import pydantic_core
from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from callscope.core.errors import InvalidInput, NotFound
from callscope.core.page import Page
from callscope.core.trace import AttributeValue, SpanStatus
from callscope.core.trace_query import TraceQuery, TraceSort
from callscope.services import calls, trace_drawing, traces
from callscope.services.trace_drawing import DrawnTraces
from callscope.web.page_route import PageRoute
from callscope.web.pages import PagesDependency, SignedIn, Visitor, check_form_token, show
from callscope.web.views.traces import FIELDS, VIEWS, view_list, view_span, view_trace
from callscope.web.views.waits import view_waits
from callscope.web.views.waterfall import call_document, trace_document

router = APIRouter(route_class=PageRoute, include_in_schema=False)

TRACES_PER_PAGE = 50
MAX_FIELD_LENGTH = 1000
MAX_MINIMUM_MS = 7 * 24 * 3600 * 1000

TraceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
SpanId = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


@router.get("/traces")
async def list_traces(
    request: Request, pages: PagesDependency, visitor: SignedIn, view: str = "all", after: str | None = None
) -> Response:
    """Show a page of the list."""
    visitor.require("trace:read")
    view = view if view in dict(VIEWS) else "all"
    fields = {name: request.query_params.get(name, "").replace("\0", "").strip()[:MAX_FIELD_LENGTH] for name in FIELDS}
    problem = ""
    try:
        query = trace_query(fields, view=view, after=after)
        async with pages.reads() as session:
            page = await traces.list_traces(session, visitor.project_id, query)
    except InvalidInput as error:
        page, problem = Page(items=(), next_cursor=None, total=0), error.message
    content = view_list(page, view=view, fields=fields, after=after, problem=problem)
    return show(request, "traces.html", page=content, base_url=str(request.base_url).rstrip("/"))


@router.get("/traces/{trace_id}")
async def show_trace(request: Request, pages: PagesDependency, visitor: SignedIn, trace_id: TraceId) -> Response:
    """Show the page of a trace."""
    visitor.require("trace:read")
    return await _show_trace(request, pages, visitor, trace_id)


@router.get("/traces/{trace_id}/waterfall")
async def read_waterfall(pages: PagesDependency, visitor: SignedIn, trace_id: TraceId) -> Response:
    """Return what the page of a trace draws, as JSON."""
    visitor.require("trace:read")
    async with pages.reads() as session:
        drawn = await trace_drawing.draw_trace(session, visitor.project_id, trace_id)
    return await _document(trace_document, drawn)


@router.get("/traces/{trace_id}/spans/{span_id}")
async def show_span(
    request: Request, pages: PagesDependency, visitor: SignedIn, trace_id: TraceId, span_id: SpanId
) -> Response:
    """Show one span whole."""
    visitor.require("trace:read")
    async with pages.reads() as session:
        span = await trace_drawing.get_span(session, visitor.project_id, trace_id, span_id)
    return show(request, "_span.html", span=view_span(span))


@router.post("/traces/{trace_id}/calls")
async def link_call(
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    trace_id: TraceId,
    *,
    call: Annotated[str, Form()],
    form_token: Annotated[str, Form()],
) -> Response:
    """Link a trace to a call by hand, and show the trace."""
    check_form_token(request, form_token)
    visitor.require("trace:update")
    try:
        call_id = _call_id(call)
        async with pages.transactions.begin() as session:
            await traces.link(
                session, project_id=visitor.project_id, trace_id=trace_id, call_id=call_id, now=pages.clock.now()
            )
    except (InvalidInput, NotFound) as error:
        return await _show_trace(request, pages, visitor, trace_id, problem=error.message, status_code=422)
    return RedirectResponse(f"/traces/{trace_id}", status_code=303)


@router.post("/traces/{trace_id}/calls/{call_id}/remove")
async def unlink_call(
    request: Request,
    pages: PagesDependency,
    visitor: SignedIn,
    trace_id: TraceId,
    *,
    call_id: UUID,
    form_token: Annotated[str, Form()],
) -> Response:
    """Take a trace and a call apart, and show the trace."""
    check_form_token(request, form_token)
    visitor.require("trace:update")
    async with pages.transactions.begin() as session:
        await traces.unlink(session, project_id=visitor.project_id, trace_id=trace_id, call_id=call_id)
    return RedirectResponse(f"/traces/{trace_id}", status_code=303)


@router.get("/calls/{call_id}/waterfall")
async def read_call_waterfall(pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Return what the page of a call draws of its traces, as JSON."""
    visitor.require("trace:read")
    async with pages.reads() as session:
        drawn = await trace_drawing.draw_call(session, visitor.project_id, call_id)
    return await _document(call_document, drawn)


@router.get("/calls/{call_id}/waits")
async def show_waits(request: Request, pages: PagesDependency, visitor: SignedIn, call_id: UUID) -> Response:
    """Show what the caller waited for before each answer, on the axis and as a table."""
    visitor.require("trace:read")
    async with pages.reads() as session:
        call = await calls.get_call(session, visitor.project_id, call_id)
        attribution = await trace_drawing.read_attribution(session, call)
    return show(request, "_waits.html", waits=view_waits(attribution))


def trace_query(fields: dict[str, str], *, view: str, after: str | None) -> TraceQuery:
    """Return what the filters of the page ask for. Raises InvalidInput for one that means nothing."""
    if bool(fields["value"]) != bool(fields["attribute"]):
        raise InvalidInput.at("attribute", message="Name both an attribute and the value you are looking for.")
    return TraceQuery(
        after=after,
        limit=TRACES_PER_PAGE,
        sort_by=TraceSort.DURATION if view == "slow" else TraceSort.STARTED_AT,
        name=fields["name"] or None,
        service=fields["service"] or None,
        status=SpanStatus.ERROR if view == "errors" else None,
        attributes={fields["attribute"]: _value(fields["value"])} if fields["attribute"] else {},
        min_duration_ms=_minimum_ms(fields["minimum_ms"]),
        call_id=_call_id(fields["call"]) if fields["call"] else None,
        is_matched=False if view == "unmatched" else None,
    )


async def _show_trace(
    request: Request,
    pages: PagesDependency,
    visitor: Visitor,
    trace_id: str,
    *,
    problem: str = "",
    status_code: int = 200,
) -> Response:
    async with pages.reads() as session:
        summary = await traces.get_summary(session, visitor.project_id, trace_id)
    page = view_trace(summary, may_link="trace:update" in visitor.granted, problem=problem)
    return show(request, "trace.html", status_code=status_code, page=page)


def _call_id(text: str) -> UUID:
    """Return the id of a call from an id or the address of its page."""
    try:
        return UUID(text.strip().split("#")[0].rstrip("/").rsplit("/", 1)[-1])
    except ValueError as error:
        message = "A call is named by its id, as in the address of its page: /calls/<id>."
        raise InvalidInput.at("call", message=message) from error


def _minimum_ms(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) > MAX_MINIMUM_MS:
        message = f"The least duration is a whole number of milliseconds, at most {MAX_MINIMUM_MS}."
        raise InvalidInput.at("minimum_ms", message=message)
    return int(text)


def _value(text: str) -> AttributeValue:
    """Return the value that was typed: JSON's scalars as they are, anything else as text."""
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return value if isinstance(value, str | bool | int | float) else text


async def _document(view: Callable[[DrawnTraces], dict[str, Any]], drawn: DrawnTraces) -> Response:
    """Return what a view makes of traces, made in a thread: it may be a megabyte."""
    content = await asyncio.to_thread(lambda: pydantic_core.to_json(view(drawn)))
    return Response(content, media_type="application/json", headers={"cache-control": "private, no-cache"})
