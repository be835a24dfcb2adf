from callscope.services.summaries import LONGEST_TITLE, MOST_SENTENCES, summarize
from tests.support.conversations import AGENT, CUSTOMER, said

TALK = said(
    (AGENT, "Thank you for calling Green Valley. How can I help you?"),
    (CUSTOMER, "Hi, um, yes, I'd like to return the blender that I bought last week."),
    (AGENT, "Okay. What is wrong with the blender?"),
    (CUSTOMER, "The glass jar of the blender is broken."),
    (AGENT, "Is there anything else?"),
    (CUSTOMER, "No."),
    (AGENT, "You will get a return label for the blender by e-mail. Have a nice day!"),
    (CUSTOMER, "Thank you very much for your help."),
)


def test_the_title_is_the_customers_matter_without_its_greeting() -> None:
    summary = summarize(TALK)
    assert summary is not None
    assert summary.title == "I'd like to return the blender that I bought last week"


def test_the_summary_quotes_matter_middle_and_end_in_order() -> None:
    summary = summarize(TALK)
    assert summary is not None
    assert summary.text == (
        "Customer: \u201cI'd like to return the blender that I bought last week.\u201d "
        "Agent: \u201cWhat is wrong with the blender?\u201d "
        "Customer: \u201cThe glass jar of the blender is broken.\u201d "
        "Agent: \u201cYou will get a return label for the blender by e-mail.\u201d"
    )


def test_every_quoted_sentence_was_said() -> None:
    long = said(*((AGENT, f"Parcel number {number} arrives on Monday morning.") for number in range(30)))
    summary = summarize(long)
    assert summary is not None
    quotes = [part.split("\u201d")[0] for part in summary.text.split("\u201c")[1:]]
    assert len(quotes) == MOST_SENTENCES
    assert set(quotes) <= {entry.text for entry in long}


def test_a_long_matter_is_cut_between_words() -> None:
    summary = summarize(said((CUSTOMER, "My parcel " + "with the broken blender, " * 10 + "never came.")))
    assert summary is not None
    assert summary.title == "My parcel with the broken blender, with the broken blender, with the broken\u2026"
    assert len(summary.title) <= LONGEST_TITLE


def test_pleasantries_alone_are_no_summary() -> None:
    assert summarize(said((AGENT, "Hello, how can I help you?"), (CUSTOMER, "Yes. Okay."))) is None
    assert summarize(()) is None


def test_without_a_customer_the_agent_gives_the_title() -> None:
    summary = summarize(said((AGENT, "Well, your parcel arrives on Monday.")))
    assert summary is not None
    assert summary.title == "Your parcel arrives on Monday"
