"""The child's side of transcribing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Any

from callscope.core.errors import CallscopeError
from callscope.core.transcript import TranscriptEntry
from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import ServiceAway
from callscope.outbound.json_service import FormFile, JsonService
from callscope.pipeline.child_process import MEBIBYTE
from callscope.pipeline.measuring_child import OUT_OF_MEMORY, is_short_of_memory, place_of
from callscope.pipeline.transcribing_process import (
    ENTRY,
    REPLY,
    REQUEST,
    Away,
    RecognizerChoice,
    TranscribingReply,
    TranscribingRequest,
    heard_path,
)
from callscope.services.transcribing import transcribe_recording
from callscope.speech.stt.model_store import load_recognizer
from callscope.speech.stt.openai_compatible import OpenAICompatibleRecognizer, TranscriptionRequest
from callscope.speech.stt.recognizer import Recognizer, RecognizerUnavailable
from callscope.speech.stt.whisper import WhisperParameters

SERVER_MODEL = "whisper-1"
"""What servers call their model where the operator names none."""


def answer(request_json: bytes, *, memory_bytes: int) -> bytes:
    """Return the reply to a request."""
    try:
        reply = _transcribe(REQUEST.validate_json(request_json))
    except ServiceAway as failure:
        reply = TranscribingReply(away=Away(message=failure.message, retry_after_s=failure.retry_after_s))
    except Exception as error:  # noqa: BLE001 - reported to the parent, which logs it
        if is_short_of_memory(error, memory_bytes):
            reply = TranscribingReply(refusal=OUT_OF_MEMORY.format(mebibytes=memory_bytes // MEBIBYTE))
        elif isinstance(error, CallscopeError):
            reply = TranscribingReply(refusal=error.message)
        else:
            reply = TranscribingReply(defect=place_of(error))
    return REPLY.dump_json(reply)


def _transcribe(request: TranscribingRequest) -> TranscribingReply:
    with _recognizer(request.choice) as recognizer:
        if isinstance(recognizer, RecognizerUnavailable):
            return TranscribingReply(refusal=recognizer.reason)
        with heard_path(request.path.parent).open("ab", buffering=0) as heard:
            entries = transcribe_recording(
                request.path,
                request.parts,
                recognizer,
                language=request.choice.language,
                scratch_dir=request.path.parent,
                max_duration_ms=request.max_duration_ms,
                on_entry=lambda entry: _append(heard, entry),
            )
    return TranscribingReply(entries=entries)


def _append(heard: FileIO, entry: TranscriptEntry) -> None:
    # A line and its end in one write, so that the parent never reads half a line as a whole one.
    heard.write(ENTRY.dump_json(entry) + b"\n")


@contextmanager
def _recognizer(choice: RecognizerChoice) -> Iterator[Recognizer | RecognizerUnavailable]:
    if choice.url is None:
        yield load_recognizer(choice.model, choice.store, WhisperParameters(thread_count=choice.thread_count))
        return
    with asyncio.Runner() as runner:
        client = OutboundClient(allowed_networks=choice.allowed_networks)
        service = JsonService(client, choice.url, api_key=choice.api_key)

        def send(request: TranscriptionRequest) -> dict[str, Any]:
            file = FormFile(name=request.file_name, content_type=request.content_type, content=request.content)
            return runner.run(service.post_form(request.path, request.fields, file))

        try:
            yield OpenAICompatibleRecognizer(send, model=choice.model or SERVER_MODEL)
        finally:
            runner.run(client.aclose())
