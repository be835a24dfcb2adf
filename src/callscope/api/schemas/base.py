"""What all wire types share: camelCase names, and the envelopes of answers."""

from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

DataT = TypeVar("DataT")


def _forget_default(schema: JsonDict) -> None:
    schema.pop("default", None)


STAYS: Any = Field(default=None, json_schema_extra=_forget_default)
"""Marks a field of a change that stays as it is when it is left out; only `InputModel.sent` tells."""


class InputModel(BaseModel):
    """Part of a request body. Unknown fields are accepted and reported, never dropped in silence.

    `exclusive` names pairs of fields of which at most one may be sent.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = ()

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", validate_by_name=False)

    def all_fields(self) -> dict[str, Any]:
        """Return every field by its Python name, with defaults for what was not sent."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def sent(self) -> dict[str, Any]:
        """Return the fields that were sent, by their Python names."""
        return {name: value for name, value in self.all_fields().items() if name in self.model_fields_set}


class OutputModel(BaseModel):
    """Part of an answer. Every field is always there unless its description says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class Envelope(OutputModel, Generic[DataT]):
    """An answer about one thing."""

    data: DataT


class Pagination(OutputModel):
    """Where a page stands in its list."""

    has_more: bool = Field(description="Whether there are more items after this page.")
    next_cursor: str | None = Field(description="Send it as `after` to get the next page; null on the last page.")
    total: int = Field(description="How many items match, all pages together.")


class PageEnvelope(OutputModel, Generic[DataT]):
    """One page of a list."""

    data: list[DataT]
    pagination: Pagination
