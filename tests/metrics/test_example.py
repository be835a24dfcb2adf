from callscope.metrics.example import EXAMPLE
from callscope.speech.turns import build_conversation


def test_the_example_call_is_what_its_segments_make_by_the_rules_of_turns() -> None:
    by_hand = EXAMPLE.conversation
    assert by_hand is not None
    built = build_conversation(by_hand.segments, basis=by_hand.basis, confidence=by_hand.confidence)
    assert by_hand.segments == built.segments
    assert by_hand.turns == built.turns
    assert by_hand.interruptions == built.interruptions
    assert by_hand.parameters.items() <= built.parameters.items()
