"""The parent's side of measuring in a child process."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from callscope.core.call import CallDirection, Role, ToolInvocation
from callscope.core.errors import CallscopeError
from callscope.core.transcript import TranscriptEntry
from callscope.pipeline.child_process import ChildLimits, ChildTask, run_apart
from callscope.services.measuring import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringRequest:
    """What the child is asked to measure."""

    path: Path
    transcript: tuple[TranscriptEntry, ...]
    tools: tuple[ToolInvocation, ...]
    max_duration_ms: int
    direction: CallDirection
    roles: tuple[Role | None, ...] | None = None
    declared_duration_ms: int | None = None
    judges_quality: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringReply:
    """What the child answers: a measurement, a failure for a person, or where its own code failed."""

    __pydantic_config__: ClassVar[ConfigDict] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}

    measurement: Measurement | None = None
    refusal: str | None = None
    defect: str | None = None


class MeasuringRefused(CallscopeError):
    """The recording cannot be measured; the message says why."""

    code = "measuring_refused"


class MeasuringDefect(Exception):
    """The measuring code raised what it should not; the message names type and place."""


REQUEST = TypeAdapter(MeasuringRequest)
REPLY = TypeAdapter(MeasuringReply)


MEASURING = ChildTask(
    module="callscope.pipeline.measuring_child",
    name="Measuring the recording",
    time_setting="CALLSCOPE_ANALYSIS_TIMEOUT_S",
)


async def measure_apart(request: MeasuringRequest, limits: ChildLimits, *, scratch_dir: Path) -> Measurement:
    """Measure in a child process and return what it found. Raises MeasuringRefused, ChildDied, MeasuringDefect."""
    reply = await run_apart(MEASURING, REQUEST.dump_json(request), limits, scratch_dir=scratch_dir)
    return _unpack(REPLY.validate_json(reply))


def _unpack(reply: MeasuringReply) -> Measurement:
    if reply.measurement is not None:
        return reply.measurement
    if reply.refusal is not None:
        raise MeasuringRefused(reply.refusal)
    raise MeasuringDefect(reply.defect)
