"""A finished call comes in: looked at, resolved and stored with its first job, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call, CallAgent, CallCustomer, CallStatus, PropertyValue, ToolInvocation
from callscope.core.errors import DuplicateExternalId, InvalidInput, Issue
from callscope.core.ids import new_id
from callscope.core.new_call import NewCall, NewToolInvocation, ReceivedRequest
from callscope.core.transcript import Transcript, TranscriptSource
from callscope.outbound.probe import ProbeVerdict
from callscope.services import agents, analyses, properties, transcripts
from callscope.storage import calls, directory, ingest, requests
from callscope.storage.directory import Known
from callscope.storage.properties import insert_missing as insert_missing_types
from callscope.traces.matching import keys_of_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

RecordingProbe = Callable[[str], Awaitable[ProbeVerdict]]
"""Looks at a recording's URL within a few seconds and says yes, maybe or a definite no."""


async def check_recordings(probe: RecordingProbe, new: NewCall) -> None:
    """Look at the call's recordings before anything is stored. Raises InvalidInput for a definite no."""
    urls = {"recordingUrl": new.recording_url}
    if new.stereo_recording_url is not None:
        urls["stereoRecordingUrl"] = new.stereo_recording_url
    verdicts = await asyncio.gather(*(probe(url) for url in urls.values()))
    issues = [
        Issue(
            path=(field,),
            code="recording_not_accessible",
            message=f"The provided recording URL is not accessible (`{field}`): {verdict.reason}",
        )
        for field, verdict in zip(urls, verdicts, strict=True)
        if verdict.is_definite_no
    ]
    if issues:
        raise InvalidInput(issues, code="recording_not_accessible")


async def create_call(
    session: "AsyncSession", new: NewCall, *, project_id: UUID, request: ReceivedRequest, now: datetime
) -> Call:
    """Store the call, its parts and its first job in the caller's transaction and return it.

    Raises InvalidInput, NotFound for ids the project does not have, DuplicateExternalId. The transaction must then be
    rolled back: what was made so far must not stay.
    """
    stored_properties = properties.to_stored(new.properties)
    known = await _look_up_or_make(session, new, stored_properties, project_id)
    properties.check_types(stored_properties, known.property_types)
    call_agents = agents.resolve(new.agents, known)
    call = _to_call(new, stored_properties, call_agents, project_id=project_id, now=now)
    issues: list[Issue] = []
    transcript = _to_transcript(new, call, issues)
    tools = tuple(_to_tool(tool, index, call.agents, issues) for index, tool in enumerate(new.tools))
    if issues:
        raise InvalidInput(issues)
    await ingest.insert_call(
        session,
        call,
        recording_url=new.recording_url,
        stereo_recording_url=new.stereo_recording_url,
        transcript=transcript,
        tools=tools,
        keys=keys_of_call(call),
        request=request,
    )
    await analyses.begin(session, project_id=project_id, call_id=call.id)
    return call


async def _look_up_or_make(
    session: "AsyncSession", new: NewCall, stored_properties: Mapping[str, PropertyValue], project_id: UUID
) -> Known:
    """Return all the call names, made where missing. One round trip when nothing is, which is the rule."""
    names = agents.names_in(new.agents, property_names=list(stored_properties))
    known = await directory.look_up(session, project_id, names)
    types = properties.types_to_fix(stored_properties, known.property_types)
    if types:
        await insert_missing_types(session, project_id, types)
    if await agents.make_missing(session, project_id, new.agents, known) or types:
        known = await directory.look_up(session, project_id, names)
    if await agents.make_missing_parts(session, project_id, new.agents, known):
        known = await directory.look_up(session, project_id, names)
    return known


async def replay(
    session: "AsyncSession", duplicate: DuplicateExternalId, new: NewCall, *, project_id: UUID, request: ReceivedRequest
) -> Call:
    """Return the call an equal request of the same key made before. Raises `duplicate` when this one is no repeat."""
    first = None
    if new.external_id is not None:
        first = await calls.find_by_external_id(session, project_id, new.external_id)
    if first is None or not await requests.is_repeat(
        session,
        project_id=project_id,
        call_id=first.id,
        api_key_id=request.api_key_id,
        body_digest=request.body_digest,
    ):
        raise duplicate
    return first


def _to_call(
    new: NewCall,
    stored_properties: dict[str, PropertyValue],
    call_agents: tuple[CallAgent, ...],
    *,
    project_id: UUID,
    now: datetime,
) -> Call:
    return Call(
        id=new_id(),
        project_id=project_id,
        status=CallStatus.ENDED,
        direction=new.direction,
        interface_type=new.interface_type,
        started_at=new.started_at,
        ended_at=None,
        duration_ms=None,
        ended_status=new.ended_status,
        title=None,
        summary=None,
        external_id=new.external_id,
        vapi_call_id=new.vapi_call_id,
        livekit_room_id=new.livekit_room_id,
        source=new.source,
        agents=call_agents,
        customers=tuple(
            CallCustomer(id=new_id(), phone_number_e164=customer.phone_number_e164, label=customer.label)
            for customer in new.customers
        ),
        properties=stored_properties,
        created_at=now,
        updated_at=now,
    )


def _to_transcript(new: NewCall, call: Call, issues: list[Issue]) -> Transcript | None:
    if not new.transcript:
        return None
    entries = transcripts.attribute(new.transcript, call.agents, call.customers, issues)
    return Transcript(source=TranscriptSource.CUSTOMER_AGENT_REALTIME, entries=entries)


def _to_tool(
    tool: NewToolInvocation, index: int, call_agents: tuple[CallAgent, ...], issues: list[Issue]
) -> ToolInvocation:
    agent = call_agents[0] if len(call_agents) == 1 else None
    if tool.agent is not None:
        agent = transcripts.match_agent(tool.agent, call_agents, ("toolInvocations", index, "agent"), issues)
    return ToolInvocation(
        id=new_id(),
        name=tool.name,
        description=tool.description,
        parameters=tool.parameters,
        parameter_types=tool.parameter_types,
        result=tool.result,
        start_offset_ms=tool.start_offset_ms,
        end_offset_ms=tool.end_offset_ms,
        agent_id=None if agent is None else agent.id,
    )
