"""What the stages work with."""

from dataclasses import dataclass, field
from pathlib import Path

from callscope.core.clock import Clock
from callscope.outbound.client import OutboundClient
from callscope.pipeline.retries import RetrySchedules
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects


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
