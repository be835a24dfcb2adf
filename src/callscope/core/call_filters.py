"""The language in which calls are asked for: `name=value` pairs, the same in the API, on pages and in commands."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from callscope.core.call import CallDirection, CallStatus, EndedStatus, InterfaceType
from callscope.core.call_query import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_METRIC_FILTERS,
    MAX_PROPERTY_FILTERS,
    CallQuery,
    CallSort,
    Comparison,
    ValueFilter,
)
from callscope.core.errors import InvalidInput, Issue
from callscope.core.property_name import LIST_FILTERS, stored_name

MAX_TEXT_LENGTH = 1000
MAX_CURSOR_LENGTH = 4096
MAX_IDS = 100
MAX_DURATION_MS = 7 * 24 * 3600 * 1000

COMPARED = re.compile(r"(properties|metric)\[(.+)\]\[([^\[\]]*)\]", re.DOTALL)
EQUALLED = re.compile(r"(properties|metric)\[(.+)\]", re.DOTALL)
BRACKETED = ("properties", "metric")
METRIC_COMPARISONS = tuple(each for each in Comparison if each not in (Comparison.CONTAINS, Comparison.STARTS_WITH))
ORDERED = (Comparison.GREATER, Comparison.GREATER_OR_EQUAL, Comparison.LESS, Comparison.LESS_OR_EQUAL)

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter without brackets. `parse` raises ValueError with what the value must be; `schema` is for OpenAPI."""

    name: str
    attribute: str
    parse: Callable[[str], Any]
    schema: Schema
    description: str


class _Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


class _TrueOrFalse(StrEnum):
    TRUE = "true"
    FALSE = "false"


def _choice(name: str, attribute: str, choices: type[StrEnum], description: str) -> Parameter:
    values = [choice.value for choice in choices]
    spelled = f"{', '.join(map(repr, values[:-1]))} or {values[-1]!r}"

    def parse(text: str) -> StrEnum:
        if text not in values:
            raise ValueError(f"must be one of {spelled}")
        return choices(text)

    schema = {"type": "string", "enum": values}
    return Parameter(name=name, attribute=attribute, parse=parse, schema=schema, description=description)


def _whole(
    name: str, attribute: str, description: str, *, least: int, most: int, default: int | None = None
) -> Parameter:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
            raise ValueError("must be an integer")
        value = int(text)
        if value < least:
            raise ValueError(f"must be at least {least}")
        if value > most:
            raise ValueError(f"must be at most {most}")
        return value

    schema: Schema = {"type": "integer", "minimum": least, "maximum": most}
    schema |= {} if default is None else {"default": default}
    return Parameter(name=name, attribute=attribute, parse=parse, schema=schema, description=description)


def _text(name: str, attribute: str, description: str, *, longest: int = MAX_TEXT_LENGTH) -> Parameter:
    def parse(text: str) -> str:
        if len(text) > longest:
            raise ValueError(f"must have at most {longest} characters")
        return text

    schema = {"type": "string", "maxLength": longest}
    return Parameter(name=name, attribute=attribute, parse=parse, schema=schema, description=description)


def _moment(name: str, attribute: str, description: str) -> Parameter:
    schema = {"type": "string", "format": "date-time"}
    return Parameter(name=name, attribute=attribute, parse=parse_moment, schema=schema, description=description)


def parse_moment(text: str) -> datetime:
    """Return an ISO 8601 date, or date and time, in UTC when it names no offset. Raises ValueError."""
    message = "must be a date, or a date and time, in ISO 8601, such as 2026-01-31T09:30:00Z"
    try:
        # A "+" that was not percent-encoded arrives as a space.
        moment = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(message) from error


def _phone_digits(text: str) -> str:
    """Return the digits without those that only dialling within a country needs."""
    digits = re.sub(r"[\s().\-/]", "", text).removeprefix("+").lstrip("0")
    if not re.fullmatch(r"[0-9]{3,15}", digits):
        raise ValueError("must have 3 to 15 digits, such as +1 415 555 0123")
    return digits


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValueError("must be a UUID") from error


def _uuids(text: str) -> list[UUID]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > MAX_IDS:
        raise ValueError(f"takes at most {MAX_IDS} ids")
    try:
        return [UUID(part) for part in parts]
    except ValueError as error:
        raise ValueError("must be UUIDs, separated by commas") from error


def _id(name: str, attribute: str, description: str) -> Parameter:
    schema = {"type": "string", "format": "uuid"}
    return Parameter(name=name, attribute=attribute, parse=_uuid, schema=schema, description=description)


def _ids(name: str, description: str) -> Parameter:
    return Parameter(name=name, attribute=_SIMULATION, parse=_uuids, schema={"type": "string"}, description=description)


_SIMULATION = "simulation"
_UNUSED = "unused"
_OURS = "Beyond the original API. "

PARAMETERS = (
    _text("after", "after", "The `nextCursor` of the page before.", longest=MAX_CURSOR_LENGTH),
    _whole("limit", "limit", "Calls a page.", least=1, most=MAX_LIMIT, default=DEFAULT_LIMIT),
    _text("searchText", "search_text", "Words in title, summary or transcript, or their beginnings; accents ignored."),
    _choice("status", "status", CallStatus, "Where the call itself stands."),
    _choice("sortBy", "sort_by", CallSort, "What to order by; `createdAt` unless said otherwise."),
    _choice("sortDirection", "sort_direction", _Direction, "`desc` unless said otherwise."),
    _id("simulationRunPlanJobId", _SIMULATION, "Calls of a simulation run."),
    _ids("simulationRunPlanJobIds", "Calls of these simulation runs, separated by commas."),
    _ids("simulationRunPlanIds", "Calls of these run plans, separated by commas."),
    _choice("countedInResults", _SIMULATION, _TrueOrFalse, "Calls of simulations that their results count, or not."),
    _choice("excludeHiddenRuns", _UNUSED, _TrueOrFalse, "Leaves calls of hidden simulation runs out."),
    _id("agentId", "agent_id", f"{_OURS}Calls the agent took part in."),
    Parameter(
        name="customerPhoneNumber",
        attribute="customer_phone_number",
        parse=_phone_digits,
        schema={"type": "string", "maxLength": 40},
        description=f"{_OURS}Calls of a customer whose number ends in these digits, however they are written.",
    ),
    _text("externalId", "external_id", f"{_OURS}The call that bears your id."),
    _choice("endedStatus", "ended_status", EndedStatus, f"{_OURS}How the call ended."),
    _choice("callDirection", "direction", CallDirection, f"{_OURS}Who dialled."),
    _choice("interfaceType", "interface_type", InterfaceType, f"{_OURS}What the customer spoke into."),
    _text("source", "source", f"{_OURS}Where the call came from, such as `API`."),
    _moment("startedAfter", "started_after", f"{_OURS}Started then or later."),
    _moment("startedBefore", "started_before", f"{_OURS}Started before then."),
    _moment("createdAfter", "created_after", f"{_OURS}Sent to us then or later."),
    _moment("createdBefore", "created_before", f"{_OURS}Sent to us before then."),
    _moment("updatedSince", "updated_since", f"{_OURS}Changed then or later."),
    _whole(
        "minDurationMs",
        "min_duration_ms",
        f"{_OURS}Lasted so long or longer.",
        least=0,
        most=MAX_DURATION_MS,
    ),
    _whole(
        "maxDurationMs",
        "max_duration_ms",
        f"{_OURS}Lasted so long or shorter.",
        least=0,
        most=MAX_DURATION_MS,
    ),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def parse_call_query(pairs: Iterable[tuple[str, str]]) -> CallQuery:
    """Return what the pairs ask for; of a name without brackets that comes twice the last counts.

    Names that are not of this language are passed over. Raises InvalidInput with an issue for each pair that is wrong.
    """
    issues: list[Issue] = []
    found: dict[str, Any] = {}
    filters: dict[str, list[ValueFilter]] = {kind: [] for kind in BRACKETED}
    for name, text in pairs:
        try:
            if name in BY_NAME:
                found[name] = _parse(BY_NAME[name], text)
            elif name.startswith(BRACKETED):
                kind, value_filter = _parse_bracketed(name, text)
                filters[kind].append(value_filter)
        except ValueError as error:
            issues.append(Issue(path=(name,), code="invalid_parameter", message=str(error)))
    for kind, most in (("properties", MAX_PROPERTY_FILTERS), ("metric", MAX_METRIC_FILTERS)):
        count = len({each.name for each in filters[kind]})
        if count > most:
            message = f"`{kind}` filters {count} names; at most {most} are allowed."
            issues.append(Issue(path=(kind,), code="invalid_parameter", message=message))
    if issues:
        raise InvalidInput(issues)
    is_simulated_only = any(value for name, value in found.items() if BY_NAME[name].attribute == _SIMULATION)
    by_attribute = {BY_NAME[name].attribute: value for name, value in found.items()}
    for attribute in (_SIMULATION, _UNUSED):
        by_attribute.pop(attribute, None)
    direction = by_attribute.pop("sort_direction", _Direction.DESCENDING)
    return CallQuery(
        **by_attribute,
        is_descending=direction is _Direction.DESCENDING,
        is_simulated_only=is_simulated_only,
        properties=tuple(filters["properties"]),
        metrics=tuple(filters["metric"]),
    )


def _parse(parameter: Parameter, text: str) -> Any:  # noqa: ANN401 - of the attribute's type
    _check_nul(parameter.name, text)
    try:
        return parameter.parse(text)
    except ValueError as error:
        raise ValueError(f"`{parameter.name}` {error}; got {_shown(text)}.") from error


def _parse_bracketed(name: str, text: str) -> tuple[str, ValueFilter]:
    compared = COMPARED.fullmatch(name)
    found = compared or EQUALLED.fullmatch(name)
    if found is None:
        raise ValueError(f"`{name}` is not a filter. Write `properties[name]=value` or `metric[slug][gt]=1`.")
    _check_nul(name, name)
    _check_nul(name, text)
    kind = found[1]
    allowed = METRIC_COMPARISONS if kind == "metric" else tuple(Comparison)
    spelled = compared[3] if compared else ""
    if spelled not in allowed or (compared and not spelled):
        comparisons = " ".join(f"[{each}]" for each in allowed if each)
        raise ValueError(f"`{name}` is not a filter. Comparisons are {comparisons}; without one, equality.")
    comparison = Comparison(spelled)
    if len(text) > MAX_TEXT_LENGTH:
        raise ValueError(f"`{name}` must have at most {MAX_TEXT_LENGTH} characters; it has {len(text)}.")
    if comparison is Comparison.EXISTS and text not in ("true", "false"):
        raise ValueError(f"`{name}` must be true or false; got {_shown(text)}.")
    if kind == "metric":
        if comparison in ORDERED and as_number(text) is None:
            raise ValueError(f"`{name}` must be a number; got {_shown(text)}.")
        return kind, ValueFilter(name=found[2], comparison=comparison, value=text)
    return kind, ValueFilter(name=_property_name(name, found[2]), comparison=comparison, value=text)


def _property_name(name: str, spelled: str) -> str:
    stored = stored_name(spelled)
    if not stored:
        raise ValueError(f"`{name}` names no property. A name has letters or digits.")
    if stored in LIST_FILTERS:
        raise ValueError(f"`{stored}` is a filter of its own: send it as a parameter, not under `properties`.")
    return stored


def as_number(text: str) -> int | float | None:
    """Return the finite number a text spells, whole ones exactly; None when it spells none."""
    if re.fullmatch(r"[+-]?\d{1,300}", text, re.ASCII):
        return int(text)
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text, re.ASCII):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _check_nul(name: str, text: str) -> None:
    if "\0" in text:
        raise ValueError(f"`{name}` contains a NUL character. Remove it.".replace("\0", ""))


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_TEXT_LENGTH // 10 else text[: MAX_TEXT_LENGTH // 10] + "…")
