"""The child's side of masking sound."""

from callscope.audio.beeping import write_beeped
from callscope.core.errors import CallscopeError
from callscope.pipeline.masking_process import REPLY, REQUEST, MaskingReply


def answer(request_json: bytes, *, memory_bytes: int) -> bytes:  # noqa: ARG001 - nothing is told of memory here
    """Write the copy that a request asks for, and return the reply to it."""
    request = REQUEST.validate_json(request_json)
    refusal = None
    try:
        write_beeped(request.path, request.spans, request.target, max_duration_ms=request.max_duration_ms)
    except CallscopeError as error:
        refusal = error.message
    return REPLY.dump_json(MaskingReply(refusal=refusal))
