"""The example calls of the demo, as recordings to measure."""

import json
from pathlib import Path

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry
from tests.support.conversations import entry

DEMO = Path(__file__).parents[2] / "demo"
STEREO = DEMO / "recordings" / "appointment.wav"
MONO = DEMO / "recordings" / "slow-internet.mp3"


def transcript_of(recording: Path) -> tuple[TranscriptEntry, ...]:
    """Return what the demo sends with that recording."""
    (call,) = [each for each in json.loads((DEMO / "calls.json").read_text()) if each["recording"] == recording.name]
    return tuple(
        entry(Role(each["role"].lower()), each["text"], each["startOffsetMs"], each["endOffsetMs"])
        for each in call["transcript"]
    )
