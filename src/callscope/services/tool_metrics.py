"""What a call's tool invocations say, as metric values: computed anew when some arrive after the call."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.jobs import JobName
from callscope.core.metric import MetricInput
from callscope.metrics import registry, runner
from callscope.services import analyses, trace_parts
from callscope.storage import jobs, measurements

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def queue_measuring(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, not_before: datetime | None = None
) -> None:
    """Have the call's tool metrics computed anew once the caller's transaction is committed."""
    args = {"project_id": str(project_id), "call_id": str(call_id)}
    # One after another: what the last one reads is what was committed last.
    await jobs.defer(session, JobName.MEASURE_TOOLS, args=args, lock=f"tool-metrics:{call_id}", schedule_at=not_before)


async def measure(session: "AsyncSession", project_id: UUID, call_id: UUID, *, now: datetime) -> bool:
    """Compute every metric that reads tool invocations and write its values over those there are.

    Return False, with nothing written, while the call's analysis is under way: what that read earlier it would write
    later. Raises CallNotFound.
    """
    facts = await trace_parts.read_facts(session, project_id, call_id)
    analysis = (await analyses.latest_of_calls(session, project_id, [call_id])).get(call_id)
    if analysis is not None and not analysis.status.is_final:
        return False
    of_tools = [definition for definition in registry.definitions() if MetricInput.TOOLS in definition.inputs]
    values = await asyncio.to_thread(runner.compute, facts, of_tools)
    await measurements.save_values(session, project_id=project_id, call_id=call_id, values=values, at=now)
    return True
