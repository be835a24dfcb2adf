"""Digits in text, written or spoken: "4111 1111", "four one double one", "forty-two eleven"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
DIGITS_OF_WORD = {
    **{word: str(value) for value, word in enumerate(ONES)},
    **{word: str(value) for value, word in enumerate(TEENS, start=10)},
    **{word: str(value) for value, word in zip(range(20, 100, 10), TENS, strict=True)},
    "oh": "0",
    "o": "0",
}
REPEATS = {"double": 2, "triple": 3}
TOKEN = re.compile(r"\d+|[a-z]+", re.IGNORECASE)
FILLERS = ("uh", "um", "er", "ah", "then", "dash", "hyphen", "space")
JOINT = re.compile(rf"[\s.,\-\u2013()/+]{{0,3}}(?:(?:{'|'.join(FILLERS)})[\s,.]+){{0,2}}", re.IGNORECASE)
"""What may stand between two parts of one number."""


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits said or written one after the other: the digits, and where in the text they stand."""

    digits: str
    start: int
    end: int


@dataclass(slots=True)
class _Open:
    """A run that may go on: `repeat` is how often the next digit counts, `is_tens` whether a one may follow."""

    start: int
    end: int
    digits: str = ""
    repeat: int = 1
    is_tens: bool = False

    def extend(self, word: str, end: int) -> None:
        """Take in a token; "forty two" is 42, not 402."""
        self.end = end
        if word in REPEATS:
            self.repeat = REPEATS[word]
            return
        digits = word if word.isdigit() else DIGITS_OF_WORD[word]
        if self.is_tens and word in ONES[1:]:
            self.digits = self.digits[:-1] + digits
        else:
            self.digits += digits * self.repeat
        self.is_tens, self.repeat = word in TENS, 1


def digit_runs(text: str) -> Iterator[DigitRun]:
    """Yield every run, in order."""
    run: _Open | None = None
    for token in TOKEN.finditer(text):
        word = token.group().lower()
        if word in FILLERS:
            continue
        is_number = word.isdigit() or word in DIGITS_OF_WORD or word in REPEATS
        if run is not None and not (is_number and JOINT.fullmatch(text, run.end, token.start())):
            if run.digits:
                yield DigitRun(run.digits, run.start, run.end)
            run = None
        if is_number:
            run = run or _Open(token.start(), token.end())
            run.extend(word, token.end())
    if run is not None and run.digits:
        yield DigitRun(run.digits, run.start, run.end)
