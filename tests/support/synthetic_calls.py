"""Two-party calls with exact truth, made from a seed: who speaks when is decided first, then laid out sample by sample.

Left is the customer, right the agent. Every edge in the truth is the first or last audible sample of a clip, so the
truth is exact to a millisecond. Turn truth is written by the script as it goes and never derived with the code
under test.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from callscope.core.call import Role
from tests.support.voices import SAMPLE_RATE_HZ, Clip, Voice

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
CHANNEL_OF = {Role.CUSTOMER: 0, Role.AGENT: 1}


class Condition(StrEnum):
    """What the line does to the voices."""

    CLEAN = "clean"
    NOISE_45 = "white noise -45 dBFS"
    NOISE_30 = "white noise -30 dBFS"
    BLEED_25 = "bleed -25 dB"
    BLEED_12 = "bleed -12 dB"
    MULAW = "G.711 mu-law 8 kHz"
    PINK_25 = "pink noise 25 dB SNR, telephone band"
    PINK_10 = "pink noise 10 dB SNR, telephone band"
    DIGITAL_SILENCE = "digital silence between clips"


TELEPHONE = frozenset({Condition.MULAW, Condition.PINK_25, Condition.PINK_10})
"""Conditions that pass 300 to 3400 Hz only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueTurn:
    """One turn or backchannel as the script meant it. `response_time_ms` is None where the definition gives none."""

    role: Role
    is_backchannel: bool
    start_ms: int
    end_ms: int
    response_time_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueInterruption:
    """One interruption as the script meant it."""

    by: Role
    at_ms: int
    yielded: bool
    stop_latency_ms: int | None


@dataclass(slots=True, kw_only=True)
class SyntheticCall:
    """A call: samples float32 [2, n] at 16 kHz and its truth."""

    seed: int
    condition: Condition
    samples: npt.NDArray[np.float32]
    segments: list[tuple[Role, int, int]]
    turns: list[TrueTurn]
    interruptions: list[TrueInterruption]


@dataclass(slots=True)
class _Script:
    """The time line while it is written. `clock_ms` is where the last turn ended."""

    rng: np.random.Generator
    voices: dict[Role, Voice]
    clock_ms: int
    placed: list[tuple[Role, int, Clip]] = field(default_factory=list)
    segments: list[tuple[Role, int, int]] = field(default_factory=list)
    turns: list[TrueTurn] = field(default_factory=list)
    interruptions: list[TrueInterruption] = field(default_factory=list)

    def between(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high))

    def place(self, role: Role, at_ms: int, clip: Clip) -> int:
        """Lay `clip` on the channel of `role`; return where it ends."""
        end_ms = at_ms + round(clip.size / SAMPLES_PER_MS)
        self.placed.append((role, at_ms, clip))
        self.segments.append((role, at_ms, end_ms))
        return end_ms

    def clause(self, role: Role) -> Clip:
        clauses = self.voices[role].clauses
        return clauses[self.between(0, len(clauses))]


def make_call(
    seed: int, voices: dict[Role, Voice], condition: Condition, *, exchanges: int = 12, lead_ms: int | None = None
) -> SyntheticCall:
    """Return the call of `seed`: the same seed, voices and condition give the same samples."""
    rng = np.random.default_rng(seed)
    if condition in TELEPHONE:
        voices = {role: _on_the_telephone(voice) for role, voice in voices.items()}
    script = _Script(rng, voices, rng.integers(400, 1500) if lead_ms is None else lead_ms)
    script.clock_ms = int(script.clock_ms)
    role = Role.AGENT
    _speak_turn(script, role, None)
    for index in range(exchanges):
        role = role.other
        kind = script.between(0, 10)
        if kind < 2 and index:
            _barge_in(script, role)
        elif kind == 2 and index:
            _failed_barge_in(script, role)
            role = role.other
        else:
            _speak_turn(script, role, script.between(80, 1800) if kind < 9 else script.between(1800, 4000))
    duration_ms = max(end for _, _, end in script.segments) + script.between(300, 1200)
    dry = _lay_out(script, duration_ms)
    return SyntheticCall(
        seed=seed,
        condition=condition,
        samples=apply_condition(dry, condition, rng),
        segments=sorted(script.segments, key=lambda segment: segment[1]),
        turns=sorted(script.turns, key=lambda turn: turn.start_ms),
        interruptions=script.interruptions,
    )


def _on_the_telephone(voice: Voice) -> Voice:
    """Return `voice` as the line lets it through, cut anew: an "s" above the band's edge is not there to be heard."""
    return Voice(
        name=voice.name,
        clauses=tuple(voice.cut(telephone_band(clip[None])[0]) for clip in voice.clauses),
        backchannels=tuple(voice.cut(telephone_band(clip[None])[0]) for clip in voice.backchannels),
        cut=voice.cut,
    )


def _speak_turn(script: _Script, role: Role, response_ms: int | None) -> None:
    start_ms = at_ms = script.clock_ms + (response_ms or 0)
    end_ms = at_ms
    for index in range(script.between(1, 4)):
        at_ms = end_ms + (script.between(250, 800) if index else 0)
        clause = script.clause(role)
        end_ms = script.place(role, at_ms, clause)
    script.turns.append(
        TrueTurn(role=role, is_backchannel=False, start_ms=start_ms, end_ms=end_ms, response_time_ms=response_ms)
    )
    if end_ms - at_ms > 1900 and script.between(0, 3) == 0:
        _backchannel(script, role.other, at_ms, end_ms)
    script.clock_ms = end_ms


def _backchannel(script: _Script, role: Role, from_ms: int, to_ms: int) -> None:
    """The listener says a short word inside the last clause of the speaker, ending 500 ms before that clause does."""
    shorts = script.voices[role].backchannels
    clip = shorts[script.between(0, len(shorts))]
    duration_ms = round(clip.size / SAMPLES_PER_MS)
    latest_ms = to_ms - duration_ms - 500
    if latest_ms <= from_ms + 300:
        return
    at_ms = script.between(from_ms + 300, latest_ms)
    end_ms = script.place(role, at_ms, clip)
    script.turns.append(TrueTurn(role=role, is_backchannel=True, start_ms=at_ms, end_ms=end_ms, response_time_ms=None))


def _barge_in(script: _Script, by: Role) -> None:
    """`by` starts while the other's last clause is under way; that clause is cut off 250 to 1200 ms after the onset."""
    other, start_ms, clip = script.placed[-1]
    length_ms = round(clip.size / SAMPLES_PER_MS)
    if other is by or length_ms < 1400:
        _speak_turn(script, by, script.between(80, 1800))
        return
    latency_ms = script.between(250, min(1200, length_ms - 600))
    own_end_ms = max((end for role, _, end in script.segments if role is by), default=0)
    earliest_ms = max(start_ms + 500, own_end_ms + 600)
    if earliest_ms >= start_ms + length_ms - latency_ms:
        _speak_turn(script, by, script.between(80, 1800))
        return
    at_ms = script.between(earliest_ms, start_ms + length_ms - latency_ms)
    _cut_last(script, at_ms + latency_ms)
    stopped_ms = script.segments[-1][2]
    script.interruptions.append(TrueInterruption(by=by, at_ms=at_ms, yielded=True, stop_latency_ms=stopped_ms - at_ms))
    _speak_over(script, by, at_ms, at_least_ms=max(1100, stopped_ms - at_ms + 200))


def _failed_barge_in(script: _Script, by: Role) -> None:
    """`by` talks into the other's turn for over a second and gives up; the other talks on for over two seconds."""
    other = by.other
    at_ms = script.clock_ms + script.between(80, 1500)
    response_ms = at_ms - script.clock_ms
    if max(script.turns, key=lambda turn: turn.end_ms).role is other:
        _speak_turn(script, by, response_ms)
        at_ms = script.clock_ms + script.between(80, 1500)
        response_ms = at_ms - script.clock_ms
    monologue = _joined(script, other, 4500)
    end_ms = script.place(other, at_ms, monologue)
    words = _joined(script, by, 1200)[: 1600 * SAMPLES_PER_MS]
    words_ms = round(words.size / SAMPLES_PER_MS)
    onset_ms = script.between(at_ms + 600, end_ms - max(2300, words_ms + 500))
    words_end_ms = script.place(by, onset_ms, words)
    script.turns.append(
        TrueTurn(role=other, is_backchannel=False, start_ms=at_ms, end_ms=end_ms, response_time_ms=response_ms)
    )
    script.turns.append(
        TrueTurn(role=by, is_backchannel=False, start_ms=onset_ms, end_ms=words_end_ms, response_time_ms=None)
    )
    script.interruptions.append(TrueInterruption(by=by, at_ms=onset_ms, yielded=False, stop_latency_ms=None))
    script.clock_ms = end_ms


def _speak_over(script: _Script, by: Role, at_ms: int, *, at_least_ms: int) -> None:
    end_ms = script.place(by, at_ms, _joined(script, by, at_least_ms))
    script.turns.append(TrueTurn(role=by, is_backchannel=False, start_ms=at_ms, end_ms=end_ms, response_time_ms=None))
    script.clock_ms = end_ms


def _joined(script: _Script, role: Role, at_least_ms: int) -> Clip:
    """Return clauses run together without a pause until they are long enough."""
    pieces = [script.clause(role)]
    while sum(piece.size for piece in pieces) < at_least_ms * SAMPLES_PER_MS:
        pieces.append(script.clause(role))
    return np.concatenate(pieces)


def _cut_last(script: _Script, at_ms: int) -> None:
    """Cut the clip placed last off at `at_ms`, at its last audible sample before that, in segments and turns alike."""
    role, start_ms, clip = script.placed[-1]
    kept = clip[: (at_ms - start_ms) * SAMPLES_PER_MS]
    audible = np.flatnonzero(np.abs(kept) > np.abs(clip).max() * 0.03)
    script.placed[-1] = (role, start_ms, kept[: audible[-1] + 1])
    end_ms = start_ms + round(script.placed[-1][2].size / SAMPLES_PER_MS)
    script.segments[-1] = (role, start_ms, end_ms)
    last = script.turns[-1]
    script.turns[-1] = TrueTurn(
        role=last.role,
        is_backchannel=False,
        start_ms=last.start_ms,
        end_ms=end_ms,
        response_time_ms=last.response_time_ms,
    )


def _lay_out(script: _Script, duration_ms: int) -> npt.NDArray[np.float32]:
    samples = np.zeros((2, duration_ms * SAMPLES_PER_MS), dtype=np.float32)
    for role, start_ms, clip in script.placed:
        at = start_ms * SAMPLES_PER_MS
        samples[CHANNEL_OF[role], at : at + clip.size] += clip
    return samples


def apply_condition(
    dry: npt.NDArray[np.float32], condition: Condition, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return what a recorder would have heard of the dry channels under `condition`."""
    noise_db = {Condition.NOISE_45: -45.0, Condition.NOISE_30: -30.0}.get(condition, -60.0)
    white = rng.standard_normal(dry.shape).astype(np.float32)
    if condition is Condition.DIGITAL_SILENCE:
        return dry
    if condition in {Condition.PINK_25, Condition.PINK_10}:
        snr_db = 25.0 if condition is Condition.PINK_25 else 10.0
        level = 10 ** ((-22.0 - snr_db) / 20)
        return mu_law(telephone_band(dry + level * pink(rng, dry.shape)))
    bleed_db = {Condition.BLEED_25: -25.0, Condition.BLEED_12: -12.0}.get(condition)
    heard = dry if bleed_db is None else dry + dry[::-1] * np.float32(10 ** (bleed_db / 20))
    noisy = (heard + white * np.float32(10 ** (noise_db / 20))).astype(np.float32)
    return mu_law(telephone_band(noisy)) if condition is Condition.MULAW else noisy


def mu_law(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return `samples` as an 8 bit µ-law coder gives them back."""
    companded = np.sign(samples) * np.log1p(255 * np.minimum(np.abs(samples), 1)) / np.log(256)
    steps = np.rint(companded * 127) / 127
    expanded = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255
    return expanded.astype(np.float32)


def telephone_band(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return `samples` limited to 300 to 3400 Hz, without delay."""
    transform = np.fft.rfft(samples, axis=1)
    frequency = np.fft.rfftfreq(samples.shape[1], 1 / SAMPLE_RATE_HZ)
    low = 1 / (1 + np.exp(-(frequency - 300) / 25))
    high = 1 / (1 + np.exp((frequency - 3400) / 60))
    return np.fft.irfft(transform * low * high, samples.shape[1], axis=1).astype(np.float32)


def pink(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return pink noise of unit power."""
    transform = np.fft.rfft(rng.standard_normal(shape), axis=1)
    transform[:, 1:] /= np.sqrt(np.arange(1, transform.shape[1]))
    transform[:, 0] = 0
    noise = np.fft.irfft(transform, shape[1], axis=1)
    return (noise / noise.std()).astype(np.float32)
