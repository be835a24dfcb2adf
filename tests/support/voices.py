"""Voices for made-up calls: synthesisers of the machine, human recordings of a Debian package, committed clips."""

import functools
import io
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import av
import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
ACTIVE_LEVEL_DBFS = -22.0
AUDIBLE_DB_BELOW_PEAK = 40.0
HUMAN_CUT_DB = 20.0
RUMBLE_HZ = 80.0
"""Below it human recordings hold mains hum and footsteps, as loud as a weak word and no part of any."""
COMMITTED_CLIPS = Path(__file__).parent / "voice_clips"
HUMAN_CLIPS = Path("/usr/share/pocketsphinx/test/data")

Clip = npt.NDArray[np.float32]

CLAUSES = (
    "thank you for calling how may i help you today",
    "i would like to change my delivery address please",
    "my last invoice shows a charge i do not recognise",
    "could you spell the street name for me",
    "the parcel was due on tuesday but nothing arrived",
    "let me look that up in our system",
    "it is number forty two on the second floor",
    "we can send a new one within three working days",
    "that works for me thanks a lot",
    "is there anything else i can do for you",
    "no that was all have a good afternoon",
    "please hold the line for a moment",
    "i already tried to restart it twice this morning",
    "your appointment is confirmed for friday at nine",
)
BACKCHANNELS = ("yes", "okay", "right", "i see", "uh huh", "sure")


def cut_to_audible(samples: Clip) -> Clip:
    """Return `samples` from the first to the last one within 40 dB of the peak, at the common active level."""
    level = np.abs(samples)
    audible = np.flatnonzero(level > level.max() * 10 ** (-AUDIBLE_DB_BELOW_PEAK / 20))
    cut = samples[audible[0] : audible[-1] + 1]
    frames = cut[: cut.size // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(axis=1)
    active = power[power > power.max() * 1e-3].mean()
    scaled = cut * np.sqrt(10 ** (ACTIVE_LEVEL_DBFS / 10) / active)
    return np.clip(scaled, -0.99, 0.99).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One speaker's clauses and backchannels, each cut to where it is heard; `cut` does so again after a change."""

    name: str
    clauses: tuple[Clip, ...]
    backchannels: tuple[Clip, ...]
    cut: Callable[[Clip], Clip] = cut_to_audible


def committed_voices() -> tuple[Voice, ...]:
    """Return the voices that lie beside this file: two synthesised speakers, always there."""
    return tuple(_committed(folder) for folder in sorted(COMMITTED_CLIPS.iterdir()) if folder.is_dir())


@functools.cache
def synthesised_voice(engine: str, name: str) -> Voice:
    """Return a voice of `espeak-ng` or `flite`; the program must be installed."""
    return Voice(
        name=f"{engine}-{name}",
        clauses=tuple(_speak(engine, name, text) for text in CLAUSES),
        backchannels=tuple(_speak(engine, name, text) for text in BACKCHANNELS),
    )


def is_installed(engine: str) -> bool:
    """Whether the synthesiser `engine` can be run."""
    return which(engine) is not None


def human_voices() -> tuple[Voice, ...]:
    """Return the speakers of Debian's `pocketsphinx-testdata`, none when it is not installed.

    Backchannels are the first 350 to 550 ms of further clauses, faded out: short, human, and no clause of their own.
    """
    folders = {"cards": "*.wav", "librivox": "*.wav"}
    voices = [_human(HUMAN_CLIPS / folder, pattern) for folder, pattern in folders.items()]
    return tuple(voice for voice in voices if voice is not None)


def decode_clip(source: str | io.BytesIO) -> Clip:
    """Return a whole file as mono float32 at 16 kHz."""
    with av.open(source) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE_HZ)
        pieces = [piece.to_ndarray()[0] for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float32)


def _committed(folder: Path) -> Voice:
    return Voice(
        name=folder.name,
        clauses=tuple(cut_to_audible(decode_clip(str(path))) for path in sorted(folder.glob("clause*.ogg"))),
        backchannels=tuple(cut_to_audible(decode_clip(str(path))) for path in sorted(folder.glob("backchannel*.ogg"))),
    )


def _speak(engine: str, name: str, text: str) -> Clip:
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "spoken.wav")
        commands = {
            "espeak-ng": ["espeak-ng", "-v", name, "-w", target, text],
            "flite": ["flite", "-voice", name, "-t", text, "-o", target],
        }
        subprocess.run(commands[engine], check=True, capture_output=True)
        return cut_to_audible(decode_clip(target))


def _cut_to_speech(samples: Clip) -> Clip:
    """Return a human recording without the room's own noise around it: its frames within 20 dB of the active level."""
    cut = cut_to_audible(samples)
    frames = cut[: cut.size // 160 * 160].reshape(-1, 160)
    loud = np.flatnonzero((frames**2).mean(axis=1) > 10 ** ((ACTIVE_LEVEL_DBFS - HUMAN_CUT_DB) / 10))
    return cut[loud[0] * 160 : (loud[-1] + 1) * 160]


def _human(folder: Path, pattern: str) -> Voice | None:
    spoken = [cut_to_audible(_without_rumble(decode_clip(str(path)))) for path in sorted(folder.glob(pattern))]
    if not spoken:
        return None
    clauses = tuple(piece for clip in spoken for piece in _clauses_of(clip))
    shorts = tuple(_shortened(clip, 350 + 40 * index) for index, clip in enumerate(clauses[:6]))
    return Voice(name=f"human-{folder.name}", clauses=clauses, backchannels=shorts, cut=_cut_to_speech)


def _without_rumble(samples: Clip) -> Clip:
    transform = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(samples.size, 1 / SAMPLE_RATE_HZ)
    kept = 1 / (1 + np.exp(-(frequency - RUMBLE_HZ) / 5))
    return np.fft.irfft(transform * kept, samples.size).astype(np.float32)


def _clauses_of(clip: Clip) -> list[Clip]:
    """Return `clip` split where it pauses for 200 ms or more, pieces shorter than 700 ms left out."""
    frames = clip[: clip.size // 160 * 160].reshape(-1, 160)
    loud = (frames**2).mean(axis=1) > 10 ** ((ACTIVE_LEVEL_DBFS - HUMAN_CUT_DB) / 10)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    kept = np.flatnonzero(starts[1:] - ends[:-1] >= 20)
    firsts = np.concatenate([[starts[0]], starts[1:][kept]])
    lasts = np.concatenate([ends[:-1][kept], [ends[-1]]])
    pieces = [clip[first * 160 : last * 160] for first, last in zip(firsts, lasts, strict=True) if last - first >= 70]
    return [_cut_to_speech(piece) for piece in pieces]


def _shortened(clip: Clip, duration_ms: int) -> Clip:
    piece = clip[: duration_ms * 16].copy()
    piece[-320:] *= np.linspace(1, 0, 320, dtype=np.float32)
    return _cut_to_speech(piece)


def pcm_of(clip: Clip, *, rate_hz: int) -> bytes:
    """Return a clip as signed 16-bit samples in one channel, at a multiple of the clips' rate."""
    repeated = np.repeat(clip, rate_hz // SAMPLE_RATE_HZ)
    return (repeated * 32767).astype("<i2").tobytes()
