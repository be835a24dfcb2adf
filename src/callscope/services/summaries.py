"""Title and summary of a call in its own words: sentences picked from the transcript, none made up."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Role
from callscope.core.transcript import TranscriptEntry
from callscope.metrics.phrasing import Key, asked_key
from callscope.metrics.words import tokens_of
from callscope.storage import call_words, calls

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LONGEST_TITLE = 80
"""Characters."""
MOST_SENTENCES = 4
"""Sentences of a summary."""

_SENTENCE = re.compile(r"[^.!?\u2026\n]+[.!?\u2026]*")
_OPENING = re.compile(
    r"^(?:(?:hi|hello|hey|yes|yeah|no|okay|ok|oh|um|uh|well|so|right|sure|good (?:morning|evening|day|afternoon))"
    r"(?=[\s,])[\s,]*)+",
    re.IGNORECASE,
)
"""Greetings and fillers that open what somebody says."""
_COURTESY = re.compile(
    r"(?:thank|you're welcome|good ?bye|bye|have a (?:good|nice|great|wonderful)|is there anything else|anything else|"
    r"how (?:can|may) i help|what can i do for you|this is \w+ speaking)",
    re.IGNORECASE,
)
"""How sentences begin that every call has and that say nothing of it."""
_LEAST_CONTENT_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a call is called and what it was about."""

    title: str
    text: str


async def record(session: "AsyncSession", call_id: UUID, summary: Summary, *, at: datetime) -> None:
    """Give the call its title and summary where it brought none, and have them found by its search."""
    await calls.set_headline(session, call_id, title=summary.title, summary=summary.text, at=at)
    await call_words.refresh(session, call_id)


@dataclass(frozen=True, slots=True)
class _Sentence:
    position: int
    role: Role
    text: str
    content: Key


def summarize(entries: Sequence[TranscriptEntry]) -> Summary | None:
    """Return title and summary of a transcript in call order, None when nothing of substance was said.

    The title is the first thing of substance that the customer says, else the agent, without its greeting. The summary
    quotes that sentence, the last statement of the agent, and those whose words the call keeps coming back to, in call
    order.
    """
    sentences = _sentences(entries)
    if not sentences:
        return None
    matter = next((each for each in sentences if each.role is Role.CUSTOMER), sentences[0])
    stated = [each for each in sentences if each.role is Role.AGENT and not each.text.endswith("?")]
    weights = _weights(sentences)
    weightiest = sorted(sentences, key=weights.__getitem__, reverse=True)
    chosen = list(dict.fromkeys([matter, *stated[-1:], *weightiest]))[:MOST_SENTENCES]
    return Summary(title=_shortened(matter.text), text=_quoted(sorted(chosen, key=lambda each: each.position)))


def _sentences(entries: Sequence[TranscriptEntry]) -> list[_Sentence]:
    found: list[_Sentence] = []
    for entry in entries:
        for spoken in _SENTENCE.findall(entry.text):
            text = _OPENING.sub("", spoken.strip())
            content = asked_key(tokens_of(text))
            if len(content) >= _LEAST_CONTENT_WORDS and _COURTESY.match(text) is None:
                found.append(_Sentence(len(found), entry.role, text[0].upper() + text[1:], content))
    return found


def _weights(sentences: Sequence[_Sentence]) -> dict[_Sentence, float]:
    """Return how much of what the call is about each sentence holds, long ones not favoured."""
    frequency = Counter(word for each in sentences for word in each.content)
    return {
        each: sum(map(math.log1p, map(frequency.__getitem__, each.content))) / math.sqrt(len(each.content))
        for each in sentences
    }


def _shortened(text: str) -> str:
    """Return a sentence as a title: without its full stop, cut between words when it is long."""
    title = text.rstrip(".!\u2026 ")
    if len(title) <= LONGEST_TITLE:
        return title
    return title[: LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(",;:") + "\u2026"


def _quoted(sentences: Sequence[_Sentence]) -> str:
    return " ".join(f"{each.role.capitalize()}: \u201c{each.text}\u201d" for each in sentences)
