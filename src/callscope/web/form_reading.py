"""Reading what was typed into a form: every fault is kept, at the field it is of."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from callscope.core.errors import InvalidInput, Issue, PathPart

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)
Rows = tuple[Mapping[str, str], ...]


def rows_of(pairs: Iterable[tuple[str, str]], name: str, columns: Sequence[str]) -> Rows:
    """Return the rows of a list in a form: every row sends all of its `columns`, as `name.column`."""
    sent: dict[str, list[str]] = {column: [] for column in columns}
    for key, value in pairs:
        if key.startswith(f"{name}.") and (column := key.removeprefix(f"{name}.")) in sent:
            sent[column].append(value)
    return tuple(dict(zip(columns, row, strict=True)) for row in zip(*sent.values(), strict=False))


def problems_of(error: InvalidInput, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the first fault of each field by its path (`triggers.0.operator`), fields named by their labels."""
    problems: dict[str, str] = {}
    for issue in error.issues:
        problems.setdefault(".".join(map(str, issue.path)), _spelled(issue.message, labels))
    return problems


def _spelled(message: str, labels: Mapping[str, str]) -> str:
    for name, label in labels.items():
        message = message.replace(f"`{name}`", f"“{label}”")
    return message


class FieldReader:
    """Turns texts into values and notes what cannot be turned; `check` raises it all at once."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def note(self, *path: PathPart, message: str) -> None:
        """Note a fault of a field."""
        self.issues.append(Issue(path=path, code="invalid_parameter", message=message))

    def check(self) -> None:
        """Raise InvalidInput when there was any fault."""
        if self.issues:
            raise InvalidInput(self.issues)

    def text(self, text: str, *path: PathPart, longest: int, missing: str = "") -> str:
        """Return a text without the space around it; `missing` is what to say when there is none and must be one."""
        text = text.strip()
        if missing and not text:
            self.note(*path, message=missing)
        if len(text) > longest:
            self.note(*path, message=f"At most {longest:,} characters; this has {len(text):,}.")
        return text

    def whole(self, text: str, *path: PathPart, missing: str = "") -> int | None:
        """Return a whole number, None for an empty field."""
        try:
            return int(text) if self.text(text, *path, longest=20, missing=missing) else None
        except ValueError:
            self.note(*path, message=f"A whole number is needed, not {text!r}.")
            return None

    def number(self, text: str, *path: PathPart, missing: str) -> float:
        """Return a number, 0 where there is none, which is noted."""
        try:
            return float(text) if self.text(text, *path, longest=40, missing=missing) else 0.0
        except ValueError:
            self.note(*path, message=f"A number is needed, not {text!r}.")
            return 0.0

    def choice(self, text: str, choices: type[ChoiceT], *path: PathPart) -> ChoiceT:
        """Return one of the choices, the first where it is none of them, which is noted."""
        try:
            return choices(text)
        except ValueError:
            self.note(*path, message="Choose one of the list.")
            return next(iter(choices))
