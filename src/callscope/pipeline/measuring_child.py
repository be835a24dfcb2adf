"""The child's side of measuring."""

import resource
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from callscope.core.errors import CallscopeError
from callscope.metrics import registry
from callscope.metrics.registry import BrokenCatalogue
from callscope.pipeline.child_process import MEBIBYTE
from callscope.pipeline.measuring_process import REPLY, REQUEST, MeasuringReply
from callscope.services.measuring import measure_recording

RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
OUT_OF_MEMORY = (
    "The recording needs more memory than the {mebibytes} MiB that measuring may use. If it is not damaged, the "
    "operator can raise CALLSCOPE_ANALYSIS_MEMORY_BYTES."
)

with suppress(BrokenCatalogue):
    # Read once, in the process that children are forked from. A child that cannot read it tells why.
    registry.definitions()


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
