"""What a project knows of the names in a new call: agents, endpoints, prompts, property types and the external id.

One round trip for all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import AgentEndpoint, PropertyType
from callscope.core.new_call import ReceivedRequest
from callscope.core.project_rules import RedactionClass
from callscope.storage.engine import to_json
from callscope.storage.statements import Statements, execute_prepared

_LOOK_UP = """
    WITH names AS MATERIALIZED (
        SELECT * FROM jsonb_to_record(%(names)s::jsonb) AS names (
            agent_ids uuid[], custom_ids text[], agent_names text[], endpoint_ids uuid[], endpoint_values text[],
            prompt_digests bytea[], prompt_source text, property_names text[]
        )
    ), wanted_agent AS (
        SELECT id, name, custom_id, created_at FROM agent
        WHERE project_id = %(project_id)s
          AND (
              id = ANY((SELECT agent_ids FROM names)::uuid[])
              OR custom_id = ANY((SELECT custom_ids FROM names)::text[])
              OR name = ANY((SELECT agent_names FROM names)::text[])
          )
    )
    SELECT
        (
            SELECT jsonb_build_array(call.id, EXISTS (
                SELECT FROM ingest_request AS request
                WHERE request.call_id = call.id
                  AND request.api_key_id = %(api_key_id)s
                  AND request.body_digest = %(body_digest)s
            ))
            FROM call
            WHERE project_id = %(project_id)s AND external_id = %(external_id)s AND deleted_at IS NULL
        ),
        (
            SELECT jsonb_object_agg(name, type) FROM property_definition
            WHERE project_id = %(project_id)s AND name = ANY((SELECT property_names FROM names)::text[])
        ),
        (
            SELECT jsonb_agg(jsonb_build_array(id, name, custom_id) ORDER BY created_at, id) FROM wanted_agent
        ),
        (
            SELECT jsonb_agg(
                jsonb_build_array(agent_id, id, type, value, direction, environment) ORDER BY created_at, id
            )
            FROM agent_endpoint
            WHERE project_id = %(project_id)s
              AND (
                  id = ANY((SELECT endpoint_ids FROM names)::uuid[])
                  OR (
                      value = ANY((SELECT endpoint_values FROM names)::text[])
                      AND agent_id IN (SELECT id FROM wanted_agent)
                  )
              )
        ),
        (
            SELECT jsonb_agg(
                jsonb_build_array(prompt.agent_id, encode(version.digest, 'hex'), version.id) ORDER BY version.version
            )
            FROM agent_prompt AS prompt
            JOIN agent_prompt_version AS version ON version.agent_prompt_id = prompt.id
            WHERE prompt.agent_id IN (SELECT id FROM wanted_agent)
              AND prompt.source = (SELECT prompt_source FROM names)
              AND version.digest = ANY((SELECT prompt_digests FROM names)::bytea[])
        ),
        (
            SELECT jsonb_build_array(to_jsonb(redacted), calls_per_day - (
                SELECT count(*) FROM call
                WHERE calls_per_day IS NOT NULL AND project_id = %(project_id)s AND deleted_at IS NULL
                  AND created_at >= date_trunc('day', now(), 'UTC')
            ))
            FROM project_rules WHERE project_id = %(project_id)s
        )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What to look for. Endpoint values and prompt digests count for the agents that are found."""

    property_names: Sequence[str] = ()
    agent_ids: Sequence[UUID] = ()
    custom_ids: Sequence[str] = ()
    agent_names: Sequence[str] = ()
    endpoint_ids: Sequence[UUID] = ()
    endpoint_values: Sequence[str] = ()
    prompt_digests: Sequence[bytes] = ()
    prompt_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAgent:
    """An agent as the project knows it."""

    id: UUID
    name: str
    custom_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEndpoint:
    """An endpoint with the agent it belongs to."""

    agent_id: UUID
    endpoint: AgentEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCall:
    """The call that bears an external id; `is_repeat` when the same key made it by a request of the same bytes."""

    call_id: UUID
    is_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found: agents and endpoints oldest first, prompt versions by agent id and digest."""

    earlier_call: EarlierCall | None
    property_types: Mapping[str, PropertyType]
    agents: Sequence[StoredAgent]
    endpoints: Sequence[StoredEndpoint]
    prompt_versions: Mapping[tuple[UUID, bytes], UUID]
    redacted: frozenset[RedactionClass] = frozenset()
    calls_left_today: int | None = None
    """How many more calls the project takes today, None for any number."""


async def look_up(
    where: AsyncSession | Statements,
    project_id: UUID,
    names: Names,
    *,
    external_id: str | None,
    request: ReceivedRequest,
) -> Known:
    """Return what the project knows of `names`, and the call that bears `external_id` already."""
    wanted = {field.name: getattr(names, field.name) for field in fields(names)}
    wanted["prompt_digests"] = [f"\\x{digest.hex()}" for digest in names.prompt_digests]
    parameters = {
        "project_id": project_id,
        "names": to_json(wanted),
        "external_id": external_id,
        "api_key_id": request.api_key_id,
        "body_digest": request.body_digest,
    }
    found = await execute_prepared(where, _LOOK_UP, parameters)
    earlier, types, agents, endpoints, prompts, rules = found or (None,) * 6
    redacted, calls_left_today = rules or ((), None)
    return Known(
        earlier_call=None if earlier is None else EarlierCall(call_id=UUID(earlier[0]), is_repeat=earlier[1]),
        property_types={name: PropertyType(type_) for name, type_ in (types or {}).items()},
        agents=[StoredAgent(id=UUID(id_), name=name, custom_id=custom_id) for id_, name, custom_id in agents or ()],
        endpoints=[_to_endpoint(columns) for columns in endpoints or ()],
        prompt_versions={
            (UUID(agent_id), bytes.fromhex(digest)): UUID(version_id) for agent_id, digest, version_id in prompts or ()
        },
        redacted=frozenset(RedactionClass(name) for name in redacted),
        calls_left_today=calls_left_today,
    )


def _to_endpoint(columns: Sequence[str]) -> StoredEndpoint:
    agent_id, endpoint_id, type_, value, direction, environment = columns
    endpoint = AgentEndpoint(
        id=UUID(endpoint_id), type=type_, value=value, direction=direction, environment=environment
    )
    return StoredEndpoint(agent_id=UUID(agent_id), endpoint=endpoint)
