"""A project's rules: body and answer."""

from typing import Annotated

from pydantic import Field

from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.core.project_rules import LONGEST_RETENTION_DAYS, MOST_CALLS_PER_DAY, RedactionClass

Days = Annotated[
    int | None,
    Field(ge=1, le=LONGEST_RETENTION_DAYS, description="Days a call's data is kept after it came in; null: for ever."),
]


class ProjectRulesUpdate(InputModel):
    """What to change; what is left out stays."""

    calls_per_day: Annotated[
        int | None, Field(ge=0, le=MOST_CALLS_PER_DAY, description="Calls taken in a UTC day; null: any number.")
    ] = STAYS
    recording_retention_days: Days = STAYS
    transcript_retention_days: Days = STAYS
    trace_retention_days: Days = STAYS
    redacted: Annotated[
        list[RedactionClass], Field(description="What is masked in calls that come in from now on.")
    ] = STAYS
    keeps_original_recordings: Annotated[
        bool, Field(description="Whether the originals of recordings are kept in which something was masked.")
    ] = STAYS


class ProjectRulesRead(OutputModel):
    """A project's rules."""

    calls_per_day: int | None = Field(description="Calls taken in a UTC day; null: any number.")
    recording_retention_days: int | None = Field(description="Null: recordings are kept for ever.")
    transcript_retention_days: int | None = Field(
        description="Null: what was said is kept for ever. Metric values stay in any case."
    )
    trace_retention_days: int | None = Field(description="Null: as long as the installation keeps traces.")
    redacted: list[RedactionClass] = Field(description="What is masked; nothing is masked in calls from before.")
    keeps_original_recordings: bool = Field(
        description="Whether the originals of masked recordings are kept, for keys with `recording:original`."
    )
