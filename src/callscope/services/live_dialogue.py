"""What the traces of a running call say was said and done in it so far.

A first look, for whoever watches: when the call has ended its transcript and tools stand in its place.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callscope.core.call import Call, CallStatus
from callscope.core.span_meaning import TracedTool, TracedWords
from callscope.storage import newest_spans, trace_links
from callscope.traces.dialogue import READ_ATTRIBUTES, read_dialogue

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SPANS_READ = 500
"""Those that started last: enough for some minutes of talk, and as quick to read after an hour as at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedDialogue:
    """Words and tools by their start; unless `is_whole`, the newest of them."""

    lines: tuple[TracedWords | TracedTool, ...]
    is_whole: bool


async def read(session: "AsyncSession", call: Call) -> TracedDialogue | None:
    """Return what the traces of a running call tell, None when they tell nothing or it is over."""
    if call.status is CallStatus.ENDED:
        return None
    trace_ids = [link.trace_id for link in await trace_links.of_call(session, call.project_id, call.id)]
    if not trace_ids:
        return None
    found = await newest_spans.read(
        session, call.project_id, trace_ids, attribute_names=READ_ATTRIBUTES, limit=SPANS_READ
    )
    lines = read_dialogue(found)
    return TracedDialogue(lines=lines, is_whole=len(found) < SPANS_READ) if lines else None
