"""What analysing a recording costs, against the bare detection network on both channels of the same file.

    python bench/analysis.py [--minutes 5] [--hours 3]

Cost is processor time, so that other work on the machine hardly shows; all of it is spent on one core, and a decoder in
a thread beside the network would shorten the wait, not the cost. Both sides begin with the same compressed bytes. The
bare network is the file as its package ships it, given decoded samples for free. Then what two workers at once get
done, and the peak memory of a long stereo MP3.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import av
import numpy as np
import onnxruntime

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the call maker of the tests makes the calls

from callscope.audio.decode import RecordingReader  # noqa: E402
from callscope.audio.peaks import PeakCollector  # noqa: E402
from callscope.audio.spectrum import FrameAnalyzer  # noqa: E402
from callscope.core.call import Role  # noqa: E402
from callscope.core.conversation import TimingBasis  # noqa: E402
from callscope.speech.analysis import BLOCK_SAMPLES, analyze_recording  # noqa: E402
from callscope.speech.network import CONTEXT_SAMPLES, WINDOW_SAMPLES  # noqa: E402
from callscope.speech.perceived_quality import JudgeUnavailable, load_judge  # noqa: E402
from callscope.speech.silero import NETWORK_NAME  # noqa: E402
from callscope.speech.turns import build_conversation  # noqa: E402
from tests.support.synthetic_calls import Condition, make_call  # noqa: E402
from tests.support.voices import committed_voices  # noqa: E402

FILES = {
    "MP3 8 kHz": ("mp3", "libmp3lame", 8000),
    "MP3 44.1 kHz": ("mp3", "libmp3lame", 44_100),
    "WAV mu-law 8 kHz": ("wav", "pcm_mulaw", 8000),
    "MP4 AAC 44.1 kHz": ("m4a", "aac", 44_100),
    "OGG Opus 48 kHz": ("ogg", "libopus", 48_000),
}
RUNS = 3
MEMORY_LIMIT_MIB = 400


def call_samples(seconds: int) -> np.ndarray:
    """Return a two-party call of at least `seconds`, float32 [2, n] at 16 kHz."""
    first, second = committed_voices()
    pieces: list[np.ndarray] = []
    while sum(piece.shape[1] for piece in pieces) < seconds * 16_000:
        cast = {Role.AGENT: first, Role.CUSTOMER: second}
        pieces.append(make_call(len(pieces), cast, Condition.CLEAN).samples)
    return np.concatenate(pieces, axis=1)


def encode(path: Path, samples: np.ndarray, codec: str, rate_hz: int, repeats: int = 1) -> None:
    """Write `samples`, `repeats` times over, with `codec`, one piece of ten seconds after the other."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="stereo")
        resampler = av.AudioResampler(
            format=stream.format.name, layout="stereo", rate=rate_hz, frame_size=stream.frame_size or None
        )
        at = 0
        for _ in range(repeats):
            for start in range(0, samples.shape[1], 160_000):
                piece = np.ascontiguousarray(samples[:, start : start + 160_000])
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
                frame.sample_rate, frame.pts, frame.time_base = 16_000, at, Fraction(1, 16_000)
                at += piece.shape[1]
                for out in resampler.resample(frame):
                    container.mux(stream.encode(out))
        for out in resampler.resample(None):
            container.mux(stream.encode(out))
        container.mux(stream.encode(None))


def processor_s(work: Callable[[], object]) -> float:
    """Return the least processor time of several runs."""
    times = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def bare_session() -> onnxruntime.InferenceSession:
    """Return the detector as its package ships it, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = Path(str(files("faster_whisper"))) / "assets" / f"{NETWORK_NAME}.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run_bare_network(session: onnxruntime.InferenceSession, samples: np.ndarray) -> None:
    """Run the network over every window of every channel, 512 windows a call."""
    for channel in samples:
        whole = channel[: channel.size // WINDOW_SAMPLES * WINDOW_SAMPLES]
        padded = np.concatenate([np.zeros(CONTEXT_SAMPLES, dtype=np.float32), whole])
        windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT_SAMPLES + WINDOW_SAMPLES)[::WINDOW_SAMPLES]
        hidden = cell = np.zeros((1, 1, 128), dtype=np.float32)
        for start in range(0, len(windows), 512):
            feed = {"input": np.ascontiguousarray(windows[start : start + 512]), "h": hidden, "c": cell}
            _, hidden, cell = session.run(None, feed)


def detect_barely(path: Path) -> None:
    """Decode a file and run the bare network over it."""
    run_bare_network(bare_session(), np.concatenate(read_blocks(path), axis=1))


def read_blocks(path: Path) -> list[np.ndarray]:
    """Return the whole file decoded, block by block."""
    with RecordingReader(path) as reader:
        return list(reader.blocks(BLOCK_SAMPLES))


def analyze_fully(path: Path) -> None:
    """Do what a worker does: compressed bytes to segments, peaks and turns."""
    segments = analyze_recording(path).segments
    assert segments, "the made call has speech"
    build_conversation(segments, basis=TimingBasis.CHANNEL_AUDIO, confidence=1.0)


def compare(name: str, path: Path, seconds: float) -> None:
    """Print one line: every stage as a share of the bare network's cost."""
    blocks = read_blocks(path)
    samples, session = np.concatenate(blocks, axis=1), bare_session()
    bare_s = processor_s(lambda: run_bare_network(session, samples))
    analyzer, peaks = FrameAnalyzer(2), PeakCollector(2)
    stages = {
        "decode": processor_s(lambda: read_blocks(path)),
        "bands": processor_s(lambda: [analyzer.analyze(block) for block in blocks]),
        "peaks": processor_s(lambda: [peaks.add(block) for block in blocks]),
    }
    full_s = processor_s(lambda: analyze_fully(path))
    rest = full_s - sum(stages.values())
    shares = ", ".join(f"{stage} {cost / bare_s:.2f}" for stage, cost in {**stages, "network and edges": rest}.items())
    print(
        f"{name:18s} full analysis / bare network {full_s / bare_s:5.2f}   ({shares})   "
        f"{full_s / seconds:.4f} of real time, bare {bare_s / seconds:.4f}",
        flush=True,
    )


def check_judging(path: Path, seconds: float) -> None:
    """Print what judging the voices adds, which is sampled and can be switched off."""
    judge = load_judge()
    if isinstance(judge, JudgeUnavailable):
        print(judge.reason)
        return
    without_s = processor_s(lambda: analyze_recording(path))
    with_s = processor_s(lambda: analyze_recording(path, judge=judge))
    print(
        f"judging how the voices sound (CALLSCOPE_VOICE_QUALITY) adds {(with_s - without_s) / seconds:.4f} of real time"
    )


def check_two_workers(path: Path, repeats: int) -> None:
    """Print how much more two processes at once get done than one, beside what the bare network gains here."""
    begin = f"import bench.analysis as b, pathlib\npath = pathlib.Path({str(path)!r})\n"
    ours = gain_of_two(f"{begin}for _ in range({repeats}): b.analyze_fully(path)")
    bare = gain_of_two(f"{begin}for _ in range({repeats}): b.detect_barely(path)")
    print(
        f"two workers on {os.cpu_count()} cores do {ours:.2f} times the work of one, two bare networks {bare:.2f}; "
        f"2.0 is the most there can be (load average {os.getloadavg()[0]:.1f})"
    )


def gain_of_two(script: str) -> float:
    """Return how many times the work of one process two at once get done, start and imports left in.

    The least time of several runs counts, alone and together by turns: others use this machine too.
    """

    def wall_s(worker_count: int) -> float:
        begun = time.monotonic()
        workers = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(worker_count)]  # noqa: S603 - our own file
        if any(worker.wait() != 0 for worker in workers):
            raise SystemExit("a worker failed")
        return time.monotonic() - begun

    rounds = [(wall_s(1), wall_s(2)) for _ in range(RUNS)]
    return 2 * min(alone_s for alone_s, _ in rounds) / min(together_s for _, together_s in rounds)


def check_memory(hours: float, folder: Path) -> None:
    """Analyse a long stereo MP3 in a process of its own and print its peak memory."""
    samples = call_samples(600)
    path = folder / "long.mp3"
    encode(path, samples, "libmp3lame", 44_100, repeats=round(hours * 3600 * 16_000 / samples.shape[1]))
    script = f"import bench.analysis as b, pathlib; b.analyze_fully(pathlib.Path({str(path)!r})); print(b.peak_mib())"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - our own file
    peak = int(done.stdout.split()[-1])
    verdict = "within" if peak <= MEMORY_LIMIT_MIB else "ABOVE"
    print(f"{hours:g} h stereo MP3: peak {peak} MiB, {verdict} {MEMORY_LIMIT_MIB}; {time.monotonic() - begun:.0f} s")


def peak_mib() -> int:
    """Return the peak resident memory of this program; `ru_maxrss` begins with that of the process it came from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> None:
    """Print the ratios, then the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--hours", type=float, default=3, help="length of the memory check; 0 leaves it out")
    arguments = parser.parse_args()
    samples = call_samples(round(arguments.minutes * 60))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, (suffix, codec, rate_hz) in FILES.items():
            path = folder / f"call.{suffix}"
            encode(path, samples, codec, rate_hz)
            compare(label, path, samples.shape[1] / 16_000)
        check_judging(path, samples.shape[1] / 16_000)
        check_two_workers(path, RUNS)
        if arguments.hours:
            check_memory(arguments.hours, folder)


if __name__ == "__main__":
    main()
