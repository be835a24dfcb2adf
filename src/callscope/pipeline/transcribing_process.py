"""The parent's side of transcribing: a child process with limits, as for measuring."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import TypeAdapter

from callscope.core.errors import CallscopeError
from callscope.core.transcript import TranscriptEntry
from callscope.outbound.errors import FetchCause, ServiceAway
from callscope.pipeline.measuring_process import ChildTask, MeasuringDefect, MeasuringLimits, run_apart
from callscope.services.transcribing import SpokenPart

TRANSCRIBING = ChildTask(
    module="callscope.pipeline.transcribing_child",
    name="Transcribing the recording",
    time_setting="CALLSCOPE_STT_TIMEOUT_S",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerChoice:
    """Which recogniser runs: the server at `url` if it is set, else the model called `model` below `store`, else none.

    `allowed_networks` are those, besides public addresses, that the server may be on.
    """

    model: str | None = None
    store: Path = Path("models")
    url: str | None = None
    api_key: str | None = None
    language: str | None = None
    thread_count: int = 1
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether nothing is set."""
        return self.model is None and self.url is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribingRequest:
    """What the child is asked to transcribe, and with what."""

    path: Path
    parts: tuple[SpokenPart, ...]
    choice: RecognizerChoice
    max_duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """The server is not there now; it may have said for how long."""

    message: str
    retry_after_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribingReply:
    """What the child answers: words, a failure for a person, a failure that passes, or where its own code failed."""

    entries: tuple[TranscriptEntry, ...] | None = None
    refusal: str | None = None
    away: Away | None = None
    defect: str | None = None


class TranscribingRefused(CallscopeError):
    """The recording cannot be transcribed; the message says why."""

    code = "transcribing_refused"


REQUEST = TypeAdapter(TranscribingRequest)
REPLY = TypeAdapter(TranscribingReply)


async def transcribe_apart(
    request: TranscribingRequest, limits: MeasuringLimits, *, scratch_dir: Path
) -> tuple[TranscriptEntry, ...]:
    """Transcribe in a child process. Raises TranscribingRefused, ServiceAway, MeasuringDied, MeasuringDefect."""
    reply = REPLY.validate_json(
        await run_apart(TRANSCRIBING, REQUEST.dump_json(request), limits, scratch_dir=scratch_dir)
    )
    if reply.entries is not None:
        return reply.entries
    if reply.refusal is not None:
        raise TranscribingRefused(reply.refusal)
    if reply.away is not None:
        raise ServiceAway(reply.away.message, FetchCause.BUSY, retry_after_s=reply.away.retry_after_s)
    raise MeasuringDefect(reply.defect)
