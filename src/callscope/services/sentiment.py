"""How a call as a whole sounds: what the metrics of sentiment and emotion say of both parties, in one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.metric import MetricValue, ValueState
from callscope.metrics.emotions import EMOTIONS, NEUTRAL, most_frequent
from callscope.metrics.valence import SCORE_THRESHOLD
from callscope.services import analyses, calls

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SCORE = "sentiment_score"
EMOTION = "dominant_emotion"


class SentimentStatus(StrEnum):
    """Whether there is a sentiment to read."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    UNAVAILABLE = "UNAVAILABLE"
    """The call has no words, or none that can be read."""


class Sentiment(StrEnum):
    """What a call sounds like, in one word."""

    NEGATIVE = "NEGATIVE"
    NEUTRAL = "NEUTRAL"
    POSITIVE = "POSITIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentRun:
    """How a call sounds: `average` from 0 to 1, with 0.5 for neutral. All but `status` is None unless COMPLETED."""

    status: SentimentStatus
    average: float | None = None
    category: Sentiment | None = None
    emotion: str | None = None


async def read_sentiment(session: "AsyncSession", project_id: UUID, call_id: UUID) -> SentimentRun:
    """Return how a call sounds, as far as its analysis has come. Raises CallNotFound."""
    await calls.require_call(session, project_id, call_id)
    found = await analyses.read_values_of_calls(
        session, project_id, [call_id], slugs=(SCORE, EMOTION), evidence_limit=1
    )
    told = [value for value in found.get(call_id, ()) if value.state is ValueState.SUCCESS]
    if told:
        return summed_up(told)
    statuses = await analyses.latest_of_calls(session, project_id, [call_id])
    is_open = call_id in statuses and not statuses[call_id].status.is_final
    return SentimentRun(status=SentimentStatus.PENDING if is_open else SentimentStatus.UNAVAILABLE)


def summed_up(values: Sequence[MetricValue]) -> SentimentRun:
    """Return what values of both parties say together: every entry counts alike, whoever said it."""
    scores = [value.statistics for value in values if value.slug == SCORE]
    count = sum(each["count"] or 0 for each in scores)
    mean = sum(each["sum"] or 0 for each in scores) / count if count else 0.0
    emotions = Counter[str]()
    for value in values:
        if value.slug == EMOTION:
            emotions.update({each: int(value.statistics.get(f"{each}_count") or 0) for each in EMOTIONS})
    shown = list(emotions.elements())
    return SentimentRun(
        status=SentimentStatus.COMPLETED,
        average=(mean + 1) / 2,
        category=_category(mean),
        emotion=most_frequent(shown) if shown else NEUTRAL,
    )


def _category(mean: float) -> Sentiment:
    if abs(mean) <= SCORE_THRESHOLD:
        return Sentiment.NEUTRAL
    return Sentiment.POSITIVE if mean > 0 else Sentiment.NEGATIVE
