"""The address of a filtered list of calls: the API's filter language, and the order, in the part behind `?`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from callscope.core.call_figures import Worst
from callscope.core.call_filters import BRACKETED, BY_NAME, parse_call_query
from callscope.core.call_query import CallQuery, CallSort
from callscope.core.errors import InvalidInput

PATH = "/calls"
PLACE = frozenset({"after", "limit"})
ORDER = frozenset({"sortBy", "sortDirection"})
FEWEST_DIGITS_OF_A_NUMBER = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAddress:
    """Conditions as `name=value` pairs, and the order: by `worst`, else by `sort_by`."""

    pairs: tuple[tuple[str, str], ...] = ()
    worst: Worst | None = None
    sort_by: CallSort = CallSort.STARTED_AT
    is_descending: bool = True

    @property
    def query(self) -> str:
        """The part behind the question mark."""
        pairs = list(self.pairs)
        if self.worst is not None:
            pairs.append(("worst", self.worst.value))
        elif (self.sort_by, self.is_descending) != (CallSort.STARTED_AT, True):
            pairs += [("sortBy", self.sort_by.value), ("sortDirection", "desc" if self.is_descending else "asc")]
        return urlencode(pairs, safe="[]:")

    def href(self, *, after: str | None = None) -> str:
        """Return the whole address, of the page after a cursor if one is given."""
        parts = [part for part in (self.query, "" if after is None else urlencode({"after": after})) if part]
        return f"{PATH}?{'&'.join(parts)}" if parts else PATH

    def with_pair(self, name: str, value: str) -> "ListAddress":
        """Return the address with one more condition, in place of one of the same name."""
        return replace(self, pairs=(*(pair for pair in self.pairs if pair[0] != name), (name, value)))

    def without(self, pair: tuple[str, str]) -> "ListAddress":
        """Return the address without a condition."""
        return replace(self, pairs=tuple(one for one in self.pairs if one != pair))

    def sorted_by(self, sort_by: CallSort) -> "ListAddress":
        """Return the address in that order, the other way round when it is in it already."""
        is_descending = not self.is_descending if self.worst is None and self.sort_by is sort_by else True
        return replace(self, worst=None, sort_by=sort_by, is_descending=is_descending)

    def worst_first(self, worst: Worst | None) -> "ListAddress":
        """Return the address with the worst calls first, None for the newest."""
        return replace(self, worst=worst, sort_by=CallSort.STARTED_AT, is_descending=True)

    def call_query(self, *, after: str | None, limit: int) -> CallQuery:
        """Return what is asked of the calls. Raises InvalidInput."""
        parsed = parse_call_query(_meant(pair) for pair in self.pairs)
        return replace(parsed, after=after, limit=limit, sort_by=self.sort_by, is_descending=self.is_descending)


def parse_address(pairs: Iterable[tuple[str, str]]) -> ListAddress:
    """Return the address that the pairs of a request make; empty values and foreign names are passed over.

    Raises InvalidInput.
    """
    known: list[tuple[str, str]] = []
    order: dict[str, str] = {}
    for name, text in pairs:
        value = text.strip()
        if name == "worst" or name in ORDER:
            order[name] = value
        elif value and name not in PLACE and (name in BY_NAME or name.startswith(BRACKETED)):
            known = [pair for pair in known if pair[0] != name] + [(name, value)]
    return ListAddress(
        pairs=tuple(known),
        worst=_worst(order["worst"]) if order.get("worst") else None,
        sort_by=_sort(order.get("sortBy") or CallSort.STARTED_AT.value),
        is_descending=order.get("sortDirection") != "asc",
    )


def parse_query(query: str) -> ListAddress:
    """Return the address that the part behind a question mark makes. Raises InvalidInput."""
    return parse_address(parse_qsl(query, keep_blank_values=True))


def _meant(pair: tuple[str, str]) -> tuple[str, str]:
    """Return what a pair means: whoever searches for a telephone number means the customer who has it."""
    name, value = pair
    digits = sum(character.isdigit() for character in value)
    is_number = digits >= FEWEST_DIGITS_OF_A_NUMBER and not set(value) - set("+0123456789 ()-./")
    return ("customerPhoneNumber", value) if name == "searchText" and is_number else pair


def _worst(text: str) -> Worst:
    try:
        return Worst(text)
    except ValueError as error:
        message = f"`worst` must be one of {', '.join(Worst)}."
        raise InvalidInput.at("worst", message=message) from error


def _sort(text: str) -> CallSort:
    try:
        return CallSort(text)
    except ValueError as error:
        message = f"`sortBy` must be one of {', '.join(CallSort)}."
        raise InvalidInput.at("sortBy", message=message) from error
