"""Calls that were exported come in again, with everything that was known of them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from callscope.core.call import Call, CallAgent, CallCustomer, PropertyValue, Role, ToolInvocation
from callscope.core.errors import InvalidInput
from callscope.core.ids import new_id
from callscope.core.new_call import AgentByName, EndpointByValue, NewCall, NewCallAgent, ReceivedRequest
from callscope.core.transcript import Transcript, TranscriptEntry
from callscope.metrics import registry
from callscope.services import agents, analyses, call_figures, ingest, properties
from callscope.services.call_documents import AgentDocument, CallDocument
from callscope.storage import calls, imports, measurements
from callscope.traces.matching import keys_of_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class ImportOutcome(StrEnum):
    """What became of a document."""

    ADDED = "added"
    PRESENT = "present"
    """The project has the call already, or had it and deleted it."""


async def import_call(
    session: "AsyncSession", project_id: UUID, document: CallDocument, *, analyzes_anew: bool, now: datetime
) -> ImportOutcome:
    """Store the call of a document under its own id, or one made of it where another project has that id.

    So a second import of the same document adds nothing. Agents are found or made by custom id or name. Values of
    metrics this installation does not have are left out. `analyzes_anew` queues an analysis, which fetches the
    recording from where it first came from. Raises InvalidInput, DuplicateExternalId; the transaction must then be
    rolled back.
    """
    call_id = await _free_id(session, project_id, document.id)
    if call_id is None:
        return ImportOutcome.PRESENT
    new = _new_call(document)
    body = document.to_json().encode()
    request = ReceivedRequest(api_key_id=None, body=body, body_digest=hashlib.sha256(body).digest(), unknown_fields=())
    known = await ingest.look_up(session, new, project_id=project_id, request=request)
    known = await ingest.make_missing(session, new, known, project_id=project_id, request=request)
    stored_properties = properties.to_stored(new.properties)
    properties.check_types(stored_properties, known.property_types)
    call = _call(document, call_id, project_id, agents.resolve(new.agents, known), stored_properties)
    await imports.insert_kept(
        session,
        call,
        recording_url=document.recording_url,
        stereo_recording_url=document.stereo_recording_url,
        told=_transcripts(document, call),
        used=_tools(document, call),
        keys=keys_of_call(call),
    )
    await _add_values(session, call, document)
    await call_figures.refresh(session, project_id, call.id)
    if analyzes_anew:
        await analyses.begin(session, project_id, call.id, at=now)
    return ImportOutcome.ADDED


async def _free_id(session: "AsyncSession", project_id: UUID, original_id: UUID) -> UUID | None:
    """Return the id the call gets here, None when the project has it."""
    own_id = uuid5(project_id, str(original_id))
    taken = await calls.taken_ids(session, [original_id, own_id])
    if taken.get(original_id) == project_id or own_id in taken:
        return None
    return own_id if original_id in taken else original_id


def _new_call(document: CallDocument) -> NewCall:
    """Return the call as if it was sent, for what has to be looked up or made."""
    return NewCall(
        direction=document.call_direction,
        interface_type=document.interface_type,
        started_at=document.started_at,
        recording_url=document.recording_url,
        stereo_recording_url=document.stereo_recording_url,
        ended_status=document.ended_status,
        external_id=document.external_id,
        vapi_call_id=document.vapi_call_id,
        livekit_room_id=document.livekit_room_id,
        source=document.source,
        agents=tuple(_agent(agent, place) for place, agent in enumerate(document.agents)),
        customers=(),
        transcript=None,
        tools=(),
        properties=document.properties,
    )


def _agent(agent: AgentDocument, place: int) -> NewCallAgent:
    endpoint = agent.endpoint
    by_value = (
        None
        if endpoint is None
        else EndpointByValue(type=endpoint.type, value=endpoint.value, direction=endpoint.direction)
    )
    return NewCallAgent(
        path=("agents", place),
        identity=AgentByName(name=agent.name, custom_id=agent.custom_id, description=None),
        endpoint=by_value,
        prompt=agent.prompt,
    )


def _call(
    document: CallDocument,
    call_id: UUID,
    project_id: UUID,
    call_agents: tuple[CallAgent, ...],
    stored_properties: dict[str, PropertyValue],
) -> Call:
    return Call(
        id=call_id,
        project_id=project_id,
        status=document.status,
        direction=document.call_direction,
        interface_type=document.interface_type,
        started_at=document.started_at,
        ended_at=document.ended_at,
        duration_ms=document.duration_ms,
        ended_status=document.ended_status,
        title=document.title,
        summary=document.summary,
        external_id=document.external_id,
        vapi_call_id=document.vapi_call_id,
        livekit_room_id=document.livekit_room_id,
        source=document.source,
        agents=call_agents,
        customers=tuple(
            CallCustomer(id=new_id(), phone_number_e164=each.phone_number_e164, label=each.label)
            for each in document.customers
        ),
        properties=stored_properties,
        created_at=document.created_at,
        updated_at=document.updated_at,
    )


def _transcripts(document: CallDocument, call: Call) -> list[Transcript]:
    participants = {
        Role.AGENT: [agent.participant_id for agent in call.agents],
        Role.CUSTOMER: [customer.id for customer in call.customers],
    }
    return [
        Transcript(
            source=each.source,
            entries=tuple(
                TranscriptEntry(
                    id=new_id(),
                    role=entry.role,
                    participant_id=_at(participants[entry.role], entry.participant),
                    text=entry.text,
                    start_offset_ms=entry.start_offset_ms,
                    end_offset_ms=entry.end_offset_ms,
                    language_code=entry.language_code,
                    payload=entry.payload,
                )
                for entry in each.entries
            ),
        )
        for each in document.transcripts
    ]


def _tools(document: CallDocument, call: Call) -> list[ToolInvocation]:
    return [
        ToolInvocation(
            id=new_id(),
            name=each.name,
            description=each.description,
            parameters=each.parameters,
            parameter_types=each.parameter_types,
            result=each.result,
            start_offset_ms=each.start_offset_ms,
            end_offset_ms=each.end_offset_ms,
            agent_id=_at([agent.id for agent in call.agents], each.agent),
        )
        for each in document.tool_invocations
    ]


def _at(ids: Sequence[UUID], place: int | None) -> UUID | None:
    if place is None:
        return None
    if place >= len(ids):
        raise InvalidInput.at("participant", message=f"The document has {len(ids)} such parties, none at {place}.")
    return ids[place]


async def _add_values(session: "AsyncSession", call: Call, document: CallDocument) -> None:
    if document.conversation is not None:
        await measurements.save_conversation(
            session,
            project_id=call.project_id,
            call_id=call.id,
            conversation=document.conversation,
            at=document.updated_at,
        )
    installed = {definition.slug for definition in registry.definitions()}
    known = sorted((each for each in document.metrics if each.value.slug in installed), key=lambda one: one.computed_at)
    for at, computed in groupby(known, key=lambda one: one.computed_at):
        values = [each.value for each in computed]
        await measurements.save_values(session, project_id=call.project_id, call_id=call.id, values=values, at=at)
