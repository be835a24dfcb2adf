"""Documents cut into passages, those nearest to what was said, and quotes from them."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.knowledge import KnowledgeDocument
from callscope.core.metric import ValueState
from callscope.core.metric_definition import Judgement
from callscope.metrics import registry
from callscope.metrics.definition import to_defined
from callscope.metrics.judging.dialogue import judge
from callscope.metrics.judging.knowledge import PART_RULE, PASSAGE_CHARS, Knowledge, Passage, nearest
from tests.metrics.judging.test_dialogue import CALL, MANNER, told
from tests.support.judge_server import verdict

SCORE = to_defined(registry.get("knowledge_grounding_score"))


def documents(*texts: str) -> list[KnowledgeDocument]:
    return [
        KnowledgeDocument(id=UUID(int=number), name=f"D{number}", text=text)
        for number, text in enumerate(texts, start=1)
    ]


def test_what_fits_is_shown_whole() -> None:
    knowledge = nearest(documents("Refunds within\n30 days.", "Free shipping."), ["Hello"], 1000)
    assert knowledge.total_count == 2
    assert [passage.shown for passage in knowledge.passages] == [
        "[K1] D1: Refunds within 30 days.",
        "[K2] D2: Free shipping.",
    ]
    assert "the truth; all)" in knowledge.shown
    assert PART_RULE not in knowledge.shown


def test_of_long_documents_the_passages_nearest_to_each_line_are_shown() -> None:
    filler = [f"Section {number}. " + "Nothing of interest stands here at all. " * 20 for number in range(80)]
    filler[17] += " The warranty of the blender lasts 24 months."
    filler[61] += " Parcels to Iceland take nine days."
    knowledge = nearest(
        documents("\n\n".join(filler)), ["How long is the warranty?", "And a parcel to Iceland? Parcels?"], 2500
    )
    shown = [passage.text for passage in knowledge.passages]
    assert any("24 months" in text for text in shown)
    assert any("nine days" in text for text in shown)
    assert sum(len(passage.shown) for passage in knowledge.passages) <= 2500
    assert len(shown) < knowledge.total_count
    assert PART_RULE in knowledge.shown


def test_without_a_word_in_common_nothing_is_shown() -> None:
    assert nearest(documents("Refunds. " * 500), ["xyzzy"], 1000).passages == ()


@given(st.lists(st.text(alphabet="ab. \n", max_size=4000), max_size=4), st.integers(0, 5000))
def test_passages_hold_every_word_and_keep_their_size(texts: Sequence[str], budget: int) -> None:
    whole = nearest(documents(*texts), [], 10**9)
    assert all(0 < len(passage.text) <= PASSAGE_CHARS for passage in whole.passages)
    assert "".join("".join(text.split()) for text in texts) == "".join(
        "".join(passage.text.split()) for passage in whole.passages
    )
    assert [passage.number for passage in whole.passages] == list(range(1, whole.total_count + 1))
    some = nearest(documents(*texts), ["ab", "b a"], budget)
    assert set(some.passages) <= set(whole.passages)
    assert sum(len(passage.shown) for passage in some.passages) <= budget or some == whole


def held_against(*passages: str) -> Knowledge:
    found = tuple(Passage(number=number, document="Plans", text=text) for number, text in enumerate(passages, start=1))
    return Knowledge(passages=found, total_count=len(found))


def test_evidence_quotes_the_passage_it_rests_on() -> None:
    assert isinstance(SCORE.calculation, Judgement)
    material = replace(CALL, knowledge=held_against("Gold costs 20 euros.", "Silver costs 10 euros."))
    said = verdict((2, "my plan is Gold"), value=3)
    cited = {**said, "evidence": [{**said["evidence"][0], "passage": 2, "passageQuote": "GOLD costs 20"}]}
    invented = {**said, "evidence": [{**said["evidence"][0], "passage": 1, "passageQuote": "Gold is free"}]}
    wordless = {**said, "evidence": [{**said["evidence"][0], "passage": 1, "passageQuote": None}]}
    silent = {**said, "evidence": [{**said["evidence"][0], "passage": None, "passageQuote": None}]}

    (value,), asked = told(judge(SCORE, SCORE.calculation, material, MANNER), invented, wordless, cited)
    (uncited,), _ = told(judge(SCORE, SCORE.calculation, material, MANNER), silent)

    assert "[K1] Plans: Gold costs 20 euros." in asked[0].messages[1].content
    assert "passageQuote" in asked[0].schema["properties"]["evidence"]["items"]["required"]
    assert "Gold is free" in asked[1].messages[-1].content
    assert "words of the passage" in asked[2].messages[-1].content
    assert value.evidence[0].reason == "It is said here. Plans [K1] says: “GOLD costs 20”"
    assert uncited.evidence[0].reason == "It is said here."


def test_a_document_alone_is_knowledge_enough() -> None:
    assert isinstance(SCORE.calculation, Judgement)
    with pytest.raises(StopIteration) as end:
        next(judge(SCORE, SCORE.calculation, CALL, MANNER))
    (bare,) = end.value.value
    assert bare.state is ValueState.DATA_MISSING
    assert "knowledgeBaseDocumentIds" in str(bare.reason)
    values, asked = told(
        judge(SCORE, SCORE.calculation, replace(CALL, knowledge=held_against("Gold.")), MANNER), verdict(value=9)
    )
    assert (values[0].value, len(asked)) == (9, 1)
