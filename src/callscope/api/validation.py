"""What is wrong with a value, in words with the remedy, from what the validator reports."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from callscope.api.schemas.base import InputModel
from callscope.core.errors import Issue, spell_path

SHOWN_LENGTH = 80

ErrorDetails = Mapping[str, Any]


def to_issues(errors: Sequence[ErrorDetails], *, skip: int = 0) -> list[Issue]:
    """Return one issue per reported error; `skip` leaves out the first parts of each location."""
    return [_to_issue(error, tuple(error["loc"][skip:])) for error in errors]


def exclusive_issues(model: type[InputModel], sent: Container[str]) -> list[Issue]:
    """Return one issue per pair of fields that exclude each other and are both among `sent`, by their Python names."""
    issues = []
    for pair in model.exclusive:
        if pair[0] in sent and pair[1] in sent:
            first, second = (str(model.model_fields[name].alias) for name in pair)
            message = f"`{first}` and `{second}` were both sent. Send only one of them."
            issues.append(Issue(path=(second,), code="mutually_exclusive", message=message))
    return issues


def _to_issue(error: ErrorDetails, path: tuple[str | int, ...]) -> Issue:
    kind = error["type"]
    code = (
        "missing_required_field"
        if kind == "missing"
        else "invalid_json"
        if kind == "json_invalid"
        else "invalid_parameter"
    )
    field = f"`{spell_path(path)}`" if path else "The request body"
    explain = EXPLANATIONS.get(kind, _explain_otherwise)
    return Issue(path=path, code=code, message=f"{field} {explain(error)}")


def _explain_otherwise(error: ErrorDetails) -> str:
    return f"is not valid: {error['msg']}."


def _wants(what: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"must be {what}; got {show(error.get('input'))}."


def _limit(words: str, key: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"must {words.format(error['ctx'][key])}; got {show(error.get('input'))}."


def _length(words: str, key: str, noun: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"must have {words} {error['ctx'][key]} {noun}; it has {len(error['input'])}."


EXPLANATIONS: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is required. Add it to the request.",
    "json_invalid": lambda error: f"is not valid JSON: {error['ctx']['error']}. Send JSON in UTF-8.",
    "enum": lambda error: f"must be one of {error['ctx']['expected']}; got {show(error.get('input'))}.",
    "literal_error": lambda error: f"must be one of {error['ctx']['expected']}; got {show(error.get('input'))}.",
    "string_type": _wants("a string"),
    "int_type": _wants("an integer"),
    "int_parsing": _wants("an integer"),
    "int_from_float": _wants("an integer, without a fraction"),
    "bool_parsing": _wants("true or false"),
    "bool_type": _wants("true or false"),
    "dict_type": _wants("an object"),
    "model_type": _wants("an object"),
    "model_attributes_type": _wants("an object"),
    "list_type": _wants("an array"),
    "uuid_parsing": _wants("a UUID"),
    "uuid_type": _wants("a UUID"),
    "greater_than_equal": _limit("be at least {}", "ge"),
    "less_than_equal": _limit("be at most {}", "le"),
    "string_too_short": _length("at least", "min_length", "characters"),
    "string_too_long": _length("at most", "max_length", "characters"),
    "too_long": lambda error: (
        f"takes at most {error['ctx']['max_length']} items; it has {error['ctx']['actual_length']}."
    ),
    "wrong_value": lambda error: f"{error['msg']}; got {show(error.get('input'))}.",
    "wrong_shape": lambda error: f"{error['msg']}.",
}
"""How each kind of the validator's errors is put. `wrong_value` and `wrong_shape` are our own kinds."""


def show(value: object) -> str:
    """Return a value as a reader of the request sees it, shortened."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value) if isinstance(value, int | float) else repr(str(value))
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
