"""What an operator watches."""

from typing import TYPE_CHECKING

from callscope.storage import queue_state
from callscope.storage.queue_state import WorkState

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def work_state(session: "AsyncSession") -> WorkState:
    """Return how jobs, workers and deliveries of the whole installation stand."""
    return await queue_state.read(session)
