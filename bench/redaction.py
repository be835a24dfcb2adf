"""Recall and precision of masking on a generated labelled set: `python bench/redaction.py [--count 500]`.

Recall is the share of personal characters that were masked, precision the share of masked characters that were
personal: a number of which four digits are left has leaked.
"""

import argparse
from collections import defaultdict
from time import perf_counter

from callscope.core.project_rules import RedactionClass
from callscope.redaction.detect import find
from tests.support.labelled_speech import labelled_speech

EVERYTHING = frozenset(RedactionClass)
BY_DEFAULT = EVERYTHING - {RedactionClass.NAME, RedactionClass.ADDRESS}


def main() -> None:
    """Print one line a kind and one for what holds no personal data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="utterances of each kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
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


if __name__ == "__main__":
    main()
