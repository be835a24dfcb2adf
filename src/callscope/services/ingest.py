"""A finished call comes in: looked at, resolved and stored with its first job, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call, CallAgent, CallCustomer, CallStatus, PropertyValue, ToolInvocation
from callscope.core.errors import DuplicateExternalId, InvalidInput, Issue, QuotaExceeded
from callscope.core.ids import new_id
from callscope.core.new_call import NewCall, NewToolInvocation, ReceivedRequest
from callscope.core.transcript import Transcript, TranscriptSource
from callscope.outbound.probe import ProbeVerdict
from callscope.services import agents, properties, recording_uploads, redaction, transcripts
from callscope.services.analyses import FIRST_STAGE, JOB_OF_STAGE
from callscope.storage import directory, ingest
from callscope.storage.directory import Known
from callscope.storage.properties import insert_missing as insert_missing_types
from callscope.traces.matching import keys_of_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from callscope.storage.statements import Statements

RecordingProbe = Callable[[str], Awaitable[ProbeVerdict]]
"""Looks at a recording's URL within a few seconds and says yes, maybe or a definite no."""


async def look_up(
    where: "AsyncSession | Statements", new: NewCall, *, project_id: UUID, request: ReceivedRequest
) -> Known:
    """Return what the project knows of what the call names, in one round trip.

    Raises QuotaExceeded, and DuplicateExternalId when another request made a call of that external id. After an equal
    one `earlier_call` is that call: decided before the recording is looked at, for by the time of a retry its signed
    URL may have expired.
    """
    names = agents.names_in(new.agents, property_names=list(properties.to_stored(new.properties)))
    known = await directory.look_up(where, project_id, names, external_id=new.external_id, request=request)
    if known.earlier_call is not None and not known.earlier_call.is_repeat:
        raise DuplicateExternalId
    if known.earlier_call is None and known.calls_left_today is not None and known.calls_left_today <= 0:
        raise QuotaExceeded
    return known


async def check_recordings(probe: RecordingProbe, new: NewCall) -> None:
    """Look at the call's recordings before anything is stored. Raises InvalidInput for a definite no.

    What was uploaded to us was looked at when it came in.
    """
    sent = {"recordingUrl": new.recording_url, "stereoRecordingUrl": new.stereo_recording_url}
    uploads = recording_uploads.named_by(new)
    urls = {field: url for field, url in sent.items() if url is not None and field not in uploads}
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
    session: "AsyncSession",
    new: NewCall,
    *,
    project_id: UUID,
    request: ReceivedRequest,
    now: datetime,
) -> Call:
    """Store the call, its parts, its first job and what it names for the first time in the caller's transaction.

    Raises InvalidInput, NotFound for ids the project does not have, DuplicateExternalId. The transaction must then be
    rolled back: what was made so far must not stay.
    """
    known = await look_up(session, new, project_id=project_id, request=request)
    known = await make_missing(session, new, known, project_id=project_id, request=request)
    call = await store_call(session, new, known, project_id=project_id, request=request, now=now)
    await recording_uploads.take(session, new, call, now=now)
    return call


def lacks_nothing(new: NewCall, known: Known) -> bool:
    """Tell whether all that the call names by shape is there: nothing need be made or taken when it is stored."""
    types = properties.types_to_fix(properties.to_stored(new.properties), known.property_types)
    return not types and not agents.lacks_any(new.agents, known) and not recording_uploads.named_by(new)


async def store_call(
    where: "AsyncSession | Statements",
    new: NewCall,
    known: Known,
    *,
    project_id: UUID,
    request: ReceivedRequest,
    now: datetime,
) -> Call:
    """Store the call, its parts and its first job, all in one statement, and return it.

    `known` is what `look_up` returned a moment ago, and lacks nothing. Raises InvalidInput, NotFound for ids the
    project does not have, DuplicateExternalId.
    """
    new, request = redaction.masked_call(new, known.redacted), redaction.masked_request(request, known.redacted)
    stored_properties = properties.to_stored(new.properties)
    properties.check_types(stored_properties, known.property_types)
    call_agents = agents.resolve(new.agents, known)
    call = _to_call(new, stored_properties, call_agents, project_id=project_id, now=now)
    issues: list[Issue] = []
    transcript = _to_transcript(new, call, issues)
    tools = to_tools(new.tools, call.agents, issues)
    if issues:
        raise InvalidInput(issues)
    await ingest.insert_call(
        where,
        call,
        recording_url=new.recording_url,
        stereo_recording_url=new.stereo_recording_url,
        transcript=transcript,
        tools=tools,
        keys=keys_of_call(call),
        first_job=JOB_OF_STAGE[FIRST_STAGE],
        request=request,
    )
    return call


async def make_missing(
    session: "AsyncSession",
    new: NewCall,
    known: Known,
    *,
    project_id: UUID,
    request: ReceivedRequest,
) -> Known:
    """Make what the call names and the project lacks, and return all of it."""
    types = properties.types_to_fix(properties.to_stored(new.properties), known.property_types)
    if types:
        await insert_missing_types(session, project_id, types)
    if await agents.make_missing(session, project_id, new.agents, known) or types:
        known = await look_up(session, new, project_id=project_id, request=request)
    if await agents.make_missing_parts(session, project_id, new.agents, known):
        known = await look_up(session, new, project_id=project_id, request=request)
    return known


def to_tools(
    sent: Sequence[NewToolInvocation], call_agents: Sequence[CallAgent], issues: list[Issue]
) -> tuple[ToolInvocation, ...]:
    """Return the invocations with the agents they name; one that names none of the call's is added to `issues`."""
    return tuple(_to_tool(tool, index, call_agents, issues) for index, tool in enumerate(sent))


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
    tool: NewToolInvocation, index: int, call_agents: Sequence[CallAgent], issues: list[Issue]
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
