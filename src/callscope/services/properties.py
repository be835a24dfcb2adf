"""Properties of calls: one spelling, one type per project, fixed by the first value."""

from collections.abc import Mapping
from typing import Any

from callscope.core.call import PropertyType, PropertyValue
from callscope.core.errors import InvalidInput, Issue
from callscope.core.property_name import SYSTEM_PROPERTIES, stored_name

MAX_PROPERTIES = 100
MAX_NAME_LENGTH = 128
MAX_STRING_LENGTH = 4096


def type_of(value: PropertyValue) -> PropertyType:
    """Return the type a value would fix for its property."""
    if isinstance(value, bool):
        return PropertyType.BOOLEAN
    if isinstance(value, int | float):
        return PropertyType.NUMBER
    return PropertyType.STRING if isinstance(value, str) else PropertyType.JSON


def to_stored(sent: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Return `sent` under stored names, missing (None) values left out. Raises InvalidInput, one issue per property."""
    issues: list[Issue] = []
    if len(sent) > MAX_PROPERTIES:
        message = f"`properties` has {len(sent)} keys; a call takes at most {MAX_PROPERTIES}. Leave some out."
        issues.append(Issue(path=("properties",), code="too_many_properties", message=message))
    spellings: dict[str, str] = {}
    stored: dict[str, PropertyValue] = {}
    for spelling, value in sent.items():
        name = stored_name(spelling)
        problem = _problem_of(spelling, name, value, spellings.setdefault(name, spelling))
        if problem is not None:
            issues.append(Issue(path=("properties", spelling), code="invalid_parameter", message=problem))
        elif value is not None:
            stored[name] = value
    if issues:
        raise InvalidInput(issues)
    return stored


def types_to_fix(stored: Mapping[str, PropertyValue], fixed: Mapping[str, PropertyType]) -> dict[str, PropertyType]:
    """Return the types of those of `stored` that the project does not know yet."""
    return {name: type_of(value) for name, value in stored.items() if name not in fixed}


def check_types(stored: Mapping[str, PropertyValue], fixed: Mapping[str, PropertyType]) -> None:
    """Raise InvalidInput that names each property whose fixed type is not that of its value, with both types."""
    issues = [
        Issue(
            path=("properties", name),
            code="property_type_mismatch",
            message=f"Property `{name}` is of type {fixed[name]} in this project, the sent value is of type "
            f"{type_of(value)}. Send a {fixed[name]}, or use another name.",
        )
        for name, value in stored.items()
        if fixed[name] is not type_of(value)
    ]
    if issues:
        raise InvalidInput(issues, code="property_type_mismatch")


def _problem_of(spelling: str, name: str, value: Any, first_spelling: str) -> str | None:  # noqa: ANN401 - any JSON
    if not name:
        return f"Property name {spelling!r} has no letter or digit. Give it a name such as `plan_tier`."
    if len(spelling) > MAX_NAME_LENGTH:
        return (
            f"Property name `{spelling[:32]}…` has {len(spelling)} characters; at most {MAX_NAME_LENGTH} are allowed."
        )
    if first_spelling != spelling:
        return f"Properties `{first_spelling}` and `{spelling}` are one property, `{name}`. Send it once."
    if name in SYSTEM_PROPERTIES:
        return f"Property `{name}` is set by Callscope and cannot be written. Use another name."
    if isinstance(value, str) and len(value) > MAX_STRING_LENGTH:
        return (
            f"Property `{spelling}` has {len(value)} characters; a value takes at most {MAX_STRING_LENGTH}. Shorten it."
        )
    return None
