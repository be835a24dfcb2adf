"""The same bytes give the same numbers: in another process, with other threads and hashes, and as they once were."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callscope.speech.analysis import ANALYSIS_VERSION
from tests.support.demo_calls import STEREO

KEPT = Path(__file__).parent / "reproducible.json"
HOW_TO_UPDATE = f"if the change is meant, raise ANALYSIS_VERSION and run `python -m {__name__}`"
PROGRAM = """
import json, sys
from pathlib import Path
from callscope.speech.analysis import analyze_recording
found = analyze_recording(Path(sys.argv[1]))
report = found.report
print(json.dumps({
    "version": found.version,
    "parameters": dict(found.parameters),
    "speech": found.speech,
    "channels": [
        [one.speech_ms, one.snr_db, one.active_level_db, one.loudness_lufs, one.bandwidth_hz, len(one.sounds)]
        for one in report.channels
    ],
    "findings": [one.code for one in report.findings],
    "prosody": [[one.start_offset_ms, one.pitch_hz, one.level_db, one.syllables_per_s] for one in found.prosody],
}))
"""


def numbers_of(*, hash_seed: int, threads: int) -> dict[str, Any]:
    """Return the numbers of the example call, measured in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(STEREO)], check=True, capture_output=True, text=True, env=environment
    )
    numbers: dict[str, Any] = json.loads(done.stdout)
    return numbers


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    return numbers_of(hash_seed=1, threads=1)


def test_another_process_finds_the_same(numbers: dict[str, Any]) -> None:
    assert numbers_of(hash_seed=2, threads=2) == numbers


def test_this_machine_finds_what_was_found_elsewhere(numbers: dict[str, Any]) -> None:
    assert numbers == json.loads(KEPT.read_text()), HOW_TO_UPDATE


def test_results_say_with_what_they_were_computed(numbers: dict[str, Any]) -> None:
    assert numbers["version"] == ANALYSIS_VERSION
    assert {"onset_probability", "min_speech_ms", "network"} <= numbers["parameters"].keys()


if __name__ == "__main__":
    KEPT.write_text(json.dumps(numbers_of(hash_seed=0, threads=1), indent=1) + "\n")
