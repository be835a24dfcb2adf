import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.span_meaning import Alignment, AlignmentMethod
from callscope.traces.alignment import Onset, Refusal, align

STARTED = 1_769_850_600_000.0
IRREGULAR_MS = [500, 3100, 5200, 9900, 12_000, 16_700, 18_100, 23_500, 27_900, 31_000]


def heard(times: Sequence[float] = IRREGULAR_MS) -> list[Onset]:
    return [Onset(role=Role.AGENT if index % 2 else Role.CUSTOMER, at_ms=at) for index, at in enumerate(times)]


def traced(onsets: Sequence[Onset], *, shift_ms: float = 0, agent_ms: float = 0, user_ms: float = 0) -> list[Onset]:
    late = {Role.AGENT: agent_ms, Role.CUSTOMER: user_ms}
    return [Onset(role=one.role, at_ms=STARTED + shift_ms + one.at_ms + late[one.role]) for one in onsets]


def aligned(found: Alignment | Refusal) -> Alignment:
    assert isinstance(found, Alignment), found
    return found


def reason(found: Alignment | Refusal) -> str:
    assert isinstance(found, Refusal)
    return found.reason


@pytest.mark.parametrize("shift_ms", [0, 1234, -4321, 200_000])
def test_the_start_of_the_recording_is_found_whatever_the_sender_says(shift_ms: float) -> None:
    found = aligned(align(traced(heard(), shift_ms=shift_ms), heard(), started_unix_ms=STARTED))
    assert found.method is AlignmentMethod.SPEECH_ONSETS
    assert found.sample_0_unix_ms == pytest.approx(STARTED + shift_ms, abs=0.01)
    assert found.offset_ms(round((STARTED + shift_ms + 700) * 1e6)) == pytest.approx(700, abs=0.01)
    assert (found.matched_onset_count, found.onset_count) == (10, 10)
    assert found.uncertainty_ms < 1


def test_transport_in_both_directions_is_halved_and_said() -> None:
    # The customer is noticed 80 ms late; the agent's speech leaves 80 ms before it is heard.
    found = aligned(align(traced(heard(), agent_ms=-80, user_ms=80), heard(), started_unix_ms=STARTED))
    assert found.sample_0_unix_ms == pytest.approx(STARTED, abs=0.01)
    assert found.uncertainty_ms >= 80


def test_some_onsets_may_be_missing_on_either_side() -> None:
    times = heard()
    found = aligned(
        align(traced(times[:8], shift_ms=900), [*times[1:], *heard([44_000, 47_000])], started_unix_ms=STARTED)
    )
    assert found.sample_0_unix_ms == pytest.approx(STARTED + 900, abs=1)
    assert found.matched_onset_count == 7


@settings(max_examples=25, deadline=None)
@given(
    noise=st.lists(st.floats(-60, 60), min_size=10, max_size=10),
    shift_ms=st.floats(-300_000, 300_000),
)
def test_noise_of_detectors_moves_the_start_less_than_the_uncertainty(noise: list[float], shift_ms: float) -> None:
    onsets = traced(heard(), shift_ms=shift_ms)
    noisy = [Onset(role=one.role, at_ms=one.at_ms + extra) for one, extra in zip(onsets, noise, strict=True)]
    found = aligned(align(noisy, heard(), started_unix_ms=STARTED))
    assert abs(found.sample_0_unix_ms - STARTED - shift_ms) <= found.uncertainty_ms + 60


def test_drift_is_estimated_on_a_long_call() -> None:
    times = [at + 31_000 * lap + 137 * lap * lap for lap in range(12) for at in IRREGULAR_MS]
    slow = [Onset(role=one.role, at_ms=STARTED + one.at_ms / (1 + 300e-6)) for one in heard(times)]
    found = aligned(align(slow, heard(times), started_unix_ms=STARTED))
    assert found.drift_ppm == pytest.approx(300, abs=5)
    last = heard(times)[-1]
    assert found.offset_ms(round(slow[-1].at_ms * 1e6)) == pytest.approx(last.at_ms, abs=5)


@settings(max_examples=25, deadline=None)
@given(drift_ppm=st.sampled_from([-900, 0, 900]), seed=st.integers(0, 10_000), shift_ms=st.integers(-100_000, 100_000))
def test_start_and_drift_come_back_through_the_noise_of_detectors(drift_ppm: int, seed: int, shift_ms: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - noise, guards nothing
    times = [at + 31_000 * lap + 137 * lap * lap for lap in range(12) for at in IRREGULAR_MS]
    noisy = [
        Onset(role=one.role, at_ms=STARTED + shift_ms + one.at_ms / (1 + drift_ppm / 1e6) + chance.uniform(-40, 40))
        for one in heard(times)
    ]
    found = aligned(align(noisy, heard(times), started_unix_ms=STARTED))
    assert found.drift_uncertainty_ppm is not None
    assert (found.drift_ppm or 0) == pytest.approx(drift_ppm, abs=2 * found.drift_uncertainty_ppm + 1)
    middle_ms = times[-1] / 2
    at_middle = STARTED + shift_ms + middle_ms / (1 + drift_ppm / 1e6)
    assert found.offset_ms(round(at_middle * 1e6)) == pytest.approx(middle_ms, abs=30)


def test_a_drift_below_the_noise_is_not_claimed() -> None:
    chance = random.Random(7)  # noqa: S311 - noise, guards nothing
    times = [at + 31_000 * lap for lap in range(3) for at in IRREGULAR_MS]
    noisy = [Onset(role=one.role, at_ms=STARTED + one.at_ms + chance.uniform(-80, 80)) for one in heard(times)]
    found = aligned(align(noisy, heard(times), started_unix_ms=STARTED))
    assert found.drift_ppm is None
    assert found.drift_uncertainty_ppm is not None
    assert found.drift_uncertainty_ppm > 100


def test_the_onsets_of_hours_are_aligned() -> None:
    times = [at + 31_000 * lap + 137 * lap * lap for lap in range(60) for at in IRREGULAR_MS]
    found = aligned(align(traced(heard(times), shift_ms=77_777), heard(times), started_unix_ms=STARTED))
    assert found.sample_0_unix_ms == pytest.approx(STARTED + 77_777, abs=1)
    assert found.matched_onset_count == 600


def test_a_short_call_has_no_drift() -> None:
    assert aligned(align(traced(heard()), heard(), started_unix_ms=STARTED)).drift_ppm is None


def test_few_onsets_that_agree_with_the_stated_start_are_believed() -> None:
    found = aligned(align(traced(heard([500]), shift_ms=300), heard(), started_unix_ms=STARTED))
    assert found.method is AlignmentMethod.START_TIME
    assert found.sample_0_unix_ms == STARTED
    assert found.uncertainty_ms == pytest.approx(300)


@pytest.mark.parametrize(
    ("trace", "recording", "why"),
    [
        ([], heard(), "no span"),
        (traced(heard()), [], "Nobody is heard"),
        (traced(heard([500]), shift_ms=5000), heard([400]), "Only"),
        (
            traced(heard([0, 700, 9000, 9900, 20_000, 33_000])),
            heard([1000, 5000, 6100, 15_900, 24_000, 41_000]),
            "Only",
        ),
        (traced(heard(range(0, 60_000, 2000))), heard(range(0, 60_000, 2000)), "more than one place"),
    ],
)
def test_what_cannot_be_aligned_is_refused_with_the_reason(
    trace: list[Onset], recording: list[Onset], why: str
) -> None:
    assert why in reason(align(trace, recording, started_unix_ms=STARTED))
