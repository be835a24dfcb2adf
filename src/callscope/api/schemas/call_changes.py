"""Bodies and answers of what is done to a stored call."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from callscope.api.schemas.base import InputModel, OutputModel
from callscope.api.schemas.call_create import ToolInvocationInput
from callscope.api.schemas.fields import Label, wrong_value
from callscope.api.schemas.metric_policy import JobRead
from callscope.services.properties import MAX_PROPERTIES
from callscope.services.sentiment import Sentiment, SentimentStatus

MAX_APPENDED_TOOLS = 500
MAX_METRICS = 20
MAX_DELETED_CALLS = 100


def _to_scalar(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if value is None or isinstance(value, str | int | float):
        return value
    raise wrong_value("must be a string, a number, true, false or null")


Scalar = Annotated[
    Any,
    BeforeValidator(_to_scalar),
    WithJsonSchema({"anyOf": [{"type": name} for name in ("string", "number", "boolean", "null")]}),
]


class MetricSelection(InputModel):
    """A metric to score anew."""

    id: Label


MetricSelections = Annotated[
    list[MetricSelection] | None,
    Field(max_length=MAX_METRICS, description="Metrics to score afterwards; needs the permission `metric:create` too."),
]


class ToolInvocationsAppend(InputModel):
    """Tool invocations to add to a call."""

    tool_invocations: list[ToolInvocationInput] = Field(max_length=MAX_APPENDED_TOOLS)
    metrics: MetricSelections = None


class PropertiesUpdate(InputModel):
    """Properties to write, and as null those to remove; others stay."""

    properties: dict[str, Scalar] = Field(
        json_schema_extra={"maxProperties": MAX_PROPERTIES},
        description="Stored in snake_case, each of the type the project fixed for it.",
    )
    metrics: MetricSelections = None


class CallsDelete(InputModel):
    """Calls to delete."""

    call_ids: list[UUID] = Field(max_length=MAX_DELETED_CALLS, description="Repeated ids count once.")


class Rescored(OutputModel):
    """Part of answers to requests that may name metrics to score."""

    metric_collection_job: JobRead | None = Field(description="The job that scores the metrics named; else null.")
    metric_collection_error: str | None = Field(description="Why the metrics named were not scored; else null.")


class ToolInvocationsAppended(Rescored):
    """What was added to a call."""

    call_id: UUID
    added: int
    skipped: int = Field(description="How many the call had already: same name, same offsets.")


class PropertiesUpdated(Rescored):
    """What became of a call's properties."""

    call_id: UUID
    properties: dict[str, str] = Field(
        description="All, those Callscope sets included; without `call:read` only those this request wrote."
    )
    updated: list[str] = Field(description="Stored names of what was written.")
    removed: list[str] = Field(description="Stored names of what was there and was removed.")


class CallsDeleted(OutputModel):
    """What became of the calls of a deletion, each id once and in the order sent."""

    deleted_call_ids: list[UUID]
    not_found_call_ids: list[UUID] = Field(description="Unknown to the project, or deleted before.")


class SentimentRun(OutputModel):
    """The sentiment of a call, told by its words."""

    status: SentimentStatus = Field(
        description="PENDING while the analysis has not come to it; UNAVAILABLE when there is nothing to tell it by."
    )
    average_sentiment: float | None = Field(description="0 is negative, 0.5 neutral, 1 positive.")
    average_categorical_sentiment: Sentiment | None
    common_emotion: str | None = Field(description="What most utterances that show an emotion show; else `neutral`.")
