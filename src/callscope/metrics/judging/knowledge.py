"""What a team's documents say about what was said in a call: the passages nearest to it, and quotes from them."""

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callscope.core.knowledge import KnowledgeDocument

PASSAGE_CHARS = 1000
NEAREST_PER_LINE = 5
COMMON_SHARE = 0.2
"""A word that stands in more of the passages than this tells none of them from the others, where there are many."""
FEW_PASSAGES = 50
SATURATION, LENGTH_WEIGHT = 1.2, 0.75
"""The constants of Okapi BM25 at their usual values (Robertson and Zaragoza, 2009)."""
PASSAGE_RULE = (
    "Take what these passages say for true. Where a piece of evidence agrees with one of them or contradicts it, give "
    "the passage's number as `passage` and words quoted exactly from it as `passageQuote`; else both are null."
)
PART_RULE = "There are more passages than these: what they neither confirm nor contradict is not wrong for that."
_WORD = re.compile(r"\w+")
BREAKS = ("\n\n", "\n", ". ", " ")
"""Where a text is cut, the best place first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of a document, numbered from 1 through all of a metric's documents."""

    number: int
    document: str
    text: str

    @property
    def shown(self) -> str:
        """The passage as the judge sees it."""
        return f"[K{self.number}] {self.document}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The passages that a judge is shown, in the order of the documents, out of `total_count`."""

    passages: tuple[Passage, ...]
    total_count: int

    @property
    def shown(self) -> str:
        """The passages under a heading, with what the judge is to do with them."""
        shown_count = len(self.passages)
        is_part = shown_count < self.total_count
        count = f"the {shown_count} of {self.total_count} passages nearest to what was said" if is_part else "all"
        heading = f"KNOWLEDGE (documents the team gives as the truth; {count})"
        rules = [PASSAGE_RULE, *([PART_RULE] if is_part else [])]
        return "\n".join([heading, *rules, *(passage.shown for passage in self.passages)])


def nearest(documents: Sequence[KnowledgeDocument], said: Sequence[str], budget_chars: int) -> Knowledge:
    """Return all passages where they fit `budget_chars`, else those nearest to what was said, line by line.

    Nearness is Okapi BM25 of a line's words. Every line is given its nearest passage before any is given a second.
    """
    passages = tuple(_passages(documents))
    if sum(len(passage.shown) for passage in passages) <= budget_chars:
        return Knowledge(passages=passages, total_count=len(passages))
    chosen: list[int] = []
    size_chars = 0
    for position in _by_nearness(passages, [_words(text) for text in said]):
        size_chars += len(passages[position].shown)
        if size_chars > budget_chars:
            break
        chosen.append(position)
    return Knowledge(passages=tuple(passages[position] for position in sorted(chosen)), total_count=len(passages))


def _passages(documents: Sequence[KnowledgeDocument]) -> Iterator[Passage]:
    number = 0
    for document in documents:
        for text in _cut(document.text):
            number += 1
            yield Passage(number=number, document=document.name, text=text)


def _cut(text: str) -> Iterator[str]:
    """Yield the text in stretches of at most `PASSAGE_CHARS`, each on one line."""
    start = 0
    while start < len(text):
        end = _end_of_stretch(text, start)
        if stretch := " ".join(text[start:end].split()):
            yield stretch
        start = end


def _end_of_stretch(text: str, start: int) -> int:
    most = start + PASSAGE_CHARS
    if most >= len(text):
        return len(text)
    for separator in BREAKS:
        found = text.rfind(separator, start + PASSAGE_CHARS // 2, most)
        if found >= 0:
            return found + len(separator)
    return most


def _by_nearness(passages: Sequence[Passage], queries: Sequence[frozenset[str]]) -> Iterator[int]:
    """Yield positions of passages, each once: the best of each line, best line first, then each second best."""
    postings = _postings(passages, frozenset().union(*queries))
    ranked = []
    for query in queries:
        scores: dict[int, float] = {}
        for word in query:
            for position, weight in postings.get(word, ()):
                scores[position] = scores.get(position, 0.0) + weight
        ranked.append(heapq.nlargest(NEAREST_PER_LINE, scores.items(), key=lambda item: item[1]))
    seen: set[int] = set()
    for place in range(NEAREST_PER_LINE):
        of_place = sorted((best[place] for best in ranked if place < len(best)), key=lambda item: -item[1])
        for position, _ in of_place:
            if position not in seen:
                seen.add(position)
                yield position


def _postings(passages: Sequence[Passage], wanted: frozenset[str]) -> Mapping[str, list[tuple[int, float]]]:
    """Return, for each wanted word, the passages it stands in with its weight there."""
    lengths = []
    found: dict[str, list[tuple[int, int]]] = {}
    for position, passage in enumerate(passages):
        words = _WORD.findall(passage.text.casefold())
        lengths.append(len(words))
        for word, times in Counter(word for word in words if word in wanted).items():
            found.setdefault(word, []).append((position, times))
    mean_length = max(1.0, sum(lengths) / len(lengths))
    postings = {}
    for word, places in found.items():
        if len(passages) > FEW_PASSAGES and len(places) > COMMON_SHARE * len(passages):
            continue
        rarity = math.log(1 + (len(passages) - len(places) + 0.5) / (len(places) + 0.5))
        postings[word] = [
            (position, rarity * _saturated(times, lengths[position] / mean_length)) for position, times in places
        ]
    return postings


def _saturated(times: int, length_ratio: float) -> float:
    return times * (SATURATION + 1) / (times + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length_ratio))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
