"""Chunks of raw samples into one recording: in their order, with silence where one is missing, nothing shifted."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median

from callscope.core.integration import LiveChunk, PcmFormat
from callscope.core.recording import Finding, FindingSeverity

COMMON_RATES_HZ = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
RUNNING_RATES_HZ = (8000, 16000, 24000, 48000)
"""Those far enough apart to be told from one another by the few chunks that a call has at first."""
USUAL_CHANNEL_COUNT = 2
_UNKNOWN_SIZE = 0xFFFF_FFFF
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the recording: the bytes of an object, or silence where `object_key` is None."""

    chunk_index: int
    object_key: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StitchPlan:
    """How a recording is put together, and what is to be said about it."""

    pieces: tuple[Piece, ...]
    size_bytes: int
    findings: tuple[Finding, ...]


def plan_stitching(chunks: Sequence[LiveChunk], pcm: PcmFormat) -> StitchPlan:
    """Return the pieces in the order of the chunks' indexes.

    A missing chunk is as long as the upload that broke off said, else as the others, which senders cut alike. What is
    missing after the last chunk that arrived is left out: nothing tells how long it was, and nothing follows it.
    """
    whole = {chunk.chunk_index: chunk for chunk in chunks if chunk.object_key is not None}
    if not whole:
        return StitchPlan(pieces=(), size_bytes=0, findings=())
    last = max(whole)
    said_bytes = {chunk.chunk_index: chunk.size_bytes for chunk in chunks if chunk.object_key is None}
    usual = _usual_size([chunk for index, chunk in whole.items() if index != last] or list(whole.values()), pcm)
    pieces = tuple(
        Piece(chunk_index=index, object_key=whole[index].object_key, size_bytes=whole[index].size_bytes or 0)
        if index in whole
        else Piece(chunk_index=index, object_key=None, size_bytes=said_bytes.get(index) or usual.size_bytes)
        for index in range(last + 1)
    )
    size_bytes = sum(piece.size_bytes for piece in pieces)
    expected_last = max(chunk.chunk_index for chunk in chunks)
    is_exact = usual.is_exact or all(said_bytes.get(piece.chunk_index) for piece in pieces if piece.object_key is None)
    findings = (
        *_gap_findings(pieces, pcm, is_exact=is_exact),
        *_end_findings(expected_last - last),
    )
    return StitchPlan(pieces=pieces, size_bytes=size_bytes - size_bytes % pcm.frame_bytes, findings=findings)


def wav_header(size_bytes: int, pcm: PcmFormat) -> bytes:
    """Return the 44 bytes before so many bytes of samples; past 4 GiB the size is left to the file's end."""
    riff_size, data_size = size_bytes + 36, size_bytes
    if riff_size > _UNKNOWN_SIZE:
        riff_size = data_size = _UNKNOWN_SIZE
    form = struct.pack("<HHIIHH", 1, pcm.channel_count, pcm.sample_rate_hz, pcm.bytes_per_s, pcm.frame_bytes, 16)
    return b"".join(
        (
            *(b"RIFF", struct.pack("<I", riff_size), b"WAVE"),
            *(b"fmt ", struct.pack("<I", len(form)), form),
            *(b"data", struct.pack("<I", data_size)),
        )
    )


def settled_chunks(chunks: Sequence[LiveChunk], *, outstanding_since: datetime) -> tuple[LiveChunk, ...]:
    """Return the chunks, in their order, before the first that may still be on its way.

    That is one announced since that moment, or one not announced yet of which a later one was.
    """
    settled: list[LiveChunk] = []
    expected_index = 0
    for chunk in chunks:
        is_new = chunk.requested_at > outstanding_since
        if is_new and (chunk.object_key is None or chunk.chunk_index > expected_index):
            break
        settled.append(chunk)
        expected_index = chunk.chunk_index + 1
    return tuple(settled)


def tell_format(
    chunks: Iterable[LiveChunk], *, usual_rate_hz: int, rates_hz: Sequence[int] = COMMON_RATES_HZ
) -> tuple[PcmFormat, Finding]:
    """Return how chunks are to be read whose sender never said, by how fast they came in, and a word about it."""
    arrived = sorted(
        (chunk.received_at, chunk.chunk_index, chunk.size_bytes or 0)
        for chunk in chunks
        if chunk.received_at is not None and chunk.object_key is not None
    )
    rate_hz = usual_rate_hz
    if len(arrived) > 1:
        moments, indexes, sizes = zip(*arrived, strict=True)
        # What is missing in between was recorded all the same.
        recorded_bytes = fmean(sizes[1:]) * (max(indexes) - min(indexes))
        elapsed_s = max((moments[-1] - moments[0]).total_seconds(), 1e-3)
        heard_hz = recorded_bytes / elapsed_s / (2 * USUAL_CHANNEL_COUNT)
        rate_hz = min(rates_hz, key=lambda common: abs(common - heard_hz))
    finding = Finding(
        code="recording_format_assumed",
        severity=FindingSeverity.WARNING,
        channel_index=None,
        message=f"The end of the call never came in, and with it how the recording is to be read. {rate_hz} Hz in "
        f"{USUAL_CHANNEL_COUNT} channels is told from how fast it came in.",
        remedy="If it plays too fast or too slow, every time in this call is off by as much.",
    )
    return PcmFormat(sample_rate_hz=rate_hz, channel_count=USUAL_CHANNEL_COUNT), finding


@dataclass(frozen=True, slots=True, kw_only=True)
class _UsualSize:
    size_bytes: int
    is_exact: bool


def _usual_size(chunks: Sequence[LiveChunk], pcm: PcmFormat) -> _UsualSize:
    sizes = {chunk.size_bytes or 0 for chunk in chunks}
    if len(sizes) == 1:
        return _UsualSize(size_bytes=sizes.pop(), is_exact=True)
    middle = round(median(chunk.size_bytes or 0 for chunk in chunks))
    return _UsualSize(size_bytes=middle - middle % pcm.frame_bytes, is_exact=False)


def _gap_findings(pieces: Sequence[Piece], pcm: PcmFormat, *, is_exact: bool) -> Iterable[Finding]:
    start_bytes, gaps = 0, []
    for piece in pieces:
        if piece.object_key is None:
            gaps.append((start_bytes / pcm.bytes_per_s, piece.size_bytes / pcm.bytes_per_s))
        start_bytes += piece.size_bytes
    if not gaps:
        return
    places = ", ".join(f"{at_s:.1f} s" for at_s, _ in gaps[:_MOST_NAMED]) + (", …" if len(gaps) > _MOST_NAMED else "")
    about = "" if is_exact else "about "
    doubt = "" if is_exact else " The other chunks differ in length, so what follows may be off by a few milliseconds."
    yield Finding(
        code="recording_chunks_missing",
        severity=FindingSeverity.WARNING,
        channel_index=None,
        message=f"{len(gaps)} of {len(pieces)} chunks of the recording never arrived; {about}"
        f"{sum(length for _, length in gaps):.1f} s are silence in their place, from {places} on.{doubt}",
        remedy="What was said there is missing from every number. Look at the agent's connection to this server.",
    )


def _end_findings(missing_count: int) -> Iterable[Finding]:
    if missing_count > 0:
        yield Finding(
            code="recording_end_missing",
            severity=FindingSeverity.WARNING,
            channel_index=None,
            message=f"The last {missing_count} chunks of the recording never arrived, so it ends before the call did.",
            remedy="Look at the agent's connection to this server at the end of calls.",
        )
