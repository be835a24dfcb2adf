"""Where personal data stands in what was said: rules on form, check digits, and the words around."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import phonenumbers
from stdnum import iban, luhn

from callscope.core.project_rules import RedactionClass
from callscope.redaction.spoken_digits import DigitRun, digit_runs

CONTEXT_CHARACTERS = 90
FOLLOWING_CHARACTERS = 30
"""How far the words reach that say what a number is, before it and after it."""
LONGEST_ANSWER_WORDS = 4
CARD_SIZES = range(13, 20)
CARD_PART_SIZES = range(4, 20)
PHONE_SIZES = range(7, 16)


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data from `start` up to, not including, `end`."""

    kind: RedactionClass
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A text with what was said right before it: positions count from the text's own beginning."""

    text: str
    before: str

    def context(self, start: int) -> str:
        """Return the words before a position."""
        return (self.before + " " + self.text[:start])[-CONTEXT_CHARACTERS:].lower()

    def around(self, run: DigitRun) -> str:
        """Return the words before and right after a number."""
        return f"{self.context(run.start)} {self.text[run.end : run.end + FOLLOWING_CHARACTERS].lower()}"

    @property
    def is_short_answer(self) -> bool:
        """Whether hardly more was said than what was asked for."""
        return len(self.text.split()) <= LONGEST_ANSWER_WORDS


Detector = Callable[[_Spoken], Iterator[tuple[int, int]]]

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th)?|(?:twenty|thirty)?[ -]?[a-z]+(?:st|nd|rd|th))"
YEAR = r"(?:\d{4}|'?\d{2}|(?:nineteen|twenty|two thousand)(?:[ -][a-z]+){0,3})"
DATE = re.compile(
    rf"\b(?:\d{{1,4}}[-/. ]\d{{1,2}}[-/. ]\d{{1,4}}"
    rf"|{MONTH} (?:the )?{ORDINAL}(?:,? (?:of )?{YEAR})?"
    rf"|(?:the )?{ORDINAL} (?:of )?{MONTH}(?:,? {YEAR})?)\b",
    re.IGNORECASE,
)
EMAIL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b\w+(?:(?: dot | underscore | dash |\.)\w+)* at (?:[\w-]+ dot )+(?:com|org|net|edu|gov|io|de|co dot uk|uk)\b",
    re.IGNORECASE,
)
SECRET_WORD = re.compile(
    r"(?:\bis\b|:|\bit'?s\b)\s*[\"']?(?!(?:a|an|the|there|that|this|not|no|it|wrong|correct|gone|what|you|your|required)\b)"
    r"([^\s\"',.;]+(?: [^\s\"',.;]*\d[^\s\"',.;]*)*)",
    re.IGNORECASE,
)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b", re.IGNORECASE)
NINO = re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", re.IGNORECASE)
PASSPORT = re.compile(r"\b(?=[A-Z0-9]*\d)[A-Z0-9]{6,12}\b", re.IGNORECASE)
NAME = re.compile(
    r"\b(?:my name is|name's|this is|i am|i'm|speaking with)\s+((?:[A-Z][\w'\u2019-]+)(?:\s+[A-Z][\w'\u2019-]+){0,2})"
)
STREET = r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|place|square|terrace)"
ADDRESS = re.compile(
    rf"\b\d{{1,5}}\s+(?:[A-Z][\w'-]*\s+){{1,3}}{STREET}\b(?:,?\s+[A-Z][\w-]+){{0,3}}(?:\s+\d{{5}})?", re.IGNORECASE
)

ASKS_NAME = re.compile(r"\b(?:your (?:full |first |last )?name|speaking (?:with|to)|who is this)\b[^?]*\?\s*$")
ASKS_PASSWORD = re.compile(r"\b(?:password|pass ?phrase|secret word)\b[^?]*\?\s*$")
OF_CARD = re.compile(r"\b(?:card|visa|mastercard|amex|debit|credit)\b")
OF_CARD_CODE = re.compile(r"\b(?:cvv|cvc|cvv2|security code|verification code|three digits|code on the back)\b")
OF_EXPIRY = re.compile(r"\b(?:expir\w*|exp date|valid (?:until|thru|through))\b")
OF_ACCOUNT = re.compile(r"\b(?:account|acct|routing|sort code|iban|aba)\b")
OF_PHONE = re.compile(
    r"\b(?:phone|mobile|cell|telephone|call(?:ed)? (?:me|you|back)|call.?back|reach|number to (?:call|reach)|text me)\b"
)
OF_BIRTH = re.compile(r"\b(?:born|birth|birthday|dob)\b")
OF_NATIONAL_ID = re.compile(
    r"\b(?:social(?: security)?|ssn|national (?:id|insurance)|identity card|passport|driver'?s licen[cs]e|tax id"
    r"|medicare)\b"
)
OF_PIN = re.compile(r"\b(?:pin|p\.i\.n|passcode)\b")
OF_PASSWORD = re.compile(r"\b(?:password|pass ?phrase|secret word|mother'?s maiden name)\b")


def find(text: str, kinds: Collection[RedactionClass], *, before: str = "", region: str = "US") -> tuple[Found, ...]:
    """Return what personal data of `kinds` stands in `text`, in order, never overlapping: the longest counts.

    `before` is what was said right before, often the question. Phone numbers without a country's prefix are read as
    those of `region`.
    """
    spoken = _Spoken(text, before)
    found = [
        Found(kind, start, end)
        for kind in sorted(kinds)
        for start, end in (_phones(spoken, region) if kind is RedactionClass.PHONE else DETECTORS[kind](spoken))
    ]
    kept: list[Found] = []
    for one in sorted(found, key=lambda each: each.start - each.end):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda each: each.start))


def mask(text: str, found: Collection[Found]) -> str:
    """Return `text` with each find replaced by its kind: `[PAYMENT_CARD]`."""
    for one in sorted(found, key=lambda each: each.start, reverse=True):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text


def _cards(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for run in digit_runs(spoken.text):
        context = spoken.context(run.start)
        size = len(run.digits)
        is_card = size in CARD_SIZES and luhn.is_valid(run.digits)
        is_part = size in CARD_PART_SIZES and OF_CARD.search(context) and not OF_PHONE.search(context)
        is_code = size in (3, 4) and OF_CARD_CODE.search(context)
        is_expiry = size in (3, 4, 6) and OF_EXPIRY.search(context)
        if is_card or is_part or is_code or is_expiry:
            yield run.start, run.end


def _accounts(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in IBAN.finditer(spoken.text):
        # Words that follow look like more of it: the longest part that checks is the number.
        gaps = [place for place in range(*match.span()) if spoken.text[place] == " "]
        valid = [end for end in (*gaps, match.end()) if iban.is_valid(spoken.text[match.start() : end])]
        if valid:
            yield match.start(), max(valid)
    yield from _runs_after(spoken, OF_ACCOUNT, sizes=range(5, 18))


def _phones(spoken: _Spoken, region: str) -> Iterator[tuple[int, int]]:
    for match in phonenumbers.PhoneNumberMatcher(spoken.text, region):
        yield match.start, match.end
    for run in digit_runs(spoken.text):
        if len(run.digits) in PHONE_SIZES and (OF_PHONE.search(spoken.around(run)) or _is_phone(run, region)):
            yield run.start, run.end


def _is_phone(run: DigitRun, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(run.digits, region))
    except phonenumbers.NumberParseException:
        return False


def _emails(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in EMAIL.finditer(spoken.text):
        yield match.span()


def _births(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in DATE.finditer(spoken.text):
        if OF_BIRTH.search(spoken.context(match.start())):
            yield match.span()
    yield from _runs_after(spoken, OF_BIRTH, sizes=range(4, 9))


def _national_ids(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in NINO.finditer(spoken.text):
        yield match.span()
    for match in re.finditer(r"\b\d{3}-\d{2}-\d{4}\b", spoken.text):
        yield match.span()
    for match in PASSPORT.finditer(spoken.text):
        if OF_NATIONAL_ID.search(spoken.context(match.start())):
            yield match.span()
    yield from _runs_after(spoken, OF_NATIONAL_ID, sizes=range(4, 13))


def _pins(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    yield from _runs_after(spoken, OF_PIN, sizes=range(4, 9))


def _passwords(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in SECRET_WORD.finditer(spoken.text):
        if OF_PASSWORD.search(spoken.context(match.start(1))[-50:]):
            yield match.span(1)
    if spoken.is_short_answer and ASKS_PASSWORD.search(spoken.before.lower()):
        yield from (match.span() for match in re.finditer(r"[^\s.,]*\d[^\s.,]*", spoken.text))


def _names(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    if spoken.is_short_answer and ASKS_NAME.search(spoken.before.lower()):
        yield from (match.span() for match in re.finditer(r"[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)*", spoken.text))
    for match in NAME.finditer(spoken.text):
        yield match.span(1)


def _addresses(spoken: _Spoken) -> Iterator[tuple[int, int]]:
    for match in ADDRESS.finditer(spoken.text):
        yield match.span()


def _runs_after(spoken: _Spoken, words: re.Pattern[str], *, sizes: range) -> Iterator[tuple[int, int]]:
    for run in digit_runs(spoken.text):
        if len(run.digits) in sizes and words.search(spoken.around(run)):
            yield run.start, run.end


DETECTORS: dict[RedactionClass, Detector] = {
    RedactionClass.PAYMENT_CARD: _cards,
    RedactionClass.BANK_ACCOUNT: _accounts,
    RedactionClass.EMAIL: _emails,
    RedactionClass.DATE_OF_BIRTH: _births,
    RedactionClass.NATIONAL_ID: _national_ids,
    RedactionClass.PIN: _pins,
    RedactionClass.PASSWORD: _passwords,
    RedactionClass.NAME: _names,
    RedactionClass.ADDRESS: _addresses,
}
