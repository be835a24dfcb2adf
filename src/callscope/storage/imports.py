"""A call with all its parts as another installation kept it: written as it is, without a request or an analysis."""

from collections.abc import Sequence

from psycopg.errors import UniqueViolation
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Call, ToolInvocation
from callscope.core.errors import DuplicateExternalId
from callscope.core.trace_query import MatchKey
from callscope.core.transcript import Transcript
from callscope.storage import call_words, tools, transcripts
from callscope.storage.agents import CallAgentRow
from callscope.storage.calls import CallRow
from callscope.storage.customers import CallCustomerRow
from callscope.storage.ingest import agent_columns, call_columns, customer_columns, key_columns
from callscope.storage.trace_links import CallKeyRow


async def insert_kept(
    session: AsyncSession,
    call: Call,
    *,
    recording_url: str | None,
    stereo_recording_url: str | None,
    told: Sequence[Transcript],
    used: Sequence[ToolInvocation],
    keys: Sequence[tuple[MatchKey, str]],
) -> None:
    """Insert the call with its parts.

    Raises DuplicateExternalId when another call of the project bears its external id; the transaction must then be
    rolled back.
    """
    columns = call_columns(call) | {"recording_url": recording_url, "stereo_recording_url": stereo_recording_url}
    try:
        await session.execute(insert(CallRow).values(columns))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise DuplicateExternalId from error
        raise
    for row, rows in (
        (CallAgentRow, agent_columns(call)),
        (CallCustomerRow, customer_columns(call)),
        (CallKeyRow, key_columns(call, keys)),
    ):
        if rows:
            await session.execute(insert(row), rows)
    for transcript in told:
        await transcripts.save(session, call_id=call.id, transcript=transcript)
    await tools.add(session, call.id, used)
    await call_words.refresh(session, call.id)
