import pytest

from tests.support.conversations import AGENT, CUSTOMER, facts, said
from tests.support.metric_values import call_value, spans

ASKED = (AGENT, "Thanks. Could you give me your order number, please?")
AGAIN = (AGENT, "And what is the order number?")


def test_asking_again_for_what_was_answered_is_redundant() -> None:
    call = facts(transcript=said(ASKED, (CUSTOMER, "It is four seven one one."), AGAIN))
    value = call_value("redundant_question_count", call)
    assert (value.value, value.statistics) == (1, {"numerator": 1, "denominator": 2})
    assert spans(value) == [(2000, 2900)]
    assert value.evidence[0].reason == "asks for number, order as at 0 ms, which was answered"


@pytest.mark.parametrize(
    "between",
    [
        [],
        [(CUSTOMER, "Sorry, what?")],
        [(CUSTOMER, "Can you repeat that?")],
        [(AGENT, "Take your time.")],
        [(CUSTOMER, "...")],
    ],
)
def test_asking_again_without_an_answer_is_not(between: list[tuple[object, str]]) -> None:
    call = facts(transcript=said(ASKED, *between, AGAIN))  # type: ignore[arg-type] # the roles stand in a parameter list
    assert call_value("redundant_question_count", call).value == 0


def test_another_question_is_not() -> None:
    call = facts(transcript=said(ASKED, (CUSTOMER, "4711."), (AGENT, "And your last name?")))
    assert call_value("redundant_question_count", call).value == 0


def test_questions_that_ask_for_nothing_are_left_out() -> None:
    please = (AGENT, "Could you tell me that again please?")
    value = call_value("redundant_question_count", facts(transcript=said(please, (CUSTOMER, "Yes."), please)))
    assert (value.value, value.statistics["denominator"]) == (0, 0)
