"""Text as search sees it: words without case and accents."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_WORD = 100
"""Characters of a word that count; more would be no word of a language."""

_WORD = re.compile(r"[^\W_]+")
_ASCII_FOLDED = "".join(
    letter.lower() if (letter := chr(code)).isalnum() else " " for code in range(128)
).encode() + bytes(128)
"""What each byte of ASCII text is to search: a small letter, a digit or a gap. Faster than the expression by far."""


def words_in(text: str) -> list[str]:
    """Return the words of a text in their order, folded: `Café` and `cafe` are one."""
    words = text.encode().translate(_ASCII_FOLDED).decode().split() if text.isascii() else _WORD.findall(_fold(text))
    return [word[:LONGEST_WORD] for word in words]


def distinct_words(texts: Iterable[str], *, max_bytes: int) -> list[str]:
    """Return each word of the texts once, the first to come up to `max_bytes` in UTF-8 all together."""
    words: list[str] = []
    size_bytes = 0
    for word in dict.fromkeys(words_in("\n".join(texts))):
        size_bytes += len(word.encode())
        if size_bytes > max_bytes:
            break
        words.append(word)
    return words


def _fold(text: str) -> str:
    # Decomposed before as well: a letter such as `ᴬ` has no small form until it is an `A`.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
