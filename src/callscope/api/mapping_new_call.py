"""From the body of `POST /v1/call` to the domain's new call: the rules that span several fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from callscope.api.schemas.call_create import (
    AgentInput,
    AgentMentionInput,
    CallCreate,
    CustomerMentionInput,
    EndpointInput,
    ToolInvocationInput,
    TranscriptEntryInput,
)
from callscope.api.schemas.fields import E164
from callscope.api.validation import exclusive_issues
from callscope.core.call import Role
from callscope.core.errors import InvalidInput, Issue, PathPart, spell_path
from callscope.core.new_call import (
    AgentByCustomId,
    AgentById,
    AgentByName,
    AgentIdentity,
    AgentMention,
    CustomerMention,
    EndpointById,
    EndpointByValue,
    EndpointIdentity,
    NewCall,
    NewCallAgent,
    NewCallCustomer,
    NewToolInvocation,
    NewTranscriptEntry,
)

SOURCE = "API"
PARAMETER_TYPES = {"string", "number", "boolean"}
TYPED_PARAMETER_KEYS = {"type", "value", "description"}

Path = tuple[PathPart, ...]


def to_new_call(body: CallCreate) -> NewCall:
    """Return the call the body describes. Raises InvalidInput with every rule it breaks."""
    issues = exclusive_issues(CallCreate, {name for name in CallCreate.model_fields if getattr(body, name) is not None})
    agents = [(("agent",), body.agent)] if body.agent else _numbered("agents", body.agents)
    customers = [body.customer] if body.customer else body.customers or []
    new = NewCall(
        direction=body.call_direction,
        interface_type=body.interface_type,
        started_at=body.started_at,
        recording_url=body.recording_url,
        stereo_recording_url=body.stereo_recording_url,
        ended_status=body.ended_status,
        external_id=body.external_id,
        vapi_call_id=None if body.vapi_call_id is None else str(body.vapi_call_id),
        livekit_room_id=body.livekit_room_id,
        source=SOURCE,
        agents=tuple(filter(None, (_to_agent(agent, path, issues) for path, agent in agents))),
        customers=tuple(
            NewCallCustomer(phone_number_e164=customer.phone_number_e164, label=customer.label)
            for customer in customers
        ),
        transcript=_to_transcript(body.transcript, issues),
        tools=_to_tools(body.tool_invocations or (), issues),
        properties=body.properties or {},
    )
    if issues:
        raise InvalidInput(issues, code=issues[0].code)
    return new


def _numbered(name: str, agents: list[AgentInput] | None) -> list[tuple[Path, AgentInput]]:
    return [((name, index), agent) for index, agent in enumerate(agents or ())]


def _to_agent(agent: AgentInput, path: Path, issues: list[Issue]) -> NewCallAgent | None:
    identity = _to_identity(agent)
    if identity is None:
        message = f"`{spell_path(path)}` names no agent. Send `roarkId`, `customId` or `name`."
        issues.append(Issue(path=path, code="missing_required_field", message=message))
        return None
    endpoint = None if agent.endpoint is None else _to_endpoint(agent.endpoint, (*path, "endpoint"), issues)
    prompt = None if agent.prompt is None else agent.prompt.resolved_prompt
    return NewCallAgent(path=path, identity=identity, endpoint=endpoint, prompt=prompt)


def _to_identity(agent: AgentInput) -> AgentIdentity | None:
    if agent.roark_id is not None:
        return AgentById(agent_id=agent.roark_id)
    if agent.name is not None:
        return AgentByName(name=agent.name, custom_id=agent.custom_id, description=agent.description)
    return None if agent.custom_id is None else AgentByCustomId(custom_id=agent.custom_id)


def _to_endpoint(endpoint: EndpointInput, path: Path, issues: list[Issue]) -> EndpointIdentity | None:
    if endpoint.id is not None:
        return EndpointById(endpoint_id=endpoint.id)
    if endpoint.type is None or endpoint.value is None:
        message = f"`{spell_path(path)}` names no endpoint. Send `id`, or `type` and `value`."
        issues.append(Issue(path=path, code="missing_required_field", message=message))
        return None
    if endpoint.type == "PHONE" and not E164.fullmatch(endpoint.value):
        message = f"`{spell_path((*path, 'value'))}` must be a phone number in E.164, such as +14155551234."
        issues.append(Issue(path=(*path, "value"), code="invalid_parameter", message=message))
    return EndpointByValue(type=endpoint.type, value=endpoint.value, direction=endpoint.direction)


def _to_transcript(
    entries: list[TranscriptEntryInput] | None, issues: list[Issue]
) -> tuple[NewTranscriptEntry, ...] | None:
    if entries is None:
        return None
    return tuple(_to_entry(entry, index, issues) for index, entry in enumerate(entries))


def _to_entry(entry: TranscriptEntryInput, index: int, issues: list[Issue]) -> NewTranscriptEntry:
    if entry.end_offset_ms < entry.start_offset_ms:
        _end_before_start(("transcript", index), issues)
    role = Role.AGENT if entry.role == "AGENT" else Role.CUSTOMER
    speaker = _to_agent_mention(entry.agent) if role is Role.AGENT else _to_customer_mention(entry.customer)
    return NewTranscriptEntry(
        role=role,
        text=entry.text,
        start_offset_ms=entry.start_offset_ms,
        end_offset_ms=entry.end_offset_ms,
        language_code=entry.language_code,
        payload=entry.payload,
        speaker=speaker,
    )


def _to_agent_mention(mention: AgentMentionInput | None) -> AgentMention | None:
    if mention is None or (mention.roark_id is None and mention.custom_id is None):
        return None
    return AgentMention(agent_id=mention.roark_id, custom_id=mention.custom_id)


def _to_customer_mention(mention: CustomerMentionInput | None) -> CustomerMention | None:
    if mention is None or (mention.label is None and mention.phone_number_e164 is None):
        return None
    return CustomerMention(label=mention.label, phone_number_e164=mention.phone_number_e164)


def to_new_tools(sent: Sequence[ToolInvocationInput]) -> tuple[NewToolInvocation, ...]:
    """Return the tool invocations of a body. Raises InvalidInput with every rule they break."""
    issues: list[Issue] = []
    tools = _to_tools(sent, issues)
    if issues:
        raise InvalidInput(issues)
    return tools


def _to_tools(sent: Sequence[ToolInvocationInput], issues: list[Issue]) -> tuple[NewToolInvocation, ...]:
    return tuple(_to_tool(tool, index, issues) for index, tool in enumerate(sent))


def _to_tool(tool: ToolInvocationInput, index: int, issues: list[Issue]) -> NewToolInvocation:
    if tool.end_offset_ms is not None and tool.end_offset_ms < tool.start_offset_ms:
        _end_before_start(("toolInvocations", index), issues)
    values, types = split_parameters(tool.parameters)
    return NewToolInvocation(
        name=tool.name,
        description=tool.description,
        parameters=values,
        parameter_types=types,
        result=tool.result,
        start_offset_ms=tool.start_offset_ms,
        end_offset_ms=tool.end_offset_ms,
        agent=_to_agent_mention(tool.agent),
    )


def split_parameters(sent: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return plain values by name, and what was declared of those that came as `{type, value, description}`."""
    values, types = {}, {}
    for name, parameter in sent.items():
        if _is_typed(parameter):
            values[name] = parameter["value"]
            types[name] = {key: parameter[key] for key in ("type", "description") if key in parameter}
        else:
            values[name] = parameter
    return values, types


def _is_typed(parameter: object) -> bool:
    return (
        isinstance(parameter, dict)
        and {"type", "value"} <= parameter.keys() <= TYPED_PARAMETER_KEYS
        and isinstance(parameter["type"], str)
        and parameter["type"] in PARAMETER_TYPES
    )


def _end_before_start(path: Path, issues: list[Issue]) -> None:
    field = (*path, "endOffsetMs")
    message = f"`{spell_path(field)}` lies before `startOffsetMs`. Send the same offset where the end is not known."
    issues.append(Issue(path=field, code="invalid_parameter", message=message))
