"""Recall and precision of masking on a generated labelled set: `python bench/redaction.py [--count 500] [--audio]`.

Recall is the share of personal characters that were masked, precision the share of masked characters that were
personal: a number of which four digits are left has leaked. With `--audio` the same utterances are spoken by a
synthesiser that tells how long each part takes, and milliseconds are counted in place of characters.
"""

import argparse
import io
import re
import subprocess
import sys
import wave
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from callscope.core.project_rules import RedactionClass
from callscope.redaction.detect import find
from callscope.redaction.timing import shares_of, spans_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the labelled utterances are the tests'
from tests.support.labelled_speech import Utterance, labelled_speech

EVERYTHING = frozenset(RedactionClass)
BY_DEFAULT = EVERYTHING - {RedactionClass.NAME, RedactionClass.ADDRESS}


def main() -> None:
    """Print one line a kind and one for what holds no personal data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="utterances of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--audio", action="store_true", help="measure the beep over spoken utterances (needs espeak-ng)"
    )
    arguments = parser.parse_args()
    if arguments.audio:
        measure_beeps(arguments.seed, arguments.count)
        return
    whole, personal, masked, hit = (defaultdict[str, int](int) for _ in range(4))
    began, characters_count = perf_counter(), 0
    for said in labelled_speech(arguments.seed, arguments.count):
        name = "(none)" if said.kind is None else said.kind.value
        covered = {
            place for one in find(said.text, EVERYTHING, before=said.before) for place in range(one.start, one.end)
        }
        wanted = set(range(said.start, said.end))
        personal[name] += len(wanted)
        masked[name] += len(covered)
        hit[name] += len(covered & wanted)
        whole[name] += wanted <= covered if wanted else bool(covered)
        characters_count += len(said.text)
    spent_s = perf_counter() - began
    print(f"{'kind':<16} {'recall':>7} {'whole':>7} {'precision':>9}")
    for name in [kind.value for kind in RedactionClass]:
        recall, precision = hit[name] / personal[name], hit[name] / max(1, masked[name])
        print(f"{name:<16} {recall:>7.1%} {whole[name] / arguments.count:>7.1%} {precision:>9.1%}")
    harmless_count = arguments.count * len(RedactionClass)
    print(f"masked in part, of those without personal data: {whole['(none)'] / harmless_count:.1%}")
    print(f"{characters_count / spent_s / 1e6:.2f} million characters a second on one core")


def measure_beeps(seed: int, count: int) -> None:
    """Print how much of what must not be heard is covered by the tone, and how much of the tone had to be."""
    personal_ms, covered_ms, hit_ms, whole_count, said_count = 0, 0, 0, 0, 0
    for said in labelled_speech(seed, count):
        if said.kind is None:
            continue
        start_ms, end_ms, total_ms = spoken_times(said)
        shares = shares_of(said.text, find(said.text, EVERYTHING, before=said.before))
        covered = {moment for span in spans_of(0, total_ms, shares) for moment in range(*span) if moment < total_ms}
        wanted = set(range(start_ms, end_ms))
        personal_ms += len(wanted)
        covered_ms += len(covered)
        hit_ms += len(wanted & covered)
        whole_count += wanted <= covered
        said_count += 1
    print(
        f"{said_count} spoken utterances: {hit_ms / personal_ms:.1%} of personal sound covered, {whole_count} covered"
    )
    print(f"whole; {hit_ms / covered_ms:.1%} of what is covered was personal")


def spoken_times(said: Utterance) -> tuple[int, int, int]:
    """Return when what is personal begins and ends in the spoken utterance, and how long that is, in milliseconds."""
    start, end, total = (spoken_ms(said.text[:place]) for place in (said.start, said.end, len(said.text)))
    return start, min(end, total), total


def spoken_ms(text: str) -> int:
    """Return how long a synthesiser takes to say `text`, digit by digit as people do."""
    if not text.strip():
        return 0
    spelled = re.sub(r"(?<=\d)(?=\d)", " ", text)
    arguments = ["/usr/bin/espeak-ng", "--stdout", "-z", spelled]
    spoken = subprocess.run(arguments, capture_output=True, check=True).stdout  # noqa: S603 - a program by its full path
    with wave.open(io.BytesIO(spoken)) as file:
        return round(1000 * len(file.readframes(10**9)) / file.getsampwidth() / file.getframerate())


if __name__ == "__main__":
    main()
