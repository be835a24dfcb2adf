import pytest

from callscope.core.metric import ValueState
from tests.support.conversations import AGENT, CUSTOMER, conversation, entry, facts, said, turn
from tests.support.metric_values import call_value, spans

MACHINE = conversation(turn(CUSTOMER, (500, 6000)), turn(AGENT, (8000, 12_000), response_ms=2000))


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi, this is Susan. Please leave a message after the tone.",
        "The person you are trying to reach is busy.",
        "You've reached the Millers. We'll get back to you.",
        "Welcome to the VOICE MAIL of Green Valley!",
    ],
)
def test_a_machine_is_known_by_what_it_says(greeting: str) -> None:
    value = call_value("voicemail_detected", facts(transcript=said((CUSTOMER, greeting), (AGENT, "Hello."))))
    assert value.value is True
    assert set(spans(value)) == {(0, 900)}


def test_one_likely_cue_counts_when_it_is_recited_and_nobody_answers_again() -> None:
    lines = [entry(CUSTOMER, "I am not available right now.", 500, 6000), entry(AGENT, "Hello.", 8000, 9000)]
    assert call_value("voicemail_detected", facts(transcript=lines)).value is False
    assert call_value("voicemail_detected", facts(MACHINE, transcript=lines)).value is True
    answering = conversation(turn(CUSTOMER, (500, 6000)), turn(AGENT, (8000, 9000)), turn(CUSTOMER, (9500, 9900)))
    assert call_value("voicemail_detected", facts(answering, transcript=lines)).value is False


@pytest.mark.parametrize(
    "line",
    [
        (CUSTOMER, "Hi, I would like to move my appointment."),
        (AGENT, "Please leave a message after the tone."),
        (CUSTOMER, "Can you call me back?"),
    ],
)
def test_people_are_no_machines(line: tuple[object, str]) -> None:
    call = facts(transcript=said(line, (CUSTOMER, "Monday.")))  # type: ignore[arg-type] # the roles stand in a parameter list
    assert call_value("voicemail_detected", call).value is False


def test_late_in_the_call_a_cue_is_talk_about_voicemail() -> None:
    lines = [entry(CUSTOMER, "Hello?", 0, 900), entry(CUSTOMER, "My voicemail is full.", 70_000, 72_000)]
    assert call_value("voicemail_detected", facts(transcript=lines)).value is False


def test_a_side_that_says_nothing_is_neither() -> None:
    value = call_value("voicemail_detected", facts(transcript=said((AGENT, "Hello?"))))
    assert value.state is ValueState.NOT_APPLICABLE
