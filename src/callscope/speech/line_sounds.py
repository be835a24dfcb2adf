"""Sounds of the line: ringing, busy signals, dialling, other tones, and music. None of them is a party's speech."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from callscope.core.recording import LineSound, SoundKind
from callscope.speech.tracks import WINDOW_MS, ChannelTrack, runs
from callscope.speech.window_sound import WindowSounds

Spans = npt.NDArray[np.int64]
Sounds = tuple[LineSound, ...]

_LEAST_PURITY = 0.9
_DIALLING_LOW_HZ = np.array([697, 770, 852, 941])
_DIALLING_HIGH_HZ = np.array([1209, 1336, 1477, 1633])
_DIALLING_TOLERANCE = 0.025
_NO_KEY = -1
_SAME_TONE_RATIO = 1.06
"""A semitone. Two tones that beat, as in ringing, are heard as one that wavers: hence the least step in hertz."""
_SAME_TONE_HZ = 60.0
_LEAST_KEY_WINDOWS = 2
_LEAST_TONE_WINDOWS = 2
_LONE_TONE_MS = 190
_KEY_PAUSE_MS = 2500
_NOTE_PAUSE_MS = 400
_SAME_NOTE_RATIO = 0.04
_FEWEST_NOTES = 3
_CADENCE_PAUSE_MS = 6500
_RINGING_PAUSE_MS = 1200
_RINGING_HZ = (340, 520)
_RINGING_MS = (370, 3000)
_LONE_RING_MS = 700
_FEWEST_BUSY = 3
_VOICE_HZ = 330.0
"""A hum is nearly a pure tone too, but lower than this."""
_TONE_SHARE_OF_SPEECH = 0.6
_MUSIC_MS = 2500
_MUSIC_PAUSE_WINDOWS = 16
_HELD_RATIO = 1.025
_LEAST_HELD_SHARE = 0.35
"""Noise holds a tone from one window to the next once in seven times."""
_TONAL_PURITY = 0.4
_MOST_PURE_SHARE = 0.7
_LONGEST_NOTE_MS = 1000
_NOTE_HELD_SHARE = 0.75
"""A voice that speaks hardly ever holds one pitch this long; instruments do nothing else."""
_LOWEST_TONE_HZ = 300.0
"""Mains hum and its overtones lie below, the signals of telephones above."""
_SLIDE_RATIO = 1.3
_BLEED_MARGIN_MS = 300
_LEAST_MUSIC_PURITY = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tone:
    """One uninterrupted tone: its place in milliseconds, the middle of its strongest frequency, the key if dialled.

    `slides` says whether the frequency moved on the way.
    """

    start_ms: int
    end_ms: int
    hz: float
    key: int
    slides: bool

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


def without_line_sounds(spans: Spans, track: ChannelTrack, others: Spans) -> tuple[Spans, Sounds]:
    """Return the `spans` of speech of `track` that are speech, and the sounds of the line beside them, by start.

    Spans are in milliseconds. A span goes that is mostly one pure tone above the pitch of voices, or short, next to
    music, and on one note. `others` is the other party's speech where it is audible: nothing is looked for there.
    """
    spoken = _without_tones(spans, track.sounds)
    sounds = _find(track.sounds, _free(track, spoken, others))
    notes = [index for index, span in enumerate(spoken) if _belongs_to_music(span, track.sounds, sounds)]
    if notes:
        spoken = np.delete(spoken, notes, axis=0)
        sounds = _find(track.sounds, _free(track, spoken, others))
    return spoken, sounds


def _without_tones(spans: Spans, sounds: WindowSounds) -> Spans:
    is_tone = (sounds.purity >= _LEAST_PURITY) & (sounds.tones_hz[:, 0] >= _VOICE_HZ)
    counted = np.concatenate([[0], np.cumsum(is_tone)])
    windows = np.minimum(np.stack([spans[:, 0] // WINDOW_MS, -(-spans[:, 1] // WINDOW_MS)], axis=1), is_tone.size)
    tonal = counted[windows[:, 1]] - counted[windows[:, 0]]
    kept: Spans = spans[tonal < _TONE_SHARE_OF_SPEECH * (windows[:, 1] - windows[:, 0])]
    return kept


def _free(track: ChannelTrack, spoken: Spans, others: Spans) -> npt.NDArray[np.bool_]:
    """Return the windows in which nobody speaks."""
    free = np.ones(track.probabilities.size, dtype=bool)
    for start, end in spoken:
        free[start // WINDOW_MS : -(-end // WINDOW_MS)] = False
    for start, end in others:
        free[max(start - _BLEED_MARGIN_MS, 0) // WINDOW_MS : -(-(end + _BLEED_MARGIN_MS) // WINDOW_MS)] = False
    return free


def _belongs_to_music(span: npt.NDArray[np.int64], sounds: WindowSounds, found: Sounds) -> bool:
    start, end = int(span[0]), int(span[1])
    if end - start > _LONGEST_NOTE_MS:
        return False
    beside = any(
        sound.kind is SoundKind.MUSIC
        and sound.start_offset_ms - _NOTE_PAUSE_MS <= end
        and start <= sound.end_offset_ms + _NOTE_PAUSE_MS
        for sound in found
    )
    pitch_hz = sounds.pitch_hz[start // WINDOW_MS : end // WINDOW_MS].astype(np.float32)
    return beside and bool(_held_share(pitch_hz[:, None]) >= _NOTE_HELD_SHARE)


def _find(sounds: WindowSounds, free: npt.NDArray[np.bool_]) -> Sounds:
    keys = [tone for tone in _tones(sounds, free) if tone.key != _NO_KEY]
    found = [_spanning(SoundKind.DIALLING, chain) for chain in _chains(keys, _KEY_PAUSE_MS)]
    found += _music(sounds, _outside(free, found))
    found += _tonal([tone for tone in _tones(sounds, _outside(free, found)) if tone.key == _NO_KEY])
    return tuple(sorted(found, key=lambda sound: sound.start_offset_ms))


def _outside(free: npt.NDArray[np.bool_], found: Sequence[LineSound]) -> npt.NDArray[np.bool_]:
    left = free.copy()
    for sound in found:
        left[sound.start_offset_ms // WINDOW_MS : sound.end_offset_ms // WINDOW_MS] = False
    return left


def _tones(sounds: WindowSounds, free: npt.NDArray[np.bool_]) -> Iterator[_Tone]:
    pure = (sounds.purity >= _LEAST_PURITY) & (sounds.tones_hz[:, 0] >= _LOWEST_TONE_HZ) & free
    keys = _keys(sounds.tones_hz.astype(np.float32))
    for first, last in runs(pure):
        hz = sounds.tones_hz[first:last, 0].astype(np.float64)
        step = np.abs(np.diff(hz)) > np.maximum(hz[1:] * (_SAME_TONE_RATIO - 1), _SAME_TONE_HZ)
        cuts = np.flatnonzero(step | (np.diff(keys[first:last]) != 0)) + 1
        for start, end in pairwise([0, *cuts.tolist(), last - first]):
            key = int(keys[first + start])
            if end - start >= (_LEAST_TONE_WINDOWS if key == _NO_KEY else _LEAST_KEY_WINDOWS):
                start_ms, end_ms = int(first + start) * WINDOW_MS, int(first + end) * WINDOW_MS
                part = hz[start:end]
                slides = bool(part.max() > _SLIDE_RATIO * part.min())
                yield _Tone(start_ms=start_ms, end_ms=end_ms, hz=float(np.median(part)), key=key, slides=slides)


def _keys(tones_hz: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Return which key of a telephone each window's two tones belong to."""
    ordered = np.sort(tones_hz, axis=1)
    low = np.abs(ordered[:, :1] / _DIALLING_LOW_HZ - 1)
    high = np.abs(ordered[:, 1:] / _DIALLING_HIGH_HZ - 1)
    is_key = (low.min(axis=1) < _DIALLING_TOLERANCE) & (high.min(axis=1) < _DIALLING_TOLERANCE)
    return np.where(is_key, low.argmin(axis=1) * _DIALLING_HIGH_HZ.size + high.argmin(axis=1), _NO_KEY)


def _chains(tones: Sequence[_Tone], longest_pause_ms: int) -> list[list[_Tone]]:
    """Return tones in groups that no longer pause parts."""
    chains: list[list[_Tone]] = []
    for tone in tones:
        if chains and tone.start_ms - chains[-1][-1].end_ms <= longest_pause_ms:
            chains[-1].append(tone)
        else:
            chains.append([tone])
    return chains


def _tonal(tones: Sequence[_Tone]) -> Iterator[LineSound]:
    """Yield melodies and slides, and what is left of the tones by its cadence."""
    signals: list[_Tone] = []
    for chain in _chains(tones, _NOTE_PAUSE_MS):
        if any(tone.slides for tone in chain):
            yield _spanning(SoundKind.TONE, chain)
        elif _note_count(chain) >= _FEWEST_NOTES:
            yield _spanning(SoundKind.MUSIC, chain)
        else:
            signals.extend(tone for tone in chain if tone.duration_ms >= _LONE_TONE_MS)
    for chain in _chains(signals, _CADENCE_PAUSE_MS):
        if _note_count(chain) == 1:
            yield _spanning(_signal_kind(chain), chain)
        else:
            yield from (_spanning(SoundKind.TONE, [tone]) for tone in chain)


def _note_count(chain: Sequence[_Tone]) -> int:
    notes: list[float] = []
    for tone in chain:
        if all(abs(tone.hz - note) > _SAME_NOTE_RATIO * note for note in notes):
            notes.append(tone.hz)
    return len(notes)


def _signal_kind(chain: Sequence[_Tone]) -> SoundKind:
    """Return what a tone with its pauses says: rings with long pauses, busy signals with short ones."""
    pauses_ms = [after.start_ms - before.end_ms for before, after in pairwise(chain)]
    lengths_ms = [tone.duration_ms for tone in chain]
    is_low = all(_RINGING_HZ[0] <= tone.hz <= _RINGING_HZ[1] for tone in chain)
    has_rings = is_low and _RINGING_MS[0] <= min(lengths_ms) and max(lengths_ms) <= _RINGING_MS[1]
    is_slow = max(pauses_ms) >= _RINGING_PAUSE_MS if pauses_ms else lengths_ms[0] >= _LONE_RING_MS
    if has_rings and is_slow:
        return SoundKind.RINGING
    if len(chain) >= _FEWEST_BUSY and max(pauses_ms) < _RINGING_PAUSE_MS:
        return SoundKind.BUSY
    return SoundKind.TONE


def _spanning(kind: SoundKind, chain: Sequence[_Tone]) -> LineSound:
    return LineSound(kind=kind, start_offset_ms=chain[0].start_ms, end_offset_ms=chain[-1].end_ms)


def _music(sounds: WindowSounds, free: npt.NDArray[np.bool_]) -> Iterator[LineSound]:
    """Yield long stretches of sound, more than pure tones, whose tones are held from window to window."""
    heard = free & ~np.isnan(sounds.purity)
    for first, last in _bridged(heard):
        at = heard[first:last]
        purity = sounds.purity[first:last][at].astype(np.float32)
        if purity.size * WINDOW_MS < _MUSIC_MS or np.median(purity) < _LEAST_MUSIC_PURITY:
            continue
        pure_share = np.mean(purity[purity >= _TONAL_PURITY] >= _LEAST_PURITY)
        held_share = _held_share(sounds.tones_hz[first:last][at].astype(np.float32))
        if held_share >= _LEAST_HELD_SHARE and pure_share < _MOST_PURE_SHARE:
            start_ms, end_ms = first * WINDOW_MS, last * WINDOW_MS
            yield LineSound(kind=SoundKind.MUSIC, start_offset_ms=start_ms, end_offset_ms=end_ms)


def _held_share(tones_hz: npt.NDArray[np.float32]) -> float:
    """Return the share of windows, [windows, tones], in which one of the tones of the window before goes on."""
    ratio = tones_hz[1:, :, None] / tones_hz[:-1, None, :]
    held = ((ratio < _HELD_RATIO) & (ratio > 1 / _HELD_RATIO)).any(axis=(1, 2))
    return float(held.mean()) if held.size else 0.0


def _bridged(heard: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of `heard`, those apart by a short pause made one."""
    stretches: list[tuple[int, int]] = []
    for first, last in runs(heard).tolist():
        if stretches and first - stretches[-1][1] <= _MUSIC_PAUSE_WINDOWS:
            stretches[-1] = (stretches[-1][0], last)
        else:
            stretches.append((first, last))
    return stretches
