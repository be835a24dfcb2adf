"""The parent's side of measuring: a child process with limits: a poison file fails its call, nothing else."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import structlog
from pydantic import ConfigDict, TypeAdapter

from callscope.core.call import CallDirection, Role, ToolInvocation
from callscope.core.errors import CallscopeError
from callscope.core.transcript import TranscriptEntry
from callscope.services.measuring import Measurement

log = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024


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
class MeasuringLimits:
    """What the child may use: memory of its own, and seconds of wall time."""

    memory_bytes: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTask:
    """A program that a child process runs, what a person calls it, and the setting that gives it more time."""

    module: str
    name: str
    time_setting: str


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


class MeasuringDied(CallscopeError):
    """The process that measured ran into a limit or was killed."""

    code = "measuring_died"


class MeasuringDefect(Exception):
    """The measuring code raised what it should not; the message names type and place."""


# JSON and not pickle: the child has decoded a stranger's file, and its answer must not be able to run code here.
REQUEST = TypeAdapter(MeasuringRequest)
REPLY = TypeAdapter(MeasuringReply)


MEASURING = ChildTask(
    module="callscope.pipeline.measuring_child",
    name="Measuring the recording",
    time_setting="CALLSCOPE_ANALYSIS_TIMEOUT_S",
)


async def measure_apart(request: MeasuringRequest, limits: MeasuringLimits, *, scratch_dir: Path) -> Measurement:
    """Measure in a child process and return what it found. Raises MeasuringRefused, MeasuringDied, MeasuringDefect."""
    reply = await run_apart(MEASURING, REQUEST.dump_json(request), limits, scratch_dir=scratch_dir)
    return _unpack(REPLY.validate_json(reply))


async def run_apart(task: ChildTask, request_json: bytes, limits: MeasuringLimits, *, scratch_dir: Path) -> bytes:
    """Give a child process a request and return its reply, both JSON. Raises MeasuringDied."""
    request_path, reply_path = scratch_dir / "request.json", scratch_dir / "reply.json"
    request_path.write_bytes(request_json)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", task.module),
        *(str(os.getpid()), str(limits.memory_bytes), str(request_path), str(reply_path)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # A group of its own, which a Ctrl-C does not reach, in the worker's session, which stands back as a whole.
        process_group=0,
    )
    try:
        exit_code = await asyncio.wait_for(child.wait(), limits.timeout_s)
    except TimeoutError as error:
        raise MeasuringDied(
            f"{task.name} took longer than {limits.timeout_s:.0f} s and was stopped. "
            f"The operator can raise {task.time_setting}."
        ) from error
    finally:
        await _end(child)
    if exit_code != 0:
        raise _death(task, exit_code, limits)
    return reply_path.read_bytes()


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _death(task: ChildTask, exit_code: int, limits: MeasuringLimits) -> MeasuringDied:
    name = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
    log.warning("measuring_process_died", ended_by=name)
    return MeasuringDied(
        f"{task.name} ended with the process that did it ({name}). It may use {limits.memory_bytes // MEBIBYTE} MiB; "
        "the operator can raise CALLSCOPE_ANALYSIS_MEMORY_BYTES. If that does not help, re-encode the file."
    )


def _unpack(reply: MeasuringReply) -> Measurement:
    if reply.measurement is not None:
        return reply.measurement
    if reply.refusal is not None:
        raise MeasuringRefused(reply.refusal)
    raise MeasuringDefect(reply.defect)
