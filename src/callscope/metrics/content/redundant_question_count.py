"""How often the agent asked for what it had been told."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from callscope.core.call import Role
from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.metrics.definition import MetricDefinition, Parameters, Reading
from callscope.metrics.phrasing import Key, asked_key
from callscope.metrics.shared import once_per_call
from callscope.metrics.words import Said, said, tokens_of

_NOT_UNDERSTOOD = frozenset({"pardon", "repeat", "what", "sorry", "huh", "again", "understand", "hear", "catch"})
"""Words of a customer who has not understood the question: asking it again is right then."""


class _Question(NamedTuple):
    said: Said
    position: int
    key: Key


def measure(facts: CallFacts, _parameters: Parameters) -> Iterator[Reading]:
    """State how many questions had been asked and answered before."""
    asked: dict[Key, _Question] = {}
    redundant: list[tuple[_Question, _Question]] = []
    questions = _questions(facts)
    for question in questions:
        before = asked.get(question.key)
        if before is not None and _is_answered(said(facts), before.position, question.position):
            redundant.append((before, question))
        asked[question.key] = question
    yield Reading(
        value=len(redundant),
        statistics={"numerator": len(redundant), "denominator": len(questions)},
        evidence=tuple(each.said.span(_account(before, each)) for before, each in redundant),
    )


@once_per_call
def _questions(facts: CallFacts) -> tuple[_Question, ...]:
    return tuple(
        _Question(each, position, key)
        for position, each in enumerate(said(facts))
        if each.entry.role is Role.AGENT and "?" in each.entry.text
        for asked in each.entry.text.split("?")[:-1]
        if (key := asked_key(tokens_of(_last_sentence(asked))))
    )


def _last_sentence(text: str) -> str:
    return text[max(text.rfind("."), text.rfind("!"), text.rfind("\u2026")) + 1 :]


def _is_answered(spoken: Sequence[Said], asked_at: int, asked_again_at: int) -> bool:
    for position in range(asked_again_at - 1, asked_at, -1):
        if spoken[position].entry.role is Role.CUSTOMER and spoken[position].tokens:
            return _NOT_UNDERSTOOD.isdisjoint(spoken[position].tokens)
    return False


def _account(before: _Question, question: _Question) -> str:
    asked = ", ".join(sorted(question.key))
    return f"asks for {asked} as at {before.said.entry.start_offset_ms} ms, which was answered"


METRIC = MetricDefinition(
    slug="redundant_question_count",
    name="Redundant questions",
    description="How often the agent asked a question again that the customer had answered.",
    family="content",
    value_type=ValueType.COUNT,
    unit=Unit(name="questions", symbol="questions"),
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.LOWER_IS_BETTER,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    formula=(
        "A question is a sentence of the agent that ends with a question mark. Two ask the same when they hold the "
        "same words after the words that only carry a question (`could`, `you`, `tell`, `what`, …) are left out. "
        "Number of questions asked before, with something said by the customer in between. `denominator` is the number "
        "of all questions."
    ),
    edge_cases=(
        "A question repeated because the customer did not understand it (said `sorry`, `what`, …) is not redundant.",
        "A question of carrying words alone (`Could you say that again?`) asks for nothing and is left out.",
    ),
    weaknesses=(
        "The carrying words are English: in other languages only questions with the same words are alike.",
        "A transcript without question marks has no questions.",
        "It does not know whether the first answer answered: an evasive one counts.",
    ),
)
