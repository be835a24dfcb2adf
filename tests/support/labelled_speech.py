"""Utterances with personal data at known places, as people say it and as recognisers write it; and others without."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from callscope.core.project_rules import RedactionClass
from callscope.redaction.spoken_digits import ONES

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
FIRST = ["Maria", "James", "Aisha", "Tom", "Olga", "Kenji", "Fatima", "Luis", "Ingrid", "Peter"]
LAST = ["Lopez", "Smith", "Khan", "Brown", "Ivanova", "Tanaka", "Haddad", "Garcia", "Berg", "Novak"]
STREETS = ("Maple Street", "Oak Avenue", "Sunset Boulevard", "Mill Road", "Park Lane")


@dataclass(frozen=True)
class Utterance:
    """What was said, what was said right before, and where in it the data stands; None where there is none."""

    text: str
    before: str
    kind: RedactionClass | None
    start: int = 0
    end: int = 0


def luhn_number(random_: random.Random, prefix: str, size: int) -> str:
    digits = prefix + "".join(random_.choices("0123456789", k=size - 1 - len(prefix)))
    doubled = [int(digit) * 2 if index % 2 == 0 else int(digit) for index, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits + str(-total % 10)


def spell(random_: random.Random, digits: str, groups: tuple[int, ...]) -> str:
    """Return digits in groups, as a recogniser writes them, or word by word."""
    parts, start = [], 0
    for size in groups:
        parts.append(digits[start : start + size])
        start += size
    style = random_.choice(("plain", "spaced", "dashed", "words", "hesitant"))
    if style in ("words", "hesitant"):
        words = [random_.choice(("oh", "zero")) if digit == "0" else ONES[int(digit)] for digit in digits]
        if style == "hesitant":
            words.insert(len(words) // 2, random_.choice(("uh", "um,", "then", "dash")))
        return " ".join(words)
    return {"plain": "", "spaced": " ", "dashed": "-"}[style].join(parts)


def card(random_: random.Random) -> tuple[str, str, str]:
    number = luhn_number(random_, random_.choice(("4", "51", "55")), 16)
    said = spell(random_, number, (4, 4, 4, 4))
    templates = (
        ("What's your card number?", "It's {}.", said),
        ("", "My card is {}, thanks.", said),
        ("Go ahead.", "Okay so {} is what it says on the front.", said),
    )
    return random_.choice(templates)


def account(random_: random.Random) -> tuple[str, str, str]:
    digits = "".join(random_.choices("0123456789", k=random_.choice((8, 9, 10))))
    said = spell(random_, digits, (4, len(digits) - 4))
    templates = (
        ("And the account number?", "{}.", said),
        ("", "My account number is {}.", said),
        ("", "{} is the account.", said),
    )
    return random_.choice(templates)


def phone(random_: random.Random) -> tuple[str, str, str]:
    area, office = random_.choice(("415", "212", "303", "617")), str(random_.randint(220, 998))
    said = spell(random_, f"{area}{office}{random_.randint(0, 9999):04}", (3, 3, 4))
    templates = (
        ("What number can I reach you at?", "{}.", said),
        ("", "You can call me back on {}.", said),
        ("", "{} is where you get me.", said),
    )
    return random_.choice(templates)


def email(random_: random.Random) -> tuple[str, str, str]:
    first, last = random_.choice(FIRST).lower(), random_.choice(LAST).lower()
    said = random_.choice((f"{first}.{last}@example.com", f"{first} dot {last} at example dot com"))
    return "And your email?", "It is {}.", said


def birth(random_: random.Random) -> tuple[str, str, str]:
    month, day, year = random_.randint(1, 12), random_.randint(1, 28), random_.randint(1940, 2004)
    spoken_year = f"nineteen {random_.choice(('sixty', 'seventy', 'eighty'))} {random_.choice(ONES[1:])}"
    said = random_.choice(
        (
            f"{month:02}/{day:02}/{year}",
            f"{MONTHS[month - 1]} {day}th {year}",
            f"{day} {MONTHS[month - 1]} {year}",
            f"{MONTHS[month - 1]} {random_.choice(('third', 'twelfth', 'twenty first'))} {spoken_year}",
        )
    )
    templates = (("Your date of birth, please?", "{}.", said), ("", "I was born on {}.", said))
    return random_.choice(templates)


def national_id(random_: random.Random) -> tuple[str, str, str]:
    digits = f"{random_.randint(1, 665):03}{random_.randint(1, 99):02}{random_.randint(1, 9999):04}"
    said = spell(random_, digits, (3, 2, 4))
    templates = (("Your social security number?", "{}.", said), ("", "My social is {}.", said))
    return random_.choice(templates)


def pin(random_: random.Random) -> tuple[str, str, str]:
    said = spell(random_, f"{random_.randint(0, 9999):04}", (4,))
    return random_.choice((("Please tell me your PIN.", "{}.", said), ("", "The pin is {}.", said)))


def password(random_: random.Random) -> tuple[str, str, str]:
    said = f"{random_.choice(FIRST)}{random_.randint(10, 99)}"
    return random_.choice(
        (
            ("", "My password is {}.", said),
            ("What is the password?", "It's {}.", said),
            ("What is the password?", "{}.", said),
        )
    )


def name(random_: random.Random) -> tuple[str, str, str]:
    said = f"{random_.choice(FIRST)} {random_.choice(LAST)}"
    return random_.choice((("", "Hi, my name is {}.", said), ("Who am I speaking with?", "{}.", said)))


def address(random_: random.Random) -> tuple[str, str, str]:
    return "Where should we send it?", "To {}.", f"{random_.randint(1, 9999)} {random_.choice(STREETS)}"


MAKERS: dict[RedactionClass, Callable[[random.Random], tuple[str, str, str]]] = {
    RedactionClass.PAYMENT_CARD: card,
    RedactionClass.BANK_ACCOUNT: account,
    RedactionClass.PHONE: phone,
    RedactionClass.EMAIL: email,
    RedactionClass.DATE_OF_BIRTH: birth,
    RedactionClass.NATIONAL_ID: national_id,
    RedactionClass.PIN: pin,
    RedactionClass.PASSWORD: password,
    RedactionClass.NAME: name,
    RedactionClass.ADDRESS: address,
}

HARMLESS = (
    ("", "Call me back in {day} minutes or after {hour}."),
    ("", "I paid {count} dollars with my card on {month} {day}th."),
    ("", "My account was charged {count} dollars and {cents} cents."),
    ("", "I forgot my password, is there a way to reset it?"),
    ("", "She was born here, and on {month} {day}th we move."),
    ("", "Reference {order}{order}, please keep it."),
    ("", "Your appointment is on {month} {day}th at {hour} thirty."),
    ("", "That will be {count} dollars and {cents} cents."),
    ("", "I ordered {count} of them {small} weeks ago."),
    ("How many people?", "{small}, maybe {small_too}."),
    ("", "The flight leaves at {hour}:{cents} from gate {small}."),
    ("", "Your order number is {order}."),
    ("", "We have been with you since {year}."),
    ("", "It is about {count} miles, take exit {small}."),
    ("", "One moment, let me look that up for you."),
    ("", "I'm calling about the two hundred and fifty dollar refund."),
    ("Is there anything else?", "No, that is all, thank you."),
    ("", "The room is on the {small}th floor, number {count}."),
)


def labelled_speech(seed: int, count_per_kind: int) -> Iterator[Utterance]:
    """Yield as many utterances of each kind, and as many of them all together without personal data."""
    random_ = random.Random(seed)  # noqa: S311 - made up, guards nothing
    for kind, make in MAKERS.items():
        for _ in range(count_per_kind):
            before, template, said = make(random_)
            start = template.index("{}")
            yield Utterance(template.format(said), before, kind, start, start + len(said))
    for _ in range(count_per_kind * len(MAKERS)):
        before, template = random_.choice(HARMLESS)
        yield Utterance(template.format(**_fillings(random_)), before, None)


def _fillings(random_: random.Random) -> dict[str, object]:
    return {
        "month": random_.choice(MONTHS),
        "day": random_.randint(4, 20),
        "hour": random_.randint(1, 12),
        "count": random_.randint(2, 999),
        "cents": random_.randint(10, 59),
        "small": random_.choice(ONES[2:]),
        "small_too": random_.choice(ONES[2:]),
        "order": random_.randint(10_000, 99_999),
        "year": random_.randint(1999, 2025),
    }
