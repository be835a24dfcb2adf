"""The job that measures a call anew after tool invocations were added to it."""

from datetime import timedelta
from uuid import UUID

import structlog

from callscope.core.errors import CallNotFound
from callscope.pipeline.context import PipelineContext
from callscope.services import tool_metrics

log = structlog.get_logger(__name__)

WHILE_ANALYSED = timedelta(seconds=30)
"""When to look again at a call whose analysis is under way."""


async def measure_tools(context: PipelineContext, *, project_id: UUID, call_id: UUID) -> None:
    """Measure a call by its tools, later when its analysis is under way, and never when it was deleted meanwhile."""
    now = context.clock.now()
    try:
        async with context.sessions.begin() as session:
            is_measured = await tool_metrics.measure(session, project_id, call_id, now=now)
            if not is_measured:
                await tool_metrics.queue_measuring(session, project_id, call_id, not_before=now + WHILE_ANALYSED)
    except CallNotFound:
        log.info("tools_of_deleted_call_left", call_id=str(call_id))
    else:
        log.info("call_measured_by_tools", call_id=str(call_id), is_measured=is_measured)
