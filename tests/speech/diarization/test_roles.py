import pytest

from callscope.core.call import CallDirection, Role
from callscope.core.ids import new_id
from callscope.core.transcript import TranscriptEntry
from callscope.speech.diarization.diarizer import Diarization, Stretch
from callscope.speech.diarization.roles import RoleBasis, assign_roles, segments_by_role


def entry(role: Role, start_ms: int, end_ms: int) -> TranscriptEntry:
    return TranscriptEntry(
        id=new_id(),
        role=role,
        participant_id=None,
        text="words",
        start_offset_ms=start_ms,
        end_offset_ms=end_ms,
        language_code=None,
        payload=None,
    )


def voices(*stretches: tuple[int, int, int], count: int = 2) -> Diarization:
    return Diarization(
        stretches=tuple(Stretch(speaker=s, start_ms=a, end_ms=b, confidence=0.9) for s, a, b in stretches),
        speaker_count=count,
        reason=None,
        confidence=0.9,
        voice_likeness=0.6,
        parameters={},
        version="1",
    )


TWO = voices((0, 0, 3000), (1, 3500, 6000), (0, 6500, 9000))


def test_the_transcript_names_the_voices() -> None:
    transcript = [entry(Role.CUSTOMER, 0, 3100), entry(Role.AGENT, 3400, 6000), entry(Role.CUSTOMER, 6400, 9000)]
    named = assign_roles(TWO, transcript, CallDirection.INBOUND)
    assert named.roles == (Role.CUSTOMER, Role.AGENT)
    assert named.basis is RoleBasis.TRANSCRIPT
    assert named.confidence == 1.0


def test_a_transcript_that_disagrees_with_itself_lowers_the_confidence() -> None:
    transcript = [entry(Role.AGENT, 0, 3000), entry(Role.AGENT, 3500, 4500), entry(Role.AGENT, 6500, 9000)]
    named = assign_roles(TWO, transcript, CallDirection.INBOUND)
    assert named.roles[0] is Role.AGENT
    assert named.confidence == pytest.approx(5500 / 6500)


@pytest.mark.parametrize(
    ("direction", "first"), [(CallDirection.INBOUND, Role.AGENT), (CallDirection.OUTBOUND, Role.CUSTOMER)]
)
def test_without_a_transcript_the_first_voice_is_the_one_that_was_called(direction: CallDirection, first: Role) -> None:
    named = assign_roles(TWO, [], direction)
    assert named.roles[0] is first
    assert named.basis is RoleBasis.GREETING
    assert named.confidence < 0.9


def test_a_transcript_without_real_ends_does_not_vote() -> None:
    transcript = [entry(Role.CUSTOMER, 0, 0), entry(Role.AGENT, 3400, 3400)]
    assert assign_roles(TWO, transcript, CallDirection.INBOUND).basis is RoleBasis.GREETING


def test_segments_carry_the_parties_and_both_doubts() -> None:
    named = assign_roles(TWO, [], CallDirection.INBOUND)
    by_role = segments_by_role(TWO, named)
    assert [segment.role for segment in by_role.segments] == [Role.AGENT, Role.CUSTOMER, Role.AGENT]
    assert by_role.confidence == pytest.approx(0.9 * 0.85)


def test_one_voice_has_no_roles() -> None:
    with pytest.raises(ValueError, match="two voices"):
        assign_roles(voices((0, 0, 3000), count=1), [], CallDirection.INBOUND)
