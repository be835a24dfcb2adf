"""What the pages need to know, as one Protocol: served by `service_reader`, by built data in tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.call import Call, ToolInvocation
from callscope.core.conversation import Conversation
from callscope.core.metric import MetricValue
from callscope.core.recording import MeasuredRecording, Peaks
from callscope.core.transcript import Transcript
from callscope.services.keys import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCall:
    """A call in the list. `values` are those of `LISTED_METRICS`, of the call as a whole."""

    call: Call
    analysis: Analysis | None
    values: tuple[MetricValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallListing:
    """One page of the list, newest first; `next_cursor` None on the last."""

    calls: tuple[ListedCall, ...]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call with all the page says of it. `values` are those of the call as a whole."""

    call: Call
    analysis: Analysis | None
    values: tuple[MetricValue, ...]
    recording: MeasuredRecording | None
    has_audio: bool
    transcript: Transcript | None
    conversation: Conversation | None
    tools: tuple[ToolInvocation, ...]


LISTED_METRICS: Sequence[str] = ("response_time", "failed_barge_in_count")


class PageReader(Protocol):
    """Reads for the pages. Whatever is not visible to the project raises NotFound."""

    async def authenticate(self, plain_key: str) -> Principal:
        """Return who bears the key. Raises Unauthenticated."""
        ...

    async def principal(self, key_id: UUID) -> Principal:
        """Return who signed in with that key. Raises Unauthenticated once it is revoked or expired."""
        ...

    async def list_calls(self, project_id: UUID, *, search: str | None, after: str | None) -> CallListing:
        """Return a page of the list."""
        ...

    async def read_call(self, project_id: UUID, call_id: UUID) -> CallRecord:
        """Return a call with everything."""
        ...

    async def read_analysis(self, project_id: UUID, call_id: UUID) -> Analysis | None:
        """Return where the call's newest analysis stands."""
        ...

    async def read_peaks(self, project_id: UUID, call_id: UUID) -> Peaks | None:
        """Return the waveform, None before the recording was measured."""
        ...

    async def recording_address(self, project_id: UUID, call_id: UUID) -> str:
        """Return a short-lived address of the recording that answers range requests."""
        ...
