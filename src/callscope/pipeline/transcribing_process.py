"""The parent's side of transcribing: a child process with limits, as for measuring."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from callscope.core.errors import CallscopeError
from callscope.core.transcript import TranscriptEntry
from callscope.outbound.errors import FetchCause, ServiceAway
from callscope.pipeline.child_process import ChildLimits, ChildTask, run_apart
from callscope.pipeline.measuring_process import MeasuringDefect
from callscope.services.transcribing import SpokenPart

log = structlog.get_logger(__name__)

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
ENTRY = TypeAdapter(TranscriptEntry)
OnHeard = Callable[[tuple[TranscriptEntry, ...]], Awaitable[None]]


def heard_path(scratch_dir: Path) -> Path:
    """Return the file to which the child adds each entry it recognised, one JSON document a line."""
    return scratch_dir / "heard.jsonl"


async def transcribe_apart(
    request: TranscribingRequest,
    limits: ChildLimits,
    *,
    scratch_dir: Path,
    on_heard: OnHeard,
    look_every_s: float,
) -> tuple[TranscriptEntry, ...]:
    """Transcribe in a child process. Raises TranscribingRefused, ServiceAway, ChildDied, MeasuringDefect.

    Every `look_every_s`, `on_heard` is given all that was recognised so far, if that is more than the last time. When
    that fails it costs what would have been seen early, and nothing of the result.
    """
    watching = asyncio.create_task(_watch(heard_path(scratch_dir), on_heard, look_every_s))
    try:
        reply_json = await run_apart(TRANSCRIBING, REQUEST.dump_json(request), limits, scratch_dir=scratch_dir)
    finally:
        watching.cancel()
        (ended,) = await asyncio.gather(watching, return_exceptions=True)
        if not isinstance(ended, asyncio.CancelledError):
            log.warning("partial_transcript_not_kept", exc_info=ended)
    reply = REPLY.validate_json(reply_json)
    if reply.entries is not None:
        return reply.entries
    if reply.refusal is not None:
        raise TranscribingRefused(reply.refusal)
    if reply.away is not None:
        raise ServiceAway(reply.away.message, FetchCause.BUSY, retry_after_s=reply.away.retry_after_s)
    raise MeasuringDefect(reply.defect)


async def _watch(path: Path, on_heard: OnHeard, look_every_s: float) -> None:
    known = 0
    while True:
        await asyncio.sleep(look_every_s)
        lines = await asyncio.to_thread(_whole_lines, path)
        if len(lines) > known:
            known = len(lines)
            await on_heard(tuple(ENTRY.validate_json(line) for line in lines))


def _whole_lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []
