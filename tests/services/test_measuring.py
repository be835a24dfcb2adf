from pathlib import Path

import pytest

from callscope.audio.errors import NotAudio
from callscope.core.call import CallDirection, Role
from callscope.core.conversation import TimingBasis
from callscope.core.metric import MetricContext, MetricInput, MetricValue, ValueState
from callscope.metrics import registry
from callscope.services.measuring import measure_recording, measure_transcript
from callscope.speech.diarization import resemblyzer
from callscope.speech.diarization.embedder import EmbedderUnavailable
from tests.support.conversations import AGENT, CUSTOMER, entry
from tests.support.demo_calls import MONO, STEREO, transcript_of

EMBEDDER = resemblyzer.load_embedder()
needs_weights = pytest.mark.skipif(
    isinstance(EMBEDDER, EmbedderUnavailable), reason=f"no voice encoder: pip install --no-deps {resemblyzer.PACKAGE}"
)

SAID = (
    entry(AGENT, "Good morning, how can I help you with your booking today?", 500, 3000),
    entry(CUSTOMER, "I would like to move it to Thursday if you have a room free.", 3800, 7000),
    entry(AGENT, "Thursday is fine.", 8200, 9500),
)


def of_call(values: tuple[MetricValue, ...], slug: str, role: Role | None = None) -> MetricValue:
    (found,) = [
        value for value in values if (value.slug, value.role, value.context) == (slug, role, MetricContext.CALL)
    ]
    return found


def test_separated_channels_are_timed_by_their_sound() -> None:
    measured = measure_recording(STEREO)
    assert measured.conversation is not None
    assert measured.conversation.basis is TimingBasis.CHANNEL_AUDIO
    assert measured.conversation_reason is None
    assert [channel.role for channel in measured.analysis.channels] == [CUSTOMER, AGENT]
    timed = {each.slug for each in registry.definitions() if each.inputs == (MetricInput.TURNS,)}
    assert {value.state for value in measured.values if value.slug in timed} == {ValueState.SUCCESS}
    response = of_call(measured.values, "response_time", AGENT)
    assert response.confidence == measured.conversation.confidence
    assert response.statistics["count"] == sum(
        turn.role is AGENT and turn.response_time_ms is not None for turn in measured.conversation.turns
    )


def test_one_channel_whose_voices_cannot_be_told_apart_gives_only_what_needs_no_party(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resemblyzer, "PACKAGE", "no-such-package")
    measured = measure_recording(MONO)
    assert measured.conversation is None
    assert "There is no transcript whose times could stand in." in str(measured.conversation_reason)
    assert "pip install --no-deps no-such-package" in str(measured.conversation_reason)
    assert of_call(measured.values, "call_duration").value == measured.analysis.duration_ms
    assert of_call(measured.values, "call_duration").confidence == 1.0
    missing = of_call(measured.values, "turn_count")
    assert (missing.state, missing.reason) == (ValueState.DATA_MISSING, measured.conversation_reason)


@needs_weights
def test_two_voices_in_one_channel_are_told_apart_and_named_by_who_greets() -> None:
    inbound = measure_recording(MONO)
    outbound = measure_recording(MONO, direction=CallDirection.OUTBOUND)
    assert inbound.conversation is not None
    assert outbound.conversation is not None
    assert inbound.conversation.basis is TimingBasis.DIARIZED
    said = [each for each in transcript_of(MONO) if len(each.text) > len("Okay, right.")]
    pairs = list(zip(inbound.conversation.turns, said, strict=True))
    assert [turn.role for turn, _ in pairs] == [line.role for _, line in pairs]
    # Where both speak at once, one of them is not heard.
    near = [abs(turn.start_offset_ms - line.start_offset_ms) < 100 for turn, line in pairs]
    assert near.count(False) == 1
    assert [turn.role.other for turn in outbound.conversation.turns] == [t.role for t in inbound.conversation.turns]
    assert outbound.conversation.confidence < inbound.conversation.confidence < 1.0
    assert "voices_told_apart" in {finding.code for finding in inbound.analysis.report.findings}


@needs_weights
def test_overlap_in_one_channel_is_said_to_be_not_measurable() -> None:
    values = measure_recording(MONO).values
    needing = {each.slug for each in registry.definitions() if MetricInput.OVERLAP in each.inputs}
    assert {"overtalk_ratio", "customer_barge_in_count"} <= needing
    for value in values:
        if value.slug in needing:
            assert value.state is ValueState.DATA_MISSING
            assert "not measurable" in str(value.reason)
    assert of_call(values, "turn_count").state is ValueState.SUCCESS


def test_one_channel_is_told_apart_by_the_transcript_with_less_confidence() -> None:
    measured = measure_recording(MONO, transcript=transcript_of(MONO))
    assert measured.conversation is not None
    assert measured.conversation.basis is TimingBasis.ALIGNED_TRANSCRIPT
    turns = of_call(measured.values, "turn_count")
    assert turns.state is ValueState.SUCCESS
    assert turns.confidence is not None
    assert turns.confidence < 1.0
    assert of_call(measured.values, "word_count", AGENT).state is ValueState.SUCCESS


def test_named_channels_are_taken_as_named() -> None:
    measured = measure_recording(STEREO, roles=(AGENT, CUSTOMER))
    assert [channel.role for channel in measured.analysis.channels] == [AGENT, CUSTOMER]


def test_progress_runs_to_the_end_of_the_recording() -> None:
    told: list[int] = []
    measured = measure_recording(STEREO, on_progress=lambda done_ms, _total_ms: told.append(done_ms))
    assert told == sorted(told)
    assert abs(told[-1] - measured.analysis.duration_ms) < 1000


def test_what_is_no_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_text("no sound in here")
    with pytest.raises(NotAudio):
        measure_recording(tmp_path / "call.wav")


def test_a_transcript_alone_gives_turns_and_words() -> None:
    measured = measure_transcript(SAID, (), 10_000)
    assert measured.conversation is not None
    assert of_call(measured.values, "response_time", AGENT).value == 1200
    assert of_call(measured.values, "response_time", CUSTOMER).value == 800
    assert of_call(measured.values, "speaking_rate", AGENT).state is ValueState.SUCCESS
    duration = of_call(measured.values, "call_duration")
    assert (duration.value, duration.method) == (10_000, "reported")


def test_without_transcript_and_recording_every_value_says_so() -> None:
    measured = measure_transcript((), (), None)
    assert measured.conversation is None
    untold = [value for value in measured.values if MetricInput.TOOLS not in registry.get(value.slug).inputs]
    assert {value.state for value in untold} == {ValueState.DATA_MISSING}
    assert of_call(measured.values, "tool_invocation_count").value == 0
    assert of_call(measured.values, "turn_count").reason == (
        "No recording of the call has been analysed. There is no transcript whose times could stand in."
    )


@pytest.mark.parametrize(
    ("declared_ms", "longer"), [(40_000, "longer"), (120_000, "shorter"), (54_500, None), (None, None)]
)
def test_a_length_that_is_not_the_calls_is_told(declared_ms: int | None, longer: str | None) -> None:
    findings = measure_recording(STEREO, declared_duration_ms=declared_ms).analysis.report.findings
    told = [finding for finding in findings if finding.code == "length_differs"]
    assert bool(told) is (longer is not None)
    assert all(f"is {longer} than the call" in finding.message and finding.remedy for finding in told)


def test_voices_are_judged_when_asked() -> None:
    values = {value.slug: value for value in measure_recording(STEREO, judges_quality=True).values}
    assert values["speech_quality_overall"].state is ValueState.SUCCESS
    unasked = {value.slug: value for value in measure_recording(STEREO).values}
    assert "switched off" in str(unasked["speech_quality_overall"].reason)
