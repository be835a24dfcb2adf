"""The child's side of measuring: a program with the arguments PARENT_PID MEMORY_BYTES REQUEST_FILE REPLY_FILE."""

import resource
import signal
import sys
import traceback
from pathlib import Path

from callscope.core.errors import CallscopeError
from callscope.pipeline.measuring_process import MEBIBYTE, REPLY, REQUEST, MeasuringReply
from callscope.pipeline.parent import end_with_parent
from callscope.pipeline.priority import stand_back
from callscope.services.measuring import measure_recording

OOM_SCORE = Path("/proc/self/oom_score_adj")
MOST_EXPENDABLE = "1000"
BEHIND_WORKER = 10
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
OUT_OF_MEMORY = (
    "The recording needs more memory than the {mebibytes} MiB that measuring may use. If it is not damaged, the "
    "operator can raise CALLSCOPE_ANALYSIS_MEMORY_BYTES."
)


def main() -> None:
    """Put on the limits, measure, write the reply."""
    parent_pid, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    end_with_parent(parent_pid, signal.SIGKILL)
    limit(memory_bytes)
    request_path, reply_path = Path(sys.argv[3]), Path(sys.argv[4])
    reply_path.write_bytes(answer(request_path.read_bytes(), memory_bytes=memory_bytes))


def limit(memory_bytes: int) -> None:
    """Bound this process's own memory, forbid core files, stand first in line when it runs out, and last for a core."""
    stand_back(BEHIND_WORKER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Private memory, not address space: libraries and thread stacks reserve gigabytes they never touch.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    if OOM_SCORE.exists():
        OOM_SCORE.write_text(MOST_EXPENDABLE)


def answer(request_json: bytes, *, memory_bytes: int) -> bytes:
    """Return the reply to a request."""
    request = REQUEST.validate_json(request_json)
    try:
        measurement = measure_recording(
            request.path,
            roles=request.roles,
            transcript=request.transcript,
            tools=request.tools,
            direction=request.direction,
            max_duration_ms=request.max_duration_ms,
            scratch_dir=request.path.parent,
            declared_duration_ms=request.declared_duration_ms,
            judges_quality=request.judges_quality,
        )
        reply = MeasuringReply(measurement=measurement)
    except Exception as error:  # noqa: BLE001 - reported to the parent, which logs it
        if is_short_of_memory(error, memory_bytes):
            reply = MeasuringReply(refusal=OUT_OF_MEMORY.format(mebibytes=memory_bytes // MEBIBYTE))
        elif isinstance(error, CallscopeError):
            reply = MeasuringReply(refusal=error.message)
        else:
            reply = MeasuringReply(defect=place_of(error))
    return REPLY.dump_json(reply)


def is_short_of_memory(error: Exception, memory_bytes: int) -> bool:
    """Tell whether an error came of the limit: libraries may call a refused allocation a bad file."""
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT_BYTES
    return isinstance(error, MemoryError) or peak_bytes > memory_bytes / 2


def place_of(error: Exception) -> str:
    """Name type and place of an error. Its message stays here: it may quote what people said."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


if __name__ == "__main__":
    main()
