"""A call with everything known of it as one JSON document: what is exported, and what is imported again."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from callscope.core.analysis import ComputedValue
from callscope.core.call import Call, CallDirection, CallStatus, EndedStatus, InterfaceType, Role, ToolInvocation
from callscope.core.conversation import Conversation
from callscope.core.errors import InvalidInput, Issue
from callscope.core.metric import MetricValue
from callscope.core.transcript import Transcript, TranscriptEntry, TranscriptSource
from callscope.storage import agents, calls, measurements, tools, transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

FORMAT = "callscope.call/1"
Offset = Annotated[int, Field(ge=0)]
Index = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True)


class EndpointDocument(_Part):
    """The endpoint an agent was reached at."""

    type: str
    value: str
    direction: str
    environment: str


class AgentDocument(_Part):
    """An agent that took part, by what another project finds or makes it by."""

    name: str
    custom_id: str | None
    endpoint: EndpointDocument | None
    prompt: str | None


class CustomerDocument(_Part):
    """A customer that took part."""

    phone_number_e164: str | None
    label: str | None


class EntryDocument(_Part):
    """One stretch of words; `participant` is the speaker's place among the call's parties of that role."""

    role: Role
    text: str
    start_offset_ms: Offset
    end_offset_ms: Offset
    language_code: str | None
    payload: dict[str, Any] | None
    participant: Index | None


class TranscriptDocument(_Part):
    """One source's account."""

    source: TranscriptSource
    entries: list[EntryDocument]


class ToolDocument(_Part):
    """One use of a tool; `agent` is the place among the call's agents of the one that used it."""

    name: str
    description: str | None
    parameters: dict[str, Any]
    parameter_types: dict[str, Any]
    result: str | dict[str, Any]
    start_offset_ms: Offset
    end_offset_ms: Offset | None
    agent: Index | None


class ValueDocument(_Part):
    """A metric value and when it was computed."""

    computed_at: datetime
    value: MetricValue


class CallDocument(_Part):
    """A call. Recordings are not in it, only where they came from."""

    format: Literal["callscope.call/1"]
    id: UUID
    status: CallStatus
    call_direction: CallDirection
    interface_type: InterfaceType
    source: str
    started_at: datetime
    ended_at: datetime | None
    duration_ms: Offset | None
    ended_status: EndedStatus | None
    title: str | None
    summary: str | None
    external_id: str | None
    vapi_call_id: str | None
    livekit_room_id: str | None
    recording_url: str | None
    stereo_recording_url: str | None
    properties: dict[str, Any]
    agents: list[AgentDocument]
    customers: list[CustomerDocument]
    transcripts: list[TranscriptDocument]
    tool_invocations: list[ToolDocument]
    conversation: Conversation | None
    metrics: list[ValueDocument]
    created_at: datetime
    updated_at: datetime

    def to_json(self) -> str:
        """Return the document on one line."""
        return self.model_dump_json(by_alias=True)


_READER = TypeAdapter(CallDocument)


def parse_document(text: str | bytes) -> CallDocument:
    """Return the document of a line. Raises InvalidInput, naming each field that is wrong."""
    try:
        return _READER.validate_json(text)
    except ValidationError as error:
        issues = [
            Issue(
                path=tuple(each["loc"]),
                code="invalid_parameter",
                message=f"{'.'.join(map(str, each['loc'])) or 'The line'}: {each['msg']}.",
            )
            for each in error.errors(include_url=False)
        ]
        raise InvalidInput(issues) from error


async def read_documents(session: "AsyncSession", project_id: UUID, found: tuple[Call, ...]) -> list[CallDocument]:
    """Return the documents of a project's calls, in their order."""
    ids = [call.id for call in found]
    addresses = await calls.recording_addresses(session, ids)
    prompt_ids = {agent.prompt_id for call in found for agent in call.agents if agent.prompt_id is not None}
    prompts = await agents.read_prompts(session, prompt_ids)
    documents = []
    for call in found:
        sources = await transcripts.sources_of(session, call.id)
        told = [await transcripts.read(session, id_, source) for source, id_ in sorted(sources.items())]
        used = await tools.of_call(session, call.id)
        values = await measurements.read_values(session, project_id=project_id, call_id=call.id)
        heard = await measurements.read_conversation(session, project_id=project_id, call_id=call.id)
        documents.append(
            _document(call, addresses[call.id], prompts, told=told, used=used, values=values, conversation=heard)
        )
    return documents


def _document(
    call: Call,
    addresses: tuple[str | None, str | None],
    prompts: Mapping[UUID, str],
    *,
    told: list[Transcript],
    used: tuple[ToolInvocation, ...],
    values: tuple[ComputedValue, ...],
    conversation: Conversation | None,
) -> CallDocument:
    recording_url, stereo_recording_url = addresses
    return CallDocument(
        format=FORMAT,
        id=call.id,
        status=call.status,
        call_direction=call.direction,
        interface_type=call.interface_type,
        source=call.source,
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_ms=call.duration_ms,
        ended_status=call.ended_status,
        title=call.title,
        summary=call.summary,
        external_id=call.external_id,
        vapi_call_id=call.vapi_call_id,
        livekit_room_id=call.livekit_room_id,
        recording_url=recording_url,
        stereo_recording_url=stereo_recording_url,
        properties=dict(call.properties),
        agents=_agents(call, prompts),
        customers=[
            CustomerDocument(phone_number_e164=one.phone_number_e164, label=one.label) for one in call.customers
        ],
        transcripts=[_transcript(call, each) for each in told],
        tool_invocations=[_tool(call, each) for each in used],
        conversation=conversation,
        metrics=[ValueDocument(computed_at=each.computed_at, value=each.value) for each in values],
        created_at=call.created_at,
        updated_at=call.updated_at,
    )


def _agents(call: Call, prompts: Mapping[UUID, str]) -> list[AgentDocument]:
    return [
        AgentDocument(
            name=agent.name,
            custom_id=agent.custom_id,
            endpoint=None
            if agent.endpoint is None
            else EndpointDocument(
                type=agent.endpoint.type,
                value=agent.endpoint.value,
                direction=agent.endpoint.direction,
                environment=agent.endpoint.environment,
            ),
            prompt=None if agent.prompt_id is None else prompts[agent.prompt_id],
        )
        for agent in call.agents
    ]


def _transcript(call: Call, told: Transcript) -> TranscriptDocument:
    places = {agent.participant_id: place for place, agent in enumerate(call.agents)}
    places |= {customer.id: place for place, customer in enumerate(call.customers)}
    return TranscriptDocument(source=told.source, entries=[_entry(entry, places) for entry in told.entries])


def _entry(entry: TranscriptEntry, places: Mapping[UUID, int]) -> EntryDocument:
    return EntryDocument(
        role=entry.role,
        text=entry.text,
        start_offset_ms=entry.start_offset_ms,
        end_offset_ms=entry.end_offset_ms,
        language_code=entry.language_code,
        payload=None if entry.payload is None else dict(entry.payload),
        participant=None if entry.participant_id is None else places[entry.participant_id],
    )


def _tool(call: Call, tool: ToolInvocation) -> ToolDocument:
    places = {agent.id: place for place, agent in enumerate(call.agents)}
    return ToolDocument(
        name=tool.name,
        description=tool.description,
        parameters=dict(tool.parameters),
        parameter_types=dict(tool.parameter_types),
        result=tool.result if isinstance(tool.result, str) else dict(tool.result),
        start_offset_ms=tool.start_offset_ms,
        end_offset_ms=tool.end_offset_ms,
        agent=None if tool.agent_id is None else places.get(tool.agent_id),
    )
