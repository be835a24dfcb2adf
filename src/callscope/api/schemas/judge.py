"""The judge of a project, and drafts of metrics that are tried."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from callscope.api.schemas.base import InputModel, OutputModel
from callscope.api.schemas.fields import Label
from callscope.api.schemas.metric_definition import DefinitionCreate, ThresholdCreate
from callscope.api.schemas.metrics import MetricGroupRead


class JudgeChange(InputModel):
    """A judge of the project's own."""

    url: str = Field(
        min_length=1, max_length=2048, description="Server with the OpenAI chat API, up to and with `/v1`."
    )
    model: Label
    api_key: str | None = Field(default=None, min_length=1, max_length=1000, description="Never shown again.")


class JudgeRead(OutputModel):
    """The judge that the project's calls are judged by."""

    source: Literal["project", "installation"] | None = Field(description="Null: no judge is configured.")
    url: str | None
    model: str | None
    has_api_key: bool


class ThresholdDraft(ThresholdCreate):
    """A condition on a metric, to be tried."""

    metric_id: Label = Field(description="Id or slug of the metric that the condition is on.")


class PlaygroundRequest(InputModel):
    """A draft to try on a stored call: a definition, or a condition on a metric that the call has values of."""

    exclusive = (("definition", "threshold"),)

    call_id: UUID
    definition: DefinitionCreate | None = None
    threshold: ThresholdDraft | None = None


class PlaygroundRead(OutputModel):
    """What the draft says of the call; nothing of it was stored."""

    metric: MetricGroupRead
    prompt_tokens: int
    completion_tokens: int
    amount_usd_micros: int
