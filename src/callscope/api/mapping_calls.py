"""From the domain's calls to the wire's."""

import json
from collections.abc import Mapping

from callscope.api.schemas.call import CallAgentRead, CallCreated, CallCustomerRead, CallEndpointRead, CallRead
from callscope.core.call import AgentEndpoint, Call, CallAgent, PropertyValue

PHONE = "PHONE"


def to_created(call: Call) -> CallCreated:
    """Return what `POST /v1/call` answers."""
    return CallCreated(
        id=call.id,
        project_id=call.project_id,
        status=call.status,
        call_direction=call.direction,
        started_at=call.started_at,
        agents=[_to_agent(agent) for agent in call.agents],
        customers=[
            CallCustomerRead(phone_number_e164=customer.phone_number_e164, label=customer.label)
            for customer in call.customers
        ],
        created_at=call.created_at,
        external_id=call.external_id,
    )


def to_read(call: Call, *, recording_url: str | None, may_hear: bool) -> CallRead:
    """Return the call as reads answer it; without the permission to hear it (`may_hear`) the URL is withheld."""
    available = "AVAILABLE" if recording_url is not None else "NOT_AVAILABLE"
    return CallRead(
        **dict(to_created(call)),
        recording_url_access=available if may_hear else "RESTRICTED",
        recording_url=recording_url if may_hear else None,
        ended_at=call.ended_at,
        duration_ms=call.duration_ms,
        ended_status=call.ended_status,
        title=call.title,
        summary=call.summary,
        properties=to_strings(call.properties),
        policy_ids=[],
        simulation_job_id=None,
        superseded_by_call_id=None,
        updated_at=call.updated_at,
    )


def to_strings(properties: Mapping[str, PropertyValue]) -> dict[str, str]:
    """Return property values as the wire shows them: text as it is, everything else as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in properties.items()
    }


def _to_agent(agent: CallAgent) -> CallAgentRead:
    return CallAgentRead(id=agent.id, endpoint=None if agent.endpoint is None else _to_endpoint(agent.endpoint))


def _to_endpoint(endpoint: AgentEndpoint) -> CallEndpointRead:
    number = endpoint.value if endpoint.type == PHONE else None
    return CallEndpointRead(id=endpoint.id, environment=endpoint.environment, phone_number_e164=number)
