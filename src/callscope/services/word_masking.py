"""Recognised words, which lie one by one beside their text: masked where it is, and asked when they were said."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callscope.core.new_call import NewTranscriptEntry
from callscope.core.transcript import Share, TranscriptEntry
from callscope.redaction.detect import Found
from callscope.redaction.timing import shares_of

WORDS = "words"
Entry = NewTranscriptEntry | TranscriptEntry


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of an entry's payload, and where it stands in the entry's text."""

    start: int
    end: int
    told: Mapping[str, Any]

    def overlaps(self, one: Found) -> bool:
        return self.start < one.end and one.start < self.end


def shares_in(entry: Entry, found: Collection[Found]) -> tuple[Share, ...]:
    """Return which parts of an entry's time go to what was found in it: by its words' times, else by its text."""
    words, duration_ms = _words_of(entry), entry.end_offset_ms - entry.start_offset_ms
    if not words or duration_ms <= 0:
        return shares_of(entry.text, found)
    groups = [group for one in found if (group := [word for word in words if word.overlaps(one)])]
    return tuple(
        tuple(
            (offset_ms - entry.start_offset_ms) / duration_ms
            for offset_ms in (group[0].told["startOffsetMs"], group[-1].told["endOffsetMs"])
        )
        for group in groups
    )


def masked_words(entry: Entry, found: Collection[Found]) -> list[Mapping[str, Any]]:
    """Return the words of an entry's payload, those of a find as one that bears its kind's name.

    Words that do not make the entry's text are left out: what is masked in it cannot be told among them.
    """
    return list(_merged(_words_of(entry), found))


def _merged(words: Sequence[_Word], found: Collection[Found]) -> Iterator[Mapping[str, Any]]:
    last: Found | None = None
    merged: dict[str, Any] = {}
    for word in words:
        one = next((each for each in found if word.overlaps(each)), None)
        if last is not None and one is last:
            merged["endOffsetMs"] = word.told["endOffsetMs"]
            continue
        if last is not None:
            yield merged
        last = one
        if one is None:
            yield word.told
        else:
            merged = {**word.told, "text": f"[{one.kind}]"}
    if last is not None:
        yield merged


def _words_of(entry: Entry) -> tuple[_Word, ...]:
    """Return an entry's words in order, none when it has none that are timed or they are not those of its text."""
    words: list[_Word] = []
    reached = 0
    for told in (entry.payload or {}).get(WORDS, ()):
        text = told.get("text") if isinstance(told, Mapping) else None
        if not isinstance(text, str) or not {"startOffsetMs", "endOffsetMs"} <= told.keys():
            return ()
        start = entry.text.find(text.strip(), reached)
        if start < 0:
            return ()
        reached = start + len(text.strip())
        words.append(_Word(start, reached, told))
    return tuple(words)
