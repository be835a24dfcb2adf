"""A new call with all its parts, written in one statement: one round trip, whatever the call holds."""

from collections.abc import Sequence
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call, ToolInvocation
from callscope.core.errors import DuplicateExternalId
from callscope.core.ids import new_id
from callscope.core.jobs import JobName
from callscope.core.new_call import ReceivedRequest
from callscope.core.trace_query import MatchKey
from callscope.core.transcript import Transcript
from callscope.storage.analyses import first_columns
from callscope.storage.call_words import words_of
from callscope.storage.engine import to_json
from callscope.storage.jobs import execute_with_job
from callscope.storage.statements import Statements
from callscope.storage.tools import tool_columns
from callscope.storage.transcripts import entry_columns

EXTERNAL_ID_CONSTRAINT = "uq_call_project_id_external_id"

# Each part comes as JSON whose keys are the table's columns; a column that is not named is NULL.
_INSERT = """
    WITH parts AS MATERIALIZED (SELECT %(parts)s::jsonb AS parts), new_call AS (
        INSERT INTO call SELECT row.* FROM parts, jsonb_populate_record(NULL::call, parts->'call') AS row
    ), new_agents AS (
        INSERT INTO call_agent
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::call_agent, parts->'agents') AS row
    ), new_customers AS (
        INSERT INTO call_customer
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::call_customer, parts->'customers') AS row
    ), new_transcripts AS (
        INSERT INTO transcript
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::transcript, parts->'transcripts') AS row
    ), new_entries AS (
        INSERT INTO transcript_entry
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::transcript_entry, parts->'entries') AS row
    ), new_tools AS (
        INSERT INTO tool_invocation
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::tool_invocation, parts->'tools') AS row
    ), new_keys AS (
        INSERT INTO call_key
        SELECT row.* FROM parts, jsonb_populate_recordset(NULL::call_key, parts->'keys') AS row
    ), new_words AS (
        INSERT INTO call_words (call_id, words) VALUES (%(call_id)s, array_to_tsvector(%(words)s::text[]))
    ), new_analysis AS (
        INSERT INTO analysis SELECT row.* FROM parts, jsonb_populate_record(NULL::analysis, parts->'analysis') AS row
    ), new_request AS (
        INSERT INTO ingest_request
            (id, project_id, api_key_id, call_id, body, body_digest, unknown_fields, created_at)
        VALUES (
            %(request_id)s, %(project_id)s, %(api_key_id)s, %(call_id)s, %(body)b, %(body_digest)b,
            %(unknown_fields)s, %(created_at)s
        )
    )
"""


async def insert_call(
    where: AsyncSession | Statements,
    call: Call,
    *,
    recording_url: str | None,
    stereo_recording_url: str | None,
    transcript: Transcript | None,
    tools: Sequence[ToolInvocation],
    keys: Sequence[tuple[MatchKey, str]],
    first_job: JobName,
    request: ReceivedRequest,
) -> None:
    """Insert the call with all its parts, the request it came in, its analysis and the analysis's first job.

    Raises DuplicateExternalId when another call of the project bears its external id; waits for a transaction that
    is about to store one.
    """
    analysis_id = new_id()
    entries = () if transcript is None else transcript.entries
    urls = {"recording_url": recording_url, "stereo_recording_url": stereo_recording_url}
    parts = {
        "call": call_columns(call) | urls,
        "agents": agent_columns(call),
        "customers": customer_columns(call),
        "tools": [tool_columns(call.id, position, tool) for position, tool in enumerate(tools)],
        "keys": key_columns(call, keys),
        "analysis": first_columns(analysis_id, project_id=call.project_id, call_id=call.id, at=call.created_at),
        **_transcript_parts(call, transcript),
    }
    parameters = {
        "parts": to_json(parts),
        "words": words_of(entry.text for entry in entries),
        **_request_columns(call, request),
    }
    try:
        await execute_with_job(where, _INSERT, parameters, first_job, args={"analysis_id": str(analysis_id)})
    except UniqueViolation as error:
        if error.diag.constraint_name == EXTERNAL_ID_CONSTRAINT:
            raise DuplicateExternalId from error
        raise


def call_columns(call: Call) -> dict[str, Any]:
    """Return the row of a call, without where its recordings were."""
    return {
        "id": call.id,
        "project_id": call.project_id,
        "status": call.status,
        "direction": call.direction,
        "interface_type": call.interface_type,
        "source": call.source,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "duration_ms": call.duration_ms,
        "ended_status": call.ended_status,
        "title": call.title,
        "summary": call.summary,
        "external_id": call.external_id,
        "vapi_call_id": call.vapi_call_id,
        "livekit_room_id": call.livekit_room_id,
        "properties": dict(call.properties),
        "created_at": call.created_at,
        "updated_at": call.updated_at,
    }


def agent_columns(call: Call) -> list[dict[str, Any]]:
    """Return the rows of a call's agents."""
    return [
        {
            "id": agent.participant_id,
            "call_id": call.id,
            "agent_id": agent.id,
            "agent_endpoint_id": None if agent.endpoint is None else agent.endpoint.id,
            "agent_prompt_version_id": agent.prompt_id,
            "position": position,
        }
        for position, agent in enumerate(call.agents)
    ]


def customer_columns(call: Call) -> list[dict[str, Any]]:
    """Return the rows of a call's customers."""
    return [
        {
            "id": customer.id,
            "call_id": call.id,
            "phone_number_e164": customer.phone_number_e164,
            "label": customer.label,
            "position": position,
        }
        for position, customer in enumerate(call.customers)
    ]


def key_columns(call: Call, keys: Sequence[tuple[MatchKey, str]]) -> list[dict[str, Any]]:
    """Return the rows of what traces are matched with a call by."""
    return [{"call_id": call.id, "key": key, "value": value, "project_id": call.project_id} for key, value in keys]


def _request_columns(call: Call, request: ReceivedRequest) -> dict[str, Any]:
    return {
        "request_id": new_id(),
        "project_id": call.project_id,
        "api_key_id": request.api_key_id,
        "call_id": call.id,
        "body": request.body,
        "body_digest": request.body_digest,
        "unknown_fields": list(request.unknown_fields),
        "created_at": call.created_at,
    }


def _transcript_parts(call: Call, transcript: Transcript | None) -> dict[str, list[dict[str, Any]]]:
    if transcript is None:
        return {"transcripts": [], "entries": []}
    id_ = new_id()
    columns = {"id": id_, "call_id": call.id, "source": transcript.source, "created_at": call.created_at}
    entries = [entry_columns(id_, position, entry) for position, entry in enumerate(transcript.entries)]
    return {"transcripts": [columns], "entries": entries}
