"""Which voice is the agent's: by the transcript where there is one, else by who speaks first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from callscope.core.call import CallDirection, Role
from callscope.core.conversation import Segment
from callscope.core.transcript import TranscriptEntry
from callscope.speech.diarization.diarizer import Diarization, Stretch

LEAST_VOTE_MS = 2000
"""Less overlap of voices and transcript than this says nothing about roles."""
GREETING_CONFIDENCE = {CallDirection.INBOUND: 0.85, CallDirection.OUTBOUND: 0.6}
"""How sure the first voice is the greeter's: an assumption, not a measurement. An agent that is called answers with a
greeting; a customer that is called usually says a word before the agent does."""


class RoleBasis(StrEnum):
    """What told the roles."""

    TRANSCRIPT = "transcript"
    GREETING = "greeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRoles:
    """The parties of both voices, `roles[speaker]`, and how sure the order is (0.5 is a guess)."""

    roles: tuple[Role, Role]
    basis: RoleBasis
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSegments:
    """A mono channel's speech by party; `confidence` covers both the voices and which is whose."""

    segments: tuple[Segment, ...]
    voices: VoiceRoles
    confidence: float


def assign_roles(
    diarization: Diarization, transcript: Sequence[TranscriptEntry], direction: CallDirection
) -> VoiceRoles:
    """Return whose the two voices are. The diarization must have two; see `Diarization.speaker_count`."""
    if diarization.speaker_count != len(Role):
        raise ValueError("roles are assigned to two voices")
    by_transcript = _by_transcript(diarization.stretches, transcript)
    if by_transcript is not None:
        return by_transcript
    greeter = Role.AGENT if direction is CallDirection.INBOUND else Role.CUSTOMER
    return VoiceRoles(
        roles=(greeter, greeter.other), basis=RoleBasis.GREETING, confidence=GREETING_CONFIDENCE[direction]
    )


def segments_by_role(diarization: Diarization, voices: VoiceRoles) -> RoleSegments:
    """Return the stretches as segments of the parties, ready for turns; overlap is not measurable in one channel."""
    segments = tuple(
        Segment(role=voices.roles[stretch.speaker], start_offset_ms=stretch.start_ms, end_offset_ms=stretch.end_ms)
        for stretch in diarization.stretches
    )
    return RoleSegments(segments=segments, voices=voices, confidence=diarization.confidence * voices.confidence)


def _by_transcript(stretches: Sequence[Stretch], transcript: Sequence[TranscriptEntry]) -> VoiceRoles | None:
    """Let every millisecond of a stretch inside an entry vote for its speaker being that entry's party."""
    votes_ms = dict.fromkeys(Role, 0)
    for entry in transcript:
        for stretch in stretches:
            shared_ms = min(stretch.end_ms, entry.end_offset_ms) - max(stretch.start_ms, entry.start_offset_ms)
            if shared_ms > 0:
                first_voice_role = entry.role if stretch.speaker == 0 else entry.role.other
                votes_ms[first_voice_role] += shared_ms
    total_ms = sum(votes_ms.values())
    if total_ms < LEAST_VOTE_MS or votes_ms[Role.AGENT] == votes_ms[Role.CUSTOMER]:
        return None
    winner = max(Role, key=lambda role: votes_ms[role])
    return VoiceRoles(roles=(winner, winner.other), basis=RoleBasis.TRANSCRIPT, confidence=votes_ms[winner] / total_ms)
