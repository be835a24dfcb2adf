"""`/v1/recordings/{id}`: the sound itself, by signed address, with ranges so that a player can seek."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from callscope.api.answers import DOCUMENTED
from callscope.core.recording import Recording
from callscope.services import recordings
from callscope.services.signing import PLAY_RECORDING, Signer
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects

SINGLE_RANGE = re.compile(r"bytes=(?:(?P<first>\d+)-(?P<last>\d*)|-(?P<suffix>\d+))")

router = APIRouter(prefix="/v1/recordings", tags=["recording"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackContext:
    """What playing needs of the running service, put into `app.state.playback` once at start."""

    reads: SessionFactory
    objects: Objects
    signer: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteRange:
    """Bytes `start` up to, not including, `end`."""

    start: int
    end: int


class RangeNotSatisfiable(Exception):
    """The range begins behind the end of the recording."""


def playback_of(request: Request) -> PlaybackContext:
    """Return the context `boot` put into the app."""
    context = request.app.state.playback
    if not isinstance(context, PlaybackContext):
        raise TypeError("app.state.playback is not a PlaybackContext")
    return context


Playback = Annotated[PlaybackContext, Depends(playback_of)]


@router.get(
    "/{recording_id}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/*": {}}, "description": "The whole recording."},
        206: {"content": {"audio/*": {}}, "description": "The range asked for."},
        304: {"description": "The reader has it already."},
        400: DOCUMENTED[HTTPStatus.BAD_REQUEST],
        403: {"description": "The address is not one of ours, or has expired."},
        404: {"description": "The call was deleted."},
        416: {"description": "The range begins behind the end."},
    },
)
async def play_recording(
    playback: Playback, request: Request, recording_id: UUID, expires: str, signature: str
) -> Response:
    """Stream a recording, whole or the single range asked for. The address comes with the call and needs no key."""
    return await send(playback, request, await _permitted(playback, recording_id, expires, signature))


router.head("/{recording_id}", include_in_schema=False)(play_recording)


async def send(playback: PlaybackContext, request: Request, recording: Recording) -> Response:
    """Return a recording, whole or the single range that the request asks for. Raises ObjectNotFound, StoreAway."""
    if _has_tag(request.headers.get("if-none-match"), _tag(recording)):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=_headers(recording))
    try:
        wanted = _wanted_range(request.headers, recording)
    except RangeNotSatisfiable:
        headers = {**_headers(recording), "content-range": f"bytes */{recording.size_bytes}"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    status, span = (HTTPStatus.OK, ByteRange(start=0, end=recording.size_bytes))
    headers = _headers(recording)
    if wanted is not None:
        status, span = HTTPStatus.PARTIAL_CONTENT, wanted
        headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{recording.size_bytes}"
    headers["content-length"] = str(span.end - span.start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=recording.content_type)
    body = await playback.objects.read(recording.object_key, start=span.start, end=span.end)
    return StreamingResponse(body, status_code=status, headers=headers, media_type=recording.content_type)


def parse_range(header: str, size_bytes: int) -> ByteRange | None:
    """Return the single range a `Range` header asks of so many bytes; None for what RFC 9110 lets a server ignore.

    Raises RangeNotSatisfiable.
    """
    match = SINGLE_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    if match["suffix"] is not None:
        length = min(int(match["suffix"]), size_bytes)
        if length == 0:
            raise RangeNotSatisfiable
        return ByteRange(start=size_bytes - length, end=size_bytes)
    first = int(match["first"])
    if match["last"] and int(match["last"]) < first:
        return None
    if first >= size_bytes:
        raise RangeNotSatisfiable
    end = min(int(match["last"]) + 1, size_bytes) if match["last"] else size_bytes
    return ByteRange(start=first, end=end)


async def _permitted(playback: PlaybackContext, recording_id: UUID, expires: str, signature: str) -> Recording:
    playback.signer.check(PLAY_RECORDING, str(recording_id), expires=expires, signature=signature)
    async with playback.reads() as session:
        return await recordings.read(session, recording_id)


def _wanted_range(headers: Mapping[str, str], recording: Recording) -> ByteRange | None:
    wanted, condition = headers.get("range"), headers.get("if-range")
    if wanted is None or (condition is not None and condition.strip() != _tag(recording)):
        return None
    return parse_range(wanted, recording.size_bytes)


def _headers(recording: Recording) -> dict[str, str]:
    return {
        "accept-ranges": "bytes",
        "etag": _tag(recording),
        "cache-control": "private, max-age=3600",
        "content-disposition": "inline",
        "x-content-type-options": "nosniff",
    }


def _tag(recording: Recording) -> str:
    return f'"{recording.sha256}"'


def _has_tag(condition: str | None, tag: str) -> bool:
    candidates = [part.strip().removeprefix("W/") for part in (condition or "").split(",")]
    return tag in candidates or "*" in candidates
