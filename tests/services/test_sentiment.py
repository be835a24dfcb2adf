from collections.abc import Sequence

import pytest

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.core.transcript import TranscriptEntry
from callscope.metrics import registry
from callscope.metrics.runner import compute
from callscope.services.sentiment import EMOTION, SCORE, Sentiment, SentimentStatus, summed_up
from tests.support.conversations import AGENT, CUSTOMER, facts, said


def measured(transcript: Sequence[TranscriptEntry]) -> tuple[MetricValue, ...]:
    values = compute(facts(transcript=transcript), (registry.get(SCORE), registry.get(EMOTION)))
    is_told = MetricContext.CALL, ValueState.SUCCESS
    return tuple(value for value in values if (value.context, value.state) == is_told)


@pytest.mark.parametrize(
    ("lines", "category", "emotion"),
    [
        ([(AGENT, "Hello."), (CUSTOMER, "This is horrible, I am furious.")], Sentiment.NEGATIVE, "anger"),
        ([(AGENT, "I am happy to help."), (CUSTOMER, "Thanks, thank you.")], Sentiment.POSITIVE, "gratitude"),
        ([(AGENT, "Hello."), (CUSTOMER, "Monday at ten.")], Sentiment.NEUTRAL, "neutral"),
    ],
)
def test_both_parties_make_one_sentiment(lines: list[tuple[Role, str]], category: Sentiment, emotion: str) -> None:
    run = summed_up(measured(said(*lines)))
    assert (run.status, run.category, run.emotion) == (SentimentStatus.COMPLETED, category, emotion)
    assert run.average is not None
    assert 0 <= run.average <= 1


def test_every_entry_counts_alike_whoever_said_it() -> None:
    alone = summed_up(measured(said((CUSTOMER, "I love it."))))
    among = summed_up(measured(said((CUSTOMER, "I love it."), *((AGENT, "Monday.") for _ in range(3)))))
    assert alone.average is not None
    assert among.average is not None
    assert among.average - 0.5 == pytest.approx((alone.average - 0.5) / 4)
