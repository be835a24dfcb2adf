"""Calls that are stored while they run and filled in as more is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import Text, any_, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call, CallAgent, CallCustomer, CallDirection, CallStatus, EndedStatus, Role
from callscope.core.errors import DuplicateExternalId
from callscope.core.trace_query import MatchKey
from callscope.storage.agents import CallAgentRow
from callscope.storage.base import array_of
from callscope.storage.call_words import CallWordsRow
from callscope.storage.calls import CallRow
from callscope.storage.customers import CallCustomerRow
from callscope.storage.ingest import EXTERNAL_ID_CONSTRAINT
from callscope.storage.tools import ToolInvocationRow
from callscope.storage.trace_links import CallKeyRow
from callscope.storage.transcripts import TranscriptEntryRow, TranscriptRow


async def insert_running(session: AsyncSession, call: Call) -> None:
    """Insert a call with its parties, but without recording, transcript and analysis. Raises DuplicateExternalId."""
    of_others = ("agents", "customers", "properties")
    columns = {name: value for name, value in asdict(call).items() if name not in of_others}
    try:
        await session.execute(insert(CallRow).values(**columns, properties=dict(call.properties)))
    except IntegrityError as error:
        cause = error.orig
        if isinstance(cause, UniqueViolation) and cause.diag.constraint_name == EXTERNAL_ID_CONSTRAINT:
            raise DuplicateExternalId from error
        raise
    await add_agents(session, call.id, call.agents)
    await add_customers(session, call.id, call.customers)
    no_words = func.array_to_tsvector(literal([], ARRAY(Text())))
    await session.execute(insert(CallWordsRow).values(call_id=call.id, words=no_words))


async def add_agents(session: AsyncSession, call_id: UUID, agents: Sequence[CallAgent]) -> None:
    """Add the agents of a call that had none; what agents said and did in it becomes the only one's."""
    rows = [
        {
            "id": agent.participant_id,
            "call_id": call_id,
            "agent_id": agent.id,
            "agent_endpoint_id": None if agent.endpoint is None else agent.endpoint.id,
            "agent_prompt_version_id": agent.prompt_id,
            "position": position,
        }
        for position, agent in enumerate(agents)
    ]
    if not rows:
        return
    await session.execute(insert(CallAgentRow), rows)
    if len(agents) == 1:
        await _attribute(session, call_id, Role.AGENT, agents[0].participant_id)
        statement = update(ToolInvocationRow).where(ToolInvocationRow.call_id == call_id)
        statement = statement.where(ToolInvocationRow.agent_id.is_(null())).values(agent_id=agents[0].id)
        await session.execute(statement.execution_options(synchronize_session=False))


async def add_customers(session: AsyncSession, call_id: UUID, customers: Sequence[CallCustomer]) -> None:
    """Add the customers of a call that had none."""
    rows = [
        {**asdict(customer), "call_id": call_id, "position": position} for position, customer in enumerate(customers)
    ]
    if rows:
        await session.execute(insert(CallCustomerRow), rows)


async def set_times(
    session: AsyncSession,
    call_id: UUID,
    *,
    started_at: datetime,
    ended_at: datetime | None,
    duration_ms: int | None,
    at: datetime,
) -> None:
    """Write when the call started, and as far as given when it ended and how long it was."""
    values = {"started_at": started_at, "ended_at": ended_at, "duration_ms": duration_ms, "updated_at": at}
    await _change(session, call_id, {name: value for name, value in values.items() if value is not None})


async def set_status(
    session: AsyncSession, call_id: UUID, status: CallStatus, *, ended_status: EndedStatus | None, at: datetime
) -> None:
    """Write where the call stands, and how it ended if that is given."""
    values = {"status": status.value, "updated_at": at}
    await _change(session, call_id, values if ended_status is None else values | {"ended_status": ended_status.value})


async def set_recordings(
    session: AsyncSession, call_id: UUID, *, recording_url: str | None, stereo_recording_url: str | None
) -> None:
    """Write where the call's recordings are to be fetched from."""
    await _change(session, call_id, {"recording_url": recording_url, "stereo_recording_url": stereo_recording_url})


async def set_identity(
    session: AsyncSession,
    call_id: UUID,
    *,
    direction: CallDirection,
    vapi_call_id: str | None,
    livekit_room_id: str | None,
) -> None:
    """Write by what providers know the call, as far as given."""
    values = {"direction": direction.value, "vapi_call_id": vapi_call_id, "livekit_room_id": livekit_room_id}
    await _change(session, call_id, {name: value for name, value in values.items() if value is not None})


async def set_summary(session: AsyncSession, call_id: UUID, summary: str) -> None:
    """Write the summary a sender gave, unless there is one."""
    statement = update(CallRow).where(CallRow.id == call_id, CallRow.summary.is_(null())).values(summary=summary)
    await session.execute(statement.execution_options(synchronize_session=False))


async def add_keys(
    session: AsyncSession, project_id: UUID, call_id: UUID, keys: Sequence[tuple[MatchKey, str]]
) -> None:
    """Note by which keys traces of the call may be known."""
    rows = [{"call_id": call_id, "key": key.value, "value": value, "project_id": project_id} for key, value in keys]
    if rows:
        await session.execute(insert(CallKeyRow).on_conflict_do_nothing(), rows)


async def find_by_external_id(session: AsyncSession, project_id: UUID, external_ids: Sequence[str]) -> dict[str, UUID]:
    """Return the calls of a project by those external ids that there are."""
    query = select(CallRow.external_id, CallRow.id).where(
        CallRow.project_id == project_id,
        CallRow.external_id == any_(array_of(external_ids, str)),
        CallRow.deleted_at.is_(null()),
    )
    return {str(external_id): call_id for external_id, call_id in await session.execute(query)}


async def _attribute(session: AsyncSession, call_id: UUID, role: Role, participant_id: UUID) -> None:
    transcripts = select(TranscriptRow.id).where(TranscriptRow.call_id == call_id)
    statement = (
        update(TranscriptEntryRow)
        .where(
            TranscriptEntryRow.transcript_id.in_(transcripts),
            TranscriptEntryRow.role == role.value,
            TranscriptEntryRow.participant_id.is_(null()),
        )
        .values(participant_id=participant_id)
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def _change(session: AsyncSession, call_id: UUID, values: Mapping[str, object]) -> None:
    if values:
        statement = update(CallRow).where(CallRow.id == call_id).values(**values)
        await session.execute(statement.execution_options(synchronize_session=False))
