"""Comparisons of two transcripts, built by hand."""

from callscope.core.call import Role
from callscope.core.transcript import (
    DifferenceKind,
    TranscriptComparison,
    TranscriptSource,
    WordComparison,
    WordDifference,
)


def difference(reference: str, other: str, at_ms: int | None = 1000) -> WordDifference:
    kind = DifferenceKind.ADDED if not reference else DifferenceKind.LEFT_OUT if not other else DifferenceKind.REPLACED
    return WordDifference(
        kind=kind,
        reference_index=0,
        reference_words=tuple(reference.split()),
        other_words=tuple(other.split()),
        at_offset_ms=at_ms,
    )


def words(word_count: int, *differences: WordDifference) -> WordComparison:
    return WordComparison(
        reference_word_count=word_count,
        other_word_count=word_count,
        error_count=sum(max(len(each.reference_words), len(each.other_words)) for each in differences),
        differences=differences,
    )


def comparison(agent: WordComparison, customer: WordComparison) -> TranscriptComparison:
    return TranscriptComparison(
        reference=TranscriptSource.ROARK_POST_CALL,
        other=TranscriptSource.CUSTOMER_AGENT_REALTIME,
        by_role={Role.AGENT: agent, Role.CUSTOMER: customer},
    )
