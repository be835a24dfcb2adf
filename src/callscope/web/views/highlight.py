"""Words that were searched for, marked in the text they were found in."""

import re
from dataclasses import dataclass

from callscope.core.words import words_in

WORD = re.compile(r"[^\W_]+")
LEAD_CHARACTERS = 60
TAIL_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text; `is_hit` when it is what was searched for."""

    text: str
    is_hit: bool


def marked(text: str, search_text: str) -> tuple[Piece, ...]:
    """Return the text around its first hit in pieces, empty when it has none; found as the search finds calls."""
    sought = tuple(words_in(search_text))
    hits = [word.span() for word in WORD.finditer(text) if _is_sought(word[0], sought)]
    if not hits:
        return ()
    first = max(0, hits[0][0] - LEAD_CHARACTERS)
    last = min(len(text), hits[0][0] + TAIL_CHARACTERS)
    pieces = [Piece(text="…", is_hit=False)] if first else []
    at = first
    for start, end in hits:
        if end > last:
            break
        pieces += [Piece(text=text[at:start], is_hit=False), Piece(text=text[start:end], is_hit=True)]
        at = end
    pieces.append(Piece(text=text[at:last] + ("…" if last < len(text) else ""), is_hit=False))
    return tuple(piece for piece in pieces if piece.text)


def _is_sought(word: str, sought: tuple[str, ...]) -> bool:
    folded = "".join(words_in(word))
    return any(folded.startswith(one) for one in sought)
