"""What the stages work with."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.trace import NoOpTracer, Tracer

from callscope.core.clock import Clock
from callscope.core.judge import JudgeRules
from callscope.outbound.client import OutboundClient
from callscope.pipeline.retries import RetrySchedules
from callscope.pipeline.transcribing_process import RecognizerChoice
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRules:
    """What is read of a payload of traces, inflated, and how long traces and payloads are kept after they came in."""

    max_bytes: int = 64 * 1024**2
    retention_days: float = 30.0
    payload_retention_days: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactKey:
    """A provider's key, which its recordings ask for, and the domain that may be shown it."""

    domain: str
    key: str
    scheme: str = "https"

    def opens(self, url: str) -> bool:
        """Tell whether `url` is the provider's own."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == self.scheme and (host == self.domain or host.endswith(f".{self.domain}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRules:
    """How long running calls may be silent before they are closed, and how long what they sent is waited for and kept.

    A chunk that was announced is waited for `chunk_grace_s`; one that comes up to `late_chunks_s` after the recording
    was put together still changes it. A running call is listened to every `hear_every_s`.
    """

    silence_s: float = 3600.0
    chunk_grace_s: float = 20.0
    late_chunks_s: float = 3600.0
    message_retention_days: float = 7.0
    hear_every_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineContext:
    """The doors and limits of one worker. `scratch_dir` holds a recording while it is measured; None: the system's."""

    sessions: SessionFactory
    objects: Objects
    outbound: OutboundClient
    clock: Clock
    max_recording_bytes: int
    fetch_timeout_s: float
    measure_memory_bytes: int
    measure_timeout_s: float
    max_recording_ms: int
    scratch_dir: Path | None = None
    retries: RetrySchedules = field(default_factory=RetrySchedules)
    traces: TraceRules = field(default_factory=TraceRules)
    judge: JudgeRules = field(default_factory=JudgeRules)
    live: LiveRules = field(default_factory=LiveRules)
    artifact_keys: tuple[ArtifactKey, ...] = ()
    recognizer: RecognizerChoice = field(default_factory=RecognizerChoice)
    transcribes_beside_brought: bool = False
    judges_voice_quality: bool = False
    transcribe_timeout_s: float = 4 * 3600.0
    partial_transcript_every_s: float = 3.0
    tracer: Tracer = field(default_factory=NoOpTracer)
