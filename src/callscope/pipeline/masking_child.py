"""The child's side of masking sound: a program with the arguments PARENT_PID MEMORY_BYTES REQUEST_FILE REPLY_FILE."""

import signal
import sys
from pathlib import Path

from callscope.audio.beeping import write_beeped
from callscope.core.errors import CallscopeError
from callscope.pipeline.masking_process import REPLY, REQUEST, MaskingReply
from callscope.pipeline.measuring_child import limit
from callscope.pipeline.parent import end_with_parent


def main() -> None:
    """Put on the limits, write the copy, then the reply."""
    parent_pid, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    end_with_parent(parent_pid, signal.SIGKILL)
    limit(memory_bytes)
    request = REQUEST.validate_json(Path(sys.argv[3]).read_bytes())
    refusal = None
    try:
        write_beeped(request.path, request.spans, request.target, max_duration_ms=request.max_duration_ms)
    except CallscopeError as error:
        refusal = error.message
    Path(sys.argv[4]).write_bytes(REPLY.dump_json(MaskingReply(refusal=refusal)))


if __name__ == "__main__":
    main()
