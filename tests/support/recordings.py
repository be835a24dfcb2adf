"""Made-up recording analyses, for tests that need one but hear nothing."""

from collections.abc import Sequence

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.recording import Channel, Finding, InputReport, Peaks, Probe, RecordingAnalysis


def analysis(
    *,
    duration_ms: int = 10_000,
    roles: Sequence[Role | None] = (Role.CUSTOMER, Role.AGENT),
    segments: Sequence[Segment] | None = (),
    reason: str | None = None,
    confidence: float = 1.0,
    findings: Sequence[Finding] = (),
) -> RecordingAnalysis:
    return RecordingAnalysis(
        probe=Probe(
            container="wav",
            codec="pcm_s16le",
            sample_rate_hz=8000,
            channel_count=len(roles),
            duration_ms=duration_ms,
        ),
        duration_ms=duration_ms,
        channels=tuple(Channel(index=index, role=role) for index, role in enumerate(roles)),
        segments=None if segments is None else tuple(segments),
        speech=tuple(
            tuple((one.start_offset_ms, one.end_offset_ms) for one in segments or () if one.role is role)
            for role in roles
        ),
        reason=reason,
        confidence=confidence,
        report=InputReport(
            duration_ms=duration_ms,
            is_duplicated_mono=False,
            is_channel_order_swapped=False,
            leading_silence_ms=0,
            trailing_silence_ms=0,
            channels=(),
            findings=tuple(findings),
        ),
        peaks=Peaks(bucket_ms=10, channels=tuple(b"" for _ in roles)),
        parameters={"minimum_speech_ms": 100},
        version="made up",
    )
