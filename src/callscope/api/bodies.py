"""JSON request bodies: read once, checked against their model, kept as they came."""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, get_args

from fastapi import Request
from pydantic import BaseModel, ValidationError

from callscope.api.schemas.base import InputModel
from callscope.api.validation import exclusive_issues, to_issues
from callscope.core.errors import InvalidInput, Issue, PathPart, spell_path

BodyT = TypeVar("BodyT", bound=InputModel)

_SUSPICIOUS_WORDS = (rb"\u0000", b"NaN", b"Infinity")
_LARGE_NUMBERS = (b"0" * 300, b"0e000", b"0e+000")
_AS_NUMBER = bytes.maketrans(b"123456789E", b"000000000e")
"""Turns every digit into `0` and every `E` into `e`, so that numbers too large for a float look alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Generic[BodyT]):
    """A checked body. `unknown_fields` are spelled like `transcript[0].mood`."""

    body: BodyT
    raw: bytes
    digest: bytes
    unknown_fields: tuple[str, ...]


class JsonBody(Generic[BodyT]):
    """A dependency that reads the body as `model`. Stands after the guard, so strangers are told nothing of fields."""

    def __init__(self, model: type[BodyT]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Received[BodyT]:
        """Return the checked body. Raises InvalidInput."""
        raw = await request.body()
        if _is_suspicious(raw) and (issues := list(_unstorable(_parse(raw), ()))):
            raise InvalidInput(issues)
        try:
            body = self.model.model_validate_json(raw)
        except ValidationError as error:
            issues = [*to_issues(error.errors(include_url=False)), *self._exclusive_issues(_parse(raw))]
            raise InvalidInput(issues, code=issues[0].code) from error
        return Received(
            body=body,
            raw=raw,
            digest=hashlib.sha256(raw).digest(),
            unknown_fields=tuple(spell_path(path) for path in _unknown_fields(body, ())),
        )

    def _exclusive_issues(self, sent: Any) -> list[Issue]:  # noqa: ANN401 - any JSON
        if not isinstance(sent, dict):
            return []
        fields = self.model.model_fields.items()
        return exclusive_issues(self.model, {name for name, field in fields if sent.get(field.alias) is not None})


def _is_suspicious(raw: bytes) -> bool:
    """Tell whether a body has what it must have for `_unstorable` to find anything: most bodies are never walked."""
    numbers = raw.translate(_AS_NUMBER)
    return any(word in raw for word in _SUSPICIOUS_WORDS) or any(number in numbers for number in _LARGE_NUMBERS)


def _unknown_fields(model: BaseModel, path: tuple[PathPart, ...]) -> Iterator[tuple[PathPart, ...]]:
    for name in model.model_extra or ():
        yield (*path, name)
    for field, alias in _nested_fields(type(model)):
        value = getattr(model, field)
        if isinstance(value, BaseModel):
            yield from _unknown_fields(value, (*path, alias))
        elif value:
            for index, item in enumerate(value):
                yield from _unknown_fields(item, (*path, alias, index))


@cache
def _nested_fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return name and wire name of the fields that hold models or lists of models."""
    return tuple(
        (name, field.alias or name) for name, field in model.model_fields.items() if _holds_models(field.annotation)
    )


def _holds_models(annotation: Any) -> bool:  # noqa: ANN401 - any type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_holds_models(argument) for argument in get_args(annotation))


def _parse(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the body's JSON, numbers as floats; None for what is no JSON, which the model says in better words."""
    try:
        return json.loads(raw, parse_int=float)
    except (ValueError, RecursionError):
        return None


def _unstorable(value: Any, path: tuple[PathPart, ...]) -> Iterator[Issue]:  # noqa: ANN401 - any JSON
    """Find what JSON can say and PostgreSQL cannot store."""
    if isinstance(value, dict):
        for name, item in value.items():
            if "\0" in name:
                yield _issue(path, "has a field whose name contains a NUL character. Remove it")
            else:
                yield from _unstorable(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unstorable(item, (*path, index))
    elif isinstance(value, str) and "\0" in value:
        yield _issue(path, "contains a NUL character (`\\u0000`), which cannot be stored. Remove it")
    elif isinstance(value, float) and not math.isfinite(value):
        yield _issue(path, "is not a finite number. Send a number below 1.8e308, or leave it out")


def _issue(path: tuple[PathPart, ...], what: str) -> Issue:
    field = f"`{spell_path(path)}`" if path else "The request body"
    return Issue(path=path, code="invalid_parameter", message=f"{field} {what}.")
