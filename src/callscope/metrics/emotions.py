"""Which emotion English words name or show: a short list of cues, written for telephone calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callscope.metrics.valence import has_negation
from callscope.metrics.words import Tokens

NEUTRAL: Final = "neutral"

_REACH = 2
"""How many words back a negation takes a cue away."""

CUES: Mapping[str, tuple[str, ...]] = {
    "anger": (
        "angry", "furious", "outrageous", "outraged", "unacceptable", "ridiculous", "disgusting", "a joke", "a scam",
        "rip off", "how dare you", "fed up", "sick of", "sick and tired", "lawyer", "sue you", "shut up", "bullshit",
        "hell", "damn", "stupid", "idiot", "liar", "lied to",
    ),
    "frustration": (
        "frustrated", "frustrating", "annoyed", "annoying", "already told you", "already said", "just told you",
        "just said", "how many times", "once again", "yet again", "for the third time", "waste of time",
        "wasting my time", "going in circles", "nobody told me", "still waiting", "been waiting", "keeps happening",
        "not listening", "you don't understand", "isn't working", "doesn't work", "give up", "come on",
    ),
    "confusion": (
        "confused", "confusing", "don't understand", "do not understand", "what do you mean", "makes no sense",
        "doesn't make sense", "i'm lost", "not following", "don't get it", "say that again", "not sure what",
    ),
    "disappointment": (
        "disappointed", "disappointing", "let down", "expected better", "expected more", "too bad", "a shame",
        "that's a pity", "i was hoping", "unfortunately",
    ),
    "worry": (
        "worried", "worrying", "worry", "afraid", "scared", "anxious", "nervous", "concerned", "panic", "emergency",
        "urgent", "what if",
    ),
    "sadness": (
        "sad", "unhappy", "upset", "heartbroken", "crying", "passed away", "died", "miserable", "depressed",
        "lonely",
    ),
    "surprise": ("wow", "no way", "surprised", "surprising", "unexpected", "unbelievable", "seriously"),
    "remorse": ("sorry", "apologize", "apologise", "apologies", "my fault", "my mistake", "my bad", "regret"),
    "gratitude": ("thank you", "thanks", "appreciate", "appreciated", "grateful", "so kind", "very kind"),
    "relief": ("relief", "relieved", "thank god", "thank goodness", "glad that's", "finally works", "phew"),
    "joy": (
        "happy", "wonderful", "fantastic", "amazing", "awesome", "excellent", "love it", "i love", "delighted",
        "excited", "great news", "perfect", "brilliant", "congratulations", "glad",
    ),
    "approval": ("great", "good idea", "sounds good", "well done", "works for me", "exactly", "very good", "nice"),
}  # fmt: skip
"""Cues by emotion, gravest first: where two emotions have as many cues in one utterance, the graver one is meant."""

EMOTIONS = tuple(CUES)


@dataclass(frozen=True, slots=True)
class Emotion:
    """An emotion with the cues that show it, in the order of the utterance."""

    label: str
    cues: tuple[str, ...]


def emotion_of(tokens: Tokens) -> Emotion | None:
    """Return the emotion that most cues in an utterance show, None when there is no cue."""
    if _BY_RAREST_WORD.keys().isdisjoint(tokens):
        return None
    found = [
        cue
        for position, token in enumerate(tokens)
        if token in _BY_RAREST_WORD
        for cue in _BY_RAREST_WORD[token]
        if cue.starts_at(tokens, position)
    ]
    if not found:
        return None
    label = most_frequent([cue.label for cue in found])
    return Emotion(label, tuple(" ".join(cue.words) for cue in found if cue.label == label))


def most_frequent(labels: Sequence[str]) -> str:
    """Return the label that occurs most; of equally frequent ones the graver. There is at least one label."""
    if len(labels) == 1:
        return labels[0]
    counts = Counter(labels)
    return max(EMOTIONS, key=lambda each: counts[each])


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue, found by its longest word, `anchor` words into it: long words are rare, so few places are looked at."""

    label: str
    words: Tokens
    anchor: int

    def starts_at(self, tokens: Tokens, position: int) -> bool:
        start = position - self.anchor
        if start < 0 or tokens[start : start + len(self.words)] != self.words:
            return False
        return not has_negation(tokens[max(0, start - _REACH) : start])


def _by_rarest_word() -> dict[str, list[_Cue]]:
    found: dict[str, list[_Cue]] = {}
    for label, own in CUES.items():
        for words in (tuple(cue.split()) for cue in own):
            anchor = max(range(len(words)), key=lambda each: len(words[each]))
            found.setdefault(words[anchor], []).append(_Cue(label, words, anchor))
    return found


_BY_RAREST_WORD = _by_rarest_word()
