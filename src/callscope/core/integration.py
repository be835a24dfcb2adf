"""What other systems send of calls while they run, mapped to one form whoever sent it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callscope.core.call import CallDirection, EndedStatus, InterfaceType
from callscope.core.conversation import Segment
from callscope.core.new_call import NewCallAgent, NewCallCustomer, NewToolInvocation, NewTranscriptEntry


class Integration(StrEnum):
    """A system that sends calls by itself, named as in its routes and in the keys that are bound to it."""

    PIPECAT = "pipecat"
    LIVEKIT_SDK = "livekit-sdk"
    LIVEKIT_AGENTS = "livekit-agents"
    VAPI = "vapi"
    RETELL = "retell"

    @property
    def source(self) -> str:
        """What its calls bear as their source."""
        return "LIVEKIT" if self in (Integration.LIVEKIT_SDK, Integration.LIVEKIT_AGENTS) else self.name


class CallPhase(StrEnum):
    """Where a call stands by what a message says."""

    STARTED = "started"
    RUNNING = "running"
    ENDED = "ended"
    EXPLAINED = "explained"
    """It has ended, and the sender adds what it found out afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PcmFormat:
    """How the samples in chunks are to be read: signed 16 bit, little endian, channels interleaved."""

    sample_rate_hz: int
    channel_count: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return 2 * self.channel_count

    @property
    def bytes_per_s(self) -> int:
        """Bytes of one second."""
        return self.frame_bytes * self.sample_rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSound:
    """A recording that came with a message and lies in the object store; `sha256` in hexadecimal digits."""

    object_key: str
    sha256: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNews:
    """What one message tells of a call. None and empty: it does not say.

    `call_ref` is the sender's id of the call, `at` when the message was made. Offsets count from `started_at`, which is
    sample 0 of the recording where there is one. `notes` says in plain words what of the message could not be used.
    """

    call_ref: str
    phase: CallPhase
    at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_status: EndedStatus | None = None
    direction: CallDirection = CallDirection.INBOUND
    interface_type: InterfaceType = InterfaceType.WEB
    agent: NewCallAgent | None = None
    customer: NewCallCustomer = field(default_factory=lambda: NewCallCustomer(phone_number_e164=None, label=None))
    transcript: tuple[NewTranscriptEntry, ...] = ()
    tools: tuple[NewToolInvocation, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    pcm: PcmFormat | None = None
    recording_url: str | None = None
    stereo_recording_url: str | None = None
    sound: StoredSound | None = None
    vapi_call_id: str | None = None
    livekit_room_id: str | None = None
    summary: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChunk:
    """A piece of a running call's recording that a sender announced.

    `object_key` is None until an upload is whole; `size_bytes` is also known of one that broke off.
    """

    chunk_index: int
    requested_at: datetime
    received_at: datetime | None
    object_key: str | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSoFar:
    """Who was heard to speak in the part of a running call's recording that has been listened to: its first bytes.

    Offsets are only as true as `pcm`, which the sender tells at the end of the call.
    """

    pcm: PcmFormat
    size_bytes: int
    segments: tuple[Segment, ...]

    @property
    def until_ms(self) -> int:
        """How far the recording was listened to."""
        return self.size_bytes * 1000 // self.pcm.bytes_per_s
